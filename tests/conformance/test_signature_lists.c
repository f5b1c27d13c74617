/* SPDX-License-Identifier: GPL-2.0-only */
/* A15 EFI_SIGNATURE_LISTs as payloads of the Secure Boot variables. */
#include "tests/support/play.h"

#include <string.h>

#include "tests/support/lists.h"

/* Writes the list to every policy variable that takes lists, in setup mode. PK takes one X.509 entry only: it refuses
 * all. */
static void everywhere(struct guest *guest, const GByteArray *list, uint64_t expected)
{
	static const char *const names[] = { "db", "dbx", "KEK", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		DO(guest, SIGNED(names[i], A27, UNSIGNED, T(1), BYTES(list->data, list->len), expected));
		DO(guest, SIGNED(names[i], A27 | APPEND, UNSIGNED, T(2), BYTES(list->data, list->len), expected));
		if (expected == S)
			DO(guest, GET(names[i], A27, BYTES(list->data, list->len)));
		else
			DO(guest, ABSENT(names[i]));
	}
	if (expected != S)
		DO(guest, SIGNED("PK", A27, UNSIGNED, T(1), BYTES(list->data, list->len), expected), ABSENT("PK"));
}

/* Writes what `fill` makes everywhere. */
static void try_list(struct guest *guest, void (*fill)(GByteArray *list), uint64_t expected)
{
	GByteArray *list = g_byte_array_new();

	fill(list);
	everywhere(guest, list, expected);
	g_byte_array_unref(list);
}

/* Writes a list of the hashes 1 and 2 whose header says something else. */
static void try_header(struct guest *guest, uint32_t list_size, uint32_t header_size, uint32_t signature_size)
{
	GByteArray *hashes = g_byte_array_new(), *list = g_byte_array_new();

	list_add_hashes(hashes, LIST_OWNER, 1, 2);
	list_add_header(list, &list_sha256, list_size, header_size, signature_size);
	g_byte_array_append(list, hashes->data + LIST_HEADER_SIZE, hashes->len - LIST_HEADER_SIZE);
	everywhere(guest, list, IP);
	g_byte_array_unref(hashes);
	g_byte_array_unref(list);
}

enum { TWO_HASHES = LIST_HEADER_SIZE + 2 * 48 };

static void hash_lists(struct guest *guest)
{
	static const unsigned int counts[] = { 1, 2, 50, 200 };

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
		DO(guest, SIGNED("dbx", A27, UNSIGNED, T(1), HASHES(1, counts[i]), S),
		   GET("dbx", A27, HASHES(1, counts[i])));
}

static void no_entries(GByteArray *list)
{
	list_add_header(list, &list_sha256, LIST_HEADER_SIZE, 0, 48);
}

static void no_entries_after_good_list(GByteArray *list)
{
	list_add_hashes(list, LIST_OWNER, 1, 1);
	list_add_header(list, &list_x509, LIST_HEADER_SIZE, 0, 500);
}

static void one_byte_less(GByteArray *list)
{
	list_add_hashes(list, LIST_OWNER, 1, 2);
	g_byte_array_set_size(list, list->len - 1);
}

static void one_byte_more(GByteArray *list)
{
	list_add_hashes(list, LIST_OWNER, 1, 2);
	g_byte_array_append(list, (const uint8_t *)"", 1);
}

static void entry_of_49(GByteArray *list)
{
	uint8_t data[33] = { 1 };

	list_add_header(list, &list_sha256, LIST_HEADER_SIZE + 49, 0, 49);
	list_add_entry(list, LIST_OWNER, data, sizeof data);
}

static void entry_of_47(GByteArray *list)
{
	uint8_t data[31] = { 1 };

	list_add_header(list, &list_sha256, LIST_HEADER_SIZE + 47, 0, 47);
	list_add_entry(list, LIST_OWNER, data, sizeof data);
}

static void signature_sizes(struct guest *guest)
{
	try_list(guest, entry_of_49, IP);
	try_list(guest, entry_of_47, IP);
	try_header(guest, TWO_HASHES, 0, 49);
	try_header(guest, TWO_HASHES, 0, 96);
}

static void signature_size_0(struct guest *guest)
{
	try_header(guest, TWO_HASHES, 0, 0);
	try_header(guest, TWO_HASHES, 0, 1);
	try_header(guest, TWO_HASHES, 0, 16);
	try_header(guest, TWO_HASHES, 0, UINT32_MAX);
}

static void header_sizes(struct guest *guest)
{
	try_header(guest, TWO_HASHES, 48, 48);
	try_header(guest, TWO_HASHES, 1, 48);
	try_header(guest, TWO_HASHES, 0xffff, 48);
	try_header(guest, TWO_HASHES, UINT32_MAX, 48);
	try_header(guest, TWO_HASHES, UINT32_MAX - 27, 48);
}

