/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_SIGNATURE_LISTs: which are well-formed (semantics A15), the walk over their entries, appending. */
#include <glib.h>

#include "efi/signature_list.h"
#include "tests/support/check.h"
#include "tests/support/identity.h"
#include "tests/support/lists.h"

/* The specification's types, by their text, with the size of one entry's data. */
static const struct {
	const char *id;
	const char *guid;
	uint32_t data_size;
} types[] = {
	{ "SHA256 (SIG-01)", "c1c41626-504c-4092-aca9-41f936934328", 32 },
	{ "SHA1 (SIG-16)", "826ca512-cf10-4ac9-b187-be01496631bd", 20 },
	{ "SHA224 (SIG-16)", "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", 28 },
	{ "SHA384 (SIG-16)", "ff3e5307-9fd0-48c9-85f1-8ad56c701e01", 48 },
	{ "SHA512 (SIG-16)", "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", 64 },
	{ "RSA2048 (SIG-16)", "3c5766e8-269c-4e34-aa14-ed776e85b3b6", 256 },
	{ "RSA2048_SHA1 (SIG-16)", "67f8444f-8743-48f1-a328-1eaab8736080", 256 },
	{ "RSA2048_SHA256 (SIG-16)", "e2b36190-879b-4a3d-ad8d-f2e7bba32784", 256 },
	{ "X509_SHA256 (SIG-15)", "3bd2a492-96c0-4079-b420-fcf98ef103ed", 48 },
	{ "X509_SHA384 (SIG-15)", "7076876e-80c2-4ee6-aad2-28b349a6865b", 64 },
	{ "X509_SHA512 (SIG-15)", "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", 80 },
	{ "EXTERNAL_MANAGEMENT (SIG-17)", "452e8ced-dfff-4b8c-ae01-5118862e682c", 1 },
};

static void expect(const char *what, GByteArray *lists, bool well_formed, size_t wanted)
{
	size_t entries = 12345;

	g_test_message("%s", what);
	g_assert_cmpint(list_check(lists->data, lists->len, NULL), ==, well_formed);
	g_assert_cmpint(list_check(lists->data, lists->len, &entries), ==, well_formed);
	if (well_formed)
		g_assert_cmpuint(entries, ==, wanted);
	g_byte_array_set_size(lists, 0);
}

static void test_types(void)
{
	g_autoptr(GByteArray) lists = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		struct efi_guid guid = guid_of(types[i].guid);
		const struct siglist_type *type = siglist_find_type(&guid);

		g_test_message("%s", types[i].id);
		g_assert_nonnull(type);
		g_assert_true(guid_equal(&type->guid, &guid));
		g_assert_cmpuint(type->data_size, ==, types[i].data_size);
		for (uint8_t count = 1; count < 4; count++) {
			list_add_run(lists, guid, types[i].data_size, OWNER_A, 1, count);
			expect("with entries", lists, true, count);
		}
		list_add_run(lists, guid, types[i].data_size + 1, OWNER_A, 1, 1);
		expect("entry a byte too long (SIG-04)", lists, false, 0);
		list_add_run(lists, guid, types[i].data_size - 1, OWNER_A, 1, 1);
		expect("entry a byte too short", lists, false, 0);
		list_add_run(lists, guid, types[i].data_size, OWNER_A, 1, 0);
		expect("no entry (SIG-02)", lists, false, 0);
	}
}

/* RO-18: what the table lists is what is found, each kind once. */
static void test_type_table(void)
{
	struct efi_guid x509 = guid_of("a5c059a1-94e4-4aa7-87b5-ab155c2bf072"), sha256 = list_sha256;

	g_assert_cmpuint(siglist_types_count, >=, G_N_ELEMENTS(types) + 1);
	g_assert_true(guid_equal(&guid_cert_x509, &x509));
	g_assert_true(guid_equal(&guid_cert_sha256, &sha256));
	for (size_t i = 0; i < siglist_types_count; i++) {
		g_assert_true(siglist_find_type(&siglist_types[i].guid) == &siglist_types[i]);
		g_assert_nonnull(siglist_types[i].name);
	}
	g_assert_null(siglist_find_type(&guid_cert_pkcs7));
}

