/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/blob.h"
#include "tests/support/check.h"

#include <string.h>

#include "efi/bytes.h"

enum { OFFSET_VERSION = 4, OFFSET_COUNT = 8, OFFSET_LENGTH = 16 };

GByteArray *blob_new(uint32_t version)
{
	GByteArray *blob = g_byte_array_new();

	g_byte_array_set_size(blob, version >= 2 ? BLOB_HEADER_2 : BLOB_HEADER_1);
	memset(blob->data, 0, blob->len);
	memcpy(blob->data, "VARS", 4);
	put_le32(blob->data + OFFSET_VERSION, version);
	return blob;
}

static void append_u64(GByteArray *blob, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	g_byte_array_append(blob, bytes, sizeof bytes);
}

void blob_add(GByteArray *blob, const struct uefivars_variable *variable)
{
	uint8_t attributes[4];

	append_u64(blob, variable->name_size);
	if (variable->name_size)
		g_byte_array_append(blob, variable->name, (guint)variable->name_size);
	append_u64(blob, variable->data_size);
	if (variable->data_size)
		g_byte_array_append(blob, variable->data, (guint)variable->data_size);
	g_byte_array_append(blob, variable->guid, sizeof variable->guid);
	put_le32(attributes, variable->attributes);
	g_byte_array_append(blob, attributes, sizeof attributes);
	g_byte_array_append(blob, variable->timestamp, sizeof variable->timestamp);
	g_byte_array_append(blob, variable->digest, sizeof variable->digest);
	put_le64(blob->data + OFFSET_COUNT, get_le64(blob->data + OFFSET_COUNT) + 1);
	put_le64(blob->data + OFFSET_LENGTH, get_le64(blob->data + OFFSET_LENGTH) + BLOB_RECORD_OVERHEAD +
						     variable->name_size + variable->data_size);
}

/* Steps over `count` bytes; NULL, and the test has failed, where the blob ends before. */
static const uint8_t *take(const uint8_t *blob, size_t size, size_t *at, uint64_t count)
{
	const uint8_t *bytes = blob + *at;

	if (count > size - *at) {
		check_fail("a VARS blob of %zu bytes ends inside the record at %zu", size, *at);
		return NULL;
	}
	*at += (size_t)count;
	return bytes;
}

static const uint8_t *take_counted(const uint8_t *blob, size_t size, size_t *at, size_t *count)
{
	const uint8_t *length = take(blob, size, at, 8);

	if (!length)
		return NULL;
	*count = (size_t)get_le64(length);
	return take(blob, size, at, *count);
}

/* Checks the header and stands at the first record. */
static bool begin(const uint8_t *blob, size_t size, size_t *at)
{
	size_t header;

	if (size < BLOB_HEADER_1 || memcmp(blob, "VARS", 4) != 0) {
		check_fail("%zu bytes are no VARS blob", size);
		return false;
	}
	header = get_le32(blob + OFFSET_VERSION) >= 2 ? BLOB_HEADER_2 : BLOB_HEADER_1;
	if (size < header || get_le64(blob + OFFSET_LENGTH) != size - header) {
		check_fail("a VARS blob of %zu bytes has a wrong length in its header", size);
		return false;
	}
	*at = header;
	return true;
}

bool blob_next(const uint8_t *blob, size_t size, size_t *at, struct uefivars_variable *variable)
{
	const uint8_t *rest;

	if (*at == 0 && !begin(blob, size, at))
		return false;
	if (*at >= size)
		return false;
	variable->name = take_counted(blob, size, at, &variable->name_size);
	variable->data = variable->name ? take_counted(blob, size, at, &variable->data_size) : NULL;
	rest = variable->data ? take(blob, size, at, 16 + 4 + 16 + 32) : NULL;
	if (!rest)
		return false;
	memcpy(variable->guid, rest, 16);
	variable->attributes = get_le32(rest + 16);
	memcpy(variable->timestamp, rest + 20, 16);
	memcpy(variable->digest, rest + 36, 32);
	return true;
}
