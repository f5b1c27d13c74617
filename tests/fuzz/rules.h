/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What holds after every request, whatever it was. A rule that does not hold stops the process. What is looked at is
 * the library's face alone: saves, responses, numbers.
 */
#ifndef TESTS_FUZZ_RULES_H
#define TESTS_FUZZ_RULES_H

#include <glib.h>

#include "tests/fuzz/machine.h"

/* A machine as it was at some time. */
struct picture {
	GByteArray *blob;  /* everything saved */
	GArray *variables; /* struct uefivars_variable, pointing into the blob; the record of the store's own is not one
			    */
	struct uefivars_state state;
	uint64_t changes;
};

void picture_take(struct picture *picture, const struct machine *machine);
void picture_clear(struct picture *picture);

/* Which names the machine made itself at its first start: they cost the guest nothing. Kept in `made`. */
void rules_begin(GPtrArray *made, const struct picture *first);

/*
 * Holds the rules against a request (a private copy of the page as it was served) and what came of it: the machine's
 * page has the response.
 */
void rules_request(const struct machine *machine, const GPtrArray *made, const uint8_t *request,
		   const struct picture *before, const struct picture *after);

/* Those that hold at any time: names are unique, the pools are not overdrawn, storage has what the guest was told. */
void rules_always(const struct machine *machine, const GPtrArray *made, const struct picture *picture);

#endif
