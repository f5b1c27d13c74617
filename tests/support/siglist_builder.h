/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of several entries and owners for the tests of efi/signature_list.c, written without it. Each put_ function
 * appends to `out`; list_add_header() of lists.h writes headers that lie.
 */
#ifndef TESTS_SIGLIST_BUILDER_H
#define TESTS_SIGLIST_BUILDER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"

/* Two signature owners: each byte of the owner's GUID is this one. */
#define OWNER_A 0xaa
#define OWNER_B 0xbb

/* Reads a GUID; a text that is none fails the running test. */
struct efi_guid guid_of(const char *text);

void put_entry(GByteArray *out, uint8_t owner, const void *data, size_t size);

/* A list of `count` entries of one owner whose data are filled with the bytes first, first + 1, ... */
void put_list(GByteArray *out, struct efi_guid type, uint32_t data_size, uint8_t owner, uint8_t first, size_t count);

/* The same with the type SHA-256. */
void put_hashes(GByteArray *out, uint8_t owner, uint8_t first, size_t count);

/* siglist_check() of a heap block that has exactly these bytes, so that the sanitizer sees a step beyond them. */
bool check_lists(const uint8_t *bytes, size_t size, size_t *entries);

#endif
