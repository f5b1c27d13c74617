/* SPDX-License-Identifier: GPL-2.0-only */
/* A14 Secure Boot policy variables. */
#include "tests/support/play.h"

#include "tests/support/lists.h"

/* An update of db at T(1) with one byte of EFI_TIME set that must be zero. */
#define PAD(at) SIGNED("db", A27, UNSIGNED, PADDED(at), CERT(DB1), SV)

static void two_lists(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_certificate(out, PK1);
	list_add_certificate(out, PK2);
}

/* One list of two certificates of equal size. */
static void one_list_of_two(GByteArray *out, enum identity first, enum identity second)
{
	const struct credentials *a = identity_get(first), *b = identity_get(second);
	uint32_t entry = (uint32_t)(LIST_OWNER_SIZE + a->der_size);

	g_assert_cmpuint(a->der_size, ==, b->der_size);
	list_add_header(out, &list_x509, LIST_HEADER_SIZE + 2 * entry, 0, entry);
	list_add_entry(out, LIST_OWNER, a->der, a->der_size);
	list_add_entry(out, LIST_OWNER, b->der, b->der_size);
}

static void two_pks_in_one_list(GByteArray *out, unsigned int unused)
{
	(void)unused;
	one_list_of_two(out, PK1, PK2);
}

static void two_keks_in_one_list(GByteArray *out, unsigned int unused)
{
	(void)unused;
	one_list_of_two(out, KEK1, KEK2);
}

static void hashes_then_two_keks(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_hashes(out, LIST_OWNER, 1, 3);
	list_add_certificate(out, KEK1);
	list_add_certificate(out, KEK2);
}

static void start_requiring_signed_pk(struct guest *guest)
{
	guest->policy.require_signed_pk = true;
	g_assert_true(guest_start(guest));
}

static void unsigned_in_setup_mode(struct guest *guest)
{
	static const char *const names[] = { "db", "dbx", "KEK", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		DO(guest, SIGNED(names[i], A27, UNSIGNED, T(1), CERT(DB1), S), GET(names[i], A27, CERT(DB1)),
		   SIGNED(names[i], A27, BY(NOBODY, .flags = SIGN_GARBAGE), T(2), CERT(OTHER), S),
		   SIGNED(names[i], A27, BY(OTHER), T(3), CERT(DB1), S),
		   SIGNED(names[i], A27, BY(OTHER, .flags = SIGN_SPOILED), T(4), CERT(OTHER), S),
		   STORED(names[i], CERT(OTHER)));
	}
}

static void plain_in_setup_mode(struct guest *guest)
{
	static const char *const names[] = { "db", "dbx", "KEK", "PK", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SET(names[i], A7, CERT(DB1), IP), SET(names[i], A27, CERT(DB1), SV), ABSENT(names[i]));
}

static void signed_by_kek(struct guest *guest)
{
	static const char *const names[] = { "db", "dbx", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SIGNED(names[i], A27, BY(KEK1), T(2), CERT(OTHER), S), GET(names[i], A27, CERT(OTHER)),
		   SIGNED(names[i], A27 | APPEND, BY(KEK1), T(3), CERT(DB1), S), SAVES(2));
}

static void signed_by_pk(struct guest *guest)
{
	static const char *const names[] = { "db", "dbx", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SIGNED(names[i], A27, BY(PK1), T(2), CERT(OTHER), S), GET(names[i], A27, CERT(OTHER)));
}

static void not_signed_by_whom_it_may_be(struct guest *guest)
{
	static const char *const names[] = { "db", "dbx", "dbt", "dbr" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		DO(guest, SIGNED(names[i], A27, UNSIGNED, T(2), CERT(OTHER), SV),
		   SIGNED(names[i], A27, BY(NOBODY, .flags = SIGN_GARBAGE), T(2), CERT(OTHER), SV),
		   SIGNED(names[i], A27, BY(OTHER), T(2), CERT(OTHER), SV),
		   SIGNED(names[i], A27 | APPEND, BY(OTHER), T(2), CERT(OTHER), SV),
		   SIGNED(names[i], A27, BY(OTHER), T(2), NONE, SV));
	}
	DO(guest, GET("db", A27, CERT(DB1)), GET("dbx", A27, HASHES(0xd0, 1)), ABSENT("dbt"), ABSENT("dbr"));
}

