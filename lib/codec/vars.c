/* SPDX-License-Identifier: GPL-2.0-only */
#include "codec/vars.h"

#include "efi/bytes.h"

#define MAGIC "VARS"
#define MAGIC_SIZE 4
#define HEADER_SIZE 24 /* magic, u32 version, u64 count, u64 size of all records */
#define EXTRA_SIZE (VARS_MOR_KEY_SIZE + 4 + VARS_PPI_FUNCTION_SIZE)
#define COUNT_AT 8
#define RECORDS_SIZE_AT 16
#define RECORD_TAIL_SIZE 68 /* guid, attributes, timestamp, digest */

static void read_extra(const uint8_t *at, struct vars_extra *extra)
{
	memcpy(extra->mor_key, at, sizeof extra->mor_key);
	extra->ppi_index = get_le32(at + VARS_MOR_KEY_SIZE);
	memcpy(extra->ppi_function, at + VARS_MOR_KEY_SIZE + 4, sizeof extra->ppi_function);
}

bool vars_open(struct vars_reader *reader, const uint8_t *blob, size_t size, struct vars_extra *extra)
{
	size_t header = HEADER_SIZE;
	uint32_t version;

	memset(extra, 0, sizeof *extra);
	if (size < HEADER_SIZE || memcmp(blob, MAGIC, MAGIC_SIZE) != 0)
		return false;
	version = get_le32(blob + MAGIC_SIZE);
	if (version != 1 && version != 2)
		return false;
	if (version == 2) {
		header += EXTRA_SIZE;
		if (size < header)
			return false;
		read_extra(blob + HEADER_SIZE, extra);
	}
	reader->at = blob + header;
	reader->left = size - header;
	reader->count = get_le64(blob + COUNT_AT);
	/* The size of the records in the header is not looked at: daemons in the field do not agree on it. */
	return reader->count == 0 || reader->left != 0;
}

/* Takes a u64 length and so many bytes. */
static bool take_blob(const uint8_t **at, size_t *left, const uint8_t **bytes, size_t *size)
{
	uint64_t length;

	if (*left < 8)
		return false;
	length = get_le64(*at);
	if (length > *left - 8)
		return false;
	*bytes = *at + 8;
	*size = (size_t)length;
	*at += 8 + length;
	*left -= 8 + (size_t)length;
	return true;
}

static bool read_record(struct vars_reader *reader, struct uefivars_variable *variable)
{
	const uint8_t *at = reader->at;
	size_t left = reader->left;

	if (!take_blob(&at, &left, &variable->name, &variable->name_size) ||
	    !take_blob(&at, &left, &variable->data, &variable->data_size) || left < RECORD_TAIL_SIZE)
		return false;
	memcpy(variable->guid, at, sizeof variable->guid);
	variable->attributes = get_le32(at + 16);
	memcpy(variable->timestamp, at + 20, sizeof variable->timestamp);
	memcpy(variable->digest, at + 36, sizeof variable->digest);
	reader->at = at + RECORD_TAIL_SIZE;
	reader->left = left - RECORD_TAIL_SIZE;
	return true;
}

enum vars_item vars_next(struct vars_reader *reader, struct uefivars_variable *variable, const uint8_t **record,
			 size_t *record_size)
{
	*record = reader->at;
	if (reader->count && reader->left && read_record(reader, variable)) {
		reader->count--;
		*record_size = (size_t)(reader->at - *record);
		return VARS_RECORD;
	}
	/* Fewer records than promised, or bytes behind the last. */
	*record_size = reader->left;
	if (reader->count == 0 && reader->left == 0)
		return VARS_END;
	reader->count = 0;
	reader->left = 0;
	return VARS_TRUNCATED;
}

static void put(struct vars_writer *writer, const void *bytes, size_t size)
{
	if (writer->out && size)
		memcpy(writer->out + writer->size, bytes, size);
	writer->size += size;
}

static void put_u64(struct vars_writer *writer, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	put(writer, bytes, sizeof bytes);
}

static void put_u32(struct vars_writer *writer, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	put(writer, bytes, sizeof bytes);
}

void vars_begin(struct vars_writer *writer, uint8_t *out, const struct vars_extra *extra)
{
	*writer = (struct vars_writer){ .out = out };
	put(writer, MAGIC, MAGIC_SIZE);
	put_u32(writer, 2);
	put_u64(writer, 0);
	put_u64(writer, 0);
	put(writer, extra->mor_key, sizeof extra->mor_key);
	put_u32(writer, extra->ppi_index);
	put(writer, extra->ppi_function, sizeof extra->ppi_function);
}

void vars_put(struct vars_writer *writer, const struct uefivars_variable *variable)
{
	put_u64(writer, variable->name_size);
	put(writer, variable->name, variable->name_size);
	put_u64(writer, variable->data_size);
	put(writer, variable->data, variable->data_size);
	put(writer, variable->guid, sizeof variable->guid);
	put_u32(writer, variable->attributes);
	put(writer, variable->timestamp, sizeof variable->timestamp);
	put(writer, variable->digest, sizeof variable->digest);
	writer->count++;
}

size_t vars_finish(struct vars_writer *writer)
{
	if (writer->out) {
		put_le64(writer->out + COUNT_AT, writer->count);
		put_le64(writer->out + RECORDS_SIZE_AT, writer->size - HEADER_SIZE - EXTRA_SIZE);
	}
	return writer->size;
}
