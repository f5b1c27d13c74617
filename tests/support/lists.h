/* SPDX-License-Identifier: GPL-2.0-only */
/* Builders of the payloads that tests write: signature lists, right and wrong ones, and load options. */
#ifndef TESTS_LISTS_H
#define TESTS_LISTS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "tests/support/identity.h"

#define LIST_HEADER_SIZE 28
#define LIST_OWNER_SIZE 16

extern const struct efi_guid list_x509, list_sha256;

/* Every signature type that the specification defines, with the size of an entry's data (0: any). */
struct list_type {
	const char *name;
	struct efi_guid guid;
	size_t data_size;
};

extern const struct list_type list_types[];
extern const size_t list_types_count;

/* Appends the header of a list; the sizes are written as they are given. */
void list_add_header(GByteArray *out, const struct efi_guid *type, uint32_t list_size, uint32_t header_size,
		     uint32_t signature_size);

/* Signature owners: the tests' usual one, and two whose GUID is this byte 16 times. */
#define LIST_OWNER 0x00
#define OWNER_A 0xaa
#define OWNER_B 0xbb

/* Appends an entry of this owner. */
void list_add_entry(GByteArray *out, uint8_t owner, const void *data, size_t size);

/* Appends a list of `count` entries of one owner, whose data are filled with the bytes first, first + 1, ... */
void list_add_run(GByteArray *out, struct efi_guid type, size_t data_size, uint8_t owner, uint8_t first, size_t count);

/* The same with SHA-256 hashes, and with one entry of the usual owner. */
void list_add_hashes(GByteArray *out, uint8_t owner, uint8_t first, size_t count);
void list_add_filled(GByteArray *out, const struct efi_guid *type, size_t size, uint8_t fill);

/* Appends a list with the one certificate. */
void list_add_certificate(GByteArray *out, enum identity who);

/* siglist_check() of a heap block that has exactly these bytes, so that the sanitizer sees a step beyond them. */
bool list_check(const uint8_t *bytes, size_t size, size_t *entries);

/* Reads a GUID; a text that is none fails the running test. */
struct efi_guid guid_of(const char *text);

/* Appends a load option: description "Test", the bytes of a device path, optional data. */
void load_option_add(GByteArray *out, const void *path, size_t path_size, const void *optional, size_t optional_size);

#endif
