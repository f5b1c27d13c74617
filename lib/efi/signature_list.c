/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/signature_list.h"

#include "efi/bytes.h"
#include "efi/der.h"

const struct efi_guid guid_cert_x509 =
	EFI_GUID_INIT(0xa5c059a1u, 0x94e4, 0x4aa7, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72);
const struct efi_guid guid_cert_sha256 =
	EFI_GUID_INIT(0xc1c41626u, 0x504c, 0x4092, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28);

const struct siglist_type siglist_types[] = {
	{ EFI_GUID_INIT(0xc1c41626u, 0x504c, 0x4092, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28), "SHA256", 32 },
	{ EFI_GUID_INIT(0xa5c059a1u, 0x94e4, 0x4aa7, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72), "X509", 0 },
	{ EFI_GUID_INIT(0x3c5766e8u, 0x269c, 0x4e34, 0xaa, 0x14, 0xed, 0x77, 0x6e, 0x85, 0xb3, 0xb6), "RSA2048", 256 },
	{ EFI_GUID_INIT(0xe2b36190u, 0x879b, 0x4a3d, 0xad, 0x8d, 0xf2, 0xe7, 0xbb, 0xa3, 0x27, 0x84), "RSA2048_SHA256",
	  256 },
	{ EFI_GUID_INIT(0x826ca512u, 0xcf10, 0x4ac9, 0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31, 0xbd), "SHA1", 20 },
	{ EFI_GUID_INIT(0x67f8444fu, 0x8743, 0x48f1, 0xa3, 0x28, 0x1e, 0xaa, 0xb8, 0x73, 0x60, 0x80), "RSA2048_SHA1",
	  256 },
	{ EFI_GUID_INIT(0x0b6e5233u, 0xa65c, 0x44c9, 0x94, 0x07, 0xd9, 0xab, 0x83, 0xbf, 0xc8, 0xbd), "SHA224", 28 },
	{ EFI_GUID_INIT(0xff3e5307u, 0x9fd0, 0x48c9, 0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70, 0x1e, 0x01), "SHA384", 48 },
	{ EFI_GUID_INIT(0x093e0faeu, 0xa6c4, 0x4f50, 0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89, 0xc1, 0x9a), "SHA512", 64 },
	/* the hash of a tbsCertificate and the EFI_TIME of its revocation */
	{ EFI_GUID_INIT(0x3bd2a492u, 0x96c0, 0x4079, 0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1, 0x03, 0xed), "X509_SHA256",
	  48 },
	{ EFI_GUID_INIT(0x7076876eu, 0x80c2, 0x4ee6, 0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6, 0x86, 0x5b), "X509_SHA384",
	  64 },
	{ EFI_GUID_INIT(0x446dbf63u, 0x2502, 0x4cda, 0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0, 0xfe, 0x9d), "X509_SHA512",
	  80 },
	{ EFI_GUID_INIT(0x452e8cedu, 0xdfff, 0x4b8c, 0xae, 0x01, 0x51, 0x18, 0x86, 0x2e, 0x68, 0x2c),
	  "EXTERNAL_MANAGEMENT", 1 },
};
const size_t siglist_types_count = sizeof siglist_types / sizeof siglist_types[0];

const struct siglist_type *siglist_find_type(const struct efi_guid *guid)
{
	for (size_t i = 0; i < siglist_types_count; i++) {
		if (guid_equal(&siglist_types[i].guid, guid))
			return &siglist_types[i];
	}
	return NULL;
}

/* One list, its sizes checked against the bytes that are left. */
struct list {
	struct efi_guid type;
	size_t size;
	size_t entry_size;
	const uint8_t *entries;
	size_t count;
};

static bool read_list(const uint8_t *at, size_t left, struct list *list)
{
	size_t body;

	if (left < SIGLIST_HEADER_SIZE)
		return false;
	memcpy(list->type.bytes, at, sizeof list->type.bytes);
	list->size = get_le32(at + 16);
	list->entry_size = get_le32(at + 24);
	if (list->size < SIGLIST_HEADER_SIZE || list->size > left || list->entry_size <= SIGLIST_OWNER_SIZE)
		return false;
	/* None of the known types has a SignatureHeader. */
	if (get_le32(at + 20) != 0)
		return false;
	body = list->size - SIGLIST_HEADER_SIZE;
	if (body == 0 || body % list->entry_size)
		return false;
	list->entries = at + SIGLIST_HEADER_SIZE;
	list->count = body / list->entry_size;
	return true;
}

