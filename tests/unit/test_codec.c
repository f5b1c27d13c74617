/* SPDX-License-Identifier: GPL-2.0-only */
/* The VARS blob through uefivars.h, read tolerantly. The bytes here are written by hand, not by the codec. */
#include <glib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/names.h"

#define NV_BS (ATTR_NV | ATTR_BS)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)

/* clang-format off */
#define ZEROS_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* Name, data, GUID, attributes, time and owner of "ab" = "xyz", attributes 7. */
#define RECORD_1_BYTES \
	4, 0, 0, 0, 0, 0, 0, 0, 'a', 0, 'b', 0, \
	3, 0, 0, 0, 0, 0, 0, 0, 'x', 'y', 'z', \
	0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, \
	7, 0, 0, 0, \
	ZEROS_16, \
	ZEROS_16, ZEROS_16
#define RECORD_1 91 /* bytes */

/* The same of "c" = 01, attributes 0x27, 2024-05-06 07:08:09, owner 1, 2, 3 ... */
#define RECORD_2_BYTES \
	2, 0, 0, 0, 0, 0, 0, 0, 'c', 0, \
	1, 0, 0, 0, 0, 0, 0, 0, 0x01, \
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, \
	0x27, 0, 0, 0, \
	0xe8, 0x07, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
#define RECORD_2 87

#define RECORDS RECORD_1_BYTES, RECORD_2_BYTES

static const uint8_t version_1[] = {
	'V', 'A', 'R', 'S', 1, 0, 0, 0,
	2, 0, 0, 0, 0, 0, 0, 0,
	RECORD_1 + RECORD_2, 0, 0, 0, 0, 0, 0, 0,
	RECORDS,
};

static const uint8_t version_2[] = {
	'V', 'A', 'R', 'S', 2, 0, 0, 0,
	2, 0, 0, 0, 0, 0, 0, 0,
	RECORD_1 + RECORD_2, 0, 0, 0, 0, 0, 0, 0,
	1, 2, 3, 4, 5, 6, 7, 8,	/* MOR key */
	0x04, 1, 0, 0,		/* PPI index */
	0xa0, 0xa1, 0xa2, 0xa3, /* PPI function data, zeros but for the first four bytes and the last */
	[291] = 0xff,
	RECORDS,
};
/* clang-format on */

/* What came of a blob. */
struct outcome {
	struct guest *guest;
	enum uefivars_reason result;
	size_t variables; /* of the two vendors of RECORDS and of the tests, and others that no start makes */
	size_t asides;
	enum uefivars_reason reason; /* of the last one set aside */
	bool had_variable;
	size_t record_size;
	uint8_t *record;
};

static void on_set_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record,
			 size_t record_size, enum uefivars_reason reason)
{
	struct outcome *outcome = context;

	outcome->asides++;
	outcome->reason = reason;
	outcome->had_variable = variable != NULL;
	outcome->record_size = record_size;
	g_free(outcome->record);
	outcome->record = check_copy(record, record_size);
}

/* Loads a blob, in a heap block of exactly its size, into a new store that is not started. */
static void load(struct outcome *outcome, const uint8_t *blob, size_t size, bool resume)
{
	g_autofree uint8_t *exact = check_copy(blob, size);
	struct uefivars_variable variable;
	const void *cursor = NULL;

	memset(outcome, 0, sizeof *outcome);
	outcome->guest = guest_new();
	outcome->guest->policy.tpm = true;
	outcome->guest->uv = uefivars_create(&outcome->guest->policy, NULL);
	outcome->result = uefivars_load_blob(outcome->guest->uv, exact, size, resume, on_set_aside, outcome);
	while (uefivars_next(outcome->guest->uv, UEFIVARS_COMMITTED, &cursor, &variable))
		outcome->variables++;
}

static void start(struct outcome *outcome, enum uefivars_boot boot)
{
	enum uefivars_key failed;

	g_assert_cmpint(uefivars_start(outcome->guest->uv, boot, NULL, &failed), ==, UEFIVARS_OK);
}

static void finish(struct outcome *outcome)
{
	guest_free(outcome->guest);
	g_free(outcome->record);
}

