/* SPDX-License-Identifier: GPL-2.0-only */
/* The first decision, and C 15: what a store may hold when it is loaded, and what is no store. */
#include "tests/support/play.h"
#include "tests/support/check.h"

#include <string.h>

#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/names.h"

enum { OFFSET_VERSION = 4, OFFSET_COUNT = 8, OFFSET_LENGTH = 16 };

/* A record under the private vendor's GUID; name and data point to the caller's. */
static struct uefivars_variable record(const char *name, size_t name_size, const void *data, size_t data_size)
{
	struct uefivars_variable variable = {
		.name = (const uint8_t *)name,
		.name_size = name_size,
		.data = data,
		.data_size = data_size,
		.attributes = A7,
	};

	memcpy(variable.guid, guid_test_vendor.bytes, sizeof variable.guid);
	return variable;
}

static void add(GByteArray *blob, const char *name, size_t name_size, const void *data, size_t data_size)
{
	const struct uefivars_variable variable = record(name, name_size, data, data_size);

	blob_add(blob, &variable);
}

/* A store with the records "A" and "B". */
static GByteArray *two_records(uint32_t version)
{
	GByteArray *blob = blob_new(version);

	add(blob, "A\0", 2, "first", 5);
	add(blob, "B\0", 2, "second", 6);
	return blob;
}

/* Loads the blob into a new store and drops that. */
static enum uefivars_reason load(const uint8_t *bytes, size_t size)
{
	const struct uefivars_policy policy = { .tpm = true };
	const struct uefivars_host host = { .context = NULL };
	struct uefivars *uv = uefivars_create(&policy, &host);
	uint8_t *copy = check_copy(bytes, size); /* of its exact size, so that a read past its end is seen */
	enum uefivars_reason reason = uefivars_load_blob(uv, copy, size, false, NULL, NULL);

	uefivars_free(uv);
	g_free(copy);
	return reason;
}

static void both_versions(struct guest *guest)
{
	for (uint32_t version = 1; version <= 2; version++) {
		GByteArray *blob = two_records(version);

		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
		DO(guest, GET("A", A7, D("first")), GET("B", A7, D("second")));
		g_assert_cmpuint(guest->asides->len, ==, 0);
		g_byte_array_unref(blob);
	}
}

static void no_store(struct guest *guest)
{
	static const uint32_t versions[] = { 3, 4, 0x01000000, UINT32_MAX };
	GByteArray *blob = two_records(2);

	(void)guest;
	for (size_t size = 1; size < BLOB_HEADER_2; size++)
		g_assert_cmpint(load(blob->data, size), ==, UEFIVARS_BAD_STORE);
	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		put_le32(blob->data + OFFSET_VERSION, versions[i]);
		g_assert_cmpint(load(blob->data, blob->len), ==, UEFIVARS_BAD_STORE);
	}
	put_le32(blob->data + OFFSET_VERSION, 1);
	for (size_t size = 1; size < BLOB_HEADER_1; size++)
		g_assert_cmpint(load(blob->data, size), ==, UEFIVARS_BAD_STORE);
	put_le32(blob->data + OFFSET_VERSION, 2);
	g_assert_cmpint(load(blob->data, blob->len), ==, UEFIVARS_OK);
	blob->data[3] = 'T';
	g_assert_cmpint(load(blob->data, blob->len), ==, UEFIVARS_BAD_STORE);
	g_assert_cmpint(load((const uint8_t *)"{\"version\": 2, \"variables\": []}", 31), ==, UEFIVARS_BAD_STORE);
	g_byte_array_unref(blob);
}

/* Cut anywhere behind the first record, that record is loaded and the torn one is set aside. */
static void cut_records(struct guest *guest)
{
	GByteArray *blob = two_records(2);
	guint first_end = BLOB_HEADER_2 + BLOB_RECORD_OVERHEAD + 2 + 5;

	for (guint size = first_end; size < blob->len; size++) {
		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, size));
		DO(guest, GET("A", A7, D("first")), ABSENT("B"));
		if (size > first_end) {
			g_assert_cmpuint(guest->asides->len, ==, 1);
			g_assert_cmpint(g_array_index(guest->asides, struct guest_aside, 0).reason, ==,
					UEFIVARS_TRUNCATED);
		}
	}
	for (guint size = BLOB_HEADER_2; size < first_end; size++) {
		enum uefivars_reason reason = load(blob->data, size);

		g_assert_true(reason == UEFIVARS_OK || reason == UEFIVARS_BAD_STORE);
	}
	g_byte_array_unref(blob);
}

