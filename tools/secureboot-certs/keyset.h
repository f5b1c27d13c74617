/* SPDX-License-Identifier: GPL-2.0-only */
/* PK.auth, KEK.auth, db.auth and dbx.auth as XAPI keeps them: the base64 text of a tar. */
#ifndef SECUREBOOT_CERTS_KEYSET_H
#define SECUREBOOT_CERTS_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/support/buffer.h"
#include "uefivars.h"

/* What the daemon of XCP-ng takes of one file. */
#define KEYSET_FILE_MAX UEFIVARS_DATA_MAX

/* Zeroed memory is an empty set. */
struct keyset {
	struct buffer files[UEFIVARS_KEYS]; /* of no bytes: it is not there */
	size_t foreign;                     /* members of the tar that do not belong there */
};

/* "PK", "KEK", "db", "dbx" */
extern const char *const keyset_names[UEFIVARS_KEYS];

/* Sets *key; returns false where it is no such name. */
bool keyset_find(const char *name, size_t length, enum uefivars_key *key);

bool keyset_is_empty(const struct keyset *set);
void keyset_clear(struct keyset *set);

/* The text for XAPI, to be freed with g_free(); NULL, reported, where it cannot be made. */
char *keyset_encode(const struct keyset *set);

/*
 * Fills an empty set from XAPI's text; an empty text leaves it empty. `where` says in reports whose text it is. Foreign
 * members are reported, counted and passed over. Returns false, reported, for a text that is no base64 of a tar, and
 * for a tar without members. Clear the set in any case.
 */
bool keyset_decode(struct keyset *set, const char *where, const char *text);

#endif
