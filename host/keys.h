/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's keys: PK.auth, KEK.auth, db.auth and dbx.auth of one directory. */
#ifndef HOST_KEYS_H
#define HOST_KEYS_H

#include <glib.h>
#include <stdbool.h>

#include "uefivars.h"

#define KEYS_FILE_MAX (64u << 10)

/* The directories that are looked in by default, for people. */
#define KEYS_DIRECTORIES "/var/lib/uefistored or /var/lib/varstored"

struct keys {
	struct uefivars_auth_file files[UEFIVARS_KEYS]; /* data NULL: there is no such file */
	bool bad[UEFIVARS_KEYS];                        /* there is one, but it is no good */
	char *paths[UEFIVARS_KEYS];
	const char *directory; /* where they are; NULL: there is none with any of them */
};

/* "PK", "KEK", "db", "dbx" */
extern const char *const keys_names[UEFIVARS_KEYS];

/*
 * Reads the files of a directory (which is not copied); NULL: the first of the default directories that has one of
 * them. What is not there is no error. Returns false and sets *error (EXIT_FAILED, naming the file) where one cannot be
 * read, is no regular file or is larger than KEYS_FILE_MAX: it counts as not there, and the others are read all the
 * same. Clear the keys in any case.
 */
bool keys_read(struct keys *keys, const char *directory, GError **error);

/* Does without a file that is no good. */
void keys_drop(struct keys *keys, enum uefivars_key key);
void keys_clear(struct keys *keys);

#endif
