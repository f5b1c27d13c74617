/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine that the stateful targets run: a store, a backend that keeps the last durable blob, one page. */
#ifndef TESTS_FUZZ_MACHINE_H
#define TESTS_FUZZ_MACHINE_H

#include <glib.h>

#include "tests/fuzz/sequence.h"
#include "uefivars.h"

struct machine {
	struct uefivars *uv;
	struct uefivars_policy policy;
	enum sequence_backend backend;
	GByteArray *durable; /* what storage has */
	GByteArray *staged;  /* what it was last asked to store */
	uint8_t page[UEFIVARS_PAGE_SIZE];
	size_t response_size; /* of the last request */
};

/* Starts a machine for the first time, with the host's key files or without. */
void machine_init(struct machine *machine, const struct uefivars_policy *policy, bool keys);
void machine_clear(struct machine *machine);

/* Does what the step says; machine->page holds the request already where it is one. */
void machine_step(struct machine *machine, const struct sequence_step *step);

void machine_reboot(struct machine *machine);
void machine_resume(struct machine *machine);

/* The VARS blob of what is committed. Free it with g_byte_array_unref(). */
GByteArray *machine_save(const struct machine *machine, enum uefivars_scope scope);

/* Is this step one for machine->page? */
bool machine_is_request(const struct sequence_step *step);

#endif
