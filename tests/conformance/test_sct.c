/* SPDX-License-Identifier: GPL-2.0-only */
/* D what the UEFI Self-Certification Test asserts, as it asserts it, where A does not show it already. */
#include "tests/support/play.h"
#include "tests/support/check.h"

#include <string.h>

#include "efi/guid.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"

static const uint32_t plain_sets[] = { BS, NV | BS, BS | RT, A7 };

static void get_with_every_set(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_sets); i++)
		DO(guest, SET("TestVariable", plain_sets[i], D("0123456789"), S),
		   GET("TestVariable", plain_sets[i], D("0123456789")),
		   GET("TestVariable", plain_sets[i], D("0123456789")), DELETE("TestVariable", plain_sets[i], S));
}

static void get_many_times(struct guest *guest)
{
	for (unsigned int i = 0; i < 50; i++) {
		char *name = g_strdup_printf("Stress%u", i);

		DO(guest, SET(name, plain_sets[i % 4], PATTERN(i + 1), S));
		g_free(name);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		char *name = g_strdup_printf("Stress%u", i % 50);

		DO(guest, GET(name, plain_sets[i % 50 % 4], PATTERN(i % 50 + 1)));
		g_free(name);
	}
}

static void start_of_walk_with_small_buffer(struct guest *guest)
{
	struct test_name name = { .size = 0 };
	uint64_t needed = 0;

	g_assert_cmphex(client_next(&guest->client, name.bytes, &name.size, 2, &name.guid, &needed), ==,
			EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, >, 2);
	g_assert_cmphex(client_next(&guest->client, name.bytes, &name.size, needed, &name.guid, NULL), ==, EFI_SUCCESS);
}

static void walks(struct guest *guest)
{
	for (unsigned int i = 0; i < 20; i++) {
		uint64_t status;
		char **names = guest_list(guest, &status), *joined = g_strjoinv(" ", names);

		g_assert_cmphex(status, ==, EFI_NOT_FOUND);
		g_assert_cmpstr(joined, ==, "One Three");
		g_free(joined);
		g_strfreev(names);
	}
}

static void delete_both_ways(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plain_sets); i++)
		DO(guest, SET("TestVariable", plain_sets[i], D("x"), S), DELETE("TestVariable", plain_sets[i], S),
		   ABSENT("TestVariable"), SET("TestVariable", plain_sets[i], D("x"), S), DELETE("TestVariable", 0, S),
		   ABSENT("TestVariable"));
}

/* HwErrRecSupport is absent or 0: then the tests of error records do not apply. */
static void expect_no_hardware_errors(struct guest *guest)
{
	struct client_value value;
	uint64_t status = guest_get(guest, "HwErrRecSupport", &value);

	g_assert_true(status == EFI_NOT_FOUND || (status == EFI_SUCCESS && value.data[0] == 0 && value.data[1] == 0));
}

/* Attributes that the specification gives its variables (3.3, table 3.1). */
static const struct {
	const char *name;
	uint32_t attributes;
} specified[] = {
	{ "BootOrder", A7 },
	{ "BootNext", A7 },
	{ "Boot0000", A7 },
	{ "Driver0000", A7 },
	{ "DriverOrder", A7 },
	{ "SysPrep0000", A7 },
	{ "SysPrepOrder", A7 },
	{ "Key0000", A7 },
	{ "ConIn", A7 },
	{ "ConOut", A7 },
	{ "ErrOut", A7 },
	{ "Lang", A7 },
	{ "PlatformLang", A7 },
	{ "Timeout", A7 },
	{ "OsIndications", A7 },
	{ "HwErrRecSupport", A7 },
	{ "BootCurrent", BS | RT },
	{ "BootOptionSupport", BS | RT },
	{ "ConInDev", BS | RT },
	{ "ConOutDev", BS | RT },
	{ "ErrOutDev", BS | RT },
	{ "LangCodes", BS | RT },
	{ "PlatformLangCodes", BS | RT },
	{ "OsIndicationsSupported", BS | RT },
	{ "SecureBoot", BS | RT },
	{ "SetupMode", BS | RT },
	{ "AuditMode", BS | RT },
	{ "DeployedMode", BS | RT },
	{ "SignatureSupport", BS | RT },
	{ "VendorKeys", BS | RT },
	{ "PKDefault", BS | RT },
	{ "KEKDefault", BS | RT },
	{ "dbDefault", BS | RT },
	{ "dbxDefault", BS | RT },
	{ "PK", A27 },
	{ "KEK", A27 },
	{ "db", A27 },
	{ "dbx", A27 },
	{ "dbt", A27 },
	{ "dbr", A27 },
};

