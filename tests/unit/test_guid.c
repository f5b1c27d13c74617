/* SPDX-License-Identifier: GPL-2.0-only */
/* GUIDs: bytes in memory and text. */
#include <glib.h>

#include "efi/guid.h"
#include "tests/support/check.h"

struct known {
	const char *name;
	const struct efi_guid *guid;
	const char *text;
};

/* The texts are the specification's, edk2's and TCG's; the bytes must come out of them. */
static const struct known known_guids[] = {
	{ "global variable", &guid_global_variable, "8be4df61-93ca-11d2-aa0d-00e098032b8c" },
	{ "image security", &guid_image_security_database, "d719b2cb-3d3a-4596-a3bc-dad00e67656f" },
	{ "hardware error", &guid_hardware_error, "414e6bdd-e47b-47cc-b244-bb61020cf516" },
	{ "MOR control", &guid_mor_control, "e20939be-32d4-41be-a150-897f85d49829" },
	{ "MOR lock", &guid_mor_lock, "bb983ccf-151d-40e1-a07b-4a17be168292" },
	{ "PPI", &guid_ppi_xen, "9d1947eb-09bb-4780-a3cd-bea956e0e056" },
	{ "VendorKeysNv", &guid_vendor_keys_nv, "9073e4e0-60ec-4b6e-9903-4c223c260f3c" },
	{ "SecureBootEnable", &guid_secure_boot_enable, "f0a30bc7-af08-4556-99c4-001009c93a44" },
	{ "PKCS7", &guid_cert_pkcs7, "4aafd29d-68df-49ee-8aa9-347d375665a7" },
};

static void test_memory_order(void)
{
	static const uint8_t global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
					    0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };

	check_bytes(guid_global_variable.bytes, 16, global, sizeof global);
}

static void test_known(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known_guids); i++) {
		const struct known *known = &known_guids[i];
		char text[GUID_TEXT_SIZE];
		struct efi_guid guid;

		g_test_message("%s", known->name);
		guid_format(known->guid, text);
		g_assert_cmpstr(text, ==, known->text);
		g_assert_true(guid_parse(known->text, &guid));
		g_assert_true(guid_equal(&guid, known->guid));
	}
}

static void test_either_case(void)
{
	struct efi_guid lower, upper, mixed;
	char text[GUID_TEXT_SIZE];

	g_assert_true(guid_parse("abcdef01-2345-6789-abcd-ef0123456789", &lower));
	g_assert_true(guid_parse("ABCDEF01-2345-6789-ABCD-EF0123456789", &upper));
	g_assert_true(guid_parse("AbCdEf01-2345-6789-aBcD-eF0123456789", &mixed));
	g_assert_true(guid_equal(&lower, &upper));
	g_assert_true(guid_equal(&lower, &mixed));
	guid_format(&upper, text);
	g_assert_cmpstr(text, ==, "abcdef01-2345-6789-abcd-ef0123456789");
}

/* Each byte has its own place in the text: no two of them are exchanged. */
static void test_round_trip(void)
{
	for (size_t byte = 0; byte < 16; byte++) {
		struct efi_guid guid = { { 0 } }, read;
		char text[GUID_TEXT_SIZE];

		guid.bytes[byte] = 0x5a;
		guid_format(&guid, text);
		g_assert_cmpuint(strlen(text), ==, GUID_TEXT_SIZE - 1);
		g_assert_true(guid_parse(text, &read));
		g_assert_true(guid_equal(&guid, &read));
	}
}

static void test_equal(void)
{
	for (size_t byte = 0; byte < 16; byte++) {
		struct efi_guid other = guid_global_variable;

		other.bytes[byte] ^= 1;
		g_assert_false(guid_equal(&guid_global_variable, &other));
	}
	g_assert_true(guid_equal(&guid_global_variable, &guid_global_variable));
}

static void test_bad_texts(void)
{
	static const char *const texts[] = {
		"",
		"8",
		"8be4df61",
		"8be4df61-93ca-11d2-aa0d-00e098032b8",   /* a digit short */
		"8be4df61-93ca-11d2-aa0d-00e098032b8c0", /* a digit more */
		"8be4df61-93ca-11d2-aa0d-00e098032b8c ", /* a blank behind */
		" 8be4df61-93ca-11d2-aa0d-00e098032b8c",
		"{8be4df61-93ca-11d2-aa0d-00e098032b8c}",
		"8be4df6193ca11d2aa0d00e098032b8c",
		"8be4df61-93ca-11d2-aa0d00e0-98032b8c",
		"8be4df6-193ca-11d2-aa0d-00e098032b8c",
		"8be4df61_93ca_11d2_aa0d_00e098032b8c",
		"8be4df61-93ca-11d2-aa0d-00e098032b8g",
		"8be4df61-93ca-11d2-aa0d-00e098032b/c",
		"8be4df61-93ca-11d2-aa0d-00e098032b:c",
		"0x8be4df61-93ca-11d2-aa0d-00e098032b8c",
		"8be4df61-93ca-11d2-aa0d-00e09803 b8c",
		"8be4df61-93ca-11d2-aa0d-00e098032b\xc3\xa9",
		"--------------------------------------",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct efi_guid guid = guid_mor_lock;

		g_test_message("\"%s\"", texts[i]);
		g_assert_false(guid_parse(texts[i], &guid));
		g_assert_true(guid_equal(&guid, &guid_mor_lock));
	}
}

/* A text that ends early is not read past its NUL (the sanitizer watches the heap block). */
static void test_cut_texts(void)
{
	static const char whole[] = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

	for (size_t length = 0; length < sizeof whole - 1; length++) {
		char *text = g_strndup(whole, length);
		struct efi_guid guid = guid_mor_lock;

		g_assert_false(guid_parse(text, &guid));
		g_assert_true(guid_equal(&guid, &guid_mor_lock));
		g_free(text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/guid/memory-order", test_memory_order);
	g_test_add_func("/guid/known", test_known);
	g_test_add_func("/guid/either-case", test_either_case);
	g_test_add_func("/guid/round-trip", test_round_trip);
	g_test_add_func("/guid/equal", test_equal);
	g_test_add_func("/guid/bad-texts", test_bad_texts);
	g_test_add_func("/guid/cut-texts", test_cut_texts);
	return g_test_run();
}
