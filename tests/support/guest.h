/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine inside the test's process: a store with a policy, a backend that does what the test tells it, and a guest
 * that sends requests through the wire protocol. It can be started anew, saved and resumed.
 */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/support/client.h"
#include "uefivars.h"

/* A record that was left out while loading. */
struct guest_aside {
	enum uefivars_reason reason;
	size_t record_size;
};

struct guest {
	struct client client; /* the guest's side; set client.at_runtime to leave boot services */
	struct uefivars *uv;
	struct uefivars_policy policy;                 /* for the next start */
	struct uefivars_auth_file keys[UEFIVARS_KEYS]; /* for the next start; the bytes are the test's */
	bool with_keys;                                /* hand `keys` over */

	/* What the backend answers from now on. */
	enum uefivars_persisted persist;
	bool completes; /* UEFIVARS_PERSIST_PENDING: what uefivars_complete() is told */
	bool hold;      /* UEFIVARS_PERSIST_PENDING: leave the change pending until guest_complete() */
	enum uefivars_persisted notify;

	/* What the backend has seen. */
	GByteArray *stored; /* the VARS blob that is durable now; no bytes where nothing ever was */
	GByteArray *staged; /* the one of the last persist call */
	unsigned int persists;
	unsigned int notified;

	GArray *events; /* of struct uefivars_event since the last guest_forget(); names are not kept (NULL) */
	GArray *asides; /* of struct guest_aside since the last start */
	enum uefivars_served served; /* of the last request */
	size_t response_size;
};

/* A machine that was never started: set policy and keys, then guest_start(). Free it with guest_free(). */
struct guest *guest_new(void);
void guest_free(struct guest *guest);

/*
 * Starts the machine: a first boot where nothing is stored, else a boot from what is stored. What the store made is
 * made durable, as the daemon does. Returns false where uefivars_start() refused; guest->uv is then only to be freed.
 */
bool guest_start(struct guest *guest);

/* Starts from a blob instead. Its records are loaded, as the daemon loads them for `boot`. */
bool guest_start_from(struct guest *guest, enum uefivars_boot boot, const uint8_t *blob, size_t size);

/* A reset of the machine: volatile state is gone, at_runtime is false again. */
void guest_reboot(struct guest *guest);

/* Save and resume: another process goes on with all that the running guest can see. */
void guest_resume(struct guest *guest);

/* The VARS blob of what the guest was told. Free it with g_byte_array_unref(). */
GByteArray *guest_save(const struct guest *guest, enum uefivars_scope scope);

/* Ends a held change; returns the status that the guest's page holds then. */
uint64_t guest_complete(struct guest *guest, bool persisted);

/* Forgets events and counts. */
void guest_forget(struct guest *guest);

/* How many events of a kind there were since guest_forget(). */
unsigned int guest_events(const struct guest *guest, enum uefivars_event_kind kind);

/* Finds a variable by its text (names.h) in the durable blob, or in the committed view. */
bool guest_find_stored(const struct guest *guest, const char *text, struct uefivars_variable *variable);
bool guest_find(const struct guest *guest, const char *text, struct uefivars_variable *variable);

/* Get and Set by the text of a name; guest_get() has the largest buffer a guest can have. */
uint64_t guest_get(struct guest *guest, const char *text, struct client_value *value);
uint64_t guest_set(struct guest *guest, const char *text, uint32_t attributes, const void *data, size_t size);

/*
 * All names in the order of GetNextVariableName, as "name" of printable ASCII (others as \xHHHH), those of the two
 * private vendors only. Stops after 5,000 steps. *status, if not NULL, is the status that ended the walk. Free it with
 * g_strfreev().
 */
char **guest_list(struct guest *guest, uint64_t *status);

#endif
