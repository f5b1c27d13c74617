/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uefivars: the UEFI variable services of one virtual machine.
 *
 * Create one struct uefivars for each machine, load what is stored, start it, and hand it the guest's requests, one
 * 64 KiB page set each. It holds no file, socket, clock, lock or global; what it needs from outside are the callbacks
 * of struct uefivars_host. One struct is used by one thread at a time.
 *
 * Names of variables are UTF-16LE byte strings without a terminating NUL; sizes are bytes; GUIDs are the 16 bytes that
 * EFI keeps in memory (the first three fields little-endian). Section numbers are those of the UEFI specification 2.10.
 */
#ifndef UEFIVARS_H
#define UEFIVARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The 16 contiguous guest pages that hold a request and then its response. */
#define UEFIVARS_PAGE_SIZE 65536u

/* The largest data of one variable that a guest can write, and that an old store may hold. */
#define UEFIVARS_DATA_MAX 57344u
#define UEFIVARS_DATA_LOAD_MAX 65516u
/* The longest VariableName that a guest can create, and that an old store may hold. */
#define UEFIVARS_NAME_MAX 1022u
#define UEFIVARS_NAME_LOAD_MAX 4096u
/* Room for variables: each costs its name, its data and the overhead. */
#define UEFIVARS_NONVOLATILE_TOTAL 131072u
#define UEFIVARS_VOLATILE_TOTAL 65536u
#define UEFIVARS_OVERHEAD 128u

struct uefivars;

/* One variable. Pointers belong to whoever hands the struct over and are valid as long as the call's contract says. */
struct uefivars_variable {
	const uint8_t *name;
	size_t name_size;
	const uint8_t *data;
	size_t data_size;
	uint8_t guid[16];
	uint32_t attributes;
	uint8_t timestamp[16]; /* EFI_TIME of the last authenticated write, or zeros */
	uint8_t digest[32];    /* owner of a private authenticated variable (8.2.2), or zeros */
};

/* Why a write was refused or a record was set aside. Each refused write has exactly one. */
enum uefivars_reason {
	UEFIVARS_OK,
	UEFIVARS_MALFORMED_REQUEST,  /* a length or field of the request cannot be */
	UEFIVARS_UNKNOWN_COMMAND,    /* a protocol version or command that does not exist */
	UEFIVARS_BAD_NAME,           /* empty, odd length, a NUL inside, too long */
	UEFIVARS_NAME_NOT_ALLOWED,   /* an undefined name in a vendor GUID of the specification */
	UEFIVARS_BAD_ATTRIBUTES,     /* a combination that is never valid, or wrong for this name */
	UEFIVARS_ATTRIBUTE_MISMATCH, /* not the attributes that the variable has */
	UEFIVARS_TOO_LARGE,          /* more data than one variable may have */
	UEFIVARS_NO_SPACE,           /* the pool is full */
	UEFIVARS_NO_MEMORY,          /* the host is out of memory */
	UEFIVARS_NOT_FOUND,          /* nothing to delete */
	UEFIVARS_READ_ONLY,          /* the firmware's own variable */
	UEFIVARS_LOCKED,             /* behind a lock variable that is set */
	UEFIVARS_RUNTIME,            /* not after ExitBootServices */
	UEFIVARS_BAD_FORMAT,         /* data that this name cannot have */
	UEFIVARS_BAD_SIGNATURE_LIST, /* payload that is not well-formed EFI_SIGNATURE_LISTs */
	UEFIVARS_BAD_DESCRIPTOR,     /* not an EFI_VARIABLE_AUTHENTICATION_2 */
	UEFIVARS_OLD_TIME,           /* timestamp not later than the stored one */
	UEFIVARS_BAD_PKCS7,          /* not a SignedData that could be verified */
	UEFIVARS_BAD_DIGEST,         /* signed with another digest than SHA-256, SHA-384 or SHA-512 */
	UEFIVARS_BAD_SIGNATURE,      /* the signature does not fit the data */
	UEFIVARS_UNTRUSTED,          /* a valid signature of somebody who may not write this variable */
	UEFIVARS_NOT_PERSISTED,      /* the backend could not make the change durable */
	UEFIVARS_DUPLICATE,          /* load only: the name and GUID were loaded before */
	UEFIVARS_VOLATILE,           /* load only: a volatile record in a store that survives boots */
	UEFIVARS_TRUNCATED,          /* load only: the blob ends inside this record */
	UEFIVARS_BAD_STORE,          /* load only: no store at all (magic, version, length) */
	UEFIVARS_REASONS,
};

/* What happened, for the operator. Nothing here is variable data. */
enum uefivars_event_kind {
	UEFIVARS_EVENT_REFUSED,            /* a write was refused: status, reason, variable */
	UEFIVARS_EVENT_MALFORMED,          /* a request was malformed: status, reason */
	UEFIVARS_EVENT_KEY_CHANGED,        /* PK, KEK, db, dbx, dbt or dbr was changed by the guest: variable */
	UEFIVARS_EVENT_SETUP_MODE,         /* the platform entered setup mode */
	UEFIVARS_EVENT_USER_MODE,          /* the platform left setup mode */
	UEFIVARS_EVENT_RUNTIME,            /* the first request after ExitBootServices */
	UEFIVARS_EVENT_SECURE_BOOT_FAILED, /* the firmware reported an image that it refused to start */
	UEFIVARS_EVENTS,
};

