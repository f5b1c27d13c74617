/* SPDX-License-Identifier: GPL-2.0-only */
/* A18 MemoryOverwriteRequestControl, its lock, and physical presence. */
#include "tests/support/play.h"

#include "efi/bytes.h"
#include "tests/support/blob.h"

#define KEY D("\x11\x11\x11\x11\x22\x22\x22\x22")
#define WRONG_KEY D("\x11\x11\x11\x11\x22\x22\x22\x23")
#define ZERO_KEY D("\0\0\0\0\0\0\0\0")

/* STEP takes data whose macro has commas; SET and GET would take them apart here. */
#define MOR_SET(d, status) STEP(.op = PLAY_SET, .name = "MOR", .attributes = A7, .data = d, .expect = (status))
#define MOR_IS(d) STEP(.op = PLAY_GET, .name = "MOR", .attributes = A7, .data = d)
#define LOCK(d, status) STEP(.op = PLAY_SET, .name = "MORLock", .attributes = A7, .data = d, .expect = (status))
#define LOCK_IS(d) STEP(.op = PLAY_GET, .name = "MORLock", .attributes = A7, .data = d)
#define LOCK_WRONG SET_CHANGES("MORLock", A7, WRONG_KEY, AD), LOCK_IS(D("\1"))

#define PPI_LOCK "Tcg2PhysicalPresenceFlagsLock"
#define PPI_FLAGS "Tcg2PhysicalPresenceFlags"

static void start_with_tpm(struct guest *guest)
{
	guest->policy.tpm = true;
	g_assert_true(guest_start(guest));
}