/* The record stands between two good ones: it is set aside for this reason, they are loaded. */
static void expect_aside(struct guest *guest, const struct uefivars_variable *variable, enum uefivars_reason reason)
{
	GByteArray *blob = blob_new(2);

	add(blob, "A\0", 2, "first", 5);
	blob_add(blob, variable);
	add(blob, "B\0", 2, "second", 6);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	DO(guest, GET("A", A7, D("first")), GET("B", A7, D("second")));
	if (guest->asides->len != 1) {
		check_fail("a record of %zu and %zu bytes, attributes 0x%x, is not set aside (%s)", variable->name_size,
			   variable->data_size, variable->attributes, uefivars_reason_text(reason));
	} else {
		const struct guest_aside *aside = &g_array_index(guest->asides, struct guest_aside, 0);

		g_assert_cmpint(aside->reason, ==, reason);
		g_assert_cmpuint(aside->record_size, ==,
				 BLOB_RECORD_OVERHEAD + variable->name_size + variable->data_size);
	}
	g_byte_array_unref(blob);
}

static void bad_records(struct guest *guest)
{
	static const uint32_t attributes[] = { 0, NV, NV | RT, NV | AT };
	uint8_t *large = g_malloc0(70000);
	struct uefivars_variable bad;

	memset(large, 'n', 70000);
	bad = record("", 0, "x", 1);
	expect_aside(guest, &bad, UEFIVARS_BAD_NAME);
	bad = record("n\0m", 3, "x", 1);
	expect_aside(guest, &bad, UEFIVARS_BAD_NAME);
	bad = record("n\0\0\0m\0", 6, "x", 1);
	expect_aside(guest, &bad, UEFIVARS_BAD_NAME);
	bad = record((const char *)large, UEFIVARS_NAME_LOAD_MAX + 2, "x", 1);
	expect_aside(guest, &bad, UEFIVARS_BAD_NAME);
	bad = record("n\0", 2, large, UEFIVARS_DATA_LOAD_MAX + 1);
	expect_aside(guest, &bad, UEFIVARS_TOO_LARGE);
	bad = record("A\0", 2, "again", 5);
	expect_aside(guest, &bad, UEFIVARS_DUPLICATE);
	bad = record("n\0", 2, "x", 1);
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		bad.attributes = attributes[i];
		expect_aside(guest, &bad, UEFIVARS_BAD_ATTRIBUTES);
	}
	bad.attributes = BS | RT;
	expect_aside(guest, &bad, UEFIVARS_VOLATILE);
	g_free(large);
}

/* Bits that other programs stored and that mean nothing: the record is set aside, or is there without them. */
static void odd_attributes(struct guest *guest)
{
	static const uint32_t odd[] = { 0x100, 0x80000000, HR, COUNTER, APPEND, ENHANCED };

	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
		struct uefivars_variable variable = record("V\0", 2, "x", 1);
		GByteArray *blob = blob_new(2);

		variable.attributes |= odd[i];
		blob_add(blob, &variable);
		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
		if (guest->asides->len)
			DO(guest, ABSENT("V"));
		else
			DO(guest, GET("V", A7, D("x")), SET("V", A7, D("y"), S), DELETE("V", A7, S));
		g_byte_array_unref(blob);
	}
}

/* Old stores: names up to 4,096 bytes and data up to 65,516 can be read, listed, overwritten within the limit, deleted.
 */
