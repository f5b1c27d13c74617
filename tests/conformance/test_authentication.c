/* SPDX-License-Identifier: GPL-2.0-only */
/* A16 EFI_VARIABLE_AUTHENTICATION_2 and PKCS#7. */
#include "tests/support/play.h"

#include "tests/support/lists.h"

/* Another GUID than EFI_CERT_TYPE_PKCS7_GUID. */
static const struct efi_guid cert_type_other =
	EFI_GUID_INIT(0xa7717414u, 0xc616, 0x4977, 0x94, 0x20, 0x84, 0x47, 0x12, 0xa7, 0x35, 0xbf);

/* db, by KEK1, at T(2) but for what is special; the first refused, the second accepted with the data read back. */
#define DB_REFUSED(...) SIGNED("db", A27, BY(__VA_ARGS__), T(2), CERT(OTHER), SV)
#define DB_TAKEN(time, ...)                                                                                            \
	SIGNED("db", A27, BY(__VA_ARGS__), T(time), HASHES(time, 1), S), GET("db", A27, HASHES(time, 1))
#define DB_UNCHANGED GET("db", A27, CERT(DB1))
/* Puts this certificate into KEK, alone. */
#define KEK_IS(time, who) SIGNED("KEK", A27, BY(PK1), T(time), CERT(who), S)

/* The private variable "V" under a signer of its own. */
#define PRIVATE_TAKEN(time, ...) SIGNED("V", A27, BY(__VA_ARGS__), T(time), D("signed"), S), GET("V", A27, D("signed"))

/* Lengths that dwLength must not have. */
static void lengths(struct guest *guest)
{
	static const uint32_t wrong[] = { 0, 1, 8, 23, 24, 60000, 0x7fffffff, 0x80000000, UINT32_MAX - 15, UINT32_MAX };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		DO(guest, DB_REFUSED(KEK1, .flags = SIGN_SET_LENGTH, .length = wrong[i]),
		   SIGNED("V", A27, BY(OWNER, .flags = SIGN_SET_LENGTH, .length = wrong[i]), T(1), D("x"), SV));
	DO(guest, DB_UNCHANGED, ABSENT("V"));
}

/* The whole update ends 1, 2, 3 ... bytes early. */
static void cut_short(struct guest *guest)
{
	for (size_t cut = 1; cut < 1200; cut += 61)
		DO(guest, SIGNED("db", A27, BY(KEK1, .cut = cut), T(2), HASHES(1, 1), SV));
	DO(guest, DB_UNCHANGED);
}

static void digests_refused(struct guest *guest)
{
	static const char *const digests[] = { "SHA1", "SHA224", "MD5" };

	for (size_t i = 0; i < G_N_ELEMENTS(digests); i++)
		DO(guest, DB_REFUSED(KEK1, .digest = digests[i]),
		   DB_REFUSED(KEK1, .digest = digests[i], .flags = SIGN_CONTENT_INFO),
		   DB_REFUSED(KEK1, .digest = digests[i], .flags = SIGN_ATTRIBUTES),
		   SIGNED("V", A27, BY(OWNER, .digest = digests[i]), T(1), D("x"), SV));
	DO(guest, DB_UNCHANGED, ABSENT("V"));
}

/* Each field that is signed, changed after signing. */
static void changed_fields(struct guest *guest)
{
	static const unsigned int changes[] = { SIGN_OTHER_NAME, SIGN_OTHER_GUID,    SIGN_OTHER_ATTRIBUTES,
						SIGN_OTHER_TIME, SIGN_OTHER_PAYLOAD, SIGN_NAME_WITH_NUL };

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
		DO(guest, DB_REFUSED(KEK1, .flags = changes[i]),
		   SIGNED("V", A27, BY(OWNER, .flags = changes[i]), T(1), D("x"), SV));
	DO(guest, DB_UNCHANGED, ABSENT("V"));
}

