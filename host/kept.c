/* SPDX-License-Identifier: GPL-2.0-only */
#include "kept.h"

#include <string.h>

#include "efi/bytes.h"

/* Where the head of a VARS blob has its number of records, and their size. */
#define BLOB_COUNT_AT 8
#define BLOB_SIZE_AT 16

/* Of a record: what stands behind the data. */
#define RECORD_TAIL_SIZE 68

/* With as much a full store still fits in what XAPI takes in one call. */
#define KEPT_MAX ((64u << 10) - 128)

struct record {
	size_t at, size; /* in the bytes */
	size_t name_size;
	uint8_t guid[16];
};

struct kept {
	GByteArray *bytes;
	GArray *records; /* struct record */
};

struct kept *kept_new(void)
{
	struct kept *kept = g_new0(struct kept, 1);

	kept->bytes = g_byte_array_new();
	kept->records = g_array_new(FALSE, FALSE, sizeof(struct record));
	return kept;
}

void kept_free(struct kept *kept)
{
	if (!kept)
		return;
	g_byte_array_free(kept->bytes, TRUE);
	g_array_free(kept->records, TRUE);
	g_free(kept);
}

static void put_blob(GByteArray *out, const uint8_t *bytes, size_t size)
{
	uint8_t length[8];

	put_le64(length, size);
	g_byte_array_append(out, length, sizeof length);
	g_byte_array_append(out, bytes, (guint)size);
}

/* A name and attributes (none) that no variable can have: so each later load sets it aside again, and it stays. */
static void put_wrapped(GByteArray *out, const struct uefivars_variable *wrapper)
{
	static const uint8_t tail[RECORD_TAIL_SIZE];

	put_blob(out, wrapper->name, wrapper->name_size);
	put_blob(out, wrapper->data, wrapper->data_size);
	g_byte_array_append(out, tail, sizeof tail);
}

bool kept_add(struct kept *kept, const struct uefivars_variable *variable, const uint8_t *record, size_t size)
{
	static const uint8_t name[] = { 'R', 0, 'e', 0, 'j', 0, 'e', 0, 'c', 0, 't', 0, 'e', 0, 'd', 0 };
	const struct uefivars_variable wrapper = {
		.name = name, .name_size = sizeof name, .data = record, .data_size = size
	};
	const size_t overhead = variable ? 0 : 8 + sizeof name + 8 + RECORD_TAIL_SIZE;
	struct record entry = { .at = kept->bytes->len, .size = size + overhead };

	if (size > KEPT_MAX || entry.at + entry.size > KEPT_MAX)
		return false;
	if (variable)
		g_byte_array_append(kept->bytes, record, (guint)size);
	else
		put_wrapped(kept->bytes, &wrapper);
	variable = variable ? variable : &wrapper;
	entry.name_size = variable->name_size;
	memcpy(entry.guid, variable->guid, sizeof entry.guid);
	g_array_append_val(kept->records, entry);
	return true;
}

static bool is_named(const struct kept *kept, const struct record *record, const uint8_t *name, size_t size)
{
	/* The name follows its length. */
	return record->name_size == size && memcmp(kept->bytes->data + record->at + 8, name, size) == 0;
}

bool kept_drop(struct kept *kept, const uint8_t *name, size_t size, const struct efi_guid *guid)
{
	const guint count = kept->records->len;

	for (guint i = count; i-- > 0;) {
		const struct record record = g_array_index(kept->records, struct record, i);

		if (!is_named(kept, &record, name, size) || memcmp(record.guid, guid->bytes, sizeof record.guid) != 0)
			continue;
		g_byte_array_remove_range(kept->bytes, (guint)record.at, (guint)record.size);
		g_array_remove_index(kept->records, i);
		for (guint j = i; j < kept->records->len; j++)
			g_array_index(kept->records, struct record, j).at -= record.size;
	}
	return kept->records->len < count;
}

size_t kept_size(const struct kept *kept)
{
	return kept->bytes->len;
}

void kept_put(const struct kept *kept, uint8_t *blob, size_t size)
{
	if (kept->records->len == 0)
		return;
	memcpy(blob + size, kept->bytes->data, kept->bytes->len);
	put_le64(blob + BLOB_COUNT_AT, get_le64(blob + BLOB_COUNT_AT) + kept->records->len);
	put_le64(blob + BLOB_SIZE_AT, get_le64(blob + BLOB_SIZE_AT) + kept->bytes->len);
}