/* Data that each of them can have: two bytes, four, eight, a device path, a load option, a key option, a text. */
static void set_specified(struct guest *guest, const char *name, uint32_t attributes, uint64_t expected)
{
	static const uint8_t path[] = { 0x7f, 0xff, 4, 0 };
	static const uint8_t key[] = { 0, 0, 0, 0, 1, 2, 3, 4, 0, 0 };
	GByteArray *data = g_byte_array_new();

	if (g_str_has_suffix(name, "0000") && !g_str_has_prefix(name, "Key"))
		load_option_add(data, path, sizeof path, NULL, 0);
	else if (g_str_has_prefix(name, "Con") || g_str_has_prefix(name, "ErrOut"))
		g_byte_array_append(data, path, sizeof path);
	else if (g_str_has_prefix(name, "Key"))
		g_byte_array_append(data, key, sizeof key);
	else
		g_byte_array_append(data, key,
				    g_str_has_prefix(name, "OsInd")        ? 8 :
				    strcmp(name, "BootOptionSupport") == 0 ? 4 :
									     2);
	DO(guest, SET(name, attributes, BYTES(data->data, data->len), expected));
	g_byte_array_unref(data);
}

/* What a guest can write has these attributes and no others; whatever exists then has them. */
static void specified_attributes(struct guest *guest)
{
	DO(guest, SIGNED("dbt", A27, BY(KEK1), T(2), CERT(OTHER), S),
	   SIGNED("dbr", A27, BY(KEK1), T(2), CERT(OTHER), S));
	for (size_t i = 0; i < G_N_ELEMENTS(specified); i++) {
		struct client_value value;
		uint64_t status = guest_get(guest, specified[i].name, &value);

		if (status == EFI_NOT_FOUND) {
			set_specified(guest, specified[i].name, specified[i].attributes ^ NV, IP);
			set_specified(guest, specified[i].name, BS, IP);
			set_specified(guest, specified[i].name, specified[i].attributes, S);
			status = guest_get(guest, specified[i].name, &value);
		}
		g_assert_cmphex(status, ==, EFI_SUCCESS);
		if (value.attributes != specified[i].attributes)
			check_fail("%s has attributes 0x%x", specified[i].name, value.attributes);
	}
}

static void default_variables(struct guest *guest)
{
	static const char *const names[] = { "PKDefault",  "KEKDefault", "dbDefault",
					     "dbxDefault", "SecureBoot", "SetupMode" };
	struct client_value value;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_cmphex(guest_get(guest, names[i], &value), ==, EFI_SUCCESS);
		g_assert_cmphex(value.attributes, ==, BS | RT);
		g_assert_cmpuint(value.data_size, >, 0);
	}
}

static void unsigned_in_user_mode(struct guest *guest)
{
	static const char *const names[] = { "KEK", "db", "dbx" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SIGNED(names[i], A27, UNSIGNED, T(5), CERT(OTHER), SV),
		   SIGNED(names[i], A27, UNSIGNED, T(5), PATTERN(4096), SV), SET(names[i], A27, PATTERN(4096), SV),
		   SIGNED(names[i], A27 | APPEND, UNSIGNED, T(5), CERT(OTHER), SV),
		   SIGNED(names[i], A27, UNSIGNED, T(5), NONE, SV), STATUS(names[i], S));
}

static void kek_1_and_2(GByteArray *out, unsigned int unused)
{
	(void)unused;
	list_add_certificate(out, KEK1);
	list_add_certificate(out, KEK2);
}

#define DER "AuthVarDER"
#define WRITE(day, who, d, status)                                                                                     \
	STEP(.op = PLAY_SIGNED, .name = DER, .attributes = A27, .how = BY(who), .time = T(day), .data = d,             \
	     .expect = (status))

