/* SPDX-License-Identifier: GPL-2.0-only */
/* A1 attributes at creation, A2 changing them, A3 names. */
#include "tests/support/play.h"

#include <string.h>

#include "tests/support/names.h"

static const uint32_t plain_sets[] = { BS, NV | BS, BS | RT, NV | BS | RT };

static void counter_auth(struct guest *guest)
{
	static const uint32_t mixes[] = { NV, BS,           AT,  NV | BS,      NV | AT, BS | RT, BS | AT,
					  A7, NV | BS | AT, A27, BS | RT | AT, 0,       APPEND,  A7 | APPEND };

	for (size_t i = 0; i < G_N_ELEMENTS(mixes); i++) {
		DO(guest, SET("V", COUNTER | mixes[i], D("x"), UNS), SET("V", COUNTER | mixes[i], PATTERN(300), UNS),
		   SIGNED("V", COUNTER | mixes[i], BY(OWNER), T(1), D("x"), UNS), DELETE("V", COUNTER | mixes[i], UNS),
		   ABSENT("V"));
	}
}

static void policy_variables_without_at(struct guest *guest)
{
	static const char *const names[] = { "PK", "KEK", "db", "dbx", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SET(names[i], A7, CERT(PK1), IP), SET(names[i], A7, D("x"), IP), ABSENT(names[i]));
}

static void policy_variables_without_rt(struct guest *guest)
{
	static const char *const names[] = { "PK", "db", "dbt" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		DO(guest, SIGNED(names[i], NV | BS | AT, UNSIGNED, T(1), CERT(PK1), IP),
		   SIGNED(names[i], BS | RT | AT, UNSIGNED, T(1), CERT(PK1), IP), ABSENT(names[i]));
	}
}

static void every_other_set(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_sets); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(plain_sets); j++) {
			if (i == j)
				continue;
			DO(guest, SET("V", plain_sets[i], D("old"), S), SET("V", plain_sets[j], D("new!"), IP),
			   GET("V", plain_sets[i], D("old")), DELETE("V", plain_sets[i], S));
		}
	}
}

static void append_with_other_set(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_sets); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(plain_sets); j++) {
			if (i == j)
				continue;
			DO(guest, SET("V", plain_sets[i], D("old"), S), SET("V", plain_sets[j] | APPEND, D("new"), IP),
			   GET("V", plain_sets[i], D("old")), DELETE("V", plain_sets[i], S));
		}
	}
}

static void delete_with_other_set(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_sets); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(plain_sets); j++) {
			if (i == j)
				continue;
			DO(guest, SET("V", plain_sets[i], D("old"), S), DELETE("V", plain_sets[j], IP),
			   GET("V", plain_sets[i], D("old")), DELETE("V", plain_sets[i], S));
		}
	}
}

/* A name as long as the argument says: characters 'n', the last one '!'. */
static uint8_t *long_name(size_t size)
{
	uint8_t *name = g_malloc0(size);

	for (size_t i = 0; i < size; i += 2)
		name[i] = 'n';
	name[size - 2] = '!';
	return name;
}

static void set_long(struct guest *guest, size_t size, uint64_t expected)
{
	uint8_t *name = long_name(size);
	struct client_value value;

	g_assert_cmphex(client_set(&guest->client, name, size, &guid_test_vendor, A7, (const uint8_t *)"x", 1), ==,
			expected);
	g_assert_cmphex(client_get(&guest->client, name, size, &guid_test_vendor, 100, &value), ==,
			expected == EFI_SUCCESS ? EFI_SUCCESS : EFI_NOT_FOUND);
	if (expected == EFI_SUCCESS)
		g_assert_cmphex(client_set(&guest->client, name, size, &guid_test_vendor, A7, NULL, 0), ==,
				EFI_SUCCESS);
	g_free(name);
}

static void names_up_to_the_limit(struct guest *guest)
{
	for (size_t size = 258; size <= UEFIVARS_NAME_MAX; size += 2)
		set_long(guest, size, EFI_SUCCESS);
}