static void test_by_hand(void)
{
	static const struct {
		const uint8_t *blob;
		size_t size;
	} blobs[] = { { version_1, sizeof version_1 }, { version_2, sizeof version_2 } };
	static const uint8_t nothing[32];

	g_assert_cmpuint(sizeof version_1, ==, BLOB_HEADER_1 + RECORD_1 + RECORD_2);
	g_assert_cmpuint(sizeof version_2, ==, BLOB_HEADER_2 + RECORD_1 + RECORD_2);
	for (size_t i = 0; i < G_N_ELEMENTS(blobs); i++) {
		const uint8_t *records = blobs[i].blob + blobs[i].size - RECORD_1 - RECORD_2;
		struct uefivars_variable variable;
		const void *cursor = NULL;
		struct outcome outcome;

		load(&outcome, blobs[i].blob, blobs[i].size, false);
		g_assert_cmpint(outcome.result, ==, UEFIVARS_OK);
		g_assert_cmpuint(outcome.asides, ==, 0);
		g_assert_true(uefivars_next(outcome.guest->uv, UEFIVARS_COMMITTED, &cursor, &variable));
		check_bytes(variable.name, variable.name_size, u"ab", 4);
		check_bytes(variable.data, variable.data_size, "xyz", 3);
		check_bytes(variable.guid, 16, records + 23, 16);
		g_assert_cmphex(variable.attributes, ==, 7);
		check_bytes(variable.timestamp, 16, nothing, 16);
		check_bytes(variable.digest, 32, nothing, 32);
		g_assert_true(uefivars_next(outcome.guest->uv, UEFIVARS_COMMITTED, &cursor, &variable));
		check_bytes(variable.name, variable.name_size, u"c", 2);
		check_bytes(variable.data, variable.data_size, "\1", 1);
		check_bytes(variable.guid, 16, records + RECORD_1 + 19, 16);
		g_assert_cmphex(variable.attributes, ==, 0x27);
		check_bytes(variable.timestamp, 16, records + RECORD_1 + 39, 16);
		check_bytes(variable.digest, 32, records + RECORD_1 + 55, 32);
		g_assert_false(uefivars_next(outcome.guest->uv, UEFIVARS_COMMITTED, &cursor, &variable));
		finish(&outcome);
	}
}

/* The registers of version 2 are of the running guest: a resume takes them, a boot does not. */
static void test_registers(void)
{
	for (int resume = 0; resume < 2; resume++) {
		struct outcome outcome;

		load(&outcome, version_2, sizeof version_2, resume);
		start(&outcome, resume ? UEFIVARS_RESUME : UEFIVARS_BOOT);
		g_assert_cmphex(uefivars_ppi_read(outcome.guest->uv, 0x104, 4), ==, resume ? 0x104 : 0);
		uefivars_ppi_write(outcome.guest->uv, 0x104, 4, 0);
		g_assert_cmphex(uefivars_ppi_read(outcome.guest->uv, 0x108, 4), ==, resume ? 0xa3a2a1a0 : 0);
		uefivars_ppi_write(outcome.guest->uv, 0x104, 4, 252);
		g_assert_cmphex(uefivars_ppi_read(outcome.guest->uv, 0x108, 4), ==, resume ? 0xff000000 : 0);
		finish(&outcome);
	}
}

static void expect_no_store(const char *what, const uint8_t *blob, size_t size)
{
	struct outcome outcome;

	g_test_message("%s, %zu bytes", what, size);
	load(&outcome, blob, size, false);
	g_assert_cmpint(outcome.result, ==, UEFIVARS_BAD_STORE);
	g_assert_cmpuint(outcome.variables, ==, 0);
	g_assert_cmpuint(outcome.asides, ==, 0);
	finish(&outcome);
}

static void test_no_store(void)
{
	static const uint32_t versions[] = { 0, 3, 0x100, 0x01000000, UINT32_MAX };
	uint8_t blob[sizeof version_1];

	/* Up to where the first record would begin. */
	for (size_t size = 0; size <= BLOB_HEADER_1; size++)
		expect_no_store("version 1, cut", version_1, size);
	for (size_t size = 0; size <= BLOB_HEADER_2; size++)
		expect_no_store("version 2, cut", version_2, size);
	for (size_t i = 0; i < 4; i++) {
		memcpy(blob, version_1, sizeof blob);
		blob[i] ^= 0x20;
		expect_no_store("magic", blob, sizeof blob);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		memcpy(blob, version_1, sizeof blob);
		put_le32(blob + 4, versions[i]);
		expect_no_store("version", blob, sizeof blob);
	}
	expect_no_store("JSON", (const uint8_t *)"{\"version\": 2, \"variables\": []}", 31);
}

