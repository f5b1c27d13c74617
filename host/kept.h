/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a VARS blob that cannot be right, where nothing but the blob can hold them: each blob that is written has
 * them, byte for byte, behind the good ones.
 */
#ifndef HOST_KEPT_H
#define HOST_KEPT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "uefivars.h"

struct kept;

/* NULL is nothing to kept_free(). */
struct kept *kept_new(void);
void kept_free(struct kept *kept);

/*
 * Adds a record; variable is NULL for bytes that are no whole record, which go into one that is set aside again.
 * Returns false where there is no room for it.
 */
bool kept_add(struct kept *kept, const struct uefivars_variable *variable, const uint8_t *record, size_t size);

/* Drops the records of this name (UTF-16LE, no NUL; `size` bytes). Returns whether there was one. */
bool kept_drop(struct kept *kept, const uint8_t *name, size_t size, const struct efi_guid *guid);

/* How many bytes the records take in a blob. */
size_t kept_size(const struct kept *kept);

/* Appends the records to a VARS blob of `size` bytes, behind which is room for kept_size() more. */
void kept_put(const struct kept *kept, uint8_t *blob, size_t size);

#endif