void siglist_begin(struct siglist_walk *walk, const uint8_t *lists, size_t size)
{
	memset(walk, 0, sizeof *walk);
	walk->next_list = lists;
	walk->left = size;
}

bool siglist_next(struct siglist_walk *walk)
{
	if (walk->entries == 0) {
		struct list list;

		if (walk->left == 0 || !read_list(walk->next_list, walk->left, &list))
			return false;
		walk->type = list.type;
		walk->entry_size = list.entry_size;
		walk->next_entry = list.entries;
		walk->entries = list.count;
		walk->next_list += list.size;
		walk->left -= list.size;
	}
	walk->entry = walk->next_entry;
	walk->data = walk->entry + SIGLIST_OWNER_SIZE;
	walk->data_size = walk->entry_size - SIGLIST_OWNER_SIZE;
	walk->next_entry += walk->entry_size;
	walk->entries--;
	return true;
}

static bool check_list(const struct list *list)
{
	const struct siglist_type *type = siglist_find_type(&list->type);
	struct der_certificate certificate;

	if (!type || (type->data_size && list->entry_size != SIGLIST_OWNER_SIZE + type->data_size))
		return false;
	if (!guid_equal(&list->type, &guid_cert_x509))
		return true;
	for (size_t i = 0; i < list->count; i++) {
		const uint8_t *data = list->entries + i * list->entry_size + SIGLIST_OWNER_SIZE;

		if (!der_certificate(data, list->entry_size - SIGLIST_OWNER_SIZE, &certificate))
			return false;
	}
	return true;
}

bool siglist_check(const uint8_t *lists, size_t size, size_t *entries)
{
	size_t total = 0;

	while (size) {
		struct list list;

		if (!read_list(lists, size, &list) || !check_list(&list))
			return false;
		total += list.count;
		lists += list.size;
		size -= list.size;
	}
	if (entries)
		*entries = total;
	return true;
}

size_t siglist_put_header(uint8_t out[SIGLIST_HEADER_SIZE], const struct efi_guid *type, size_t entry_size,
			  size_t entries)
{
	size_t size = SIGLIST_HEADER_SIZE + entry_size * entries;

	memcpy(out, type->bytes, sizeof type->bytes);
	put_le32(out + 16, (uint32_t)size);
	put_le32(out + 20, 0);
	put_le32(out + 24, (uint32_t)entry_size);
	return size;
}

/* Do these lists have that entry? */
static bool has_entry(const uint8_t *lists, size_t size, const struct list *of, const uint8_t *entry)
{
	while (size) {
		struct list list;

		if (!read_list(lists, size, &list))
			return false;
		if (list.entry_size == of->entry_size && guid_equal(&list.type, &of->type)) {
			for (size_t i = 0; i < list.count; i++) {
				if (memcmp(list.entries + i * list.entry_size, entry, list.entry_size) == 0)
					return true;
			}
		}
		lists += list.size;
		size -= list.size;
	}
	return false;
}

/* Writes the entries of one list that `out` (its first `done` bytes are whole lists) lacks, as a new list behind them.
 */
static size_t append_list(const struct list *list, uint8_t *out, size_t done)
{
	uint8_t *header = out + done, *end = header + SIGLIST_HEADER_SIZE;
	size_t added = 0;

	for (size_t i = 0; i < list->count; i++) {
		const uint8_t *entry = list->entries + i * list->entry_size;

		if (has_entry(out, done, list, entry))
			continue;
		memcpy(end, entry, list->entry_size);
		end += list->entry_size;
		/* With its header up to date the new list is searched for the entries that follow. */
		done = (size_t)(header - out) + siglist_put_header(header, &list->type, list->entry_size, ++added);
	}
	return done;
}

size_t siglist_append(const uint8_t *base, size_t size, const uint8_t *more, size_t more_size, uint8_t *out)
{
	size_t done = size;

	if (size)
		memcpy(out, base, size);
	while (more_size) {
		struct list list;

		if (!read_list(more, more_size, &list))
			break;
		done = append_list(&list, out, done);
		more += list.size;
		more_size -= list.size;
	}
	return done;
}
