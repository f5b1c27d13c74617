/* SPDX-License-Identifier: GPL-2.0-only */
/* A17 private authenticated variables. */
#include "tests/support/play.h"

#include <string.h>

#include "tests/support/blob.h"
#include "tests/support/names.h"

#define IMPORTED_CUT 127

/* The owner digest of "V" in the committed view and in what is durable. */
static void expect_digest(struct guest *guest, const uint8_t digest[32])
{
	struct uefivars_variable variable;

	g_assert_true(guest_find(guest, "V", &variable));
	g_assert_true(play_same(variable.digest, 32, digest, 32));
	g_assert_true(guest_find_stored(guest, "V", &variable));
	g_assert_true(play_same(variable.digest, 32, digest, 32));
}

static void digest_of_owner(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest(OWNER, SIZE_MAX, digest);
	expect_digest(guest, digest);
}

static void digest_of_long_name(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest(LONG_COMMON_NAME, SIZE_MAX, digest);
	expect_digest(guest, digest);
}

/* The digest of one kind of signer stays, whatever digest algorithm signs. */
static void digest_of_top(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest_under(BRANCH, ROOT, digest);
	expect_digest(guest, digest);
}

/* Starts from a store that another program wrote: "V" of T(1) with this owner digest. */
static void start_with_digest(struct guest *guest, const uint8_t digest[32])
{
	struct uefivars_variable variable = { .data = (const uint8_t *)"old", .data_size = 3, .attributes = A27 };
	struct efi_time time = T(1);
	GByteArray *blob = blob_new(1);
	struct test_name name;

	test_name_parse("V", &name);
	variable.name = name.bytes;
	variable.name_size = name.size;
	memcpy(variable.guid, name.guid.bytes, sizeof variable.guid);
	memcpy(variable.timestamp, time.bytes, sizeof variable.timestamp);
	memcpy(variable.digest, digest, sizeof variable.digest);
	blob_add(blob, &variable);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
}

static void start_imported(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest(OWNER, IMPORTED_CUT, digest);
	start_with_digest(guest, digest);
}

static void start_imported_long_name(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest(LONG_COMMON_NAME, IMPORTED_CUT, digest);
	start_with_digest(guest, digest);
}

/* By the signer's own tbsCertificate, though its updates carry the chain. */
static void start_imported_branch(struct guest *guest)
{
	uint8_t digest[32];

	identity_digest(BRANCH, IMPORTED_CUT, digest);
	start_with_digest(guest, digest);
}

