/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/siglist_builder.h"

#include <string.h>

#include "efi/signature_list.h"
#include "tests/support/lists.h"

struct efi_guid guid_of(const char *text)
{
	struct efi_guid guid;

	g_assert_true(guid_parse(text, &guid));
	return guid;
}

void put_entry(GByteArray *out, uint8_t owner, const void *data, size_t size)
{
	uint8_t bytes[SIGLIST_OWNER_SIZE];

	memset(bytes, owner, sizeof bytes);
	g_byte_array_append(out, bytes, sizeof bytes);
	g_byte_array_append(out, data, (guint)size);
}

void put_list(GByteArray *out, struct efi_guid type, uint32_t data_size, uint8_t owner, uint8_t first, size_t count)
{
	uint32_t entry_size = SIGLIST_OWNER_SIZE + data_size;

	list_add_header(out, &type, (uint32_t)(SIGLIST_HEADER_SIZE + entry_size * count), 0, entry_size);
	for (size_t i = 0; i < count; i++) {
		g_autofree uint8_t *data = g_malloc(data_size + 1);

		memset(data, (int)(first + i), data_size);
		put_entry(out, owner, data, data_size);
	}
}

void put_hashes(GByteArray *out, uint8_t owner, uint8_t first, size_t count)
{
	put_list(out, list_sha256, 32, owner, first, count);
}

bool check_lists(const uint8_t *bytes, size_t size, size_t *entries)
{
	g_autofree uint8_t *copy = g_memdup2(bytes, size);

	return siglist_check(copy, size, entries);
}
