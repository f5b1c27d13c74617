/* SPDX-License-Identifier: GPL-2.0-only */
/* A12 read-only and firmware-owned variables, A13 names defined by the specification. */
#include "tests/support/play.h"

#include <string.h>

#include "tests/support/blob.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"

static const char *const mode_variables[] = { "SecureBoot", "SetupMode", "SignatureSupport", "AuditMode",
					      "DeployedMode" };

static void delete_by_no_attributes(struct guest *guest)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mode_variables); i++)
		DO(guest, DELETE(mode_variables[i], 0, WP), SET(mode_variables[i], 0, D("\0"), WP),
		   DELETE(mode_variables[i], BS | RT, WP), STATUS(mode_variables[i], S));
}

static void default_variables(struct guest *guest)
{
	static const char *const names[] = { "PKDefault", "KEKDefault", "dbDefault", "dbxDefault" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SET(names[i], BS | RT, CERT(OTHER), WP), SET(names[i], A7, CERT(OTHER), WP),
		   SIGNED(names[i], A27, BY(PK1), T(5), CERT(OTHER), WP), DELETE(names[i], 0, WP),
		   DELETE(names[i], BS | RT, WP), STATUS(names[i], S));
	DO(guest, SET("dbtDefault", BS | RT, CERT(OTHER), WP | IP), SET("dbrDefault", BS | RT, CERT(OTHER), WP | IP),
	   SET("dbtDefault", A7, CERT(OTHER), WP | IP), ABSENT("dbtDefault"));
}

/* Every type that SignatureSupport names can be enrolled, every other one cannot. */
static void signature_support(struct guest *guest)
{
	struct client_value value;
	uint8_t listed[1024];
	size_t size;

	g_assert_cmphex(guest_get(guest, "SignatureSupport", &value), ==, EFI_SUCCESS);
	g_assert_cmphex(value.attributes, ==, BS | RT);
	g_assert_cmpuint(value.data_size % 16, ==, 0);
	g_assert_cmpuint(value.data_size, <, sizeof listed);
	size = value.data_size;
	memcpy(listed, value.data, size);
	for (size_t i = 0; i < list_types_count; i++) {
		GByteArray *list = g_byte_array_new();
		bool is_listed = false;

		for (size_t at = 0; at < size; at += 16)
			is_listed |= memcmp(listed + at, list_types[i].guid.bytes, 16) == 0;
		if (list_types[i].data_size)
			list_add_filled(list, &list_types[i].guid, list_types[i].data_size, 1);
		else
			list_add_certificate(list, OTHER);
		DO(guest, SIGNED("db", A27, UNSIGNED, T(1), BYTES(list->data, list->len), is_listed ? S : IP));
		g_byte_array_unref(list);
	}
}

static void start_wanting_secure_boot(struct guest *guest)
{
	guest->policy.secure_boot = true;
	g_assert_true(guest_start(guest));
}

static void start_not_deployed(struct guest *guest)
{
	guest->policy.deployed = false;
	g_assert_true(guest_start(guest));
}

/* Device paths: a hardware node and the end of everything; without an end; a node of 3 bytes; a node past the end. */
static const uint8_t path_good[] = { 1, 1, 6, 0, 0, 0, 0x7f, 0xff, 4, 0 };
static const uint8_t path_endless[] = { 1, 1, 6, 0, 0, 0 };
static const uint8_t path_short_node[] = { 1, 1, 3, 0, 0x7f, 0xff, 4, 0 };
static const uint8_t path_long_node[] = { 1, 1, 60, 0, 0, 0, 0x7f, 0xff, 4, 0 };
static const uint8_t path_odd_types[] = { 0x42, 0x99, 5, 0, 7, 0x7f, 0x01, 4, 0, 1, 1, 4, 0, 0x7f, 0xff, 4, 0 };

#define PATH(name, path)                                                                                               \
	static void name(GByteArray *out, unsigned int unused)                                                         \
	{                                                                                                              \
		(void)unused;                                                                                          \
		load_option_add(out, path, sizeof path, NULL, 0);                                                      \
	}
