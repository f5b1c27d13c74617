/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a VARS blob that cannot be right, where nothing but the blob can hold them: each blob that is written has
 * them, byte for byte, behind the good ones, as those of the daemon have.
 */
#ifndef VARSTORE_KEPT_H
#define VARSTORE_KEPT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/support/variable_name.h"
#include "uefivars.h"

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept *kept);

/*
 * Adds a record; variable is NULL for bytes that are no whole record, which go into one that is set aside again.
 * Returns false where there is no room for it.
 */
bool kept_add(struct kept *kept, const struct uefivars_variable *variable, const uint8_t *record, size_t size);

/* Drops the records of this name. Returns whether there was one. */
bool kept_drop(struct kept *kept, const struct variable_name *name);

/* Appends the records to a VARS blob. */
void kept_append(const struct kept *kept, GString *blob);

#endif
