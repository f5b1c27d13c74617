/* SPDX-License-Identifier: GPL-2.0-only */
/* A9 after ExitBootServices, A10 QueryVariableInfo, A11 quota. */
#include "tests/support/play.h"

#include <string.h>

#include "tests/support/blob.h"
#include "tests/support/keys.h"
#include "tests/support/names.h"

static struct client_space query(struct guest *guest, uint32_t attributes)
{
	struct client_space space;

	g_assert_cmphex(client_query(&guest->client, attributes, &space), ==, EFI_SUCCESS);
	g_assert_cmpuint(space.remaining, <=, space.maximum);
	return space;
}

static void every_plain_set(struct guest *guest)
{
	static const uint32_t sets[] = { BS, NV | BS, BS | RT, A7 };

	for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
		uint64_t maximum = query(guest, sets[i]).maximum;

		DO(guest, SET("V", sets[i], PATTERN(100), S));
		g_assert_cmpuint(query(guest, sets[i]).maximum, ==, maximum);
		DO(guest, DELETE("V", sets[i], S));
		g_assert_cmpuint(query(guest, sets[i]).maximum, ==, maximum);
	}
}

static void maximum_is_constant(struct guest *guest)
{
	for (unsigned int round = 0; round < 2; round++) {
		g_assert_cmpuint(query(guest, A7).maximum, ==, UEFIVARS_NONVOLATILE_TOTAL);
		g_assert_cmpuint(query(guest, NV | BS).maximum, ==, UEFIVARS_NONVOLATILE_TOTAL);
		g_assert_cmpuint(query(guest, A27).maximum, ==, UEFIVARS_NONVOLATILE_TOTAL);
		g_assert_cmpuint(query(guest, BS | RT).maximum, ==, UEFIVARS_VOLATILE_TOTAL);
		g_assert_cmpuint(query(guest, BS).maximum, ==, UEFIVARS_VOLATILE_TOTAL);
		DO(guest, SET("V", A7, PATTERN(3000), S), SET("W", BS, PATTERN(5000), S));
	}
}

static void charged_exactly(struct guest *guest)
{
	static const uint32_t sets[] = { A7, NV | BS, BS | RT, BS };

	for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
		uint64_t before = query(guest, sets[i]).remaining, other = query(guest, sets[i] ^ NV).remaining;

		DO(guest, SET("V", sets[i], PATTERN(1000), S));
		g_assert_cmpuint(query(guest, sets[i]).remaining, ==, before - 1130);
		g_assert_cmpuint(query(guest, sets[i] ^ NV).remaining, ==, other);
		DO(guest, SET("V", sets[i], PATTERN(10), S));
		g_assert_cmpuint(query(guest, sets[i]).remaining, ==, before - 140);
		DO(guest, SET("V", sets[i] | APPEND, PATTERN(7), S));
		g_assert_cmpuint(query(guest, sets[i]).remaining, ==, before - 147);
		DO(guest, DELETE("V", sets[i], S));
		g_assert_cmpuint(query(guest, sets[i]).remaining, ==, before);
	}
	/* the descriptor of an authenticated write does not count */
	uint64_t before = query(guest, A7).remaining;

	DO(guest, SIGNED("V", A27, BY(OWNER), T(1), PATTERN(1000), S));
	g_assert_cmpuint(query(guest, A7).remaining, ==, before - 1130);
}

static void largest_variable(struct guest *guest)
{
	struct client_space space = query(guest, A7);

	g_assert_cmpuint(space.maximum_variable, ==, UEFIVARS_DATA_MAX);
	DO(guest, SET("V", A7, PATTERN(UEFIVARS_DATA_MAX), S));
	play_fill(guest, A7, 5000);
	space = query(guest, A7);
	g_assert_cmpuint(space.remaining, ==, 5000);
	g_assert_cmpuint(space.maximum_variable, ==, 5000);
	DO(guest, SET("W", A7, PATTERN(5000 - 130 + 1), OOR), SET("W", A7, PATTERN(5000 - 130), S));
}

/* A store with more than the total: three variables "F0" to "F2" of 50,000 bytes. */
static void start_over_full(struct guest *guest)
{
	GByteArray *blob = blob_new(2);
	uint8_t *data = g_malloc0(50000);

	for (char i = 0; i < 3; i++) {
		const uint8_t name[] = { 'F', 0, (uint8_t)('0' + i), 0 };
		struct uefivars_variable variable = {
			.name = name, .name_size = sizeof name, .data = data, .data_size = 50000, .attributes = A7
		};

		memcpy(variable.guid, guid_test_vendor.bytes, sizeof variable.guid);
		blob_add(blob, &variable);
	}
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
	g_free(data);
}

