/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/seeds.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"

#define ATTRIBUTES (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)

static void add_counted(GByteArray *out, const void *bytes, size_t size)
{
	uint8_t head[2];

	put_le16(head, (uint16_t)size);
	g_byte_array_append(out, head, sizeof head);
	if (size)
		g_byte_array_append(out, bytes, (guint)size);
}

/* ---- fuzz_siglist ---- */

static void add_lists(const char *name, const GByteArray *base, const GByteArray *more)
{
	GByteArray *seed = g_byte_array_new();

	add_counted(seed, base->data, base->len);
	g_byte_array_append(seed, more->data, more->len);
	seeds_write("fuzz_siglist", name, seed->data, seed->len);
	g_byte_array_unref(seed);
}

static void siglists(void)
{
	GByteArray *hashes = g_byte_array_new(), *more = g_byte_array_new(), *mixed = g_byte_array_new();

	list_add_hashes(hashes, LIST_OWNER, 1, 4);
	list_add_hashes(more, LIST_OWNER, 3, 4);
	list_add_hashes(more, OWNER_A, 1, 2);
	list_add_certificate(mixed, TINY);
	list_add_certificate(mixed, EC256);
	for (size_t i = 0; i < list_types_count; i++)
		list_add_filled(mixed, &list_types[i].guid, list_types[i].data_size ? list_types[i].data_size : 8, 1);
	add_lists("hashes", hashes, more);
	add_lists("mixed", hashes, mixed);
	add_lists("mixed-first", mixed, more);
	add_lists("same", hashes, hashes);
	list_add_header(more, &list_sha256, 27, 0, 48);
	list_add_header(hashes, &list_x509, 28, 0, 65535);
	add_lists("wrong", hashes, more);
	g_byte_array_unref(hashes);
	g_byte_array_unref(more);
	g_byte_array_unref(mixed);
}

/* ---- fuzz_auth ---- */

static const struct {
	const char *name;
	enum identity trusted;
	struct signing how;
} signatures[] = {
	{ "plain", OWNER, { .signer = OWNER } },
	{ "ec", EC256, { .signer = EC256 } },
	{ "ec384", EC384, { .signer = EC384, .digest = "SHA384" } },
	{ "sha512", RSA1024, { .signer = RSA1024, .digest = "SHA512" } },
	{ "sha1", RSA1024, { .signer = RSA1024, .digest = "SHA1" } },
	{ "content-info", EC256, { .signer = EC256, .flags = SIGN_CONTENT_INFO } },
	{ "attributes", EC256, { .signer = EC256, .flags = SIGN_ATTRIBUTES } },
	{ "wrong-digest", EC256, { .signer = EC256, .flags = SIGN_ATTRIBUTES | SIGN_WRONG_DIGEST } },
	{ "no-certificates", EC256, { .signer = EC256, .flags = SIGN_WITHOUT_CERTIFICATES } },
	{ "encapsulated", EC256, { .signer = EC256, .flags = SIGN_ENCAPSULATED } },
	{ "crl", EC256, { .signer = EC256, .flags = SIGN_CRL } },
	{ "pss", RSA1024, { .signer = RSA1024, .flags = SIGN_PSS } },
	{ "spoiled", EC256, { .signer = EC256, .flags = SIGN_SPOILED } },
	{ "garbage", EC256, { .flags = SIGN_GARBAGE } },
	{ "long-length", EC256, { .signer = EC256, .flags = SIGN_LONG_LENGTH } },
	{ "indefinite", EC256, { .signer = EC256, .flags = SIGN_INDEFINITE } },
	{ "padded", EC256, { .signer = EC256, .trailing_zeros = 7 } },
	{ "two-signers", EC256, { .signer = EC384, .second = EC256 } },
	{ "chain", ROOT, { .signer = LEAF, .include = { INTERMEDIATE } } },
	{ "unfinished-chain", ROOT, { .signer = LEAF } },
	{ "tiny", TINY, { .signer = TINY } },
	{ "unsigned", TINY, { .signer = NOBODY } },
};

static void descriptors(void)
{
	struct test_name name;

	test_name_parse("auth", &name);
	for (size_t i = 0; i < G_N_ELEMENTS(signatures); i++) {
		GByteArray *seed = g_byte_array_new(), *lists = g_byte_array_new(), *update;

		list_add_certificate(lists, signatures[i].trusted);
		update = sign_update(&signatures[i].how, &(struct update){ .name = name.bytes,
									   .name_size = name.size,
									   .guid = name.guid,
									   .attributes = ATTRIBUTES,
									   .time = time_make(2020, 1, 1, 0, 0, 0),
									   .payload = "data",
									   .payload_size = 4 });
		add_counted(seed, lists->data, lists->len);
		g_byte_array_append(seed, update->data, update->len);
		seeds_write("fuzz_auth", signatures[i].name, seed->data, seed->len);
		g_byte_array_unref(seed);
		g_byte_array_unref(lists);
		g_byte_array_unref(update);
	}
}

/* ---- fuzz_authfile ---- */

static void key_files(void)
{
	struct guest *guest = guest_new();

	for (unsigned int bits = 1; bits <= KEYS_ALL; bits++) {
		const uint8_t which = (uint8_t)bits;
		GByteArray *seed = g_byte_array_new();
		char *name = g_strdup_printf("files-%u", which);

		keys_give(guest, which);
		g_byte_array_append(seed, &which, 1);
		for (unsigned int key = 0; key < UEFIVARS_KEYS; key++) {
			if (which >> key & 1)
				add_counted(seed, guest->keys[key].data, guest->keys[key].size);
		}
		seeds_write("fuzz_authfile", name, seed->data, seed->len);
		g_byte_array_unref(seed);
		g_free(name);
	}
	guest_free(guest);
}

void seeds_signatures(void)
{
	siglists();
	descriptors();
	key_files();
}