static void large_records(struct guest *guest)
{
	GByteArray *blob = blob_new(2);
	uint8_t *large = g_malloc0(UEFIVARS_DATA_LOAD_MAX);
	char *name = g_malloc0(UEFIVARS_NAME_LOAD_MAX + 2);
	struct client_value value;
	char **names;

	memset(name, 'n', UEFIVARS_NAME_LOAD_MAX);
	add(blob, name, UEFIVARS_NAME_LOAD_MAX, "x", 1);
	add(blob, "A\0", 2, large, UEFIVARS_DATA_LOAD_MAX);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_assert_cmpuint(guest->asides->len, ==, 0);
	names = guest_list(guest, NULL);
	g_assert_cmpuint(g_strv_length(names), ==, 2);
	for (unsigned int i = 0; i < 2; i++) {
		g_assert_cmphex(guest_get(guest, "A", &value), ==, EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, UEFIVARS_DATA_LOAD_MAX);
		g_assert_cmphex(client_get(&guest->client, (const uint8_t *)name, UEFIVARS_NAME_LOAD_MAX,
					   &guid_test_vendor, 9, &value),
				==, EFI_SUCCESS);
		guest_resume(guest);
	}
	g_assert_cmphex(client_set(&guest->client, (const uint8_t *)name, UEFIVARS_NAME_LOAD_MAX, &guid_test_vendor, A7,
				   NULL, 0),
			==, EFI_SUCCESS);
	DO(guest, SET("A", A7, PATTERN(UEFIVARS_DATA_MAX + 1), IP), SET("A", A7, PATTERN(UEFIVARS_DATA_MAX), S),
	   DELETE("A", A7, S), ABSENT("A"));
	g_strfreev(names);
	g_free(name);
	g_free(large);
	g_byte_array_unref(blob);
}

/* Lengths of the second record's name or data that lie: the first is loaded, no byte outside is read. */
static void lying_lengths(struct guest *guest)
{
	static const uint64_t lengths[] = { UINT64_MAX, UINT64_MAX - 7,    UINT64_MAX - 91, UINT64_C(1) << 63,
					    INT64_MAX,  UINT64_C(1) << 32, 100000,          200 };
	size_t second = BLOB_HEADER_2 + BLOB_RECORD_OVERHEAD + 2 + 5;

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(lengths); i++) {
		GByteArray *blob = two_records(2);

		put_le64(blob->data + second + (i % 2 ? 8 + 2 : 0), lengths[i / 2]);
		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
		DO(guest, GET("A", A7, D("first")), ABSENT("B"));
		g_assert_cmpuint(guest->asides->len, ==, 1);
		g_byte_array_unref(blob);
	}
}

/* The header's count and length are hints: what is there is loaded. */
static void lying_counts(struct guest *guest)
{
	static const uint64_t counts[] = { 3, 1000, UINT64_MAX, UINT64_C(1) << 63 };
	static const uint64_t lengths[] = { 0, 1, 100000, UINT64_MAX };

	for (size_t i = 0; i < 4; i++) {
		GByteArray *blob = two_records(2);

		put_le64(blob->data + OFFSET_COUNT, counts[i]);
		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
		DO(guest, GET("A", A7, D("first")), GET("B", A7, D("second")));
		put_le64(blob->data + OFFSET_COUNT, 2);
		put_le64(blob->data + OFFSET_LENGTH, lengths[i]);
		g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
		DO(guest, GET("A", A7, D("first")), GET("B", A7, D("second")));
		g_byte_array_unref(blob);
	}
}

/* A record of a variable that the store itself keeps, alone in a store of a machine with a TPM. */
static void start_with(struct guest *guest, const char *text, uint32_t attributes, const void *data, size_t size)
{
	GByteArray *blob = blob_new(1);
	struct uefivars_variable variable = record("", 0, data, size);
	struct test_name name;

	test_name_parse(text, &name);
	variable.name = name.bytes;
	variable.name_size = name.size;
	variable.attributes = attributes;
	memcpy(variable.guid, name.guid.bytes, sizeof variable.guid);
	blob_add(blob, &variable);
	guest->policy.tpm = true;
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
}