struct uefivars_event {
	enum uefivars_event_kind kind;
	enum uefivars_reason reason;
	uint64_t status;     /* EFI_STATUS that the guest gets */
	const uint8_t *name; /* NULL where no variable is concerned; valid during the callback */
	size_t name_size;
	uint8_t guid[16];
	uint32_t attributes; /* as asked for */
	size_t data_size;    /* as asked for */
};

enum uefivars_persisted {
	UEFIVARS_PERSIST_DONE,    /* durable now */
	UEFIVARS_PERSIST_FAILED,  /* not durable, and it will not become so */
	UEFIVARS_PERSIST_PENDING, /* under way: uefivars_complete() will tell */
};

/* What the store needs from outside. Every member may be NULL: then it counts as done, or is not told. */
struct uefivars_host {
	void *context; /* the first argument of each callback */
	/*
	 * Make the non-volatile variables of UEFIVARS_STAGED durable. The view is valid during the call only: read it
	 * with uefivars_next() before returning, even where the answer is UEFIVARS_PERSIST_PENDING.
	 */
	enum uefivars_persisted (*persist)(void *context, const struct uefivars *uv);
	/* Tell the operator that the guest failed Secure Boot. Called at most once in the life of the struct. */
	enum uefivars_persisted (*secure_boot_failed)(void *context);
	void (*event)(void *context, const struct uefivars_event *event);
};

/* A name that the rules for the specification's own vendor GUIDs let pass. */
struct uefivars_allowed_name {
	const uint8_t *name;
	size_t name_size;
	uint8_t guid[16];
	bool any_guid; /* guid is not looked at */
};

/* Host policy. Zeroed memory is a valid, permissive one; uefivars_policy_default() gives the defaults of the daemon. */
struct uefivars_policy {
	bool secure_boot;       /* the operator wants Secure Boot */
	bool auth_enforce;      /* false: signatures are not verified (the descriptors must still be well-formed) */
	bool deployed;          /* DeployedMode reads 1 once PK is enrolled */
	bool require_signed_pk; /* in setup mode PK must be signed by its own key */
	bool tpm;               /* PPI variables and ports exist */
	const struct uefivars_allowed_name *allow_names; /* copied by uefivars_create() */
	size_t allow_names_count;
};

void uefivars_policy_default(struct uefivars_policy *policy);

/* Returns a new, empty store that was not started yet, or NULL when out of memory. Free it with uefivars_free(). */
struct uefivars *uefivars_create(const struct uefivars_policy *policy, const struct uefivars_host *host);
void uefivars_free(struct uefivars *uv);

/* ---- Loading, before uefivars_start() ---- */

/*
 * Adds one stored variable (copied). Returns UEFIVARS_OK, or why the record cannot be right and was left out
 * (BAD_NAME, BAD_ATTRIBUTES, TOO_LARGE, BAD_FORMAT, BAD_SIGNATURE_LIST, DUPLICATE, VOLATILE, NO_MEMORY): keep it
 * somewhere and tell the operator. A volatile record is taken only with `resume`.
 */
enum uefivars_reason uefivars_load(struct uefivars *uv, const struct uefivars_variable *variable, bool resume);

/* Tells of a record of a blob that was left out; `record` are its bytes as far as the blob has them. */
typedef void (*uefivars_set_aside)(void *context, const struct uefivars_variable *variable, const uint8_t *record,
				   size_t record_size, enum uefivars_reason reason);

/*
 * Adds the variables of a VARS blob, version 1 or 2 (and its MOR key and PPI state). Returns UEFIVARS_OK,
 * UEFIVARS_BAD_STORE where it is no such blob at all, or UEFIVARS_NO_MEMORY. Records that cannot be right go to
 * `set_aside` (may be NULL).
 */
enum uefivars_reason uefivars_load_blob(struct uefivars *uv, const uint8_t *blob, size_t size, bool resume,
					uefivars_set_aside set_aside, void *context);

/* ---- Starting ---- */

enum uefivars_boot {
	UEFIVARS_FIRST_BOOT, /* nothing was ever stored: the host's keys are enrolled */
	UEFIVARS_BOOT,       /* a new boot of a machine with stored variables */
	UEFIVARS_RESUME,     /* the guest runs already: volatile state was loaded, too */
};

/* The host's keys: contents of PK.auth, KEK.auth, db.auth, dbx.auth, in this order. data NULL: there is no such file.
 */
enum uefivars_key { UEFIVARS_PK, UEFIVARS_KEK, UEFIVARS_DB, UEFIVARS_DBX, UEFIVARS_KEYS };

struct uefivars_auth_file {
	const uint8_t *data;
	size_t size;
};

