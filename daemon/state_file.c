/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/state_file.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/guid.h"

static const uint8_t journal_name[STATE_JOURNAL_NAME_SIZE] = "J\0o\0u\0r\0n\0a\0l";
static const uint8_t spare_name[STATE_SPARE_NAME_SIZE] = "S\0p\0a\0r\0e";
static const uint8_t magic[8] = STATE_FILE_MAGIC;

/* A record, as far as it is looked at. */
struct record {
	const uint8_t *at;
	const uint8_t *name;
	size_t name_size;
	size_t data_size;
	const uint8_t *tail;
};

/* Takes a u64 length and so many bytes from *at, of which `left` are there. */
static const uint8_t *take(const uint8_t **at, const uint8_t *end, size_t *size)
{
	const uint8_t *bytes = *at + 8;
	uint64_t length;

	if (end - *at < 8)
		return NULL;
	length = get_le64(*at);
	if (length > (uint64_t)(end - bytes))
		return NULL;
	*at = bytes + length;
	*size = (size_t)length;
	return bytes;
}

/* Returns false where no whole record is at *at. */
static bool next_record(const uint8_t **at, const uint8_t *end, struct record *record)
{
	record->at = *at;
	record->name = take(at, end, &record->name_size);
	if (!record->name || !take(at, end, &record->data_size) || end - *at < STATE_RECORD_TAIL_SIZE)
		return false;
	record->tail = *at;
	*at += STATE_RECORD_TAIL_SIZE;
	return true;
}

static bool is_ours(const struct record *record, const uint8_t *name, size_t size)
{
	return record->name_size == size && memcmp(record->name, name, size) == 0 &&
	       memcmp(record->tail, guid_store_state.bytes, sizeof guid_store_state.bytes) == 0;
}

static bool is_blob(const uint8_t *bytes, size_t size)
{
	return size > STATE_BLOB_HEADER_SIZE && memcmp(bytes, "VARS", 4) == 0 && get_le32(bytes + 4) == 2;
}

bool state_file_parse(const uint8_t *bytes, size_t size, struct state_file_identity *identity, uint64_t *sequence,
		      struct state_file_place *place)
{
	const uint8_t *at = bytes + STATE_BLOB_HEADER_SIZE, *end = bytes + size;
	struct record record;

	if (!is_blob(bytes, size) || !next_record(&at, end, &record) ||
	    !is_ours(&record, journal_name, sizeof journal_name) ||
	    record.data_size < STATE_ENTRIES_AT - STATE_JOURNAL_DATA_AT)
		return false;
	memcpy(identity, bytes + STATE_IDENTITY_AT, sizeof *identity);
	place->start = (size_t)(record.tail - bytes);
	place->end = size;
	place->file_end = size;
	if (memcmp(identity->magic, magic, sizeof magic) != 0 || identity->vcpus > UINT16_MAX ||
	    state_file_base(identity->vcpus) > place->start)
		return false;
	*sequence = get_le64(bytes + STATE_JOURNAL_DATA_AT);
	while (next_record(&at, end, &record)) {
		if (is_ours(&record, spare_name, sizeof spare_name)) {
			place->end = (size_t)(record.at - bytes) + STATE_SPARE_HEAD_SIZE;
			place->file_end = (size_t)(at - bytes);
			return true;
		}
	}
	/* One in which no state was ever written has no Spare, and nothing that would count. */
	return identity->valid != STATE_WHOLE;
}

void state_file_head(uint8_t out[STATE_HEAD_SIZE], const uint8_t *blob, uint64_t sequence, size_t start, size_t size,
		     bool spare)
{
	memcpy(out, blob, STATE_BLOB_HEADER_SIZE);
	put_le64(out + STATE_BLOB_COUNT_AT, get_le64(out + STATE_BLOB_COUNT_AT) + (spare ? 2 : 1));
	put_le64(out + STATE_BLOB_RECORDS_SIZE_AT, size - STATE_BLOB_HEADER_SIZE);
	put_le64(out + STATE_BLOB_HEADER_SIZE, sizeof journal_name);
	memcpy(out + STATE_BLOB_HEADER_SIZE + 8, journal_name, sizeof journal_name);
	put_le64(out + STATE_JOURNAL_SIZE_AT, start - STATE_JOURNAL_DATA_AT);
	put_le64(out + STATE_JOURNAL_DATA_AT, sequence);
}

void state_file_tail(uint8_t out[STATE_RECORD_TAIL_SIZE])
{
	memset(out, 0, STATE_RECORD_TAIL_SIZE);
	memcpy(out, guid_store_state.bytes, sizeof guid_store_state.bytes);
	put_le32(out + sizeof guid_store_state.bytes, ATTR_BS);
}

void state_file_spare(uint8_t out[STATE_SPARE_HEAD_SIZE], size_t data_size)
{
	put_le64(out, sizeof spare_name);
	memcpy(out + 8, spare_name, sizeof spare_name);
	put_le64(out + 8 + sizeof spare_name, data_size);
}