static void list_sizes(struct guest *guest)
{
	static const uint32_t sizes[] = {
		0, 1, 16, 27, 29, TWO_HASHES - 1, TWO_HASHES + 1, 0x7fffffff, UINT32_MAX - 3, UINT32_MAX
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		try_header(guest, sizes[i], 0, 48);
}

/* An X.509 list that says 27 bytes with signatures of 65,535. */
static void x509_of_27(GByteArray *list)
{
	list_add_header(list, &list_x509, 27, 0, 65535);
}

static void unknown_type(GByteArray *list)
{
	static const struct efi_guid unknown = EFI_GUID_INIT(0x12345678u, 0x9abc, 0x4def, 0x80, 1, 2, 3, 4, 5, 6, 7);

	list_add_filled(list, &unknown, 32, 1);
}

static void unknown_type_after_good_list(GByteArray *list)
{
	list_add_hashes(list, LIST_OWNER, 1, 1);
	unknown_type(list);
}

/* EFI_CERT_TYPE_PKCS7_GUID is a GUID of the specification, but no signature type of lists here. */
static void pkcs7_type(GByteArray *list)
{
	list_add_filled(list, &guid_cert_pkcs7, 32, 1);
}

static void short_payloads(struct guest *guest)
{
	GByteArray *list = g_byte_array_new();

	list_add_hashes(list, LIST_OWNER, 1, 1);
	for (guint size = 27; size > 0; size--) {
		g_byte_array_set_size(list, size);
		DO(guest, SIGNED("db", A27, UNSIGNED, T(1), BYTES(list->data, size), IP),
		   SIGNED("PK", A27, UNSIGNED, T(1), BYTES(list->data, size), IP));
	}
	DO(guest, ABSENT("db"), ABSENT("PK"));
	g_byte_array_unref(list);
}

static void hashes_and_certificate(GByteArray *list)
{
	list_add_hashes(list, LIST_OWNER, 1, 3);
	list_add_certificate(list, DB1);
	list_add_hashes(list, LIST_OWNER, 9, 1);
}

static void not_der(GByteArray *list)
{
	list_add_filled(list, &list_x509, 300, 0x41);
}

/* A certificate with a byte too many that is no padding, and one with one too few. */
static void certificate_and_a_byte(GByteArray *list)
{
	const struct credentials *who = identity_get(DB1);
	uint8_t *copy = g_malloc0(who->der_size + 1);
	uint32_t entry = (uint32_t)(LIST_OWNER_SIZE + who->der_size + 1);

	memcpy(copy, who->der, who->der_size);
	copy[who->der_size] = 0x5a;
	list_add_header(list, &list_x509, LIST_HEADER_SIZE + entry, 0, entry);
	list_add_entry(list, LIST_OWNER, copy, who->der_size + 1);
	g_free(copy);
}

static void certificate_cut_short(GByteArray *list)
{
	const struct credentials *who = identity_get(DB1);
	uint32_t entry = (uint32_t)(LIST_OWNER_SIZE + who->der_size - 1);

	list_add_header(list, &list_x509, LIST_HEADER_SIZE + entry, 0, entry);
	list_add_entry(list, LIST_OWNER, who->der, who->der_size - 1);
}

/* Two entries of one list, the second of which is garbage of the same size. */
static void second_is_garbage(GByteArray *list)
{
	const struct credentials *who = identity_get(DB1);
	uint32_t entry = (uint32_t)(LIST_OWNER_SIZE + who->der_size);
	uint8_t *garbage = g_malloc0(who->der_size);

	list_add_header(list, &list_x509, LIST_HEADER_SIZE + 2 * entry, 0, entry);
	list_add_entry(list, LIST_OWNER, who->der, who->der_size);
	list_add_entry(list, LIST_OWNER, garbage, who->der_size);
	g_free(garbage);
}

static void certificates(struct guest *guest, const enum identity *who, size_t count)
{
	for (size_t i = 0; i < count; i++)
		DO(guest, SIGNED("db", A27, UNSIGNED, T(1), CERT(who[i]), S), GET("db", A27, CERT(who[i])),
		   SIGNED("KEK", A27, UNSIGNED, T(1), CERT(who[i]), S),
		   SIGNED("dbx", A27, UNSIGNED, T(1), CERT(who[i]), S));
}

static void large_rsa(struct guest *guest)
{
	static const enum identity who[] = { DB1, RSA3072, RSA4096 };

	certificates(guest, who, G_N_ELEMENTS(who));
	DO(guest, SIGNED("PK", A27, UNSIGNED, T(1), CERT(RSA4096), S));
}

static void small_rsa(struct guest *guest)
{
	static const enum identity who[] = { RSA1024 };

	certificates(guest, who, G_N_ELEMENTS(who));
}

static void elliptic_curves(struct guest *guest)
{
	static const enum identity who[] = { EC256, EC384 };

	certificates(guest, who, G_N_ELEMENTS(who));
}

static void types(struct guest *guest, const char *prefix)
{
	unsigned int tried = 0;

	for (size_t i = 0; i < list_types_count; i++) {
		const struct list_type *type = &list_types[i];
		GByteArray *list = g_byte_array_new();

		if (type->data_size && g_str_has_prefix(type->name, prefix)) {
			list_add_filled(list, &type->guid, type->data_size, 7);
			everywhere(guest, list, S);
			g_byte_array_set_size(list, 0);
			list_add_filled(list, &type->guid, type->data_size + 1, 7);
			DO(guest, SIGNED("db", A27, UNSIGNED, T(3), BYTES(list->data, list->len), IP));
			tried++;
			DO(guest, SIGNED("db", A27, UNSIGNED, T(3), NONE, S),
			   SIGNED("dbx", A27, UNSIGNED, T(3), NONE, S), SIGNED("KEK", A27, UNSIGNED, T(3), NONE, S),
			   SIGNED("dbt", A27, UNSIGNED, T(3), NONE, S), SIGNED("dbr", A27, UNSIGNED, T(3), NONE, S));
		}
		g_byte_array_unref(list);
	}
	g_assert_cmpuint(tried, >, 0);
}

static void revocations(struct guest *guest)
{
	types(guest, "X509_SHA");
}

static void hashes_and_keys(struct guest *guest)
{
	types(guest, "SHA");
	types(guest, "RSA2048");
}

static void external_management(struct guest *guest)
{
	types(guest, "EXTERNAL_MANAGEMENT");
}

#define REFUSED(name, fill)                                                                                            \
	static void name(struct guest *guest)                                                                          \
	{                                                                                                              \
		try_list(guest, fill, IP);                                                                             \
	}
REFUSED(refuse_no_entries, no_entries)
REFUSED(refuse_no_entries_later, no_entries_after_good_list)
REFUSED(refuse_one_byte_less, one_byte_less)
REFUSED(refuse_one_byte_more, one_byte_more)
REFUSED(refuse_unknown_type, unknown_type)
REFUSED(refuse_unknown_type_later, unknown_type_after_good_list)
REFUSED(refuse_pkcs7_type, pkcs7_type)
REFUSED(refuse_x509_of_27, x509_of_27)
REFUSED(refuse_not_der, not_der)
REFUSED(refuse_certificate_and_a_byte, certificate_and_a_byte)
REFUSED(refuse_certificate_cut_short, certificate_cut_short)
REFUSED(refuse_second_garbage, second_is_garbage)

static void accept_hashes_and_certificate(struct guest *guest)
{
	try_list(guest, hashes_and_certificate, S);
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A15/SIG-01", NULL, { CALL(hash_lists) } },
	{ "/A15/SIG-02", NULL, { CALL(refuse_no_entries), CALL(refuse_no_entries_later) } },
	{ "/A15/SIG-03", NULL, { CALL(refuse_one_byte_less), CALL(refuse_one_byte_more) } },
	{ "/A15/SIG-04", NULL, { CALL(signature_sizes) } },
	{ "/A15/SIG-05", NULL, { CALL(signature_size_0) } },
	{ "/A15/SIG-06", NULL, { CALL(header_sizes) } },
	{ "/A15/SIG-07", NULL, {
		CALL(refuse_unknown_type), CALL(refuse_unknown_type_later), CALL(refuse_pkcs7_type) } },
	{ "/A15/SIG-08", NULL, { CALL(list_sizes), CALL(refuse_x509_of_27) } },
	{ "/A15/SIG-09", NULL, { CALL(short_payloads) } },
	{ "/A15/SIG-10", NULL, { CALL(accept_hashes_and_certificate) } },
	{ "/A15/SIG-11", NULL, {
		CALL(refuse_not_der), CALL(refuse_certificate_and_a_byte), CALL(refuse_certificate_cut_short) } },
	{ "/A15/SIG-12", NULL, { CALL(large_rsa) } },
	{ "/A15/SIG-13", NULL, { CALL(small_rsa) } },
	{ "/A15/SIG-14", NULL, { CALL(elliptic_curves) } },
	{ "/A15/SIG-15", NULL, { CALL(revocations) } },
	{ "/A15/SIG-16", NULL, { CALL(hashes_and_keys) } },
	{ "/A15/SIG-17", NULL, { CALL(external_management) } },
	{ "/A15/SIG-18", NULL, { CALL(refuse_second_garbage) } },
	{ "/A15/SIG-19", start_user_mode, {
		SIGNED("db", A27, BY(KEK1), T(2), NONE, S), ABSENT("db"), SIGNED("dbx", A27, BY(KEK1), T(2), NONE, S),
		ABSENT("dbx"), SIGNED("KEK", A27, BY(PK1), T(2), NONE, S), ABSENT("KEK"),
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), ABSENT("PK") } },
};
/* clang-format on */

PLAY_MAIN(cases)