/* Enough of a device path and a load option for OsRecovery####. */
static void recovery_option(GByteArray *out, unsigned int unused)
{
	static const uint8_t path[] = { 0x7f, 0xff, 4, 0 };

	(void)unused;
	load_option_add(out, path, sizeof path, NULL, 0);
}

#define RECOVERY_ORDER PATTERN(16)
#define RECOVERY BUILD(recovery_option)

static void recovery_names(struct guest *guest)
{
	static const char *const orders[] = { "global:OsRecoveryOrder", "vendor:OsRecoveryOrder",
					      "other:OsRecoveryOrder" };
	static const char *const options[] = { "vendor:OsRecovery0001", "other:OsRecoveryABCD" };

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
		DO(guest, SET(orders[i], A7, RECOVERY_ORDER, IP), SET(orders[i], BS, RECOVERY_ORDER, IP),
		   SIGNED(orders[i], A27, BY(OWNER), T(1), RECOVERY_ORDER, SV),
		   SIGNED(orders[i], A27, UNSIGNED, T(1), RECOVERY_ORDER, SV), ABSENT(orders[i]),
		   SIGNED(orders[i], A27, BY(KEK1), T(1), RECOVERY_ORDER, S),
		   SIGNED(orders[i], A27, BY(PK1), T(2), PATTERN(32), S),
		   SIGNED(orders[i], A27, BY(DBR1), T(3), NONE, S));
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		DO(guest, SET(options[i], A7, RECOVERY, IP), SIGNED(options[i], A27, BY(OWNER), T(1), RECOVERY, SV),
		   SIGNED(options[i], A27, BY(DB1), T(1), RECOVERY, SV), ABSENT(options[i]),
		   SIGNED(options[i], A27, BY(DBR1), T(1), RECOVERY, S),
		   SIGNED(options[i], A27, BY(OTHER), T(2), RECOVERY, SV),
		   SIGNED(options[i], A27, BY(PK1), T(2), RECOVERY, S),
		   SIGNED(options[i], A27, BY(KEK1), T(2), RECOVERY, SV), GET(options[i], A27, RECOVERY));
}

