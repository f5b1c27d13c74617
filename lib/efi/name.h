/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of variables: UTF-16LE byte strings without a terminating NUL inside, UTF-8 at the operator's edge. */
#ifndef EFI_NAME_H
#define EFI_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can these bytes name a variable: not empty, an even number of them, no NUL code unit? (No limit of length here.) */
bool name_valid(const uint8_t *name, size_t size);

/* Is the name this ASCII text? */
bool name_is(const uint8_t *name, size_t size, const char *ascii);

/*
 * Does the name fit an ASCII pattern, in which '#' stands for one upper-case hexadecimal digit?
 */
bool name_matches(const uint8_t *name, size_t size, const char *pattern);

/*
 * Writes the name as UTF-8 with a NUL; unpaired surrogates become U+FFFD. Returns the size with the NUL; where that is
 * more than `room`, nothing was written. 3 bytes a code unit and one always suffice. *lossless, if not NULL, tells
 * whether no code unit was replaced.
 */
size_t name_to_utf8(const uint8_t *name, size_t size, char *out, size_t room, bool *lossless);

/*
 * Writes the UTF-16LE bytes of a UTF-8 text, no NUL. Returns their number, or 0 where the text is empty or not UTF-8;
 * where it is more than `room`, nothing was written. 2 bytes for each byte of the text always suffice.
 */
size_t name_from_utf8(const char *text, uint8_t *out, size_t room);

#endif