/*
 * Is each of the files an authenticated update whose payload its variable can have? Returns UEFIVARS_OK or why one is
 * not, with *failed naming it.
 */
enum uefivars_reason uefivars_check_keys(const struct uefivars_auth_file keys[UEFIVARS_KEYS],
					 enum uefivars_key *failed);

/*
 * Between loading and starting: adds what the host's KEK, db and dbx files have and the machine has not, on the host's
 * authority (PK is left alone). For an operator who wants the certificates of an existing machine brought up to date.
 * Returns UEFIVARS_OK or why a file could not be taken, with *failed naming it; the others are taken all the same, and
 * the machine can be started.
 */
enum uefivars_reason uefivars_refresh(struct uefivars *uv, const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				      enum uefivars_key *failed);

/*
 * Starts the machine: enrolls `keys` on a first boot (dbx, db, KEK, PK through the ordinary SetVariable path; PK is
 * left out where KEK or db is missing), makes the firmware's own variables and decides SecureBoot. keys may be NULL; on
 * UEFIVARS_RESUME they are not looked at. Returns UEFIVARS_OK or why a key file could not be taken, with *failed naming
 * it; the struct is then good for uefivars_free() only.
 */
enum uefivars_reason uefivars_start(struct uefivars *uv, enum uefivars_boot boot,
				    const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed);

struct uefivars_state {
	bool setup_mode;  /* no PK */
	bool secure_boot; /* what the variable SecureBoot says */
	bool runtime;     /* the guest has left boot services */
	bool unsaved; /* uefivars_start() or uefivars_refresh() made or changed non-volatile variables: persist them */
	bool missing[UEFIVARS_KEYS]; /* which of PK, KEK, db, dbx are not enrolled */
};

void uefivars_get_state(const struct uefivars *uv, struct uefivars_state *state);

/*
 * A number that grows with every committed change of what UEFIVARS_SCOPE_ALL saves, and with nothing else: whoever
 * keeps a copy of the running machine knows by it when there is something to copy.
 */
uint64_t uefivars_changes(const struct uefivars *uv);

/* ---- Serving ---- */

enum uefivars_served {
	UEFIVARS_ANSWERED, /* the response stands at the start of the page */
	UEFIVARS_PENDING,  /* the backend is at work: the page belongs to the store until uefivars_complete() */
	UEFIVARS_BUSY, /* a change while another is pending: nothing was done, serve it again after uefivars_complete()
			*/
};

/*
 * For a transport that copies a request out of guest memory: how many bytes of the pages the request takes, as far as
 * its first `have` bytes tell. Where that is more than `have`, copy up to there and ask again; else what is behind is
 * not looked at. No byte has to be copied twice, and none may be: the copy is what counts.
 */
size_t uefivars_request_size(const uint8_t *page, size_t have);

/*
 * Serves the request at the start of `page`, which is private memory of UEFIVARS_PAGE_SIZE bytes (never the guest's
 * own: it could change meanwhile), and writes the response there. *response_size, with UEFIVARS_ANSWERED, is the
 * response's size.
 */
enum uefivars_served uefivars_serve(struct uefivars *uv, uint8_t *page, size_t *response_size);

/*
 * Ends the pending change: persisted or not. Writes the response to the page that waited (NULL where a port write
 * waited) and returns that page; *response_size is the response's size. Only while a change is pending.
 */
uint8_t *uefivars_complete(struct uefivars *uv, bool persisted, size_t *response_size);

/*
 * The TPM physical presence registers (with policy.tpm): 32-bit accesses at ports 0x104 (index) and 0x108 (data).
 * `port` and `width` in bytes are as the guest used them; any other access reads zero and changes nothing.
 */
uint32_t uefivars_ppi_read(const struct uefivars *uv, uint16_t port, unsigned int width);
enum uefivars_served uefivars_ppi_write(struct uefivars *uv, uint16_t port, unsigned int width, uint32_t value);

/* ---- Looking and saving ---- */

enum uefivars_view {
	UEFIVARS_COMMITTED, /* what the guest was told */
	UEFIVARS_STAGED,    /* with the change that is being persisted */
};

/*
 * Walks the variables in creation order, internal records included. Start with *cursor = NULL; returns false at the
 * end. Do not change the store meanwhile. *variable's pointers are valid until the store changes.
 */
bool uefivars_next(const struct uefivars *uv, enum uefivars_view view, const void **cursor,
		   struct uefivars_variable *variable);

enum uefivars_scope {
	UEFIVARS_SCOPE_STORED, /* non-volatile variables and PPI registers, no MOR key: for storage that survives boots
				*/
	UEFIVARS_SCOPE_ALL,    /* everything that the running guest can see: for save, migration, restart */
};

/*
 * Writes the VARS blob (version 2) of the view into `out` and returns its size; where that is more than `room`, nothing
 * was written and the caller comes again with enough.
 */
size_t uefivars_save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope, uint8_t *out,
		     size_t room);

/* A short English text for a reason; never NULL. */
const char *uefivars_reason_text(enum uefivars_reason reason);

#endif