#define UPDATE(time, ...) SIGNED("V", A27, BY(__VA_ARGS__), T(time), D("new"), S), GET("V", A27, D("new"))
#define REFUSED(time, ...) SIGNED("V", A27, BY(__VA_ARGS__), T(time), D("bad"), SV)
#define CREATED SIGNED("V", A27, BY(OWNER), T(5), D("old"), S)
#define UNCHANGED GET("V", A27, D("old"))

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A17/PRV-01", NULL, {
		CREATED, UNCHANGED, STORED("V", D("old")), SIGNED("W", A27, BY(OTHER), T(1), D("x"), S) } },
	{ "/A17/PRV-01/user-mode", start_user_mode, {
		CREATED, UNCHANGED, SIGNED("W", A27, BY(OTHER), T(1), D("x"), S) } },
	{ "/A17/PRV-02", start_user_mode, { CREATED, SIGNED("V", A27, BY(OWNER), T(5), D("old"), SV), UNCHANGED } },
	{ "/A17/PRV-03", start_user_mode, { CREATED, UPDATE(6, OWNER), STORED("V", D("new")), UPDATE(7, OWNER) } },
	{ "/A17/PRV-04", start_user_mode, { CREATED, REFUSED(4, OWNER), UNCHANGED } },
	{ "/A17/PRV-05", start_user_mode, {
		CREATED, REFUSED(6, OTHER), UNCHANGED, SIGNED("V", A27 | APPEND, BY(OTHER), T(6), D("x"), SV) } },
	{ "/A17/PRV-06", start_user_mode, {
		CREATED, REFUSED(6, OWNER_TWIN), REFUSED(6, OWNER_TWIN, .include = { OWNER }), UNCHANGED } },
	{ "/A17/PRV-06/false-owner", start_user_mode, {
		CREATED, REFUSED(6, FALSE_OWNER), REFUSED(6, FALSE_OWNER, .include = { OWNER }), UNCHANGED } },
	{ "/A17/PRV-07", start_user_mode, {
		CREATED, REFUSED(6, PK1), REFUSED(6, KEK1), SIGNED("V", A27, BY(PK1), T(6), NONE, SV), UNCHANGED } },
	{ "/A17/PRV-08", start_user_mode, {
		CREATED, SIGNED("V", A27 | APPEND, BY(OWNER), T(6), D("er"), S), GET("V", A27, D("older")),
		STORED("V", D("older")), REFUSED(6, OWNER) } },
	{ "/A17/PRV-09", start_user_mode, {
		CREATED, SIGNED("V", A27 | APPEND, BY(OWNER), T(2), D("er"), S), GET("V", A27, D("older")),
		REFUSED(3, OWNER), REFUSED(5, OWNER), UPDATE(6, OWNER) } },
	{ "/A17/PRV-10", start_user_mode, {
		SIGNED("V", A27, BY(BRANCH, .include = { ROOT }), T(5), D("old"), S),
		UPDATE(6, BRANCH_RENEWED, .include = { ROOT }), UPDATE(7, BRANCH, .include = { ROOT }),
		REFUSED(8, BRANCH_RENEWED), REFUSED(8, OWNER), REFUSED(8, INTERMEDIATE, .include = { ROOT }) } },
	{ "/A17/PRV-10/top-of-chain", start_user_mode, {
		SIGNED("V", A27, BY(BRANCH, .include = { ROOT }), T(5), D("old"), S), CALL(digest_of_top) } },
	{ "/A17/PRV-10/either-form", start_imported_branch, {
		UPDATE(6, BRANCH, .include = { ROOT }), REFUSED(7, OWNER), UPDATE(8, BRANCH, .include = { ROOT }) } },
	{ "/A17/PRV-11", start_user_mode, { SIGNED("V", A27, BY(NO_COMMON_NAME), T(1), D("x"), S | SV) } },
	{ "/A17/PRV-12", start_user_mode, {
		SIGNED("V", A27, BY(LONG_COMMON_NAME), T(5), D("old"), S), CALL(digest_of_long_name),
		UPDATE(6, LONG_COMMON_NAME), REFUSED(7, OWNER) } },
	{ "/A17/PRV-12/imported", start_imported_long_name, { REFUSED(6, OWNER), UPDATE(6, LONG_COMMON_NAME) } },
	{ "/A17/PRV-13", start_user_mode, {
		CREATED, CALL(digest_of_owner), UPDATE(6, OWNER, .flags = SIGN_CONTENT_INFO), CALL(digest_of_owner) } },
	{ "/A17/PRV-13/imported", start_imported, {
		REFUSED(6, OTHER), REFUSED(1, OWNER), UNCHANGED, UPDATE(6, OWNER), CALL(digest_of_owner) } },
	{ "/A17/PRV-14", start_user_mode, {
		CREATED, UPDATE(6, OWNER, .digest = "SHA384"), CALL(digest_of_owner),
		UPDATE(7, OWNER, .digest = "SHA512"), UPDATE(8, OWNER) } },
	{ "/A17/PRV-15", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(1), NONE, NF), ABSENT("V"), NOT_STORED("V") } },
	{ "/A17/PRV-16", start_user_mode, {
		REFUSED(1, NOBODY), REFUSED(1, NOBODY, .flags = SIGN_GARBAGE), REFUSED(1, OWNER, .flags = SIGN_SPOILED),
		ABSENT("V") } },
	{ "/A17/PRV-16/setup-mode", NULL, {
		REFUSED(1, NOBODY), REFUSED(1, NOBODY, .flags = SIGN_GARBAGE), ABSENT("V") } },
	{ "/A17/PRV-17", start_user_mode, {
		CREATED, REBOOT, REFUSED(5, OWNER), REFUSED(4, OWNER), REFUSED(6, OTHER), UNCHANGED,
		CALL(digest_of_owner), RESUME, REFUSED(5, OWNER), REFUSED(6, OTHER), UPDATE(6, OWNER) } },
	{ "/A17/PRV-18", start_user_mode, {
		CREATED, CALL(play_fill_completely), SIGNED("V", A27, BY(OWNER), T(8), PATTERN(200), OOR),
		SIGNED("V", A27, BY(OWNER), T(8), PATTERN(57345), IP),
		SIGNED("V", A27 | APPEND, BY(OWNER), T(8), PATTERN(200), OOR), BACKEND_FAILS,
		SIGNED("V", A27, BY(OWNER), T(8), D("new"), DE), BACKEND_DONE, UNCHANGED,
		SIGNED("V", A27, BY(OWNER), T(6), D("new"), S) } },
};
/* clang-format on */

PLAY_MAIN(cases)