static void test_sizes(void)
{
	/* list size, header size, entry size, bytes that follow the header */
	static const struct {
		const char *what;
		uint32_t list_size, header_size, entry_size;
		size_t body;
		bool well_formed;
	} rows[] = {
		{ "one entry", 76, 0, 48, 48, true },
		{ "two entries", 124, 0, 48, 96, true },
		{ "entry size 49 (SIG-04)", 77, 0, 49, 49, false },
		{ "entry size 0 (SIG-05)", 76, 0, 0, 48, false },
		{ "entry size 15", 43, 0, 15, 15, false },
		{ "entry size 16", 44, 0, 16, 16, false },
		{ "entry size 0xffffffff", 76, 0, UINT32_MAX, 48, false },
		{ "header size 1 (SIG-06)", 77, 1, 48, 49, false },
		{ "header size 48 (SIG-06)", 124, 48, 48, 96, false },
		{ "header size 0xffffffff", 76, UINT32_MAX, 48, 48, false },
		{ "header size that wraps to nothing", 76, (uint32_t)-28, 48, 48, false },
		{ "list size 0 (SIG-08)", 0, 0, 48, 48, false },
		{ "list size 1", 1, 0, 48, 48, false },
		{ "list size 27", 27, 0, 48, 48, false },
		{ "list size 27, entry size 65535", 27, 0, 65535, 48, false },
		{ "list size 28 (SIG-02)", 28, 0, 48, 0, false },
		{ "list size 28, data behind", 28, 0, 48, 48, false },
		{ "list size 75", 75, 0, 48, 48, false },
		{ "list size 77", 77, 0, 48, 48, false },
		{ "list size 77, a byte behind the entry", 77, 0, 48, 49, false },
		{ "list size 76, a byte behind the list", 76, 0, 48, 49, false },
		{ "list size 0xffffffff (SIG-08)", UINT32_MAX, 0, 48, 48, false },
		{ "list size 0x80000000", 0x80000000u, 0, 48, 48, false },
		{ "list size of 2^32 and a list", 76, 0, 48, 47, false },
	};
	static const uint8_t zeros[128];
	g_autoptr(GByteArray) lists = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		list_add_header(lists, &list_sha256, rows[i].list_size, rows[i].header_size, rows[i].entry_size);
		g_byte_array_append(lists, zeros, (guint)rows[i].body);
		expect(rows[i].what, lists, rows[i].well_formed, (rows[i].list_size - 28) / 48);
		/* The same behind a good list: bad lists are found wherever they stand. */
		list_add_hashes(lists, OWNER_A, 1, 1);
		list_add_header(lists, &list_sha256, rows[i].list_size, rows[i].header_size, rows[i].entry_size);
		g_byte_array_append(lists, zeros, (guint)rows[i].body);
		expect(rows[i].what, lists, rows[i].well_formed, 1 + (rows[i].list_size - 28) / 48);
	}
}

static void test_unknown_type(void)
{
	g_autoptr(GByteArray) lists = g_byte_array_new();

	list_add_run(lists, guid_of("00000000-0000-0000-0000-000000000000"), 32, OWNER_A, 1, 1);
	expect("zero GUID (SIG-07)", lists, false, 0);
	list_add_run(lists, guid_of("c1c41626-504c-4092-aca9-41f936934329"), 32, OWNER_A, 1, 1);
	expect("one bit beside SHA-256", lists, false, 0);
	list_add_run(lists, guid_cert_pkcs7, 32, OWNER_A, 1, 1);
	expect("PKCS7 is no signature", lists, false, 0);
}

/* SIG-09, SIG-03, SIG-19: only whole lists are well-formed. */
static void test_cut(void)
{
	g_autoptr(GByteArray) lists = g_byte_array_new();
	size_t whole[3] = { 0 };

	list_add_hashes(lists, OWNER_A, 1, 2);
	whole[1] = lists->len;
	list_add_run(lists, guid_of("826ca512-cf10-4ac9-b187-be01496631bd"), 20, OWNER_B, 7, 3);
	whole[2] = lists->len;
	for (size_t size = 0; size <= lists->len; size++) {
		bool well_formed = size == whole[0] || size == whole[1] || size == whole[2];

		g_assert_cmpint(list_check(lists->data, size, NULL), ==, well_formed);
	}
	for (size_t more = 1; more < 28; more++) {
		g_byte_array_append(lists, (const uint8_t *)"", 1);
		g_assert_false(list_check(lists->data, lists->len, NULL));
	}
	g_assert_true(siglist_check(NULL, 0, NULL));
}

