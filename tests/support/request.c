/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/request.h"

#include <string.h>

#include "efi/bytes.h"

void request_bytes(struct request *request, const void *bytes, size_t size)
{
	g_assert_cmpuint(size, <=, sizeof request->bytes - request->size);
	if (size)
		memcpy(request->bytes + request->size, bytes, size);
	request->size += size;
}

void request_u8(struct request *request, uint8_t value)
{
	request_bytes(request, &value, 1);
}

void request_u32(struct request *request, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	request_bytes(request, bytes, sizeof bytes);
}

void request_u64(struct request *request, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	request_bytes(request, bytes, sizeof bytes);
}

void request_guid(struct request *request, const struct efi_guid *guid)
{
	request_bytes(request, guid->bytes, sizeof guid->bytes);
}

void request_lying_blob(struct request *request, const void *bytes, size_t size, uint64_t length)
{
	request_u64(request, length);
	request_bytes(request, bytes, size);
}

void request_blob(struct request *request, const void *bytes, size_t size)
{
	request_lying_blob(request, bytes, size, size);
}

void request_begin(struct request *request, uint32_t version, uint32_t command)
{
	memset(request->bytes, 0xff, sizeof request->bytes);
	request->size = 0;
	request_u32(request, version);
	request_u32(request, command);
}

uint64_t request_send(struct request *request, struct guest *guest)
{
	return client_raw(&guest->client, request->bytes, sizeof request->bytes);
}