PATH(good_option, path_good)
PATH(endless_option, path_endless)
PATH(short_node_option, path_short_node)
PATH(long_node_option, path_long_node)
PATH(odd_types_option, path_odd_types)

static void optional_data_option(GByteArray *out, unsigned int unused)
{
	(void)unused;
	load_option_add(out, path_good, sizeof path_good, "whatever the loader wants", 25);
}

/* A good option whose FilePathListLength says something else. */
static void set_path_lengths(struct guest *guest)
{
	static const uint16_t wrong[] = { 0, 1, 3, 11, 200, 0xffff };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		GByteArray *option = g_byte_array_new();

		good_option(option, 0);
		option->data[4] = (uint8_t)wrong[i];
		option->data[5] = (uint8_t)(wrong[i] >> 8);
		DO(guest, SET("Boot0001", A7, BYTES(option->data, option->len), IP), ABSENT("Boot0001"));
		g_byte_array_unref(option);
	}
}

/* KeyData with `keys` in its InputKeyCount, BootOptionCrc, BootOption, and `size` bytes of it all. */
static void set_key_option(struct guest *guest, unsigned int keys, size_t size, uint64_t expected)
{
	uint8_t option[64] = { 0, 0, 0, (uint8_t)(keys << 6), 1, 2, 3, 4, 1, 0 };

	DO(guest, SET("Key0001", A7, BYTES(option, size), expected), STATUS("Key0001", expected == S ? S : NF),
	   DELETE("Key0001", 0, expected == S ? S : NF));
}

static void key_options(struct guest *guest)
{
	static const size_t bad[] = { 1, 8, 9, 11, 12, 13, 15, 10 + 4 * 4, 10 + 4 * 5 };

	for (unsigned int keys = 0; keys <= 3; keys++)
		set_key_option(guest, keys, 10 + 4 * keys, S);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		set_key_option(guest, 1, bad[i], IP);
}