static void remaining_is_nothing(struct guest *guest)
{
	struct client_space space = query(guest, A7);

	g_assert_cmpuint(space.maximum, ==, UEFIVARS_NONVOLATILE_TOTAL);
	g_assert_cmpuint(space.remaining, ==, 0);
	g_assert_cmpuint(space.maximum_variable, ==, 0);
	DO(guest, SET("V", A7, D("x"), OOR), DELETE("F0", A7, S), DELETE("F1", A7, S), SET("V", A7, D("x"), S));
	g_assert_cmpuint(query(guest, A7).remaining, >, 0);
}

/* Ten-byte variables "N00000" ... until the first refusal; returns how many there are. */
static unsigned int fill_with_ten_bytes(struct guest *guest, uint32_t attributes)
{
	for (unsigned int i = 0;; i++) {
		char *name = g_strdup_printf("N%05u", i);
		uint64_t status = guest_set(guest, name, attributes, "0123456789", 10);

		g_free(name);
		if (status != EFI_SUCCESS || i == 2000) {
			g_assert_cmphex(status, ==, EFI_OUT_OF_RESOURCES);
			return i;
		}
	}
}

static void expect_ten_bytes(struct guest *guest, unsigned int count)
{
	struct client_value value;

	for (unsigned int i = 0; i <= count; i++) {
		char *name = g_strdup_printf("N%05u", i);

		g_assert_cmphex(guest_get(guest, name, &value), ==, i < count ? EFI_SUCCESS : EFI_NOT_FOUND);
		g_assert_true(i == count || play_same(value.data, value.data_size, "0123456789", 10));
		g_free(name);
	}
}

static void many_small_ones(struct guest *guest)
{
	uint64_t cost = 12 + 10 + UEFIVARS_OVERHEAD;
	uint64_t expected = query(guest, NV | BS).remaining / cost;
	unsigned int count = fill_with_ten_bytes(guest, NV | BS);

	g_assert_cmpuint(count, ==, expected);
	expect_ten_bytes(guest, count);
	guest_reboot(guest);
	expect_ten_bytes(guest, count);
	for (unsigned int i = 0; i < count; i++) {
		char *name = g_strdup_printf("N%05u", i);

		g_assert_cmphex(guest_set(guest, name, NV | BS, NULL, 0), ==, EFI_SUCCESS);
		g_free(name);
	}
	g_assert_cmpuint(query(guest, NV | BS).remaining / cost, ==, expected);
}

static void tiniest_ones(struct guest *guest)
{
	uint64_t expected = query(guest, BS).remaining / (2 + 1 + UEFIVARS_OVERHEAD);
	unsigned int count = 0;
	uint64_t status;

	do {
		const uint8_t name[] = { (uint8_t)(count % 255 + 1), (uint8_t)(count / 255 + 1) };

		status = client_set(&guest->client, name, sizeof name, &guid_test_vendor, BS, (const uint8_t *)"x", 1);
		count += status == EFI_SUCCESS;
	} while (status == EFI_SUCCESS && count < 5000);
	g_assert_cmphex(status, ==, EFI_OUT_OF_RESOURCES);
	g_assert_cmpuint(count, ==, expected);
}

static void volatile_pool_is_untouched(struct guest *guest)
{
	g_assert_cmpuint(query(guest, BS | RT).remaining, ==, UEFIVARS_VOLATILE_TOTAL);
}

static void fill_volatile(struct guest *guest)
{
	play_fill(guest, BS | RT, 100);
}

/* efi_query_variable_store() of Linux: little is left, so it tries to create more than that. */
static void linux_probe(struct guest *guest)
{
	uint64_t remaining;

	play_fill(guest, A7, 3000);
	remaining = query(guest, A7).remaining;
	DO(guest, SET("DUMMY", A7, PATTERN(remaining + 1024), OOR), ABSENT("DUMMY"));
	g_assert_cmpuint(query(guest, A7).remaining, ==, remaining);
}

