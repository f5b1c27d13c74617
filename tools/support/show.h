/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents of variables for people, on stdout. */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include <stddef.h>
#include <stdint.h>

/* Offset, 16 bytes in hexadecimal, the same as ASCII. */
void show_hex(const uint8_t *data, size_t size);

/*
 * One line for each run of entries of one type with their number, and one for each certificate in it with its owner and
 * subject. `data` must have passed siglist_check().
 */
void show_signature_lists(const uint8_t *data, size_t size);

#endif