static void test_empty(void)
{
	for (uint32_t version = 1; version <= 2; version++) {
		g_autoptr(GByteArray) blob = blob_new(version);
		struct outcome outcome;

		load(&outcome, blob->data, blob->len, false);
		g_assert_cmpint(outcome.result, ==, UEFIVARS_OK);
		g_assert_cmpuint(outcome.variables, ==, 0);
		g_assert_cmpuint(outcome.asides, ==, 0);
		start(&outcome, UEFIVARS_BOOT);
		finish(&outcome);
	}
}

static void expect_truncated(const struct outcome *outcome, size_t variables, const uint8_t *record, size_t size)
{
	g_assert_cmpint(outcome->result, ==, UEFIVARS_OK);
	g_assert_cmpuint(outcome->variables, ==, variables);
	g_assert_cmpuint(outcome->asides, ==, 1);
	g_assert_cmpint(outcome->reason, ==, UEFIVARS_TRUNCATED);
	g_assert_false(outcome->had_variable);
	check_bytes(outcome->record, outcome->record_size, record, size);
}

/* Cut anywhere behind its header: whole records are taken, the rest is set aside. */
static void test_cut(void)
{
	for (size_t size = BLOB_HEADER_1 + 1; size < sizeof version_1; size++) {
		size_t whole = size >= BLOB_HEADER_1 + RECORD_1 ? 1 : 0, taken = BLOB_HEADER_1 + whole * RECORD_1;
		struct outcome outcome;

		load(&outcome, version_1, size, false);
		expect_truncated(&outcome, whole, version_1 + taken, size - taken);
		finish(&outcome);
	}
	for (size_t size = BLOB_HEADER_2 + 1; size < sizeof version_2; size++) {
		size_t whole = size >= BLOB_HEADER_2 + RECORD_1 ? 1 : 0, taken = BLOB_HEADER_2 + whole * RECORD_1;
		struct outcome outcome;

		load(&outcome, version_2, size, true);
		expect_truncated(&outcome, whole, version_2 + taken, size - taken);
		finish(&outcome);
	}
}

static void test_count_lies(void)
{
	static const uint64_t more[] = { 3, 4, 1000, UINT32_MAX, UINT64_C(1) << 63, UINT64_MAX };
	uint8_t blob[sizeof version_1];
	struct outcome outcome;

	memcpy(blob, version_1, sizeof blob);
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		put_le64(blob + 8, more[i]);
		load(&outcome, blob, sizeof blob, false);
		expect_truncated(&outcome, 2, blob, 0);
		finish(&outcome);
	}
	/* Fewer: bytes behind the last record are kept somewhere, not taken for records. */
	put_le64(blob + 8, 1);
	load(&outcome, blob, sizeof blob, false);
	expect_truncated(&outcome, 1, blob + BLOB_HEADER_1 + RECORD_1, RECORD_2);
	finish(&outcome);
	put_le64(blob + 8, 0);
	load(&outcome, blob, sizeof blob, false);
	expect_truncated(&outcome, 0, blob + BLOB_HEADER_1, RECORD_1 + RECORD_2);
	finish(&outcome);
}

static void test_trailing(void)
{
	uint8_t blob[sizeof version_1 + 3] = { 0 };
	struct outcome outcome;

	memcpy(blob, version_1, sizeof version_1);
	for (size_t more = 1; more <= 3; more++) {
		load(&outcome, blob, sizeof version_1 + more, false);
		expect_truncated(&outcome, 2, blob + sizeof version_1, more);
		finish(&outcome);
	}
}

/* Existing daemons ignore the header's length of the records, and write different ones. */
static void test_length_in_header(void)
{
	static const uint64_t lengths[] = { 0, 1, RECORD_1, RECORD_1 + RECORD_2 + 268, UINT64_MAX };
	uint8_t blob[sizeof version_1];

	memcpy(blob, version_1, sizeof blob);
	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		struct outcome outcome;

		put_le64(blob + 16, lengths[i]);
		load(&outcome, blob, sizeof blob, false);
		g_assert_cmpint(outcome.result, ==, UEFIVARS_OK);
		g_assert_cmpuint(outcome.variables, ==, 2);
		g_assert_cmpuint(outcome.asides, ==, 0);
		finish(&outcome);
	}
}

