/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's key files: PK1, KEK1, DB1 and the hash 0xd0 in dbx, as signed updates of T(1). */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

#include "tests/support/guest.h"

/*
 * Gives the guest's next starts the key files whose bit (1 << enum uefivars_key) is set in `which`, unsigned but for
 * PK, which is signed by itself. The bytes are kept for the life of the process.
 */
void keys_give(struct guest *guest, unsigned int which);

#define KEYS_ALL ((1u << UEFIVARS_KEYS) - 1)

/* A start for cases: a first boot with all key files. */
void start_with_keys(struct guest *guest);
/* ... and the operator wants Secure Boot. */
void start_with_keys_secure(struct guest *guest);

#endif
