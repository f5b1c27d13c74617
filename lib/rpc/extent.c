/* SPDX-License-Identifier: GPL-2.0-only */
#include "rpc/extent.h"

#include "efi/bytes.h"
#include "rpc/wire.h"
#include "uefivars.h"

#define GUID_SIZE 16

static size_t limit(size_t size)
{
	return size < UEFIVARS_PAGE_SIZE ? size : UEFIVARS_PAGE_SIZE;
}

/*
 * The end of a blob that begins at `at` and of the `more` bytes behind it. Where the blob's length is not there yet, or
 * runs past the pages, nothing behind the length is asked for: in the latter case nothing will be read of it.
 */
static size_t after_blob(const uint8_t *page, size_t have, size_t at, size_t more)
{
	uint64_t length;

	at += 8;
	if (at > have)
		return limit(at);
	length = get_le64(page + at - 8);
	return length > UEFIVARS_PAGE_SIZE - at ? at : limit(at + (size_t)length + more);
}

size_t extent_of_request(const uint8_t *page, size_t have)
{
	size_t at;

	if (have < WIRE_HEAD_SIZE)
		return WIRE_HEAD_SIZE;
	switch (get_le32(page + 4)) {
	case WIRE_GET_VARIABLE: /* name, guid, size of the buffer, at_runtime */
		return after_blob(page, have, WIRE_HEAD_SIZE, GUID_SIZE + 8 + 1);
	case WIRE_SET_VARIABLE: /* name, guid, data, attributes, at_runtime */
		at = after_blob(page, have, WIRE_HEAD_SIZE, GUID_SIZE);
		/* A name that runs past the pages ends the request there. */
		if (at > have || at == WIRE_HEAD_SIZE + 8)
			return at;
		return after_blob(page, have, at, 4 + 1);
	case WIRE_GET_NEXT_VARIABLE_NAME: /* size of the buffer, name, guid, at_runtime */
		return after_blob(page, have, WIRE_HEAD_SIZE + 8, GUID_SIZE + 1);
	case WIRE_QUERY_VARIABLE_INFO: /* attributes */
		return WIRE_HEAD_SIZE + 4;
	default:
		return WIRE_HEAD_SIZE;
	}
}
