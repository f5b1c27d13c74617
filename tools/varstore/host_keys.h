/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tool does with the host's keys (keys.h). */
#ifndef VARSTORE_HOST_KEYS_H
#define VARSTORE_HOST_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys.h"
#include "tools/support/variable_name.h"

/* keys_read(), whose error is reported; a directory that is named and not there is one, too. */
bool host_keys_read(struct keys *keys, const char *directory);

/*
 * The same for who has to answer whatever the host's files are: what cannot be read is taken as not there, and the
 * first of them is reported. Only a directory that is named and not there is an error.
 */
bool host_keys_read_readable(struct keys *keys, const char *directory);

/* The variable that a key file is for. */
void host_keys_variable(enum uefivars_key key, struct variable_name *name);

/* The signature lists in a key file: *size bytes of keys->files. NULL where there is no file, or it is no authenticated
 * update. */
const uint8_t *host_keys_lists(const struct keys *keys, enum uefivars_key key, size_t *size);

#endif
