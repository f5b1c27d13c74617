/* SPDX-License-Identifier: GPL-2.0-only */
/* Builders of the payloads that tests write: signature lists, right and wrong ones, and load options. */
#ifndef TESTS_LISTS_H
#define TESTS_LISTS_H

#include <glib.h>
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

/* Appends an entry: the tests' owner GUID and the data. */
void list_add_entry(GByteArray *out, const void *data, size_t size);

/* Appends a list with one entry of `size` bytes, each of them `fill`. */
void list_add_filled(GByteArray *out, const struct efi_guid *type, size_t size, uint8_t fill);

/* Appends one SHA-256 list with the hashes first, first + 1 ... (a hash is 32 times one byte). */
void list_add_hashes(GByteArray *out, uint8_t first, size_t count);

/* Appends a list with the one certificate. */
void list_add_certificate(GByteArray *out, enum identity who);

/* Appends a load option: description "Test", the bytes of a device path, optional data. */
void load_option_add(GByteArray *out, const void *path, size_t path_size, const void *optional, size_t optional_size);

#endif