#define FULL CALL(play_fill_completely)

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A9/RT-01", NULL, {
		SET("V", BS, D("x"), S), SET("W", NV | BS, D("x"), S), AT_RUNTIME, SET("V", BS, D("y"), WP),
		SET("W", NV | BS, D("y"), WP), STORED("W", D("x")) } },
	{ "/A9/RT-02", NULL, {
		SET("V", NV | BS, D("x"), S), AT_RUNTIME, SET("V", A7, D("y"), WP), STORED("V", D("x")) } },
	{ "/A9/RT-03", NULL, {
		SET("V", NV | BS, D("x"), S), AT_RUNTIME, DELETE("V", NV | BS, WP), STORED("V", D("x")) } },
	{ "/A9/RT-04", NULL, {
		SET("V", NV | BS, D("x"), S), AT_RUNTIME, DELETE("V", 0, WP), SET("V", 0, D("y"), WP),
		STORED("V", D("x")) } },
	{ "/A9/RT-05", NULL, {
		SET("V", NV | BS, D("x"), S), AT_RUNTIME, SET("V", NV | BS | APPEND, D("y"), WP),
		STORED("V", D("x")) } },
	{ "/A9/RT-06", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, SET("V", BS | RT, D("y"), WP), GET("V", BS | RT, D("x")) } },
	{ "/A9/RT-07", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, DELETE("V", BS | RT, WP), GET("V", BS | RT, D("x")) } },
	{ "/A9/RT-08", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, DELETE("V", 0, WP), GET("V", BS | RT, D("x")) } },
	{ "/A9/RT-09", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, SET("V", A7, D("y"), IP | WP), GET("V", BS | RT, D("x")),
		NOT_STORED("V") } },
	{ "/A9/RT-10", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, SET("V", BS | RT | APPEND, D("y"), WP),
		GET("V", BS | RT, D("x")) } },
	{ "/A9/RT-11", NULL, { AT_RUNTIME, SET("V", A7, D("x"), S), GET("V", A7, D("x")), STORED("V", D("x")) } },
	{ "/A9/RT-12", NULL, { AT_RUNTIME, SET("V", BS | RT, D("x"), IP), ABSENT("V") } },
	{ "/A9/RT-13", NULL, { AT_RUNTIME, SET("V", NV | BS, D("x"), IP), ABSENT("V"), NOT_STORED("V") } },
	{ "/A9/RT-14", NULL, { AT_RUNTIME, SET("V", BS, D("x"), IP), ABSENT("V"), REBOOT, ABSENT("V") } },
	{ "/A9/RT-15", NULL, {
		SET("V", A7, D("x"), S), AT_RUNTIME, SET("V", A7, D("y"), S), SET("V", A7 | APPEND, D("z"), S),
		GET("V", A7, D("yz")), STORED("V", D("yz")), DELETE("V", A7, S), ABSENT("V"), NOT_STORED("V"),
		SET("V", A7, D("x"), S), DELETE("V", 0, S), ABSENT("V") } },
	{ "/A9/RT-16", NULL, { AT_RUNTIME, DELETE("V", A7, NF), DELETE("V", 0, NF) } },
	{ "/A9/RT-17", NULL, {
		AT_RUNTIME, SET("V", A7 | APPEND, D("x"), S), GET("V", A7, D("x")), STORED("V", D("x")) } },
	{ "/A9/RT-18", start_user_mode, {
		AT_RUNTIME, SIGNED("db", A27, BY(KEK1), T(2), HASHES(1, 1), S), GET("db", A27, HASHES(1, 1)),
		SIGNED("dbx", A27 | APPEND, BY(KEK1), T(2), HASHES(0xd0, 1), S),
		SIGNED("KEK", A27, BY(PK1), T(2), CERT(KEK2), S), STORED("KEK", CERT(KEK2)),
		SIGNED("db", A27, BY(KEK1), T(3), HASHES(2, 1), SV),
		SIGNED("db", A27, BY(KEK2), T(3), HASHES(2, 1), S) } },
	{ "/A9/RT-19", start_user_mode, {
		AT_RUNTIME, SIGNED("PK", A27, BY(PK1), T(2), CERT(PK2), S), GET("PK", A27, CERT(PK2)),
		SIGNED("PK", A27, BY(PK2), T(3), NONE, S), ABSENT("PK"), NOT_STORED("PK") } },
	{ "/A9/RT-20", start_secure_boot, {
		AT_RUNTIME, SIGNED("PK", A27, BY(PK1), T(2), NONE, S), MODES(1, 1, 0, 0) } },
	{ "/A9/RT-21", start_secure_boot, {
		AT_RUNTIME, SIGNED("PK", A27, BY(PK1), T(2), NONE, S), MODES(1, 1, 0, 0), RESUME, MODES(1, 1, 0, 0),
		REBOOT, MODES(1, 0, 0, 0) } },
	{ "/A9/RT-22", NULL, {
		SET("V", NV | BS, D("x"), S), SET("W", BS | RT, D("x"), S), AT_RUNTIME, FLAG_CLEARED, ABSENT("V"),
		SET("V", NV | BS, D("y"), WP), DELETE("V", 0, WP), SET("W", BS | RT, D("y"), WP),
		SET("X", BS, D("y"), IP), RESUME, FLAG_CLEARED, ABSENT("V"), SET("V", NV | BS, D("y"), WP),
		SET("X", NV | BS, D("y"), IP), REBOOT, GET("V", NV | BS, D("x")), SET("V", NV | BS, D("y"), S) } },

	{ "/A10/QRY-01", NULL, { QUERY(0, IP) } },
	{ "/A10/QRY-02", NULL, { QUERY(NV, IP) } },
	{ "/A10/QRY-03", NULL, { QUERY(RT, IP) } },
	{ "/A10/QRY-04", NULL, { QUERY(NV | RT, IP) } },
	{ "/A10/QRY-05", NULL, {
		QUERY(BS, S), QUERY(NV | BS, S), QUERY(BS | RT, S), QUERY(A7, S), CALL(every_plain_set) } },
	{ "/A10/QRY-06", NULL, { QUERY(A7 | APPEND, S), QUERY(BS | APPEND, S) } },
	{ "/A10/QRY-07", NULL, { QUERY(A27, S), QUERY(BS | RT | AT, S) } },
	{ "/A10/QRY-08", NULL, { QUERY(A7 | COUNTER, UNS), QUERY(COUNTER, UNS), QUERY(A27 | COUNTER, UNS) } },
	{ "/A10/QRY-09", NULL, { QUERY(HR, IP), QUERY(BS | HR, IP), QUERY(BS | RT | HR, IP) } },
	{ "/A10/QRY-10", NULL, { QUERY(A7 | HR, UNS) } },
	{ "/A10/QRY-11", NULL, { QUERY(ENHANCED, UNS), QUERY(A7 | ENHANCED, UNS) } },
	{ "/A10/QRY-12", NULL, { QUERY(A7 | 0x100, IP), QUERY(A7 | 0x80000000, IP) } },
	{ "/A10/QRY-13", NULL, { QUERY(0x100, UNS), QUERY(0x80000000, UNS), QUERY(0xffffff00, UNS) } },
	{ "/A10/QRY-14", NULL, { AT_RUNTIME, QUERY(BS, S), QUERY(NV | BS, S) } },
	{ "/A10/QRY-15", NULL, { CALL(maximum_is_constant) } },
	{ "/A10/QRY-16", NULL, { CALL(charged_exactly) } },
	{ "/A10/QRY-17", NULL, { CALL(largest_variable) } },
	{ "/A10/QRY-18", start_over_full, { CALL(remaining_is_nothing) } },

	{ "/A11/QUO-01", NULL, { CALL(many_small_ones) } },
	{ "/A11/QUO-02", NULL, {
		SET("V", A7, D("abc"), S), FULL, SET("V", A7, D("xyz"), S), GET("V", A7, D("xyz")),
		STORED("V", D("xyz")) } },
	{ "/A11/QUO-03", NULL, {
		SET("V", A7, D("abc"), S), FULL, SET("V", A7, PATTERN(104), OOR), GET("V", A7, D("abc")),
		STORED("V", D("abc")), SAVES(0), SET("V", A7, PATTERN(103), S) } },
	{ "/A11/QUO-04", NULL, {
		SET("V", A7, D("abc"), S), FULL, SET("W", A7, D("abc"), OOR), DELETE("V", A7, S),
		SET("W", A7, D("abc"), S), GET("W", A7, D("abc")) } },
	{ "/A11/QUO-05", NULL, {
		CALL(volatile_pool_is_untouched), FULL, SET("V", A7, D("x"), OOR), SET("W", BS | RT, PATTERN(30000), S),
		GET("W", BS | RT, PATTERN(30000)), CALL(fill_volatile), SET("X", BS, D("x"), OOR), ABSENT("X") } },
	{ "/A11/QUO-05/reverse", NULL, {
		CALL(fill_volatile), SET("X", BS, D("x"), OOR), SET("V", A7, PATTERN(50000), S) } },
	{ "/A11/QUO-05/defaults", start_with_keys, { STATUS("dbDefault", S), CALL(volatile_pool_is_untouched) } },
	{ "/A11/QUO-06", NULL, {
		FULL, SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), OOR), ABSENT("PK"), NOT_STORED("PK"),
		MODES(1, 0, 0, 0), REBOOT, MODES(1, 0, 0, 0) } },
	{ "/A11/QUO-07", NULL, { CALL(tiniest_ones) } },
	{ "/A11/QUO-08", NULL, { CALL(linux_probe) } },
};
/* clang-format on */

PLAY_MAIN(cases)