#define LOCK(d, status) STEP(.op = PLAY_SET, .name = "MORLock", .attributes = A7, .data = d, .expect = (status))
#define LOCK_IS(d) STEP(.op = PLAY_GET, .name = "MORLock", .attributes = A7, .data = d)
#define MOR(d, status) STEP(.op = PLAY_SET, .name = "MOR", .attributes = A7, .data = d, .expect = (status))
#define MOR_IS(d) STEP(.op = PLAY_GET, .name = "MOR", .attributes = A7, .data = d)
#define KEY D("\x11\x11\x11\x11\x11\x11\x11\x11")
#define WRONG_KEY D("\x11\x11\x11\x11\x11\x11\x11\x12")

/* clang-format off */
static const struct play_case cases[] = {
	{ "/D1/8", NULL, { CALL(get_with_every_set) } },
	{ "/D1/9", NULL, { CALL(get_many_times) } },

	{ "/D2/11", NULL, { CALL(start_of_walk_with_small_buffer) } },
	{ "/D2/12", NULL, {
		SET("One", A7, D("1"), S), SET("Two", BS, D("2"), S), SET("Three", BS, D("3"), S), DELETE("Two", BS, S),
		CALL(walks) } },
	{ "/D2/16", NULL, { SET("One", A7, D("1"), S), SET("Three", BS, D("3"), S), CALL(walks) } },

	{ "/D3/25", NULL, { CALL(delete_both_ways) } },

	{ "/D5/36-39", NULL, { CALL(expect_no_hardware_errors) } },

	{ "/D6/40-50", NULL, {
		SIGNED(DER, A27, BY(RSA1024, .flags = SIGN_OTHER_PAYLOAD), T(1), D("0123456789"), SV), ABSENT(DER),
		WRITE(2, RSA1024, D("0123456789"), S), GET(DER, A27, D("0123456789")),
		WRITE(2, RSA1024, D("0123456789"), SV),
		SIGNED(DER, A27, BY(RSA1024, .flags = SIGN_SPOILED), T(3), D("0123456789"), SV),
		SIGNED(DER, A27, BY(RSA1024, .flags = SIGN_OTHER_TIME), T(3), D("0123456789"), SV),
		WRITE(4, RSA1024, PATTERN(16), S), GET(DER, A27, PATTERN(16)), WRITE(3, RSA1024, D("0123456789"), SV),
		WRITE(5, OTHER, D("0123456789"), SV), GET(DER, A27, PATTERN(16)),
		SIGNED(DER, A27 | APPEND, BY(RSA1024), T(9), D("0123456789abcdef"), S), STATUS(DER, S),
		WRITE(8, RSA1024, D("0123456789"), SV), WRITE(10, RSA1024, NONE, S), ABSENT(DER),
		WRITE(1, OTHER, D("0123456789"), S), WRITE(2, OTHER, NONE, S), ABSENT(DER) } },

	{ "/D7/51-54", start_with_keys, {
		CALL(default_variables), GET("PK", A27, CERT(PK1)), GET("KEK", A27, CERT(KEK1)),
		GET("db", A27, CERT(DB1)) } },
	{ "/D7/55", start_user_mode, { CALL(unsigned_in_user_mode) } },
	{ "/D7/56-62", start_user_mode, {
		SIGNED("KEK", A27, BY(PK1), T(2), BUILD(kek_1_and_2), S),
		SIGNED("db", A27, BY(PK1), T(2), CERT(OTHER), S), SIGNED("db", A27, BY(KEK1), T(3), CERT(DB1), S),
		SIGNED("db", A27, BY(KEK2), T(4), CERT(OTHER), S), SIGNED("dbx", A27, BY(KEK1), T(2), HASHES(1, 2), S),
		SIGNED("KEK", A27 | APPEND, BY(PK1), T(3), CERT(KEK3), S),
		SIGNED("db", A27 | APPEND, BY(KEK3), T(5), CERT(DB1), S), SIGNED("dbx", A27, BY(KEK3), T(3), NONE, S),
		ABSENT("dbx"), SIGNED("db", A27, BY(KEK1), T(6), NONE, S), ABSENT("db"),
		SIGNED("KEK", A27, BY(PK1), T(4), NONE, S), ABSENT("KEK"), MODES(0, 0, 0, 1) } },
	{ "/D7/63-65", start_user_mode, {
		SIGNED("db", NV | BS | AT, BY(KEK1), T(2), NONE, IP),
		SIGNED("KEK", BS | RT | AT, BY(PK1), T(2), NONE, IP), DELETE("db", A7, IP),
		SIGNED("db", A27, BY(OTHER), T(2), NONE, SV), SIGNED("KEK", A27, BY(KEK1), T(2), NONE, SV),
		SIGNED("db", A27, UNSIGNED, T(2), NONE, SV), SIGNED("PK", A27, UNSIGNED, T(2), NONE, SV),
		GET("db", A27, CERT(DB1)), GET("KEK", A27, CERT(KEK1)), GET("PK", A27, CERT(PK1)) } },
	{ "/D7/66", start_user_mode, {
		SIGNED("db", A27, BY(KEK1), PADDED(7), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), PADDED(8), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), PADDED(12), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), PADDED(14), CERT(OTHER), SV),
		SIGNED("db", A27, BY(KEK1), PADDED(15), CERT(OTHER), SV),
		SIGNED("V", A27, BY(OWNER), PADDED(9), D("x"), SV), GET("db", A27, CERT(DB1)), ABSENT("V") } },
	{ "/D7/67", start_secure_boot, {
		SET("DeployedMode", BS | RT, D("\1"), WP), SET("AuditMode", BS | RT, D("\1"), WP), MODES(0, 1, 0, 1),
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), MODES(1, 1, 0, 0), SET("AuditMode", BS | RT, D("\1"), WP),
		REBOOT, MODES(1, 0, 0, 0), SIGNED("PK", A27, BY(PK2), T(3), CERT(PK2), S), MODES(0, 0, 0, 1), REBOOT,
		MODES(0, 1, 0, 1) } },

	{ "/D8/69", start_with_keys, { CALL(specified_attributes) } },

	{ "/D9/70-76", NULL, {
		MOR_IS(D("\0")), MOR(D("\1"), S), MOR_IS(D("\1")), REBOOT, MOR_IS(D("\0")), LOCK_IS(D("\0")),
		SET("MOR", NV | BS, D("\1"), IP), MOR_IS(D("\0")), SET("MORLock", 0, D("\1"), WP), LOCK_IS(D("\0")),
		DELETE("MORLock", A7, WP), LOCK_IS(D("\0")) } },
	{ "/D9/78-81", NULL, {
		SET("MORLock", NV | BS, D("\1"), IP), LOCK_IS(D("\0")), LOCK(PATTERN(5), IP), LOCK_IS(D("\0")),
		LOCK(D("\0"), S), LOCK_IS(D("\0")), LOCK(D("\2"), IP), LOCK_IS(D("\0")) } },
	{ "/D9/82-87", NULL, {
		LOCK(D("\1"), S), LOCK_IS(D("\1")), LOCK(D("\0"), AD), LOCK_IS(D("\1")), LOCK(D("\1"), AD),
		LOCK_IS(D("\1")), LOCK(KEY, AD), LOCK_IS(D("\1")), MOR(D("\1"), AD), MOR_IS(D("\0")),
		DELETE("MOR", A7, AD), MOR_IS(D("\0")), REBOOT, LOCK_IS(D("\0")) } },
	{ "/D9/88-94", NULL, {
		LOCK(KEY, S), LOCK_IS(D("\2")), LOCK(KEY, S), LOCK_IS(D("\0")), LOCK(KEY, S), LOCK(D("\x11"), AD),
		LOCK_IS(D("\2")), LOCK(D("\0"), AD), LOCK_IS(D("\2")), LOCK(D("\1"), AD), LOCK_IS(D("\2")),
		MOR(D("\1"), AD), MOR_IS(D("\0")), DELETE("MOR", A7, AD), MOR_IS(D("\0")) } },
	{ "/D9/95-96", NULL, {
		LOCK(KEY, S), SET_CHANGES("MORLock", A7, WRONG_KEY, AD), LOCK_IS(D("\1")), LOCK(KEY, AD),
		LOCK_IS(D("\1")) } },
};
/* clang-format on */

PLAY_MAIN(cases)