/* Appends a list of one X.509 entry. */
static void put_x509(GByteArray *out, const void *der, size_t size)
{
	list_add_header(out, &list_x509, (uint32_t)(SIGLIST_HEADER_SIZE + SIGLIST_OWNER_SIZE + size), 0,
			(uint32_t)(SIGLIST_OWNER_SIZE + size));
	list_add_entry(out, OWNER_A, der, size);
}

/* SIG-12, SIG-13, SIG-14: whatever the key is. */
static void test_x509_keys(void)
{
	static const struct {
		const char *what;
		enum identity who;
	} rows[] = {
		{ "RSA 1024 (SIG-13)", RSA1024 },     { "RSA 2048 (SIG-12)", KEK1 },
		{ "RSA 3072 (SIG-12)", RSA3072 },     { "RSA 4096 (SIG-12)", RSA4096 },
		{ "P-256 (SIG-14)", EC256 },          { "P-384 (SIG-14)", EC384 },
		{ "SHA-1", SHA1_CERTIFICATE },        { "expired", EXPIRED },
		{ "no common name", NO_COMMON_NAME }, { "negative serial", NEGATIVE_SERIAL },
		{ "hardly anything", TINY },
	};
	g_autoptr(GByteArray) lists = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct credentials *person = identity_get(rows[i].who);

		put_x509(lists, person->der, person->der_size);
		expect(rows[i].what, lists, true, 1);
		list_add_hashes(lists, OWNER_A, 1, 3);
		put_x509(lists, person->der, person->der_size);
		expect("behind a list of hashes (SIG-10)", lists, true, 4);
	}
}

static void test_x509_form(void)
{
	const struct credentials *person = identity_get(EC256);
	size_t size = person->der_size;
	g_autoptr(GByteArray) lists = g_byte_array_new();
	g_autofree uint8_t *longer = g_malloc0(size + 1);
	uint32_t entry_size = (uint32_t)(SIGLIST_OWNER_SIZE + size);

	memcpy(longer, person->der, size);
	put_x509(lists, longer, size + 1);
	expect("zero padding behind the certificate", lists, true, 1);
	longer[size] = 1;
	put_x509(lists, longer, size + 1);
	expect("a byte behind the certificate", lists, false, 0);
	put_x509(lists, "", 0);
	expect("no data", lists, false, 0);
	put_x509(lists, "not a certificate", 17);
	expect("text (SIG-11)", lists, false, 0);
	for (size_t cut = 1; cut < size; cut++) {
		put_x509(lists, person->der, cut);
		g_assert_false(list_check(lists->data, lists->len, NULL));
		g_byte_array_set_size(lists, 0);
	}
	list_add_header(lists, &list_x509, SIGLIST_HEADER_SIZE + 2 * entry_size, 0, entry_size);
	list_add_entry(lists, OWNER_A, person->der, size);
	list_add_entry(lists, OWNER_B, person->der, size);
	expect("two certificates in one list (SB-28)", lists, true, 2);
	memset(longer, 0x30, size);
	list_add_header(lists, &list_x509, SIGLIST_HEADER_SIZE + 2 * entry_size, 0, entry_size);
	list_add_entry(lists, OWNER_A, person->der, size);
	list_add_entry(lists, OWNER_A, longer, size);
	expect("the second certificate is garbage (SIG-18)", lists, false, 0);
}

/* Outer lengths that lie, in each of DER's forms. */
static void test_x509_lengths(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} rows[] = {
		{ "\x30", 1 },
		{ "\x30\x00", 2 },
		{ "\x30\x80\x00\x00", 4 },
		{ "\x30\x81", 2 },
		{ "\x30\x81\xff", 3 },
		{ "\x30\x82\xff", 3 },
		{ "\x30\x82\xff\xff", 4 },
		{ "\x30\x83\xff\xff\xff\xff", 6 },
		{ "\x30\x84\xff\xff\xff\xff", 6 },
		{ "\x30\x84\x7f\xff\xff\xff", 6 },
		{ "\x30\x85\x00\x00\x00\x00\x00", 7 },
		{ "\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
		{ "\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
		{ "\x31\x03\x02\x01\x00", 5 },
		{ "\x02\x01\x00", 3 },
	};
	g_autoptr(GByteArray) lists = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		put_x509(lists, rows[i].bytes, rows[i].size);
		expect("an outer length that lies", lists, false, 0);
	}
}

