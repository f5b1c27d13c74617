/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/guid.h"

#include <stddef.h>

const struct efi_guid guid_global_variable =
	EFI_GUID_INIT(0x8be4df61u, 0x93ca, 0x11d2, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c);
const struct efi_guid guid_image_security_database =
	EFI_GUID_INIT(0xd719b2cbu, 0x3d3a, 0x4596, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f);
const struct efi_guid guid_hardware_error =
	EFI_GUID_INIT(0x414e6bddu, 0xe47b, 0x47cc, 0xb2, 0x44, 0xbb, 0x61, 0x02, 0x0c, 0xf5, 0x16);
const struct efi_guid guid_mor_control =
	EFI_GUID_INIT(0xe20939beu, 0x32d4, 0x41be, 0xa1, 0x50, 0x89, 0x7f, 0x85, 0xd4, 0x98, 0x29);
const struct efi_guid guid_mor_lock =
	EFI_GUID_INIT(0xbb983ccfu, 0x151d, 0x40e1, 0xa0, 0x7b, 0x4a, 0x17, 0xbe, 0x16, 0x82, 0x92);
const struct efi_guid guid_ppi_xen =
	EFI_GUID_INIT(0x9d1947ebu, 0x09bb, 0x4780, 0xa3, 0xcd, 0xbe, 0xa9, 0x56, 0xe0, 0xe0, 0x56);
const struct efi_guid guid_vendor_keys_nv =
	EFI_GUID_INIT(0x9073e4e0u, 0x60ec, 0x4b6e, 0x99, 0x03, 0x4c, 0x22, 0x3c, 0x26, 0x0f, 0x3c);
const struct efi_guid guid_secure_boot_enable =
	EFI_GUID_INIT(0xf0a30bc7u, 0xaf08, 0x4556, 0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44);
const struct efi_guid guid_store_state =
	EFI_GUID_INIT(0x6f3c1f0eu, 0x5b0a, 0x4d57, 0x9c, 0x1e, 0x7e, 0x90, 0x31, 0x0d, 0x1b, 0xa6);
const struct efi_guid guid_cert_pkcs7 =
	EFI_GUID_INIT(0x4aafd29du, 0x68df, 0x49ee, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7);

/* Where each byte of the text stands in memory: the first three fields are little-endian integers. */
static const uint8_t byte_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void guid_format(const struct efi_guid *guid, char text[GUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 16; i++) {
		uint8_t byte = guid->bytes[byte_order[i]];

		if (dash_before(i))
			*text++ = '-';
		*text++ = digits[byte >> 4];
		*text++ = digits[byte & 15];
	}
	*text = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool guid_parse(const char *text, struct efi_guid *guid)
{
	struct efi_guid result;

	for (size_t i = 0; i < 16; i++) {
		int high, low;

		if (dash_before(i) && *text++ != '-')
			return false;
		high = digit_value(text[0]);
		low = high < 0 ? -1 : digit_value(text[1]);
		if (low < 0)
			return false;
		result.bytes[byte_order[i]] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return false;
	*guid = result;
	return true;
}