/* Each of the six fields decides where all before it are equal; values out of range are compared like others. */
static void time_order(struct guest *guest)
{
	static const struct efi_time rising[] = {
		TIME(2020, 1, 1, 0, 0, 1),           TIME(2020, 1, 1, 0, 1, 0), TIME(2020, 1, 1, 1, 0, 0),
		TIME(2020, 1, 2, 0, 0, 0),           TIME(2020, 2, 1, 0, 0, 0), TIME(2020, 13, 40, 25, 61, 99),
		TIME(2020, 255, 255, 255, 255, 255), TIME(2021, 0, 0, 0, 0, 0), TIME(2304, 0, 0, 0, 0, 0),
		TIME(0xffff, 0, 0, 0, 0, 0),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rising); i++) {
		struct play_step steps[] = {
			SIGNED("V", A27, BY(OWNER), T(1), HASHES(1, 1), S),
			SIGNED("V", A27, BY(OWNER), T(1), D("old"), SV),
			SIGNED("V", A27, BY(OWNER), T(1), D("old"), SV),
			{ .op = PLAY_END },
		};

		steps[0].time = rising[i];
		steps[1].time = rising[i];
		steps[2].time = rising[i ? i - 1 : 0];
		play(guest, steps);
	}
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A16/AUTH-01", start_user_mode, {
		DB_REFUSED(KEK1, .type = 0x0ef0), DB_REFUSED(KEK1, .type = 0x0ef2), DB_REFUSED(KEK1, .type = 2),
		DB_REFUSED(KEK1, .type = 0xffff), DB_UNCHANGED } },
	{ "/A16/AUTH-01/setup-mode", NULL, {
		SIGNED("db", A27, BY(NOBODY, .type = 0x0ef0), T(1), CERT(DB1), SV), ABSENT("db") } },
	{ "/A16/AUTH-02", start_user_mode, {
		DB_REFUSED(KEK1, .cert_type = &cert_type_other), DB_UNCHANGED,
		SIGNED("V", A27, BY(OWNER, .cert_type = &cert_type_other), T(1), D("x"), SV) } },
	{ "/A16/AUTH-02/setup-mode", NULL, {
		SIGNED("db", A27, BY(NOBODY, .cert_type = &cert_type_other), T(1), CERT(DB1), SV), ABSENT("db") } },
	{ "/A16/AUTH-03", start_user_mode, {
		DB_TAKEN(2, KEK1, .revision = 0x0100), DB_TAKEN(3, KEK1, .revision = 0xffff) } },
	{ "/A16/AUTH-04", start_user_mode, { CALL(lengths) } },
	{ "/A16/AUTH-04/cut", start_user_mode, { CALL(cut_short) } },
	{ "/A16/AUTH-04/setup-mode", NULL, {
		SIGNED("db", A27, BY(NOBODY, .flags = SIGN_SET_LENGTH, .length = 23), T(1), CERT(DB1), SV),
		SIGNED("db", A27, BY(NOBODY, .flags = SIGN_SET_LENGTH, .length = UINT32_MAX), T(1), CERT(DB1), SV),
		SIGNED("db", A27, BY(NOBODY, .flags = SIGN_SET_LENGTH, .length = 0), T(1), CERT(DB1), SV),
		ABSENT("db") } },
	{ "/A16/AUTH-05", start_user_mode, {
		DB_REFUSED(KEK1, .flags = SIGN_OTHER_PAYLOAD), DB_UNCHANGED,
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_OTHER_PAYLOAD), T(1), D("x"), SV),
		DB_REFUSED(KEK1, .flags = SIGN_SPOILED), ABSENT("V"), DB_UNCHANGED } },
	{ "/A16/AUTH-06", start_user_mode, {
		DB_REFUSED(KEK1, .length_off = 1), DB_REFUSED(KEK1, .length_off = -1), DB_UNCHANGED,
		SIGNED("V", A27, BY(OWNER, .length_off = 1), T(1), D("x"), SV),
		SIGNED("V", A27, BY(OWNER, .length_off = -1), T(1), D("x"), SV) } },
	{ "/A16/AUTH-07", start_user_mode, { DB_TAKEN(2, KEK1), PRIVATE_TAKEN(1, OWNER) } },
	{ "/A16/AUTH-08", start_user_mode, {
		DB_TAKEN(2, KEK1, .flags = SIGN_CONTENT_INFO), PRIVATE_TAKEN(1, OWNER, .flags = SIGN_CONTENT_INFO) } },
	{ "/A16/AUTH-09", start_user_mode, { DB_TAKEN(2, KEK1, .digest = "SHA256") } },
	{ "/A16/AUTH-10", start_user_mode, {
		DB_TAKEN(2, KEK1, .digest = "SHA384"), DB_TAKEN(3, KEK1, .digest = "SHA512"),
		PRIVATE_TAKEN(1, OWNER, .digest = "SHA384"),
		SIGNED("KEK", A27, BY(PK1, .digest = "SHA512", .flags = SIGN_CONTENT_INFO), T(2), CERT(KEK2), S) } },
	{ "/A16/AUTH-11", start_user_mode, { CALL(digests_refused) } },
	{ "/A16/AUTH-12", start_user_mode, {
		/* the set is good, the signer is not; then either way round */
		DB_REFUSED(KEK1, .digest = "SHA224", .flags = SIGN_DIGEST_SET_256), DB_UNCHANGED,
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_DIGEST_SET_224), T(2), HASHES(1, 1), S | SV) } },
	{ "/A16/AUTH-13", start_user_mode, {
		KEK_IS(2, TINY), DB_TAKEN(2, TINY), DB_TAKEN(3, TINY, .flags = SIGN_CONTENT_INFO),
		DB_REFUSED(TINY, .flags = SIGN_WITHOUT_CERTIFICATES) } },
	{ "/A16/AUTH-14", start_user_mode, {
		DB_TAKEN(2, KEK1, .flags = SIGN_ATTRIBUTES),
		DB_TAKEN(3, KEK1, .flags = SIGN_ATTRIBUTES | SIGN_CONTENT_INFO, .digest = "SHA384"),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_ATTRIBUTES | SIGN_WRONG_DIGEST), T(4), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_ATTRIBUTES | SIGN_WRONG_TYPE), T(4), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_ATTRIBUTES | SIGN_SPOILED), T(4), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_ATTRIBUTES | SIGN_OTHER_PAYLOAD), T(4), CERT(OTHER), SV),
		PRIVATE_TAKEN(1, OWNER, .flags = SIGN_ATTRIBUTES), GET("db", A27, HASHES(3, 1)) } },
	{ "/A16/AUTH-15", start_user_mode, {
		DB_REFUSED(KEK1, .flags = SIGN_WITHOUT_CERTIFICATES),
		DB_REFUSED(KEK1, .flags = SIGN_WITHOUT_CERTIFICATES | SIGN_CONTENT_INFO),
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_WITHOUT_CERTIFICATES), T(1), D("x"), SV), DB_UNCHANGED,
		ABSENT("V") } },
	{ "/A16/AUTH-16", start_user_mode, {
		DB_REFUSED(KEK1, .flags = SIGN_ENCAPSULATED),
		DB_REFUSED(KEK1, .flags = SIGN_ENCAPSULATED | SIGN_CONTENT_INFO),
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_ENCAPSULATED), T(1), D("x"), SV), DB_UNCHANGED } },
	{ "/A16/AUTH-17", start_user_mode, {
		KEK_IS(2, EXPIRED), DB_TAKEN(2, EXPIRED), KEK_IS(3, NOT_YET_VALID), DB_TAKEN(3, NOT_YET_VALID),
		PRIVATE_TAKEN(1, EXPIRED) } },
	{ "/A16/AUTH-18", start_user_mode, {
		KEK_IS(2, ROOT), DB_TAKEN(2, LEAF, .include = { INTERMEDIATE }),
		DB_TAKEN(3, LEAF, .include = { ROOT, INTERMEDIATE }), DB_TAKEN(4, BRANCH), DB_TAKEN(5, ROOT) } },
	{ "/A16/AUTH-19", start_user_mode, {
		KEK_IS(2, ROOT), DB_REFUSED(LEAF), DB_REFUSED(LEAF, .include = { ROOT }),
		DB_REFUSED(LEAF, .include = { OTHER }), DB_UNCHANGED } },
	{ "/A16/AUTH-18/not-a-CA", start_user_mode, {
		KEK_IS(2, ROOT), DB_REFUSED(UNDER_LEAF, .include = { LEAF, INTERMEDIATE }), DB_UNCHANGED } },
	{ "/A16/AUTH-19/false-root", start_user_mode, {
		KEK_IS(2, ROOT), DB_REFUSED(UNDER_FALSE_ROOT), DB_REFUSED(UNDER_FALSE_ROOT, .include = { FALSE_ROOT }),
		DB_REFUSED(UNDER_FALSE_ROOT, .include = { ROOT }),
		DB_REFUSED(UNDER_FALSE_ROOT, .include = { FALSE_ROOT, ROOT }),
		DB_REFUSED(FALSE_ROOT, .include = { ROOT }), DB_REFUSED(FALSE_ROOT), DB_UNCHANGED } },
	{ "/A16/AUTH-20", start_user_mode, {
		KEK_IS(2, INTERMEDIATE), DB_TAKEN(2, LEAF), DB_TAKEN(3, LEAF, .include = { INTERMEDIATE }),
		DB_TAKEN(4, INTERMEDIATE), SIGNED("db", A27, BY(BRANCH), T(5), CERT(OTHER), SV),
		SIGNED("db", A27, BY(ROOT), T(5), CERT(OTHER), SV) } },
	{ "/A16/AUTH-21", start_user_mode, {
		KEK_IS(2, LEAF), DB_TAKEN(2, LEAF), DB_TAKEN(3, LEAF, .include = { INTERMEDIATE, ROOT }),
		SIGNED("db", A27, BY(INTERMEDIATE), T(4), CERT(OTHER), SV) } },
	{ "/A16/AUTH-21/broken-anchor", start_user_mode, {
		KEK_IS(2, BROKEN_ANCHOR), DB_TAKEN(2, BROKEN_ANCHOR), PRIVATE_TAKEN(1, BROKEN_ANCHOR) } },
	{ "/A16/AUTH-21/false-leaf", start_user_mode, {
		KEK_IS(2, BRANCH), DB_REFUSED(FALSE_BRANCH), DB_REFUSED(FALSE_BRANCH, .include = { BRANCH }),
		DB_REFUSED(FALSE_BRANCH, .include = { BRANCH, ROOT }), KEK_IS(3, ROOT), DB_REFUSED(FALSE_BRANCH),
		DB_REFUSED(FALSE_BRANCH, .include = { BRANCH, ROOT }), DB_UNCHANGED } },
	{ "/A16/AUTH-22", start_user_mode, {
		SIGNED("KEK", A27, BY(PK_CHILD), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27, BY(PK_CHILD, .include = { PK1 }), T(2), CERT(KEK2), SV),
		SIGNED("PK", A27, BY(PK_CHILD), T(2), CERT(PK2), SV),
		SIGNED("PK", A27, BY(PK_CHILD, .include = { PK1 }), T(2), NONE, SV), GET("KEK", A27, CERT(KEK1)),
		GET("PK", A27, CERT(PK1)) } },
	{ "/A16/AUTH-22/false-PK", start_user_mode, {
		SIGNED("KEK", A27, BY(FALSE_PK), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27, BY(FALSE_PK, .include = { PK1 }), T(2), CERT(KEK2), SV),
		SIGNED("KEK", A27, BY(PK_RENEWED), T(2), CERT(KEK2), SV),
		SIGNED("PK", A27, BY(FALSE_PK, .include = { PK1 }), T(2), NONE, SV),
		SIGNED("db", A27, BY(FALSE_PK, .include = { PK1 }), T(2), CERT(OTHER), SV), GET("KEK", A27, CERT(KEK1)),
		GET("PK", A27, CERT(PK1)) } },
	{ "/A16/AUTH-23", start_user_mode, {
		KEK_IS(2, RSA3072), DB_TAKEN(2, RSA3072), KEK_IS(3, RSA4096), DB_TAKEN(3, RSA4096),
		PRIVATE_TAKEN(1, RSA4096) } },
	{ "/A16/AUTH-24", start_user_mode, { KEK_IS(2, RSA1024), DB_TAKEN(2, RSA1024), PRIVATE_TAKEN(1, RSA1024) } },
	{ "/A16/AUTH-25", start_user_mode, {
		KEK_IS(2, EC256), DB_TAKEN(2, EC256), DB_TAKEN(3, EC256, .digest = "SHA512"), KEK_IS(3, EC384),
		DB_TAKEN(4, EC384, .digest = "SHA384"),
		SIGNED("db", A27, BY(EC384, .flags = SIGN_SPOILED), T(5), CERT(OTHER), SV), PRIVATE_TAKEN(1, EC256) } },
	{ "/A16/AUTH-26", start_user_mode, {
		DB_REFUSED(KEK1, .flags = SIGN_PSS), SIGNED("V", A27, BY(OWNER, .flags = SIGN_PSS), T(1), D("x"), SV),
		DB_UNCHANGED } },
	{ "/A16/AUTH-27", start_user_mode, {
		DB_TAKEN(2, KEK1, .second = OTHER), DB_TAKEN(3, OTHER, .second = KEK1),
		DB_TAKEN(4, OTHER, .second = PK1), SIGNED("db", A27, BY(OTHER, .second = OWNER), T(5), CERT(OTHER), SV),
		SIGNED("db", A27, BY(OTHER, .second = OWNER, .signers = 60), T(5), CERT(OTHER), SV),
		SIGNED("KEK", A27, BY(OTHER, .second = PK1), T(2), CERT(KEK2), S) } },
	{ "/A16/AUTH-27/invalid-trusted", start_user_mode, {
		DB_REFUSED(OTHER, .second = KEK1, .flags = SIGN_SPOILED_SECOND),
		SIGNED("KEK", A27, BY(OTHER, .second = PK1, .flags = SIGN_SPOILED_SECOND), T(2), CERT(KEK2), SV),
		DB_UNCHANGED, DB_TAKEN(2, KEK1, .second = OTHER, .flags = SIGN_SPOILED_SECOND) } },
	{ "/A16/AUTH-28", start_user_mode, {
		KEK_IS(2, NARROW_USAGE), DB_TAKEN(2, NARROW_USAGE), PRIVATE_TAKEN(1, NARROW_USAGE) } },
	{ "/A16/AUTH-29", start_user_mode, {
		SIGNED("db", A27, BY(KEK1), T(1), CERT(OTHER), SV), DB_UNCHANGED, DB_TAKEN(2, KEK1),
		SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), SV), PRIVATE_TAKEN(1, OWNER),
		SIGNED("V", A27, BY(OWNER), T(1), D("x"), SV) } },
	{ "/A16/AUTH-30", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), TIME(2001, 1, 1, 0, 0, 0), D("x"), S),
		SIGNED("W", A27, BY(OWNER), TIME(0, 0, 0, 0, 0, 0), D("x"), S),
		SIGNED("dbt", A27, BY(KEK1), TIME(0, 0, 0, 0, 0, 0), CERT(OTHER), S),
		SIGNED("W", A27, BY(OWNER), TIME(0, 0, 0, 0, 0, 0), D("y"), SV),
		SIGNED("W", A27, BY(OWNER), TIME(0, 0, 0, 0, 0, 1), D("y"), S) } },
	{ "/A16/AUTH-31", NULL, { CALL(time_order) } },
	{ "/A16/AUTH-32", start_user_mode, { CALL(changed_fields) } },
	{ "/A16/AUTH-33", start_user_mode, {
		DB_TAKEN(2, KEK1, .flags = SIGN_CRL),
		PRIVATE_TAKEN(1, OWNER, .flags = SIGN_CRL | SIGN_CONTENT_INFO) } },
	{ "/A16/AUTH-34", start_user_mode, {
		DB_TAKEN(2, KEK1, .trailing_zeros = 1),
		DB_TAKEN(3, KEK1, .trailing_zeros = 7, .flags = SIGN_CONTENT_INFO),
		PRIVATE_TAKEN(1, OWNER, .trailing_zeros = 16),
		SIGNED("db", A27, BY(KEK1, .trailing_byte = true), T(4), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1, .trailing_zeros = 3, .trailing_byte = true), T(4), CERT(OTHER), SV) } },
	{ "/A16/AUTH-35", start_user_mode, {
		DB_TAKEN(2, KEK1, .flags = SIGN_LONG_LENGTH),
		DB_TAKEN(3, KEK1, .flags = SIGN_LONG_LENGTH | SIGN_CONTENT_INFO),
		SIGNED("db", A27, BY(KEK1, .flags = SIGN_INDEFINITE | SIGN_CONTENT_INFO), T(4), CERT(OTHER), S | SV),
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_INDEFINITE), T(1), D("x"), S | SV) } },
};
/* clang-format on */

PLAY_MAIN(cases)