/* Lengths of name and data that lead out of the blob, or around the end of the numbers. */
static void test_lengths_lie(void)
{
	static const uint64_t lengths[] = { RECORD_1 + RECORD_2 - 8 + 1,
					    0xffff,
					    UINT32_MAX,
					    (uint64_t)UINT32_MAX + 5,
					    INT64_MAX,
					    UINT64_C(1) << 63,
					    UINT64_MAX - 8,
					    UINT64_MAX - 7,
					    UINT64_MAX };
	static const size_t places[] = { BLOB_HEADER_1, BLOB_HEADER_1 + 12 };

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(places); j++) {
			uint8_t blob[sizeof version_1];
			struct outcome outcome;

			memcpy(blob, version_1, sizeof blob);
			put_le64(blob + places[j], lengths[i]);
			load(&outcome, blob, sizeof blob, false);
			expect_truncated(&outcome, 0, blob + BLOB_HEADER_1, RECORD_1 + RECORD_2);
			finish(&outcome);
		}
	}
}

/* A record that cannot be right is set aside with its bytes; its neighbours are taken. */
static void test_set_aside(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum uefivars_reason reason;
	} spoil[] = {
		{ BLOB_HEADER_1 + 8, 0, UEFIVARS_BAD_NAME },              /* the name begins with a NUL */
		{ BLOB_HEADER_1 + 39, ATTR_NV, UEFIVARS_BAD_ATTRIBUTES }, /* attributes */
		{ BLOB_HEADER_1 + 39, ATTR_BS, UEFIVARS_VOLATILE },       /* attributes */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(spoil); i++) {
		uint8_t blob[sizeof version_1];
		struct outcome outcome;

		memcpy(blob, version_1, sizeof blob);
		blob[spoil[i].at] = spoil[i].value;
		load(&outcome, blob, sizeof blob, false);
		g_assert_cmpint(outcome.result, ==, UEFIVARS_OK);
		g_assert_cmpuint(outcome.variables, ==, 1);
		g_assert_cmpuint(outcome.asides, ==, 1);
		g_assert_cmpint(outcome.reason, ==, spoil[i].reason);
		g_assert_true(outcome.had_variable);
		check_bytes(outcome.record, outcome.record_size, blob + BLOB_HEADER_1, RECORD_1);
		g_assert_cmpint(uefivars_load_blob(outcome.guest->uv, blob, sizeof blob, false, NULL, NULL), ==,
				UEFIVARS_OK); /* nobody has to listen */
		finish(&outcome);
	}
}

/* Whatever the bytes are: no crash, and what was taken can be saved and loaded again, the same. */
static void test_garbage(void)
{
	for (size_t round = 0; round < 2000; round++) {
		size_t size = (size_t)g_test_rand_int_range(0, sizeof version_2 + 1);
		g_autofree uint8_t *blob = check_copy(version_2, size);
		g_autoptr(GByteArray) once = NULL, twice = NULL;
		struct outcome outcome;

		for (int flips = g_test_rand_int_range(0, 5); size && flips > 0; flips--)
			blob[g_test_rand_int_range(0, (gint32)size)] = (uint8_t)g_test_rand_int();
		load(&outcome, blob, size, true);
		if (outcome.result == UEFIVARS_OK) {
			start(&outcome, UEFIVARS_RESUME);
			once = guest_save(outcome.guest, UEFIVARS_SCOPE_ALL);
			finish(&outcome);
			load(&outcome, once->data, once->len, true);
			g_assert_cmpint(outcome.result, ==, UEFIVARS_OK);
			g_assert_cmpuint(outcome.asides, ==, 0);
			start(&outcome, UEFIVARS_RESUME);
			twice = guest_save(outcome.guest, UEFIVARS_SCOPE_ALL);
			check_bytes(twice->data, twice->len, once->data, once->len);
		}
		finish(&outcome);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec/by-hand", test_by_hand);
	g_test_add_func("/codec/registers", test_registers);
	g_test_add_func("/codec/no-store", test_no_store);
	g_test_add_func("/codec/empty", test_empty);
	g_test_add_func("/codec/cut", test_cut);
	g_test_add_func("/codec/count-lies", test_count_lies);
	g_test_add_func("/codec/trailing", test_trailing);
	g_test_add_func("/codec/length-in-header", test_length_in_header);
	g_test_add_func("/codec/lengths-lie", test_lengths_lie);
	g_test_add_func("/codec/set-aside", test_set_aside);
	g_test_add_func("/codec/garbage", test_garbage);
	return g_test_run();
}