static void lock_sizes(struct guest *guest)
{
	static const size_t sizes[] = { 2, 3, 4, 5, 7, 9, 16, 300 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		DO(guest, LOCK(PATTERN(sizes[i]), IP), LOCK_IS(D("\0")));
}

static void lock_values(struct guest *guest)
{
	for (unsigned int value = 2; value < 256; value++)
		DO(guest, LOCK(BYTES(&(uint8_t){ (uint8_t)value }, 1), IP));
	DO(guest, LOCK_IS(D("\0")));
}

static void mor_sizes(struct guest *guest)
{
	static const size_t sizes[] = { 2, 4, 8, 100 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		DO(guest, MOR_SET(PATTERN(sizes[i]), IP), MOR_IS(D("\0")));
}

static bool holds_key(const GByteArray *blob)
{
	return memmem(blob->data, blob->len, "\x11\x11\x11\x11\x22\x22\x22\x22", 8) != NULL;
}

/* The key is in the save file and nowhere else. */
static void where_the_key_is(struct guest *guest)
{
	GByteArray *all = guest_save(guest, UEFIVARS_SCOPE_ALL), *stored = guest_save(guest, UEFIVARS_SCOPE_STORED);
	struct client_value value;
	const void *cursor = NULL;
	struct uefivars_variable variable;

	g_assert_true(holds_key(all));
	g_assert_false(holds_key(stored));
	g_assert_false(holds_key(guest->stored));
	g_assert_true(play_same(stored->data + BLOB_MOR_KEY, 8, "\0\0\0\0\0\0\0\0", 8));
	g_byte_array_unref(all);
	g_byte_array_unref(stored);
	g_assert_cmphex(guest_get(guest, "MORLock", &value), ==, EFI_SUCCESS);
	g_assert_cmpuint(value.data_size, ==, 1);
	g_assert_null(memmem(guest->client.page, sizeof guest->client.page, "\x11\x11\x11\x11\x22\x22\x22\x22", 8));
	while (uefivars_next(guest->uv, UEFIVARS_COMMITTED, &cursor, &variable))
		g_assert_null(memmem(variable.data, variable.data_size, "\x11\x11\x11\x11\x22\x22\x22\x22", 8));
}

/* No save file keeps a key that locks nothing, whatever is written meanwhile. */
static void key_is_gone(struct guest *guest)
{
	for (unsigned int i = 0; i < 2; i++) {
		GByteArray *all = guest_save(guest, UEFIVARS_SCOPE_ALL);

		g_assert_false(holds_key(all));
		g_byte_array_unref(all);
		DO(guest, SET("V", A7 | APPEND, D("x"), S));
	}
}

static void ppi_buffer(struct guest *guest)
{
	struct uefivars_variable variable;
	struct client_value value;
	uint64_t status = guest_get(guest, "PPIBuffer", &value);

	/* a record of 48 bytes; whether the guest can read it is nobody's business, changing it is */
	g_assert_true(guest_find(guest, "PPIBuffer", &variable));
	g_assert_cmpuint(variable.data_size, ==, 48);
	g_assert_true(variable.attributes & NV);
	g_assert_true(status == EFI_NOT_FOUND || value.data_size == 48);
	DO(guest, SET("PPIBuffer", A7, D("x"), WP), SET("PPIBuffer", A7, PATTERN(48), WP),
	   SET("PPIBuffer", A7 | APPEND, D("x"), WP), SET("PPIBuffer", NV | BS, PATTERN(48), WP),
	   SET("PPIBuffer", variable.attributes, PATTERN(1), WP), DELETE("PPIBuffer", A7, WP),
	   DELETE("PPIBuffer", NV | BS, WP), DELETE("PPIBuffer", 0, WP), SET("PPIBuffer", 0, D("x"), WP));
	g_assert_true(guest_find(guest, "PPIBuffer", &variable));
	g_assert_cmpuint(variable.data_size, ==, 48);
}

/* Lock and flags as the firmware may have them: four bytes of flags. */
#define FLAGS D("\1\2\3\4")

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A18/MOR-01", NULL, {
		MOR_IS(D("\0")), MOR_SET(D("\x11"), S), MOR_IS(D("\x11")), REBOOT, MOR_IS(D("\x10")),
		MOR_SET(D("\1"), S), RESUME, MOR_IS(D("\1")) } },
	{ "/A18/MOR-02", NULL, {
		MOR_SET(D("\1"), S), MOR_IS(D("\1")), AT_RUNTIME, MOR_SET(D("\0"), S), MOR_IS(D("\0")) } },
	{ "/A18/MOR-03", NULL, { MOR_SET(D("\2"), S), MOR_IS(D("\2")), MOR_SET(D("\xff"), S), MOR_IS(D("\xff")) } },
	{ "/A18/MOR-04", NULL, {
		SET("MOR", NV | BS, D("\1"), IP), SET("MOR", BS | RT, D("\1"), IP), SET("MOR", BS, D("\1"), IP),
		CALL(mor_sizes), MOR_IS(D("\0")) } },
	{ "/A18/MOR-05", NULL, {
		DELETE("MOR", A7, IP), DELETE("MOR", 0, IP), SET("MOR", 0, D("\1"), IP), MOR_IS(D("\0")), AT_RUNTIME,
		DELETE("MOR", A7, IP), MOR_IS(D("\0")) } },
	{ "/A18/MOR-06", NULL, { SET("MOR", A7 | APPEND, D("\1"), IP), MOR_IS(D("\0")) } },
	{ "/A18/MOR-07", NULL, {
		LOCK(D("\1"), S), MOR_SET(D("\1"), AD), MOR_SET(D("\0"), AD), MOR_IS(D("\0")), LOCK_IS(D("\1")) } },
	{ "/A18/MOR-07/with-key", NULL, {
		MOR_SET(D("\1"), S), LOCK(KEY, S), MOR_SET(D("\0"), AD), MOR_SET(D("\1"), AD), MOR_IS(D("\1")),
		AT_RUNTIME, MOR_SET(D("\0"), AD), LOCK(KEY, S), MOR_SET(D("\0"), S), MOR_IS(D("\0")) } },
	{ "/A18/MOR-08", NULL, {
		LOCK(D("\1"), S), DELETE("MOR", A7, AD), DELETE("MOR", 0, AD), SET("MOR", 0, D("\1"), AD),
		MOR_IS(D("\0")) } },
	{ "/A18/MOR-09", NULL, { LOCK_IS(D("\0")) } },
	{ "/A18/MOR-10", NULL, {
		DELETE("MORLock", A7, WP), DELETE("MORLock", 0, WP), SET("MORLock", 0, D("\1"), WP), LOCK_IS(D("\0")),
		LOCK(D("\1"), S), DELETE("MORLock", A7, WP), DELETE("MORLock", 0, WP), SET("MORLock", 0, D("\0"), WP),
		LOCK_IS(D("\1")) } },
	{ "/A18/MOR-11", NULL, {
		SET("MORLock", NV | BS, D("\1"), IP), SET("MORLock", BS | RT, D("\1"), IP),
		SET("MORLock", A7 | APPEND, D("\1"), IP), CALL(lock_sizes), LOCK_IS(D("\0")) } },
	{ "/A18/MOR-12", NULL, { LOCK(D("\0"), S), LOCK_IS(D("\0")), MOR_SET(D("\1"), S) } },
	{ "/A18/MOR-13", NULL, { CALL(lock_values) } },
	{ "/A18/MOR-14", NULL, { LOCK(KEY, S), LOCK_IS(D("\2")) } },
	{ "/A18/MOR-15", NULL, {
		LOCK(KEY, S), LOCK(KEY, S), LOCK_IS(D("\0")), CALL(key_is_gone), MOR_SET(D("\1"), S),
		LOCK(WRONG_KEY, S), LOCK_IS(D("\2")) } },
	{ "/A18/MOR-16", NULL, { LOCK(KEY, S), LOCK_WRONG, CALL(key_is_gone), LOCK_IS(D("\1")) } },
	{ "/A18/MOR-17", NULL, {
		LOCK(KEY, S), LOCK_WRONG, LOCK(KEY, AD), LOCK_IS(D("\1")), LOCK(WRONG_KEY, AD),
		MOR_SET(D("\1"), AD) } },
	{ "/A18/MOR-18", NULL, {
		LOCK(D("\1"), S), LOCK(D("\0"), AD), LOCK(D("\1"), AD), LOCK_IS(D("\1")), LOCK(KEY, AD),
		LOCK_IS(D("\1")) } },
	{ "/A18/MOR-18/with-key", NULL, {
		LOCK(KEY, S), LOCK(D("\0"), AD), LOCK(D("\1"), AD), LOCK_IS(D("\2")), LOCK(KEY, S),
		LOCK_IS(D("\0")) } },
	{ "/A18/MOR-19", NULL, { LOCK(D("\1"), S), LOCK(D("\x11"), AD), LOCK(D("\2"), AD), LOCK_IS(D("\1")) } },
	{ "/A18/MOR-19/with-key", NULL, { LOCK(KEY, S), LOCK(D("\x11"), AD), LOCK_IS(D("\2")), LOCK(KEY, S) } },
	{ "/A18/MOR-20", NULL, {
		LOCK(D("\1"), S), REBOOT, LOCK_IS(D("\0")), MOR_SET(D("\1"), S), LOCK(KEY, S), REBOOT, LOCK_IS(D("\0")),
		LOCK(WRONG_KEY, S), LOCK_IS(D("\2")) } },
	{ "/A18/MOR-21", NULL, { LOCK(KEY, S), LOCK_IS(D("\2")), CALL(where_the_key_is) } },
	{ "/A18/MOR-22", NULL, {
		LOCK(KEY, S), MOR_SET(D("\1"), AD), RESUME, LOCK_IS(D("\2")), CALL(where_the_key_is),
		MOR_SET(D("\1"), AD), LOCK(KEY, S), LOCK_IS(D("\0")), LOCK(D("\1"), S), RESUME, LOCK_IS(D("\1")),
		LOCK(KEY, AD) } },
	{ "/A18/MOR-22/wrong-key", NULL, {
		LOCK(KEY, S), RESUME, LOCK_WRONG, RESUME, LOCK(KEY, AD), LOCK_IS(D("\1")) } },
	{ "/A18/MOR-22/key-of-zeros", NULL, {
		LOCK(ZERO_KEY, S), LOCK_IS(D("\2")), RESUME, LOCK_IS(D("\2")), LOCK(ZERO_KEY, S), LOCK_IS(D("\0")) } },
	{ "/A18/PPI-01", start_with_tpm, { GET(PPI_LOCK, A7, D("\0")) } },
	{ "/A18/PPI-01/no-tpm", NULL, { ABSENT(PPI_LOCK), ABSENT("PPIBuffer") } },
	{ "/A18/PPI-02", start_with_tpm, { SET(PPI_LOCK, A7, D("\1"), S), GET(PPI_LOCK, A7, D("\1")) } },
	{ "/A18/PPI-03", start_with_tpm, {
		SET(PPI_FLAGS, A7, FLAGS, S), GET(PPI_FLAGS, A7, FLAGS), SET(PPI_LOCK, A7, D("\1"), S),
		SET(PPI_FLAGS, A7, PATTERN(4), WP), SET(PPI_FLAGS, A7 | APPEND, D("x"), WP), DELETE(PPI_FLAGS, A7, WP),
		DELETE(PPI_FLAGS, 0, WP), SET(PPI_FLAGS, 0, D("x"), WP), GET(PPI_FLAGS, A7, FLAGS), RESUME,
		SET(PPI_FLAGS, A7, PATTERN(4), WP) } },
	{ "/A18/PPI-03/missing", start_with_tpm, {
		SET(PPI_LOCK, A7, D("\1"), S), SET(PPI_FLAGS, A7, FLAGS, WP), ABSENT(PPI_FLAGS) } },
	{ "/A18/PPI-04", start_with_tpm, {
		DELETE(PPI_LOCK, A7, WP), DELETE(PPI_LOCK, 0, WP), GET(PPI_LOCK, A7, D("\0")),
		SET(PPI_LOCK, A7, D("\1"), S), SET(PPI_LOCK, A7, D("\0"), WP), DELETE(PPI_LOCK, A7, WP),
		DELETE(PPI_LOCK, 0, WP), SET(PPI_LOCK, A7 | APPEND, D("\0"), WP | IP), GET(PPI_LOCK, A7, D("\1")) } },
	{ "/A18/PPI-05", start_with_tpm, {
		SET(PPI_LOCK, 0, D("\1"), WP), GET(PPI_LOCK, A7, D("\0")), SET(PPI_LOCK, A7, D("\1"), S),
		SET(PPI_LOCK, 0, D("\1"), WP), GET(PPI_LOCK, A7, D("\1")) } },
	{ "/A18/PPI-06", start_with_tpm, { CALL(ppi_buffer), REBOOT, CALL(ppi_buffer), AT_RUNTIME, CALL(ppi_buffer) } },
};
/* clang-format on */

PLAY_MAIN(cases)