static void name_of_256_bytes(struct guest *guest)
{
	set_long(guest, 256, EFI_SUCCESS);
}

static void names_above_the_limit(struct guest *guest)
{
	static const size_t sizes[] = { 1024, 2048, 4094, 4096, 4098, 40000, 65000 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		set_long(guest, sizes[i], EFI_INVALID_PARAMETER);
}

static void get_above_the_limit(struct guest *guest)
{
	static const size_t sizes[] = { 1024, 4096, 4098, 40000, 65000 };
	struct client_value value;

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint8_t *name = long_name(sizes[i]);

		g_assert_cmphex(client_get(&guest->client, name, sizes[i], &guid_test_vendor, 100, &value), ==,
				EFI_NOT_FOUND);
		g_free(name);
	}
}

static void next_above_the_limit(struct guest *guest)
{
	static const size_t sizes[] = { 1024, 4096, 4098, 40000, 65000 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint8_t *name = long_name(sizes[i]);
		struct efi_guid guid = guid_test_vendor;
		size_t size = sizes[i];

		g_assert_cmphex(client_next(&guest->client, name, &size, sizes[i] + 2, &guid, NULL), ==,
				EFI_INVALID_PARAMETER);
		g_free(name);
	}
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A1/ATTR-01", NULL, { SET("V", BS, D("x"), S), GET("V", BS, D("x")), SAVES(0), NOT_STORED("V") } },
	{ "/A1/ATTR-02", NULL, {
		SET("V", NV | BS, D("x"), S), GET("V", NV | BS, D("x")), SAVES(1), STORED("V", D("x")) } },
	{ "/A1/ATTR-03", NULL, { SET("V", BS | RT, D("x"), S), GET("V", BS | RT, D("x")), SAVES(0), NOT_STORED("V") } },
	{ "/A1/ATTR-04", NULL, { SET("V", A7, D("x"), S), GET("V", A7, D("x")), SAVES(1), STORED("V", D("x")) } },
	{ "/A1/ATTR-05", NULL, { SET("V", RT, D("x"), IP), SET("V", RT | APPEND, D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-06", NULL, { SET("V", NV | RT, D("x"), IP), SET("V", NV | RT | APPEND, D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-07", NULL, { SET("V", NV, D("x"), IP), ABSENT("V"), SAVES(0) } },
	{ "/A1/ATTR-08", NULL, { SET("V", 0, D("x"), NF), ABSENT("V") } },
	{ "/A1/ATTR-09", NULL, { SET("V", A7 | 0x100, D("x"), IP), SET("V", BS | 0x8000, D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-10", NULL, { SET("V", A7 | 0x80000000, D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-11", NULL, { CALL(counter_auth), SAVES(0) } },
	{ "/A1/ATTR-12", NULL, {
		SIGNED("V", A27 | COUNTER, BY(OWNER), T(1), D("x"), UNS), SET("V", A27 | COUNTER, D("x"), UNS),
		ABSENT("V") } },
	{ "/A1/ATTR-13", NULL, {
		SET("V", RT | COUNTER, D("x"), UNS), SET("V", NV | RT | COUNTER, D("x"), UNS), ABSENT("V") } },
	{ "/A1/ATTR-14", NULL, {
		SET("V", A7 | ENHANCED, D("x"), UNS), SIGNED("V", A7 | ENHANCED, BY(OWNER), T(1), D("x"), UNS),
		ABSENT("V") } },
	{ "/A1/ATTR-15", NULL, {
		SET("V", A27 | ENHANCED, D("x"), IP), SIGNED("V", A27 | ENHANCED, BY(OWNER), T(1), D("x"), IP),
		ABSENT("V") } },
	{ "/A1/ATTR-16", NULL, { SET("HwErrRec0000", A7 | HR, D("x"), IP), ABSENT("HwErrRec0000") } },
	{ "/A1/ATTR-17", NULL, {
		SET("HwErrRec0000", BS | RT | HR, D("x"), IP), SET("HwErrRec0000", HR, D("x"), IP),
		SET("HwErrRec0000", NV | HR, D("x"), IP), SET("HwErrRec0000", RT | HR, D("x"), IP),
		SET("HwErrRec0000", NV | RT | HR, D("x"), IP), ABSENT("HwErrRec0000") } },
	{ "/A1/ATTR-18", NULL, {
		SET("V", A7 | HR, D("x"), IP), SET("hw:Other", A7 | HR, D("x"), IP),
		SET("other:HwErrRec0000", A7 | HR, D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-19", NULL, {
		SIGNED("V", BS | RT | AT, BY(OWNER), T(1), D("x"), S), GET("V", BS | RT | AT, D("x")), NOT_STORED("V"),
		SAVES(0), SIGNED("V", BS | RT | AT, BY(OTHER), T(2), D("y"), SV),
		SIGNED("V", BS | RT | AT, BY(OWNER), T(1), D("y"), SV),
		SIGNED("V", BS | RT | AT, BY(OWNER), T(2), D("y"), S), GET("V", BS | RT | AT, D("y")) } },
	{ "/A1/ATTR-20", NULL, {
		SET("V", AT, D("x"), IP), SIGNED("V", AT, BY(OWNER), T(1), D("x"), IP), SET("V", NV | AT, D("x"), IP),
		SIGNED("V", NV | AT, BY(OWNER), T(1), D("x"), IP), ABSENT("V") } },
	{ "/A1/ATTR-21", NULL, {
		SET("V", A27, D("x"), SV), SET("V", A27, PATTERN(15), SV), SET("V", A27, PATTERN(16), SV),
		SET("V", A27, PATTERN(39), SV), ABSENT("V") } },
	{ "/A1/ATTR-22", NULL, {
		SET("V", A7 | APPEND, D("x"), S), GET("V", A7, D("x")), SET("V", A7 | APPEND, D("y"), S),
		GET("V", A7, D("xy")), SIGNED("W", A27 | APPEND, BY(OWNER), T(1), D("x"), S), GET("W", A27, D("x")) } },
	{ "/A1/ATTR-23", NULL, { CALL(policy_variables_without_at), MODES(1, 0, 0, 0) } },
	{ "/A1/ATTR-24", NULL, { CALL(policy_variables_without_rt), MODES(1, 0, 0, 0) } },

	{ "/A2/CHG-01", NULL, { CALL(every_other_set) } },
	{ "/A2/CHG-02", NULL, {
		SET("V", A7, D("ab"), S), SET("V", A7 | APPEND, D("cd"), S), GET("V", A7, D("abcd")),
		STORED("V", D("abcd")), SET("W", BS, D("ab"), S), SET("W", BS | APPEND, D("cd"), S),
		GET("W", BS, D("abcd")) } },
	{ "/A2/CHG-03", NULL, { CALL(append_with_other_set) } },
	{ "/A2/CHG-04", NULL, {
		SET("V", A7, D("old"), S), SIGNED("V", A27, BY(OWNER), T(1), D("new"), IP), GET("V", A7, D("old")) } },
	{ "/A2/CHG-05", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("old"), S), SET("V", A7, D("new"), IP),
		SET("V", A7 | APPEND, D("new"), IP), GET("V", A27, D("old")) } },
	{ "/A2/CHG-06", NULL, { CALL(delete_with_other_set) } },
	{ "/A2/CHG-07", NULL, { SET("V", A7, D("x"), S), DELETE("V", 0, S), ABSENT("V"), NOT_STORED("V"), SAVES(2) } },
	{ "/A2/CHG-08", NULL, {
		SET("V", A7, D("x"), S), SET("V", 0, D("y"), S), ABSENT("V"), NOT_STORED("V"), SAVES(2) } },
	{ "/A2/CHG-09", NULL, { SET("V", A7, D("old"), S), SET("V", NV, D("new"), IP), GET("V", A7, D("old")) } },
	{ "/A2/CHG-10", NULL, { SET("V", A7, D("old"), S), DELETE("V", RT, IP), GET("V", A7, D("old")) } },
	{ "/A2/CHG-11", NULL, {
		SET("V", A7, D("old"), S), DELETE("V", A7 | 0x100, IP), DELETE("V", 0x80000000, IP),
		GET("V", A7, D("old")) } },
	{ "/A2/CHG-12", NULL, { SET("V", A7, D("old"), S), SET("V", APPEND, D("new"), IP), GET("V", A7, D("old")) } },
	{ "/A2/CHG-13", NULL, { SET("V", A7, D("old"), S), DELETE("V", A7 | HR, IP), GET("V", A7, D("old")) } },

	{ "/A3/NAME-01", NULL, { SET_WIDE("", A7, D("x"), IP), SET_WIDE("", 0, NONE, IP), SAVES(0) } },
	{ "/A3/NAME-02", NULL, { STATUS_WIDE("", NF) } },
	{ "/A3/NAME-03", NULL, { SET_WIDE("\0\0", A7, D("x"), IP), SAVES(0) } },
	{ "/A3/NAME-04", NULL, { SET_WIDE("n\0m", A7, D("x"), IP), SET_WIDE("n", A7, D("x"), IP), SAVES(0) } },
	{ "/A3/NAME-05", NULL, {
		SET_WIDE("n\0\0\0m\0", A7, D("x"), IP), SET_WIDE("\0\0m\0", A7, D("x"), IP), SAVES(0), ABSENT("n") } },
	{ "/A3/NAME-06", NULL, {
		SET_WIDE("n\0\0\0", A7, D("x"), IP), ABSENT("n"), SET("n", A7, D("x"), S),
		SET_WIDE("n\0\0\0", A7, D("y"), IP), GET("n", A7, D("x")) } },
	{ "/A3/NAME-07", NULL, {
		SET_WIDE("\x00\xd8", A7, D("x"), S), GET_WIDE("\x00\xd8", A7, D("x")),
		SET_WIDE("a\0\xff\xdf", A7, D("y"), S), GET_WIDE("a\0\xff\xdf", A7, D("y")), REBOOT,
		GET_WIDE("\x00\xd8", A7, D("x")), GET_WIDE("a\0\xff\xdf", A7, D("y")) } },
	{ "/A3/NAME-08", NULL, {
		SET_WIDE("\x00\x01", A7, D("x"), S), GET_WIDE("\x00\x01", A7, D("x")), REBOOT,
		GET_WIDE("\x00\x01", A7, D("x")) } },
	{ "/A3/NAME-09", NULL, {
		SET("V", A7, D("one"), S), SET("other:V", BS, D("two"), S), GET("V", A7, D("one")),
		GET("other:V", BS, D("two")), DELETE("V", A7, S), ABSENT("V"), GET("other:V", BS, D("two")) } },
	{ "/A3/NAME-10", NULL, {
		SET("dup", A7, D("one"), S), ABSENT("DUP"), SET("DUP", A7, D("two"), S), GET("dup", A7, D("one")),
		GET("DUP", A7, D("two")) } },
	{ "/A3/NAME-11", NULL, {
		SET("a", A7, D("1"), S), SET("aa", A7, D("2"), S), SET("ba", A7, D("3"), S), DELETE("a", A7, S),
		ABSENT("a"), GET("aa", A7, D("2")), GET("ba", A7, D("3")), SET("a", BS, D("4"), S), DELETE("aa", A7, S),
		GET("a", BS, D("4")), ABSENT("aa") } },
	{ "/A3/NAME-12", NULL, { CALL(name_of_256_bytes) } },
	{ "/A3/NAME-13", NULL, { CALL(names_up_to_the_limit) } },
	{ "/A3/NAME-14", NULL, { CALL(names_above_the_limit), SAVES(0) } },
	{ "/A3/NAME-15", NULL, { CALL(get_above_the_limit) } },
	{ "/A3/NAME-16", NULL, { CALL(next_above_the_limit) } },
};
/* clang-format on */

PLAY_MAIN(cases)
