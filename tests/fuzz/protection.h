/* SPDX-License-Identifier: GPL-2.0-only */
/* Which variables a request may change, and whose signature that takes: read from the request by hand. */
#ifndef TESTS_FUZZ_PROTECTION_H
#define TESTS_FUZZ_PROTECTION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uefivars.h"

/* PK, KEK, db, dbx, dbt, dbr */
#define PROTECTION_KEYS 6u
enum { PROTECTION_PK, PROTECTION_KEK, PROTECTION_DB, PROTECTION_DBX, PROTECTION_DBT, PROTECTION_DBR };

struct protection_write {
	bool is_set; /* a SetVariable that can be read */
	const uint8_t *name;
	size_t name_size;
	uint8_t guid[16];
	const uint8_t *data;
	size_t data_size;
	uint32_t attributes;
	uint64_t status; /* that it was answered with */
};

/* A change of the variable that the write names. */
struct protection_case {
	const struct protection_write *write;
	const struct uefivars_variable *was, *is; /* NULL: there was, or is, none */
	const struct uefivars_variable *keys_before[PROTECTION_KEYS], *keys_after[PROTECTION_KEYS];
	bool setup_mode; /* before */
	const struct uefivars_policy *policy;
};

void protection_read(const uint8_t *request, struct protection_write *write);

bool protection_is_key(const struct uefivars_variable *variable);
const struct uefivars_variable *protection_find(const GArray *variables, size_t key);

/* Stops the process where the write had no right to it. */
void protection_check(const struct protection_case *subject);

/* The same for a variable that the write does not name: the firmware's own may follow PK, and the MOR lock its key. */
void protection_check_follower(const struct protection_case *subject, const struct uefivars_variable *follower);

/* Does a successful answer to GetVariable show the variable that the request names? */
bool protection_holds(const GArray *variables, const uint8_t *request, const uint8_t *response);

#endif
