/* SPDX-License-Identifier: GPL-2.0-only */
#include "rpc/wire.h"

#include "efi/bytes.h"
#include "efi/status.h"
#include "uefivars.h"

void wire_read_begin(struct wire_reader *reader, const uint8_t *page)
{
	reader->at = page;
	reader->left = UEFIVARS_PAGE_SIZE;
	reader->failed = false;
}

/* Steps over `size` bytes; returns where they stand, or NULL. */
static const uint8_t *take(struct wire_reader *reader, uint64_t size)
{
	const uint8_t *at = reader->at;

	if (reader->failed || size > reader->left) {
		reader->failed = true;
		return NULL;
	}
	reader->at += size;
	reader->left -= (size_t)size;
	return at;
}

uint8_t wire_read_u8(struct wire_reader *reader)
{
	const uint8_t *at = take(reader, 1);

	return at ? *at : 0;
}

uint32_t wire_read_u32(struct wire_reader *reader)
{
	const uint8_t *at = take(reader, 4);

	return at ? get_le32(at) : 0;
}

uint64_t wire_read_u64(struct wire_reader *reader)
{
	const uint8_t *at = take(reader, 8);

	return at ? get_le64(at) : 0;
}

struct efi_guid wire_read_guid(struct wire_reader *reader)
{
	const uint8_t *at = take(reader, sizeof(struct efi_guid));
	struct efi_guid guid = { { 0 } };

	if (at)
		memcpy(guid.bytes, at, sizeof guid.bytes);
	return guid;
}

const uint8_t *wire_read_blob(struct wire_reader *reader, size_t *size)
{
	uint64_t length = wire_read_u64(reader);
	const uint8_t *at = take(reader, length);

	*size = at ? (size_t)length : 0;
	return at;
}

size_t wire_put_status(uint8_t *page, uint64_t status)
{
	put_le64(page, status);
	return 8;
}

size_t wire_put_too_small(uint8_t *page, uint64_t needed)
{
	put_le64(page, EFI_BUFFER_TOO_SMALL);
	put_le64(page + 8, needed);
	return 16;
}

size_t wire_put_too_small_with_attributes(uint8_t *page, uint64_t needed, uint32_t attributes)
{
	wire_put_too_small(page, needed);
	put_le32(page + 16, attributes);
	return 20;
}

size_t wire_put_variable(uint8_t *page, uint32_t attributes, const uint8_t *data, size_t size)
{
	put_le64(page, EFI_SUCCESS);
	put_le32(page + 8, attributes);
	put_le64(page + 12, size);
	memcpy(page + 20, data, size);
	return 20 + size;
}

size_t wire_put_name(uint8_t *page, const uint8_t *name, size_t size, const struct efi_guid *guid)
{
	put_le64(page, EFI_SUCCESS);
	put_le64(page + 8, size);
	memcpy(page + 16, name, size);
	memcpy(page + 16 + size, guid->bytes, sizeof guid->bytes);
	return 16 + size + sizeof guid->bytes;
}

size_t wire_put_space(uint8_t *page, uint64_t maximum, uint64_t remaining, uint64_t maximum_variable)
{
	put_le64(page, EFI_SUCCESS);
	put_le64(page + 8, maximum);
	put_le64(page + 16, remaining);
	put_le64(page + 24, maximum_variable);
	return 32;
}
