/* SPDX-License-Identifier: GPL-2.0-only */
/* A7 APPEND_WRITE, A8 deleting authenticated variables. */
#include "tests/support/play.h"

#include "efi/guid.h"
#include "tests/support/lists.h"

#define APPEND7 (A7 | APPEND)
#define APPEND27 (A27 | APPEND)
#define ZERO_TIME TIME(0, 0, 0, 0, 0, 0)

/* db as enrolled, then a list of the hashes 1 and 2. */
static void db_and_two_hashes(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_certificate(out, DB1);
	list_add_hashes(out, LIST_OWNER, 1, 2);
}

/* What an append of the hashes 1 to 4 and of DB1 makes of it. */
static void db_and_four_hashes(GByteArray *out, unsigned int unused)
{
	db_and_two_hashes(out, unused);
	list_add_hashes(out, LIST_OWNER, 3, 2);
}

static void four_hashes_and_db(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_hashes(out, LIST_OWNER, 1, 4);
	list_add_certificate(out, DB1);
}

static void twice_the_same_hash(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_hashes(out, LIST_OWNER, 7, 1);
	list_add_hashes(out, LIST_OWNER, 7, 1);
}

static void db_and_one_hash(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_certificate(out, DB1);
	list_add_hashes(out, LIST_OWNER, 7, 1);
}

static void two_lists_of_one_hash(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_hashes(out, LIST_OWNER, 0xd0, 1);
	list_add_hashes(out, LIST_OWNER, 0xd1, 1);
}

static void two_keks(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_certificate(out, KEK1);
	list_add_certificate(out, KEK2);
}

static void broken_list(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_hashes(out, LIST_OWNER, 1, 2);
	g_byte_array_set_size(out, out->len - 1);
}

/* Every type that is known, appended to db one by one: each stays, none is doubled. */
static void every_type(struct guest *guest)
{
	GByteArray *all = g_byte_array_new();
	struct client_value value;

	list_add_certificate(all, DB1);
	for (size_t i = 0; i < list_types_count; i++) {
		const struct list_type *type = &list_types[i];
		GByteArray *more = g_byte_array_new();

		if (type->data_size == 0) {
			g_byte_array_unref(more);
			continue;
		}
		list_add_filled(more, &type->guid, type->data_size, 0x42);
		g_byte_array_append(all, more->data, more->len);
		for (unsigned int twice = 0; twice < 2; twice++)
			DO(guest, SIGNED("db", APPEND27, BY(KEK1), T(2), BYTES(more->data, more->len), S));
		g_byte_array_unref(more);
	}
	g_assert_cmphex(guest_get(guest, "db", &value), ==, EFI_SUCCESS);
	g_assert_true(play_same(value.data, value.data_size, all->data, all->len));
	g_byte_array_unref(all);
}

static void delete_with_no_attributes(struct guest *guest)
{
	static const char *const names[] = { "PK", "KEK", "db", "dbx" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, DELETE(names[i], 0, IP), STATUS(names[i], S));
}