static void other_security_names(struct guest *guest)
{
	static const char *const names[] = { "security:foo", "security:dbq", "security:DB", "security:devdb",
					     "security:MokList" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SET(names[i], A7, CERT(DB1), IP), SET(names[i], NV | BS, D("x"), IP), ABSENT(names[i]));
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A14/SB-01", NULL, { CALL(unsigned_in_setup_mode), MODES(1, 0, 0, 0) } },
	{ "/A14/SB-02", NULL, { CALL(plain_in_setup_mode) } },
	{ "/A14/SB-03", NULL, {
		PAD(7), PAD(8), PAD(11), PAD(12), PAD(13), PAD(14), PAD(15), ABSENT("db"),
		SIGNED("PK", A27, UNSIGNED, PADDED(15), CERT(PK1), SV), ABSENT("PK"), MODES(1, 0, 0, 0) } },
	{ "/A14/SB-04", NULL, {
		SIGNED("db", A27, UNSIGNED, T(5), CERT(DB1), S), SIGNED("db", A27, UNSIGNED, T(2), CERT(OTHER), S),
		GET("db", A27, CERT(OTHER)), SIGNED("db", A27, UNSIGNED, T(2), CERT(DB1), S),
		SIGNED("KEK", A27, UNSIGNED, T(5), CERT(KEK1), S), SIGNED("KEK", A27, UNSIGNED, T(1), CERT(KEK1), S),
		SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), S), SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), T(3), CERT(OTHER), S) } },
	{ "/A14/SB-05", NULL, {
		SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), S), GET("PK", A27, CERT(PK1)), STORED("PK", CERT(PK1)),
		MODES(0, 0, 0, 1) } },
	{ "/A14/SB-05/required", start_requiring_signed_pk, {
		SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), SV),
		SIGNED("PK", A27, BY(NOBODY, .flags = SIGN_GARBAGE), T(1), CERT(PK1), SV),
		SIGNED("PK", A27, BY(PK1, .flags = SIGN_SPOILED), T(1), CERT(PK1), SV), ABSENT("PK"), MODES(1, 0, 0, 0),
		SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), S), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-06", NULL, {
		SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), S), GET("PK", A27, CERT(PK1)), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-07", NULL, { SIGNED("PK", A27, BY(OTHER), T(1), CERT(PK1), S), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-07/required", start_requiring_signed_pk, {
		SIGNED("PK", A27, BY(OTHER), T(1), CERT(PK1), SV), SIGNED("PK", A27, BY(PK_CHILD), T(1), CERT(PK1), SV),
		MODES(1, 0, 0, 0) } },
	{ "/A14/SB-08", NULL, {
		SIGNED("PK", A27, BY(PK1), T(1), BUILD(two_lists), IP),
		SIGNED("PK", A27, UNSIGNED, T(1), BUILD(two_pks_in_one_list), IP), ABSENT("PK"), MODES(1, 0, 0, 0) } },
	{ "/A14/SB-08/user-mode", start_user_mode, {
		SIGNED("PK", A27, BY(PK1), T(2), BUILD(two_lists), IP), GET("PK", A27, CERT(PK1)) } },
	{ "/A14/SB-09", NULL, {
		SIGNED("PK", A27, UNSIGNED, T(1), HASHES(1, 1), IP), ABSENT("PK"), MODES(1, 0, 0, 0) } },
	{ "/A14/SB-10", NULL, {
		SIGNED("PK", A27, UNSIGNED, T(1), NONE, NF), SIGNED("PK", A27, BY(PK1), T(1), NONE, NF), ABSENT("PK"),
		MODES(1, 0, 0, 0) } },
	{ "/A14/SB-11", NULL, {
		MODES(1, 0, 0, 0), SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), S), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-12", start_user_mode, {
		SIGNED("PK", A27, BY(PK1), T(2), CERT(PK2), S), GET("PK", A27, CERT(PK2)), STORED("PK", CERT(PK2)),
		MODES(0, 0, 0, 1), SIGNED("KEK", A27, BY(PK1), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27, BY(PK2), T(2), CERT(KEK2), S) } },
	{ "/A14/SB-13", start_user_mode, {
		SIGNED("PK", A27, BY(PK2), T(2), CERT(PK2), SV), SIGNED("PK", A27, BY(KEK1), T(2), CERT(PK2), SV),
		GET("PK", A27, CERT(PK1)), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-14", start_user_mode, {
		SIGNED("PK", A27, UNSIGNED, T(2), CERT(PK2), SV),
		SIGNED("PK", A27, BY(NOBODY, .flags = SIGN_GARBAGE), T(2), CERT(PK2), SV),
		SIGNED("PK", A27, UNSIGNED, T(2), NONE, SV), GET("PK", A27, CERT(PK1)), MODES(0, 0, 0, 1) } },
	{ "/A14/SB-15", start_user_mode, {
		SIGNED("PK", A27, BY(PK1), TIME(2019, 12, 31, 23, 59, 59), CERT(PK2), SV),
		SIGNED("PK", A27, BY(PK1), T(1), CERT(PK2), SV), SIGNED("PK", A27, BY(PK1), T(1), NONE, SV),
		GET("PK", A27, CERT(PK1)) } },
	{ "/A14/SB-16", start_user_mode, {
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), ABSENT("PK"), NOT_STORED("PK"), MODES(1, 0, 0, 0),
		SIGNED("db", A27, UNSIGNED, T(1), CERT(OTHER), S) } },
	{ "/A14/SB-17", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), CERT(KEK2), S), GET("KEK", A27, CERT(KEK2)),
		SIGNED("KEK", A27 | APPEND, BY(PK1), T(3), CERT(KEK1), S),
		SIGNED("db", A27, BY(KEK2), T(2), CERT(OTHER), S),
		SIGNED("db", A27, BY(KEK1), T(3), CERT(OTHER), S) } },
	{ "/A14/SB-18", start_user_mode, {
		SIGNED("KEK", A27, BY(KEK1), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27 | APPEND, BY(KEK1), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27, BY(KEK1), T(2), NONE, SV), GET("KEK", A27, CERT(KEK1)) } },
	{ "/A14/SB-19", start_user_mode, { CALL(signed_by_kek) } },
	{ "/A14/SB-20", start_user_mode, { CALL(signed_by_pk) } },
	{ "/A14/SB-21", start_user_mode, {
		SIGNED("db", A27, BY(DB1), T(2), CERT(OTHER), SV),
		SIGNED("dbx", A27 | APPEND, BY(DB1), T(2), HASHES(1, 1), SV), GET("db", A27, CERT(DB1)) } },
	{ "/A14/SB-22", start_user_mode, { CALL(not_signed_by_whom_it_may_be) } },
	{ "/A14/SB-22/no-KEK", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), NONE, S), SIGNED("db", A27, UNSIGNED, T(2), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), SV), SIGNED("db", A27, BY(OTHER), T(2), CERT(OTHER), SV),
		GET("db", A27, CERT(DB1)) } },
	{ "/A14/SB-23", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), NONE, S), SIGNED("db", A27, BY(PK1), T(2), CERT(OTHER), S),
		GET("db", A27, CERT(OTHER)) } },
	{ "/A14/SB-24", start_user_mode, {
		SIGNED("dbr", A27, BY(OWNER), T(1), CERT(DBR1), SV), SIGNED("dbr", A27, BY(DBR1), T(1), CERT(DBR1), SV),
		SIGNED("dbr", A27, UNSIGNED, T(1), CERT(DBR1), SV), SET("dbr", A7, CERT(DBR1), IP), ABSENT("dbr"),
		SIGNED("dbr", A27, BY(KEK1), T(1), CERT(DBR1), S), SIGNED("dbr", A27, BY(DBR1), T(2), CERT(OTHER), SV),
		SIGNED("dbr", A27, BY(PK1), T(2), CERT(OTHER), S) } },
	{ "/A14/SB-25", start_user_mode, { SIGNED("dbr", A27, BY(KEK1), T(1), CERT(DBR1), S), CALL(recovery_names) } },
	{ "/A14/SB-26", NULL, { CALL(other_security_names) } },
	{ "/A14/SB-27", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), BUILD(hashes_then_two_keks), S),
		SIGNED("db", A27, BY(KEK2), T(2), CERT(OTHER), S),
		SIGNED("db", A27, BY(KEK1), T(3), CERT(OTHER), S) } },
	{ "/A14/SB-28", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), BUILD(two_keks_in_one_list), S),
		SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), S), SIGNED("db", A27, BY(KEK2), T(3), CERT(DB1), S) } },
	{ "/A14/SB-29", start_user_mode, {
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), GET("db", A27, CERT(DB1)), GET("KEK", A27, CERT(KEK1)),
		GET("dbx", A27, HASHES(0xd0, 1)), REBOOT, GET("db", A27, CERT(DB1)), GET("KEK", A27, CERT(KEK1)),
		MODES(1, 0, 0, 0), SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK2), S),
		SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), S) } },
	{ "/A14/SB-30", start_secure_boot, { MODES(0, 1, 0, 1), REBOOT, MODES(0, 1, 0, 1) } },
	{ "/A14/SB-30/not-wanted", start_user_mode, { REBOOT, MODES(0, 0, 0, 1) } },
	{ "/A14/SB-31", start_secure_boot, {
		MODES(0, 1, 0, 1), SIGNED("PK", A27, BY(PK1), T(2), NONE, S), MODES(1, 1, 0, 0), REBOOT,
		MODES(1, 0, 0, 0) } },
	{ "/A14/SB-32", start_user_mode, {
		SET("AuditMode", BS | RT, D("\1"), WP), STATUS("PK", S), MODES(0, 0, 0, 1), AT_RUNTIME,
		SET("AuditMode", BS | RT, D("\1"), WP), MODES(0, 0, 0, 1) } },
};
/* clang-format on */

PLAY_MAIN(cases)