static void undefined_global_names(struct guest *guest)
{
	static const char *const names[] = { "global:Boot00GG",  "global:FooBar",       "global:Boot1",
					     "global:Boot00001", "global:boot0001",     "global:bootorder",
					     "global:PKX",       "global:VendorKeysNv", "global:db",
					     "global:dbx",       "global:HwErrRec0000", "global:BootOrder2" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		DO(guest, SET(names[i], A7, D("ab"), IP), SET(names[i], BS, D("ab"), IP),
		   SIGNED(names[i], A27, BY(OWNER), T(1), D("ab"), IP), ABSENT(names[i]));
}

/* An old store with an undefined name: it can be read and deleted, not created anew. */
static void start_with_undefined_name(struct guest *guest)
{
	struct uefivars_variable variable = { .data = (const uint8_t *)"old", .data_size = 3, .attributes = A7 };
	GByteArray *blob = blob_new(2);
	struct test_name name;

	test_name_parse("global:FooBar", &name);
	variable.name = name.bytes;
	variable.name_size = name.size;
	memcpy(variable.guid, name.guid.bytes, sizeof variable.guid);
	blob_add(blob, &variable);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A12/RO-01", NULL, {
		SET("SecureBoot", BS | RT, D("\1"), WP), SET("SecureBoot", BS | RT, D("\0"), WP),
		SET("SecureBoot", BS | RT | APPEND, D("\1"), WP), MODES(1, 0, 0, 0) } },
	{ "/A12/RO-02", NULL, {
		SET("SetupMode", BS | RT, D("\0"), WP), SET("SetupMode", BS | RT, D("\1"), WP), MODES(1, 0, 0, 0) } },
	{ "/A12/RO-03", NULL, {
		SET("SignatureSupport", BS | RT, PATTERN(16), WP), DELETE("SignatureSupport", BS | RT, WP) } },
	{ "/A12/RO-04", start_user_mode, {
		SET("AuditMode", BS | RT, D("\1"), WP), SET("AuditMode", A7, D("\1"), WP), MODES(0, 0, 0, 1) } },
	{ "/A12/RO-04/setup-mode", NULL, { SET("AuditMode", BS | RT, D("\1"), WP), MODES(1, 0, 0, 0) } },
	{ "/A12/RO-05", start_user_mode, {
		SET("DeployedMode", BS | RT, D("\1"), WP), SET("DeployedMode", BS | RT, D("\0"), WP),
		MODES(0, 0, 0, 1) } },
	{ "/A12/RO-06", start_user_mode, {
		AT_RUNTIME, SET("AuditMode", BS | RT, D("\1"), WP), SET("DeployedMode", BS | RT, D("\0"), WP),
		MODES(0, 0, 0, 1) } },
	{ "/A12/RO-07", NULL, {
		CALL(delete_by_no_attributes), AT_RUNTIME, CALL(delete_by_no_attributes), MODES(1, 0, 0, 0) } },
	{ "/A12/RO-08", NULL, {
		SET("SecureBoot", A7, D("\1"), WP), SET("SecureBoot", NV | BS, D("\1"), WP),
		SET("SecureBoot", BS, D("\1"), WP), SIGNED("SecureBoot", A27, BY(PK1), T(1), D("\1"), WP),
		MODES(1, 0, 0, 0) } },
	{ "/A12/RO-09", NULL, {
		SET("vendor:SecureBoot", A7, D("\1"), S), GET("vendor:SecureBoot", A7, D("\1")), MODES(1, 0, 0, 0),
		SET("vendor:SecureBoot", A7, D("longer"), S), DELETE("vendor:SecureBoot", A7, S) } },
	{ "/A12/RO-10", start_with_keys, {
		GET("VendorKeys", BS | RT, D("\1")), SET("VendorKeys", BS | RT, D("\0"), WP),
		SET("VendorKeys", A7, D("\0"), WP), DELETE("VendorKeys", 0, WP), GET("VendorKeys", BS | RT, D("\1")),
		REBOOT, GET("VendorKeys", BS | RT, D("\1")) } },
	{ "/A12/RO-10/setup-mode", NULL, { SET("VendorKeys", BS | RT, D("\1"), WP), DELETE("VendorKeys", 0, WP) } },
	{ "/A12/RO-11", start_with_keys, {
		SIGNED("VendorKeysNv", NV | BS | AT, BY(OWNER), T(5), D("\0"), WP),
		SET("VendorKeysNv", A7, D("\0"), WP), SET("VendorKeysNv", NV | BS, D("\0"), WP),
		DELETE("VendorKeysNv", 0, WP), GET("VendorKeys", BS | RT, D("\1")) } },
	{ "/A12/RO-12", start_user_mode, {
		SET("CustomMode", NV | BS, D("\1"), S), GET("CustomMode", NV | BS, D("\1")),
		SIGNED("db", A27, UNSIGNED, T(5), CERT(OTHER), SV), SIGNED("PK", A27, UNSIGNED, T(5), NONE, SV), REBOOT,
		SIGNED("db", A27, UNSIGNED, T(5), CERT(OTHER), SV), MODES(0, 0, 0, 1) } },
	{ "/A12/RO-13", start_secure_boot, {
		SET("SecureBootEnable", NV | BS, D("\0"), S | WP), MODES(0, 1, 0, 1), REBOOT, MODES(0, 1, 0, 1) } },
	{ "/A12/RO-13/off", start_user_mode, {
		SET("SecureBootEnable", NV | BS, D("\1"), S | WP), MODES(0, 0, 0, 1), REBOOT, MODES(0, 0, 0, 1) } },
	{ "/A12/RO-14", NULL, {
		SET("certdb", A7, D("x"), S), GET("certdb", A7, D("x")), SET("certdbv", BS, D("x"), S),
		DELETE("certdb", A7, S), SIGNED("V", A27, BY(OWNER), T(1), D("x"), S),
		SIGNED("V", A27, BY(OTHER), T(2), D("y"), SV) } },
	{ "/A12/RO-15", start_with_keys, {
		GET("PKDefault", BS | RT, CERT(PK1)), GET("KEKDefault", BS | RT, CERT(KEK1)),
		GET("dbDefault", BS | RT, CERT(DB1)), GET("dbxDefault", BS | RT, HASHES(0xd0, 1)),
		CALL(default_variables), GET("dbDefault", BS | RT, CERT(DB1)), NOT_STORED("dbDefault"), REBOOT,
		GET("PKDefault", BS | RT, CERT(PK1)), GET("dbDefault", BS | RT, CERT(DB1)) } },
	{ "/A12/RO-16", NULL, {
		SET("OsIndicationsSupported", BS | RT, D("\1\0\0\0\0\0\0\0"), S),
		SET("OsIndicationsSupported", BS | RT, D("\3\0\0\0\0\0\0\0"), S), AT_RUNTIME,
		SET("OsIndicationsSupported", BS | RT, D("\0\0\0\0\0\0\0\0"), WP),
		DELETE("OsIndicationsSupported", 0, WP),
		GET("OsIndicationsSupported", BS | RT, D("\3\0\0\0\0\0\0\0")) } },
	{ "/A12/RO-17", NULL, {
		SET("BootOptionSupport", BS | RT, D("\3\0\0\0"), S), SET("BootCurrent", BS | RT, D("\1\0"), S),
		SET("LangCodes", BS | RT, D("engfra"), S), SET("PlatformLangCodes", BS | RT, D("en;fr"), S),
		SET("ConInDev", BS | RT, BYTES(path_good, sizeof path_good), S),
		SET("ConOutDev", BS | RT, BYTES(path_good, sizeof path_good), S),
		SET("ErrOutDev", BS | RT, BYTES(path_good, sizeof path_good), S),
		SET("BootCurrent", BS | RT, D("\2\0"), S), AT_RUNTIME, SET("BootCurrent", BS | RT, D("\3\0"), WP),
		SET("ConOutDev", BS | RT, BYTES(path_good, sizeof path_good), WP), DELETE("LangCodes", 0, WP),
		DELETE("PlatformLangCodes", BS | RT, WP), GET("BootCurrent", BS | RT, D("\2\0")) } },
	{ "/A12/RO-18", NULL, { CALL(signature_support) } },
	{ "/A12/RO-19", NULL, { MODES(1, 0, 0, 0) } },
	{ "/A12/RO-19/secure-boot-wanted", start_wanting_secure_boot, {
		MODES(1, 0, 0, 0), REBOOT, MODES(1, 0, 0, 0) } },
	{ "/A12/RO-20", start_wanting_secure_boot, {
		CALL(play_enroll), MODES(0, 0, 0, 1), RESUME, MODES(0, 0, 0, 1), REBOOT, MODES(0, 1, 0, 1) } },
	{ "/A12/RO-20/not-deployed", start_not_deployed, {
		MODES(1, 0, 0, 0), CALL(play_enroll), MODES(0, 0, 0, 0), REBOOT, MODES(0, 0, 0, 0) } },

	{ "/A13/GV-01", NULL, {
		SET("BootOrder", A7, D("\1"), IP), SET("BootOrder", A7, D("\1\0\2"), IP), ABSENT("BootOrder"),
		SET("DriverOrder", A7, D("\1"), IP), SET("DriverOrder", A7, D("\1\0\2"), IP),
		SET("SysPrepOrder", A7, D("\1"), IP), SET("SysPrepOrder", A7, PATTERN(5), IP),
		SET("BootOrder", A7, D("\1\0"), S), SET("BootOrder", A7, D("\1\0\2\0"), S),
		SET("DriverOrder", A7, D("\1\0"), S), SET("SysPrepOrder", A7, D("\1\0"), S),
		SET("BootOrder", A7, PATTERN(3), IP), GET("BootOrder", A7, D("\1\0\2\0")) } },
	{ "/A13/GV-01/append", NULL, {
		SET("BootOrder", A7 | APPEND, D("\1"), IP), ABSENT("BootOrder"), SET("BootOrder", A7, D("\1\0"), S),
		SET("BootOrder", A7 | APPEND, D("\2"), IP), SET("BootOrder", A7 | APPEND, D("\2\0"), S),
		GET("BootOrder", A7, D("\1\0\2\0")), SET("Timeout", A7, D("\5\0"), S),
		SET("Timeout", A7 | APPEND, D("\5\0"), IP), GET("Timeout", A7, D("\5\0")) } },
	{ "/A13/GV-02", NULL, {
		SET("BootOrder", NV | BS, D("\1\0"), IP), SET("BootOrder", BS | RT, D("\1\0"), IP),
		SET("BootOrder", BS, D("\1\0"), IP), ABSENT("BootOrder") } },
	{ "/A13/GV-03", NULL, {
		SET("BootNext", A7, D("\1"), IP), SET("BootNext", A7, D("\1\0\2\0"), IP),
		SET("BootNext", A7, D("\1\0"), S) } },
	{ "/A13/GV-04", NULL, {
		SET("Timeout", A7, D("\1"), IP), SET("Timeout", A7, D("\1\0\2\0"), IP),
		SET("Timeout", A7, D("\1\0"), S) } },
	{ "/A13/GV-05", NULL, {
		SET("OsIndications", A7, D("\1"), IP), SET("OsIndications", A7, PATTERN(4), IP),
		SET("OsIndications", A7, PATTERN(9), IP), SET("OsIndications", A7, PATTERN(8), S) } },
	{ "/A13/GV-06", NULL, {
		SET("HwErrRecSupport", A7, D("\0"), IP), SET("HwErrRecSupport", A7, PATTERN(4), IP),
		SET("HwErrRecSupport", A7, D("\0\0"), S) } },
	{ "/A13/GV-07", NULL, {
		SET("Boot0001", A7, D("\1"), IP), SET("Boot0001", A7, D("\1\0\0\0\4"), IP),
		SET("Boot0001", A7, D("\1\0\0\0\4\0"), IP), SET("Boot0001", A7, D("\1\0\0\0\4\0T\0e\0s\0t\0"), IP),
		SET("Boot0001", A7, D("\1\0\0\0\4\0T\0\0"), IP), ABSENT("Boot0001") } },
	{ "/A13/GV-08", NULL, {
		CALL(set_path_lengths), SET("Boot0001", A7, BUILD(endless_option), IP),
		SET("Boot0001", A7, BUILD(short_node_option), IP), SET("Boot0001", A7, BUILD(long_node_option), IP),
		ABSENT("Boot0001"), SET("Boot0001", A7, BUILD(good_option), S),
		SET("Boot0002", A7, BUILD(optional_data_option), S), SET("BootFFFF", A7, BUILD(odd_types_option), S),
		SET("Boot0001", A7, D("\1\0\0\0\4\0\0\0\x7f\xff\4\0"), S) } },
	{ "/A13/GV-09", NULL, {
		SET("global:Boot000a", A7, BUILD(good_option), IP), ABSENT("global:Boot000a"),
		SET("Boot000A", A7, BUILD(good_option), S) } },
	{ "/A13/GV-10", NULL, { CALL(undefined_global_names), SET("FooBar", A7, D("x"), S) } },
	{ "/A13/GV-11", NULL, {
		SET("security:foo", A7, D("x"), IP), SIGNED("security:foo", A27, BY(OWNER), T(1), D("x"), IP),
		SIGNED("security:foo", A27, UNSIGNED, T(1), CERT(DB1), IP), SET("security:PK", BS, D("x"), IP),
		ABSENT("security:foo") } },
	{ "/A13/GV-12", NULL, {
		SET("hw:foo", A7, D("x"), IP), SET("hw:HwErrRec000g", A7, D("x"), IP),
		SET("hw:BootOrder", BS, D("\1\0"), IP), ABSENT("hw:foo") } },
	{ "/A13/GV-13", NULL, { CALL(key_options) } },
	{ "/A13/GV-14", NULL, {
		SET("ConIn", A7, BYTES(path_endless, sizeof path_endless), S | IP), SET("ErrOut", A7, D("x"), S | IP),
		SET("ConOut", A7, BYTES(path_good, sizeof path_good), S),
		GET("ConOut", A7, BYTES(path_good, sizeof path_good)) } },
	{ "/A13/GV-15", NULL, {
		SET("Lang", A7, D("eng"), S), SET("PlatformLang", A7, D("en\0"), S),
		SET("PlatformLang", A7, D("en-US"), S), DELETE("Lang", A7, S), DELETE("PlatformLang", A7, S),
		SET("Lang", NV | BS, D("eng"), IP), SET("PlatformLang", BS | RT, D("en\0"), IP), ABSENT("Lang") } },
	{ "/A13/GV-16", NULL, {
		SET("BootCurrent", A7, D("\1\0"), IP), SET("BootOptionSupport", A7, D("\3\0\0\0"), IP),
		SET("BootCurrent", BS, D("\1\0"), IP), ABSENT("BootCurrent"),
		SET("BootCurrent", BS | RT, D("\1\0"), S) } },
	{ "/A13/GV-17", NULL, {
		SET("PlatformRecovery0000", A7, BUILD(good_option), IP),
		SET("PlatformRecovery0000", BS | RT, BUILD(good_option), S), AT_RUNTIME,
		SET("PlatformRecovery0000", BS | RT, BUILD(optional_data_option), WP),
		SET("PlatformRecovery0001", BS | RT, BUILD(good_option), IP),
		SET("PlatformRecovery0001", A7, BUILD(good_option), IP),
		GET("PlatformRecovery0000", BS | RT, BUILD(good_option)) } },
	{ "/A13/GV-18", NULL, {
		SET("BootOrder", A7, D("\1\0"), S), DELETE("BootOrder", A7, S),
		SET("Boot0001", A7, BUILD(good_option), S), DELETE("Boot0001", 0, S), SET("Timeout", A7, D("\1\0"), S),
		DELETE("Timeout", 0, S), SET("Lang", A7, D("eng"), S), SET("Lang", 0, D("x"), S), ABSENT("Lang"),
		SET("BootCurrent", BS | RT, D("\1\0"), S), DELETE("BootCurrent", BS | RT, S),
		DELETE("BootOrder", A7, NF), DELETE("SecureBoot", BS | RT, WP) } },
	{ "/A13/GV-18/undefined", start_with_undefined_name, {
		GET("global:FooBar", A7, D("old")), DELETE("global:FooBar", A7, S), ABSENT("global:FooBar"),
		SET("global:FooBar", A7, D("new"), IP) } },
	{ "/A13/GV-19", NULL, {
		SET("Timeout", A7, D("\0\0"), S), SET("BootOptionSupport", BS | RT, D("\1\3\0\0"), S),
		SET("LangCodes", BS | RT, D("eng\0"), S), SET("Lang", A7, D("eng\0"), S),
		SET("PlatformLangCodes", BS | RT, D("en\0"), S), SET("PlatformLang", A7, D("en\0"), S),
		SET("ConInDev", BS | RT, BYTES(path_good, sizeof path_good), S),
		SET("ConIn", A7, BYTES(path_good, sizeof path_good), S),
		SET("ErrOut", A7, BYTES(path_good, sizeof path_good), S),
		SET("OsIndicationsSupported", BS | RT, PATTERN(8), S), SET("OsIndications", A7, PATTERN(8), S),
		SET("Key0000", A7, D("\0\0\0\x40\1\2\3\4\0\0\0\0\x0d\0"), S),
		SET("Boot0000", A7, BUILD(optional_data_option), S), SET("BootOrder", A7, D("\0\0"), S),
		SET("BootCurrent", BS | RT, D("\0\0"), S), SET("Driver0000", A7, BUILD(good_option), S),
		SET("SysPrep0000", A7, BUILD(good_option), S) } },
};
/* clang-format on */

PLAY_MAIN(cases)