/* The walk visits each entry of each list in order. */
static void test_walk(void)
{
	static const uint8_t owners[] = { OWNER_A, OWNER_A, OWNER_A, OWNER_B, OWNER_B };
	static const uint8_t fills[] = { 1, 2, 3, 9, 10 };
	g_autoptr(GByteArray) lists = g_byte_array_new();
	struct siglist_walk walk;

	list_add_hashes(lists, OWNER_A, 1, 3);
	list_add_run(lists, guid_of("093e0fae-a6c4-4f50-9f1b-d41e2b89c19a"), 64, OWNER_B, 9, 2);
	siglist_begin(&walk, lists->data, lists->len);
	for (size_t i = 0; i < G_N_ELEMENTS(fills); i++) {
		struct efi_guid type = i < 3 ? list_sha256 : guid_of("093e0fae-a6c4-4f50-9f1b-d41e2b89c19a");

		g_assert_true(siglist_next(&walk));
		g_assert_true(guid_equal(&walk.type, &type));
		g_assert_cmpuint(walk.data_size, ==, i < 3 ? 32 : 64);
		g_assert_cmpuint(walk.entry_size, ==, walk.data_size + SIGLIST_OWNER_SIZE);
		g_assert_true(walk.data == walk.entry + SIGLIST_OWNER_SIZE);
		g_assert_cmpuint(walk.entry[0], ==, owners[i]);
		g_assert_cmpuint(walk.data[0], ==, fills[i]);
		g_assert_cmpuint(walk.data[walk.data_size - 1], ==, fills[i]);
	}
	g_assert_false(siglist_next(&walk));
	g_assert_false(siglist_next(&walk));
	siglist_begin(&walk, NULL, 0);
	g_assert_false(siglist_next(&walk));
}

/* Whatever the bytes are, the walk ends and stays inside them. */
static void test_walk_garbage(void)
{
	g_autoptr(GByteArray) lists = g_byte_array_new();

	list_add_hashes(lists, OWNER_A, 1, 2);
	list_add_hashes(lists, OWNER_B, 5, 1);
	for (size_t round = 0; round < 4000; round++) {
		size_t size = (size_t)g_test_rand_int_range(0, (gint32)lists->len + 1), steps = 0;
		g_autofree uint8_t *copy = check_copy(lists->data, size);
		struct siglist_walk walk;

		for (int flips = g_test_rand_int_range(0, 4); size && flips > 0; flips--)
			copy[g_test_rand_int_range(0, (gint32)size)] = (uint8_t)g_test_rand_int();
		siglist_begin(&walk, copy, size);
		while (siglist_next(&walk)) {
			g_assert_true(walk.entry >= copy && walk.entry + walk.entry_size <= copy + size);
			g_assert_cmpuint(++steps, <=, size);
		}
		siglist_check(copy, size, NULL);
	}
}

static void test_put_header(void)
{
	g_autoptr(GByteArray) wanted = g_byte_array_new();
	uint8_t header[SIGLIST_HEADER_SIZE];

	list_add_header(wanted, &list_sha256, 28 + 5 * 48, 0, 48);
	g_assert_cmpuint(siglist_put_header(header, &guid_cert_sha256, 48, 5), ==, 28 + 5 * 48);
	check_bytes(header, sizeof header, wanted->data, wanted->len);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/siglist/types", test_types);
	g_test_add_func("/siglist/type-table", test_type_table);
	g_test_add_func("/siglist/sizes", test_sizes);
	g_test_add_func("/siglist/unknown-type", test_unknown_type);
	g_test_add_func("/siglist/cut", test_cut);
	g_test_add_func("/siglist/x509-keys", test_x509_keys);
	g_test_add_func("/siglist/x509-form", test_x509_form);
	g_test_add_func("/siglist/x509-lengths", test_x509_lengths);
	g_test_add_func("/siglist/walk", test_walk);
	g_test_add_func("/siglist/walk-garbage", test_walk_garbage);
	g_test_add_func("/siglist/put-header", test_put_header);
	return g_test_run();
}
