/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/lists.h"
#include "tests/support/check.h"

#include <string.h>

#include "efi/bytes.h"
#include "efi/signature_list.h"

static const struct efi_guid test_owner =
	EFI_GUID_INIT(0x77fa9abdu, 0x0359, 0x4d32, 0xbd, 0x60, 0x28, 0xf4, 0xe7, 0x8f, 0x78, 0x4b);

const struct efi_guid list_x509 =
	EFI_GUID_INIT(0xa5c059a1u, 0x94e4, 0x4aa7, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72);
const struct efi_guid list_sha256 =
	EFI_GUID_INIT(0xc1c41626u, 0x504c, 0x4092, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28);

#define TYPE(a, b, c, ...) EFI_GUID_INIT(a, b, c, __VA_ARGS__)

const struct list_type list_types[] = {
	{ "X509", TYPE(0xa5c059a1u, 0x94e4, 0x4aa7, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72), 0 },
	{ "SHA256", TYPE(0xc1c41626u, 0x504c, 0x4092, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28), 32 },
	{ "SHA1", TYPE(0x826ca512u, 0xcf10, 0x4ac9, 0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31, 0xbd), 20 },
	{ "SHA224", TYPE(0x0b6e5233u, 0xa65c, 0x44c9, 0x94, 0x07, 0xd9, 0xab, 0x83, 0xbf, 0xc8, 0xbd), 28 },
	{ "SHA384", TYPE(0xff3e5307u, 0x9fd0, 0x48c9, 0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70, 0x1e, 0x01), 48 },
	{ "SHA512", TYPE(0x093e0faeu, 0xa6c4, 0x4f50, 0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89, 0xc1, 0x9a), 64 },
	{ "RSA2048", TYPE(0x3c5766e8u, 0x269c, 0x4e34, 0xaa, 0x14, 0xed, 0x77, 0x6e, 0x85, 0xb3, 0xb6), 256 },
	{ "RSA2048_SHA1", TYPE(0x67f8444fu, 0x8743, 0x48f1, 0xa3, 0x28, 0x1e, 0xaa, 0xb8, 0x73, 0x60, 0x80), 256 },
	{ "RSA2048_SHA256", TYPE(0xe2b36190u, 0x879b, 0x4a3d, 0xad, 0x8d, 0xf2, 0xe7, 0xbb, 0xa3, 0x27, 0x84), 256 },
	{ "X509_SHA256", TYPE(0x3bd2a492u, 0x96c0, 0x4079, 0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1, 0x03, 0xed), 48 },
	{ "X509_SHA384", TYPE(0x7076876eu, 0x80c2, 0x4ee6, 0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6, 0x86, 0x5b), 64 },
	{ "X509_SHA512", TYPE(0x446dbf63u, 0x2502, 0x4cda, 0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0, 0xfe, 0x9d), 80 },
	{ "EXTERNAL_MANAGEMENT", TYPE(0x452e8cedu, 0xdfff, 0x4b8c, 0xae, 0x01, 0x51, 0x18, 0x86, 0x2e, 0x68, 0x2c), 1 },
};
const size_t list_types_count = G_N_ELEMENTS(list_types);

void list_add_header(GByteArray *out, const struct efi_guid *type, uint32_t list_size, uint32_t header_size,
		     uint32_t signature_size)
{
	uint8_t header[LIST_HEADER_SIZE];

	memcpy(header, type->bytes, 16);
	put_le32(header + 16, list_size);
	put_le32(header + 20, header_size);
	put_le32(header + 24, signature_size);
	g_byte_array_append(out, header, sizeof header);
}

void list_add_entry(GByteArray *out, uint8_t owner, const void *data, size_t size)
{
	struct efi_guid guid = test_owner;

	if (owner != LIST_OWNER)
		memset(guid.bytes, owner, sizeof guid.bytes);
	g_byte_array_append(out, guid.bytes, LIST_OWNER_SIZE);
	g_byte_array_append(out, data, (guint)size);
}

void list_add_run(GByteArray *out, struct efi_guid type, size_t data_size, uint8_t owner, uint8_t first, size_t count)
{
	const size_t entry_size = LIST_OWNER_SIZE + data_size;
	g_autofree uint8_t *data = g_malloc(data_size + 1);

	list_add_header(out, &type, (uint32_t)(LIST_HEADER_SIZE + entry_size * count), 0, (uint32_t)entry_size);
	for (size_t i = 0; i < count; i++) {
		memset(data, (int)(first + i), data_size);
		list_add_entry(out, owner, data, data_size);
	}
}

void list_add_hashes(GByteArray *out, uint8_t owner, uint8_t first, size_t count)
{
	list_add_run(out, list_sha256, 32, owner, first, count);
}

void list_add_filled(GByteArray *out, const struct efi_guid *type, size_t size, uint8_t fill)
{
	list_add_run(out, *type, size, LIST_OWNER, fill, 1);
}

void list_add_certificate(GByteArray *out, enum identity who)
{
	const struct credentials *credentials = identity_get(who);

	list_add_header(out, &list_x509, (uint32_t)(LIST_HEADER_SIZE + LIST_OWNER_SIZE + credentials->der_size), 0,
			(uint32_t)(LIST_OWNER_SIZE + credentials->der_size));
	list_add_entry(out, LIST_OWNER, credentials->der, credentials->der_size);
}

bool list_check(const uint8_t *bytes, size_t size, size_t *entries)
{
	g_autofree uint8_t *copy = check_copy(bytes, size);

	return siglist_check(copy, size, entries);
}

struct efi_guid guid_of(const char *text)
{
	struct efi_guid guid;

	g_assert_true(guid_parse(text, &guid));
	return guid;
}

void load_option_add(GByteArray *out, const void *path, size_t path_size, const void *optional, size_t optional_size)
{
	/* Attributes LOAD_OPTION_ACTIVE, FilePathListLength, Description */
	uint8_t head[] = { 1, 0, 0, 0, 0, 0, 'T', 0, 'e', 0, 's', 0, 't', 0, 0, 0 };

	put_le16(head + 4, (uint16_t)path_size);
	g_byte_array_append(out, head, sizeof head);
	g_byte_array_append(out, path, (guint)path_size);
	if (optional_size)
		g_byte_array_append(out, optional, (guint)optional_size);
}