/* Room for nothing but what is there already. */
#define FULL CALL(play_fill_completely)

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A7/APP-01", NULL, {
		SET("V", APPEND7, D("ab"), S), GET("V", A7, D("ab")), STORED("V", D("ab")),
		SET("W", BS | APPEND, D("cd"), S), GET("W", BS, D("cd")) } },
	{ "/A7/APP-02", NULL, {
		SET("V", A7, D("ab"), S), SET("V", APPEND7, D("cd"), S), SET("V", APPEND7, D("e"), S),
		GET("V", A7, D("abcde")), STORED("V", D("abcde")), SAVES(3) } },
	{ "/A7/APP-03", NULL, {
		SET("V", A7, D("ab"), S), SAVES(1), SET("V", APPEND7, NONE, S), GET("V", A7, D("ab")), SAVES(0) } },
	{ "/A7/APP-04", NULL, {
		SET("V", APPEND7, NONE, S), ABSENT("V"), SET("V", BS | APPEND, NONE, S), ABSENT("V"), SAVES(0) } },
	{ "/A7/APP-05", NULL, {
		SET("V", A7, PATTERN(57300), S), SET("V", APPEND7, PATTERN(45), IP), GET("V", A7, PATTERN(57300)),
		SET("V", APPEND7, D("x"), S), SET("V", APPEND7, PATTERN(43), S), SET("V", APPEND7, D("x"), IP),
		DELETE("V", A7, S), SIGNED("W", A27, BY(OWNER), T(1), PATTERN(57300), S),
		SIGNED("W", APPEND27, BY(OWNER), T(2), PATTERN(45), IP), GET("W", A27, PATTERN(57300)),
		SIGNED("W", APPEND27, BY(OWNER), T(2), PATTERN(44), S) } },
	{ "/A7/APP-06", NULL, {
		SET("V", A7, D("ab"), S), FULL, SET("V", APPEND7, PATTERN(101), OOR), GET("V", A7, D("ab")), SAVES(0),
		STORED("V", D("ab")), SET("V", APPEND7, PATTERN(100), S) } },
	{ "/A7/APP-07", NULL, {
		SIGNED("V", A27, BY(OWNER), T(5), D("ab"), S), SIGNED("V", APPEND27, BY(OWNER), T(2), D("cd"), S),
		SIGNED("V", APPEND27, BY(OWNER), T(5), D("ef"), S), GET("V", A27, D("abcdef")) } },
	{ "/A7/APP-08", NULL, {
		SIGNED("V", A27, BY(OWNER), T(5), D("ab"), S), SIGNED("V", APPEND27, BY(OWNER), T(2), D("cd"), S),
		SIGNED("V", A27, BY(OWNER), T(3), D("x"), SV), SIGNED("V", A27, BY(OWNER), T(5), D("x"), SV),
		GET("V", A27, D("abcd")), REBOOT, SIGNED("V", A27, BY(OWNER), T(3), D("x"), SV),
		SIGNED("V", A27, BY(OWNER), T(6), D("x"), S) } },
	{ "/A7/APP-09", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("ab"), S), SIGNED("V", APPEND27, BY(OWNER), T(5), D("cd"), S),
		SIGNED("V", A27, BY(OWNER), T(5), D("x"), SV), SIGNED("V", A27, BY(OWNER), T(4), D("x"), SV), REBOOT,
		SIGNED("V", A27, BY(OWNER), T(5), D("x"), SV), SIGNED("V", A27, BY(OWNER), T(6), D("x"), S) } },
	{ "/A7/APP-10", start_user_mode, {
		SIGNED("db", APPEND27, BY(KEK1), T(5), CERT(DB1), S), SAVES(1), GET("db", A27, CERT(DB1)),
		SIGNED("db", A27, BY(KEK1), T(4), HASHES(1, 1), SV), REBOOT,
		SIGNED("db", A27, BY(KEK1), T(5), HASHES(1, 1), SV),
		SIGNED("dbx", APPEND27, BY(KEK1), T(5), HASHES(0xd0, 1), S), GET("dbx", A27, HASHES(0xd0, 1)),
		SIGNED("dbx", A27, BY(KEK1), T(4), HASHES(1, 1), SV),
		SIGNED("db", A27, BY(KEK1), T(6), HASHES(1, 1), S) } },
	{ "/A7/APP-11", start_user_mode, {
		SIGNED("db", A27, BY(KEK1), T(2), BUILD(db_and_two_hashes), S),
		SIGNED("db", APPEND27, BY(KEK1), T(3), BUILD(four_hashes_and_db), S),
		GET("db", A27, BUILD(db_and_four_hashes)), STORED("db", BUILD(db_and_four_hashes)) } },
	{ "/A7/APP-11/types", start_user_mode, { CALL(every_type) } },
	{ "/A7/APP-12", start_user_mode, {
		SIGNED("db", APPEND27, BY(KEK1), T(2), BUILD(twice_the_same_hash), S),
		GET("db", A27, BUILD(db_and_one_hash)) } },
	{ "/A7/APP-13", start_user_mode, {
		SIGNED("KEK", APPEND27, BY(PK1), T(2), CERT(KEK1), S), GET("KEK", A27, CERT(KEK1)),
		SIGNED("KEK", APPEND27, BY(PK1), T(3), CERT(KEK2), S),
		SIGNED("KEK", APPEND27, BY(PK1), T(4), CERT(KEK2), S), GET("KEK", A27, BUILD(two_keks)) } },
	{ "/A7/APP-14", start_user_mode, {
		SIGNED("PK", APPEND27, BY(PK1), T(2), CERT(PK2), IP),
		SIGNED("PK", APPEND27, BY(PK1), T(2), CERT(PK1), IP), GET("PK", A27, CERT(PK1)),
		SIGNED("PK", A27, BY(PK1), T(2), CERT(PK2), S) } },
	{ "/A7/APP-15", NULL, {
		SIGNED("V", A27, BY(OWNER), T(2), D("ab"), S), SIGNED("V", APPEND27, BY(OWNER), T(5), NONE, S),
		GET("V", A27, D("ab")), SIGNED("V", A27, BY(OWNER), T(4), D("x"), SV),
		SIGNED("V", APPEND27, BY(OWNER), T(3), NONE, S), SIGNED("V", A27, BY(OWNER), T(5), D("x"), SV),
		SIGNED("V", A27, BY(OWNER), T(6), D("x"), S) } },
	{ "/A7/APP-15/db", start_user_mode, {
		SIGNED("db", APPEND27, BY(KEK1), T(5), NONE, S), GET("db", A27, CERT(DB1)),
		SIGNED("db", A27, BY(KEK1), T(5), HASHES(1, 1), SV),
		SIGNED("db", A27, BY(KEK1), T(6), HASHES(1, 1), S) } },
	{ "/A7/APP-16", start_user_mode, {
		SIGNED("V", APPEND27, BY(OWNER), T(1), D("ab"), S), GET("V", A27, D("ab")), STORED("V", D("ab")),
		SIGNED("V", A27, BY(OTHER), T(2), D("x"), SV), SIGNED("dbt", APPEND27, BY(KEK1), T(2), CERT(OTHER), S),
		GET("dbt", A27, CERT(OTHER)) } },
	{ "/A7/APP-17", start_user_mode, {
		SIGNED("db", APPEND27, BY(KEK1), T(2), BUILD(broken_list), IP),
		SIGNED("db", APPEND27, BY(KEK1), T(2), D("x"), IP), GET("db", A27, CERT(DB1)),
		SIGNED("db", A27, BY(KEK1), T(2), HASHES(1, 1), S) } },
	{ "/A7/APP-18", start_user_mode, {
		SIGNED("db", APPEND27, BY(KEK1, .flags = SIGN_OTHER_ATTRIBUTES), T(2), HASHES(1, 1), SV),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_OTHER_ATTRIBUTES), T(2), HASHES(1, 1), SV),
		GET("db", A27, CERT(DB1)), SIGNED("db", APPEND27, BY(KEK1), T(2), HASHES(1, 1), S) } },
	{ "/A7/APP-19", start_user_mode, {
		SIGNED("dbx", APPEND27, BY(KEK1), ZERO_TIME, HASHES(0xd0, 2), S),
		GET("dbx", A27, BUILD(two_lists_of_one_hash)), SIGNED("dbx", A27, BY(KEK1), T(1), HASHES(1, 1), SV),
		SIGNED("V", A27, BY(OWNER), T(3), D("ab"), S), SIGNED("V", APPEND27, BY(OWNER), ZERO_TIME, D("cd"), S),
		SIGNED("V", A27, BY(OWNER), T(2), D("x"), SV), GET("V", A27, D("abcd")) } },
	{ "/A7/APP-20", start_user_mode, {
		FULL, SIGNED("db", APPEND27, BY(KEK1), T(5), CERT(DB1), S), GET("db", A27, CERT(DB1)),
		SIGNED("db", A27, BY(KEK1), T(4), HASHES(1, 1), SV),
		SIGNED("db", APPEND27, BY(KEK1), T(6), CERT(OTHER), OOR), GET("db", A27, CERT(DB1)) } },

	{ "/A8/ADEL-01", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), SIGNED("V", A27, BY(OWNER), T(2), NONE, S), ABSENT("V"),
		NOT_STORED("V"), SIGNED("db", A27, BY(KEK1), T(2), NONE, S), ABSENT("db"), NOT_STORED("db"),
		SIGNED("dbx", A27, BY(PK1), T(2), NONE, S), ABSENT("dbx"), SIGNED("KEK", A27, BY(PK1), T(2), NONE, S),
		ABSENT("KEK"), NOT_STORED("KEK"), MODES(0, 0, 0, 1) } },
	{ "/A8/ADEL-02", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), SIGNED("V", A27, UNSIGNED, T(2), NONE, SV),
		SIGNED("V", A27, BY(NOBODY, .flags = SIGN_GARBAGE), T(2), NONE, SV),
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_SPOILED), T(2), NONE, SV), GET("V", A27, D("x")) } },
	{ "/A8/ADEL-03", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), SIGNED("V", A27, BY(OTHER), T(2), NONE, SV),
		GET("V", A27, D("x")) } },
	{ "/A8/ADEL-04", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), DELETE("V", A27, SV), GET("V", A27, D("x")) } },
	{ "/A8/ADEL-05", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), DELETE("V", 0, IP), SET("V", 0, D("y"), IP),
		GET("V", A27, D("x")) } },
	{ "/A8/ADEL-06", start_user_mode, { CALL(delete_with_no_attributes), MODES(0, 0, 0, 1) } },
	{ "/A8/ADEL-07", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), DELETE("V", A7, IP), GET("V", A27, D("x")) } },
	{ "/A8/ADEL-08", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), SIGNED("V", NV | BS | AT, BY(OWNER), T(2), NONE, IP),
		SIGNED("V", BS | RT | AT, BY(OWNER), T(2), NONE, IP), GET("V", A27, D("x")),
		SIGNED("W", BS | AT, BY(OWNER), T(1), D("x"), S), SIGNED("W", A27, BY(OWNER), T(2), NONE, IP),
		GET("W", BS | AT, D("x")) } },
	{ "/A8/ADEL-09", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(1), NONE, NF), ABSENT("V"),
		SIGNED("dbt", A27, BY(KEK1), T(1), NONE, NF) } },
	{ "/A8/ADEL-10", NULL, {
		SIGNED("V", A27, BY(OWNER), T(5), D("x"), S), SIGNED("V", A27, BY(OWNER), T(6), NONE, S),
		SIGNED("V", A27, BY(OTHER), T(1), D("y"), S), GET("V", A27, D("y")),
		SIGNED("V", A27, BY(OWNER), T(7), D("z"), SV), SIGNED("V", A27, BY(OTHER), T(2), NONE, S) } },
	{ "/A8/ADEL-11", NULL, {
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), S), SIGNED("V", A27, BY(OWNER), T(2), NONE, S),
		SIGNED("V", A27, BY(OWNER), T(2), NONE, NF), SIGNED("V", A27, BY(OWNER), T(3), D("y"), S),
		SIGNED("V", A27, BY(OWNER), T(2), NONE, SV), GET("V", A27, D("y")) } },
};
/* clang-format on */

PLAY_MAIN(cases)