/* A firmware variable is what the firmware makes it, whatever stood in the store under its name. */
static void firmware_records(struct guest *guest)
{
	static const char *const modes[] = { "SetupMode", "SecureBoot", "AuditMode", "DeployedMode" };
	static const uint32_t sets[] = { A7, NV | BS, A27 };
	static const size_t sizes[] = { 1, 2, 47, 49, 300 };
	struct client_value value;

	for (size_t i = 0; i < G_N_ELEMENTS(modes) * G_N_ELEMENTS(sets); i++) {
		start_with(guest, modes[i / 3], sets[i % 3], i ? "\1\1\1" : "\0", i % 3 + 1);
		DO(guest, MODES(1, 0, 0, 0));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint8_t data[300];

		memset(data, 0x11, sizeof data);
		start_with(guest, "MOR", A7, data, sizes[i]);
		g_assert_cmphex(guest_get(guest, "MOR", &value), ==, EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, 1);
		g_assert_cmphex(value.attributes, ==, A7);
		g_assert_cmpuint(value.data[0] & 1, ==, 0);
		start_with(guest, "MORLock", A7, data, sizes[i]);
		DO(guest, GET("MORLock", A7, D("\0")), SET("MOR", A7, D("\1"), S));
		start_with(guest, "VendorKeysNv", NV | BS, data, sizes[i]);
		DO(guest, STATUS("VendorKeys", S));
		start_with(guest, "Tcg2PhysicalPresenceFlagsLock", A7, data, sizes[i]);
		DO(guest, GET("Tcg2PhysicalPresenceFlagsLock", A7, D("\0")));
	}
	start_with(guest, "PK", A27, "no list", 7);
	DO(guest, ABSENT("PK"), MODES(1, 0, 0, 0));
	start_with(guest, "PK", A7, "no list", 7);
	DO(guest, ABSENT("PK"), MODES(1, 0, 0, 0));
}

/* A guest of another daemon could resize PPIBuffer: the ports must not care. */
static void resized_ppi_buffer(struct guest *guest)
{
	static const size_t sizes[] = { 1, 4, 47, 49, 300 };
	uint8_t data[300];

	memset(data, 0x11, sizeof data);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct uefivars_variable variable;

		start_with(guest, "PPIBuffer", A7, data, sizes[i]);
		g_assert_true(guest_find(guest, "PPIBuffer", &variable));
		g_assert_cmpuint(variable.data_size, ==, 48);
		for (uint32_t index = 0xf8; index < 0x138; index++) {
			uefivars_ppi_write(guest->uv, 0x104, 4, index);
			uefivars_ppi_read(guest->uv, 0x108, 4);
			uefivars_ppi_write(guest->uv, 0x108, 4, 0x22222222);
		}
	}
}

/* As programs in the field left them: garbage in the digest of a plain variable, no time and owner in an authenticated
 * one. */
static void start_with_garbage(struct guest *guest)
{
	GByteArray *blob = blob_new(1);
	struct uefivars_variable plain = record("P\0", 2, "plain", 5), signed_ = record("S\0", 2, "signed", 6);

	memset(plain.digest, 0xa5, sizeof plain.digest);
	memset(plain.timestamp, 0xa5, sizeof plain.timestamp);
	signed_.attributes = A27;
	blob_add(blob, &plain);
	blob_add(blob, &signed_);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_assert_cmpuint(guest->asides->len, ==, 0);
	g_byte_array_unref(blob);
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/decisions/1", NULL, { CALL(both_versions) } },
	{ "/decisions/1/no-store", NULL, { CALL(no_store) } },
	{ "/decisions/1/large-records", NULL, { CALL(large_records) } },
	{ "/decisions/1/bad-records", NULL, { CALL(bad_records) } },
	{ "/decisions/1/odd-attributes", NULL, { CALL(odd_attributes) } },

	{ "/C/15", NULL, { CALL(cut_records) } },
	{ "/C/15/lying-lengths", NULL, { CALL(lying_lengths) } },
	{ "/C/15/lying-counts", NULL, { CALL(lying_counts) } },
	{ "/C/15/firmware-records", NULL, { CALL(firmware_records) } },
	{ "/C/15/resized-PPIBuffer", NULL, { CALL(resized_ppi_buffer) } },
	{ "/C/15/garbage", start_with_garbage, {
		GET("P", A7, D("plain")), SET("P", A7, D("new"), S), DELETE("P", A7, S), GET("S", A27, D("signed")),
		SET("S", A7, D("x"), IP), DELETE("S", 0, IP), SIGNED("S", A27, UNSIGNED, T(5), D("x"), SV),
		GET("S", A27, D("signed")) } },
};
/* clang-format on */

PLAY_MAIN(cases)
