/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one machine (struct uefivars of uefivars.h), what a service answers, and the one way by which a change
 * becomes durable and visible.
 */
#ifndef SERVICE_MACHINE_H
#define SERVICE_MACHINE_H

#include "efi/status.h"
#include "store/store.h"
#include "uefivars.h"

#define MOR_KEY_SIZE 8
#define PPI_FUNCTION_SIZE 0x100

/* How a request ended. reason is UEFIVARS_OK exactly where status is EFI_SUCCESS. */
struct verdict {
	uint64_t status;
	enum uefivars_reason reason;
	bool pending; /* not ended yet: the host is at work */
};

static inline struct verdict verdict_success(void)
{
	return (struct verdict){ EFI_SUCCESS, UEFIVARS_OK, false };
}

static inline struct verdict verdict_refuse(uint64_t status, enum uefivars_reason reason)
{
	return (struct verdict){ status, reason, false };
}

/* A change that is on its way: to the store, and what goes along with it. */
struct machine_change {
	struct store_change store;
	bool touches_keys; /* one of the variables is PK, KEK, db, dbx, dbt, dbr or OS recovery */
	bool setup_mode;   /* what the machine's setup_mode is then */
	bool sets_mor_key;
	uint8_t mor_key[MOR_KEY_SIZE];
	struct verdict verdict; /* of the request, once the change is made: a refusal may change something, too */
};

enum machine_waiting {
	WAITING_FOR_NOTHING,
	WAITING_FOR_STORE,  /* the backend makes pending.change durable */
	WAITING_FOR_REPORT, /* the backend tells the operator of a Secure Boot failure */
};

struct uefivars {
	struct uefivars_policy policy;
	struct uefivars_allowed_name *allow_names; /* owned: names in one allocation with the array */
	struct uefivars_host host;
	struct store store;

	bool setup_mode;   /* PK is absent */
	bool runtime;      /* ExitBootServices was seen; stays for this boot */
	bool secure_boot;  /* decided at start; stays for this boot */
	bool reported;     /* a Secure Boot failure was reported to the host */
	bool unsaved;      /* the start changed non-volatile variables */
	bool provisioning; /* the host's own keys are being enrolled */
	uint64_t changes;  /* counts what changed of all this and the store */
	uint8_t mor_key[MOR_KEY_SIZE];
	uint32_t ppi_index;
	uint8_t ppi_function[PPI_FUNCTION_SIZE];

	struct {
		enum machine_waiting waiting;
		struct machine_change change;
		uint8_t *page;                 /* that gets the response; NULL for a port write */
		struct uefivars_event refusal; /* what to tell if it fails; its name stands in the page */
	} pending;
};

static inline bool verdict_is_success(const struct verdict *verdict)
{
	return verdict->status == EFI_SUCCESS && !verdict->pending;
}

/* The change to fill in, empty. There is one at a time: only while nothing is pending. */
struct machine_change *machine_begin(struct uefivars *uv);

/*
 * Makes the change durable where it concerns non-volatile variables, and commits it. Returns the change's
 * verdict, refusal with EFI_DEVICE_ERROR (the change is dropped), or pending: then machine_complete() ends it.
 */
struct verdict machine_apply(struct uefivars *uv);

/* Tells the host that a write was refused, or gets that ready where the verdict is pending. `write` says which. */
void machine_tell_refusal(struct uefivars *uv, struct uefivars_event *write, const struct verdict *verdict);

/* Drops a change that was begun; returns the verdict unchanged. */
struct verdict machine_abandon(struct uefivars *uv, struct verdict verdict);

/* Ends what was pending. */
struct verdict machine_complete(struct uefivars *uv, bool persisted);

/* Tells the host of an event, where it listens. */
void machine_tell(const struct uefivars *uv, const struct uefivars_event *event);

/* The variable of this short ASCII name; NULL where there is none. */
struct variable *machine_find(const struct uefivars *uv, const char *name, const struct efi_guid *guid);

#endif
