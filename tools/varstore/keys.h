/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's keys: PK.auth, KEK.auth, db.auth and dbx.auth of one directory. */
#ifndef VARSTORE_KEYS_H
#define VARSTORE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/support/buffer.h"
#include "tools/support/variable_name.h"
#include "uefivars.h"

/* The directories that are looked in by default, for people. */
#define KEYS_DIRECTORIES "/var/lib/uefistored or /var/lib/varstored"

struct keys {
	const char *directory; /* NULL: there is none with any of the files */
	struct buffer contents[UEFIVARS_KEYS];
	bool present[UEFIVARS_KEYS];
};

/* "PK", "KEK", "db", "dbx" */
extern const char *const keys_names[UEFIVARS_KEYS];

/* The variable that a key file is for. */
void keys_variable(enum uefivars_key key, struct variable_name *name);

/*
 * Reads the files of a directory; NULL: the first of the two default ones that has one of them. What is not there is no
 * error. Returns false, reported, where one cannot be read or is larger than a key file can be. Clear the keys in any
 * case.
 */
bool keys_read(struct keys *keys, const char *directory);
void keys_clear(struct keys *keys);

/* As uefivars_start() wants them. */
void keys_files(const struct keys *keys, struct uefivars_auth_file files[UEFIVARS_KEYS]);

/* The signature lists in a key file: *size bytes of keys->contents. NULL where there is no file, or it is no
 * authenticated update. */
const uint8_t *keys_lists(const struct keys *keys, enum uefivars_key key, size_t *size);

#endif
