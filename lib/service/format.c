/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/format.h"

#include "efi/bytes.h"
#include "efi/signature_list.h"

#define LOAD_OPTION_HEADER 6 /* UINT32 Attributes, UINT16 FilePathListLength */
#define NODE_HEADER 4        /* Type, SubType, UINT16 Length */
#define NODE_TYPE_END 0x7f
#define NODE_SUBTYPE_END_ENTIRE 0xff

#define KEY_OPTION_HEADER 10 /* UINT32 KeyData, UINT32 BootOptionCrc, UINT16 BootOption; packed */
#define KEY_SIZE 4
#define KEYS_MAX 3

/* Do nodes that fit lead to the end of a path? What the list holds behind that is not looked at. */
static bool is_path_list(const uint8_t *at, size_t size)
{
	while (size >= NODE_HEADER) {
		size_t length = get_le16(at + 2);

		if (length < NODE_HEADER || length > size)
			return false;
		if (at[0] == NODE_TYPE_END && at[1] == NODE_SUBTYPE_END_ENTIRE)
			return true;
		at += length;
		size -= length;
	}
	return false;
}

bool format_is_load_option(const uint8_t *data, size_t size)
{
	size_t path_size, at = LOAD_OPTION_HEADER;

	if (size < LOAD_OPTION_HEADER)
		return false;
	path_size = get_le16(data + 4);
	for (;; at += 2) {
		if (size - at < 2)
			return false;
		if (get_le16(data + at) == 0)
			break;
	}
	at += 2;
	return path_size <= size - at && is_path_list(data + at, path_size);
}

bool format_is_key_option(size_t size)
{
	return size >= KEY_OPTION_HEADER && (size - KEY_OPTION_HEADER) % KEY_SIZE == 0 &&
	       (size - KEY_OPTION_HEADER) / KEY_SIZE <= KEYS_MAX;
}

bool format_is_signatures(const uint8_t *data, size_t size)
{
	return siglist_check(data, size, NULL);
}

bool format_is_platform_key(const uint8_t *data, size_t size)
{
	size_t entries;

	return siglist_check(data, size, &entries) && entries == 1 &&
	       memcmp(data, guid_cert_x509.bytes, sizeof guid_cert_x509.bytes) == 0;
}
