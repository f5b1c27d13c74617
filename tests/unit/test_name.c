/* SPDX-License-Identifier: GPL-2.0-only */
/* Names: validity, patterns, UTF-8 both ways. */
#include <glib.h>
#include <string.h>

#include "efi/name.h"
#include "tests/support/check.h"

/* A UTF-16LE string literal as bytes, without its NUL. */
#define NAME(literal) ((const uint8_t *)(literal)), sizeof(literal) - sizeof((literal)[0])

static void test_valid(void)
{
	static const struct {
		const char *what;
		const uint8_t *name;
		size_t size;
		bool valid;
	} rows[] = {
		{ "BootOrder", NAME(u"BootOrder"), true },
		{ "one unit", NAME(u"n"), true },
		{ "first byte zero (NAME-08)", NAME(u"\u0100"), true },
		{ "high byte zero in every unit", NAME(u"abc"), true },
		{ "unpaired surrogate (NAME-07)",
		  (const uint8_t *)"\x00\xd8"
				   "a",
		  4, true },
		{ "empty (NAME-01)", NAME(u""), false },
		{ "one NUL (NAME-03)", NAME(u"\0"), false },
		{ "NUL in the middle (NAME-05)", NAME(u"PK\0X"), false },
		{ "NUL at the end (NAME-06)", NAME(u"PK\0"), false },
		{ "NUL at the start", NAME(u"\0PK"), false },
		{ "one byte", (const uint8_t *)"a", 1, false },
		{ "odd (NAME-04)", (const uint8_t *)u"PK", 3, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].what);
		g_assert_cmpint(name_valid(rows[i].name, rows[i].size), ==, rows[i].valid);
	}
}

static void test_valid_any_length(void)
{
	uint8_t *name = g_malloc(8192);

	for (size_t i = 0; i < 8192; i += 2) {
		name[i] = 'x';
		name[i + 1] = 0;
	}
	g_assert_true(name_valid(name, 1022));
	g_assert_true(name_valid(name, 4096));
	g_assert_true(name_valid(name, 8192));
	name[8190] = 0;
	g_assert_false(name_valid(name, 8192));
	g_free(name);
}

static void test_is(void)
{
	g_assert_true(name_is(NAME(u"PK"), "PK"));
	g_assert_true(name_is(NAME(u""), ""));
	g_assert_false(name_is(NAME(u"PK"), "P"));
	g_assert_false(name_is(NAME(u"PK"), "PKX"));
	g_assert_false(name_is(NAME(u"PK"), "pk"));
	g_assert_false(name_is(NAME(u"PK"), ""));
	g_assert_false(name_is(NAME(u""), "PK"));
	g_assert_false(name_is(NAME(u"P\u014b"), "PK")); /* the low byte of U+014B is that of K */
	g_assert_false(name_is(NAME(u"PK\0"), "PK"));
	g_assert_false(name_is((const uint8_t *)u"PKX", 5, "PK"));
	g_assert_false(name_is((const uint8_t *)u"PK", 3, "PK"));
	g_assert_false(name_is((const uint8_t *)u"PK", 3, "P"));
	g_assert_false(name_is((const uint8_t *)u"P", 1, ""));
}

static void test_matches(void)
{
	g_assert_true(name_matches(NAME(u"Boot0000"), "Boot####"));
	g_assert_true(name_matches(NAME(u"Boot9AFC"), "Boot####"));
	g_assert_true(name_matches(NAME(u"BootOrder"), "BootOrder"));
	g_assert_true(name_matches(NAME(u"HwErrRec00FF"), "HwErrRec####"));
	g_assert_false(name_matches(NAME(u"Boot000a"), "Boot####")); /* GV-09 */
	g_assert_false(name_matches(NAME(u"Boot00GG"), "Boot####")); /* GV-10 */
	g_assert_false(name_matches(NAME(u"Boot000@"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot000/"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot000:"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot000#"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot000"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot00000"), "Boot####"));
	g_assert_false(name_matches(NAME(u"boot0000"), "Boot####"));
	g_assert_false(name_matches(NAME(u"Boot000\u0130"), "Boot####")); /* the low byte is that of '0' */
	g_assert_false(name_matches(NAME(u""), "Boot####"));
	g_assert_true(name_matches(NAME(u""), ""));
	g_assert_false(name_matches((const uint8_t *)u"Boot0000", 15, "Boot####"));
	g_assert_false(name_matches((const uint8_t *)u"Boot0000", 15, "Boot###"));
}

struct text_row {
	const char *utf8;
	const uint8_t *name;
	size_t size;
};

/* Texts that are the same name both ways, at each border of the encodings. */
static const struct text_row both_ways[] = {
	{ "BootOrder", NAME(u"BootOrder") },
	{ "a", NAME(u"a") },
	{ "\x7f", NAME(u"\x7f") },
	{ "\xc2\x80", NAME(u"\x80") },
	{ "\xc3\xa9t\xc3\xa9", NAME(u"\u00e9t\u00e9") },
	{ "\xdf\xbf", NAME(u"\u07ff") },
	{ "\xe0\xa0\x80", NAME(u"\u0800") },
	{ "\xe2\x82\xac", NAME(u"\u20ac") },
	{ "\xed\x9f\xbf", NAME(u"\ud7ff") },
	{ "\xee\x80\x80", NAME(u"\ue000") },
	{ "\xef\xbf\xbd", NAME(u"\ufffd") },
	{ "\xef\xbf\xbf", NAME(u"\uffff") },
	{ "\xf0\x90\x80\x80", NAME(u"\U00010000") },
	{ "\xf0\x9f\x94\x91key", NAME(u"\U0001f511key") },
	{ "\xf4\x8f\xbf\xbf", NAME(u"\U0010ffff") },
};

static void test_to_utf8(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(both_ways); i++) {
		const struct text_row *row = &both_ways[i];
		size_t wanted = strlen(row->utf8) + 1;
		char *out = g_malloc(wanted);
		bool lossless = false;

		g_assert_cmpuint(name_to_utf8(row->name, row->size, out, wanted, &lossless), ==, wanted);
		g_assert_cmpstr(out, ==, row->utf8);
		g_assert_true(lossless);
		g_free(out);
	}
}

static void test_from_utf8(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(both_ways); i++) {
		const struct text_row *row = &both_ways[i];
		uint8_t *out = g_malloc(row->size);

		g_assert_cmpuint(name_from_utf8(row->utf8, out, row->size), ==, row->size);
		check_bytes(out, row->size, row->name, row->size);
		g_free(out);
	}
}

/* Too little room: the size comes back, nothing is written. */
static void test_room(void)
{
	static const uint8_t untouched[32] = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(both_ways); i++) {
		const struct text_row *row = &both_ways[i];
		size_t wanted = strlen(row->utf8) + 1;

		for (size_t room = 0; room < wanted; room++) {
			char out[32] = { 0 };

			g_assert_cmpuint(name_to_utf8(row->name, row->size, out, room, NULL), ==, wanted);
			check_bytes(out, sizeof out, untouched, sizeof untouched);
		}
		for (size_t room = 0; room < row->size; room++) {
			uint8_t out[32] = { 0 };

			g_assert_cmpuint(name_from_utf8(row->utf8, out, room), ==, row->size);
			check_bytes(out, sizeof out, untouched, sizeof untouched);
		}
		g_assert_cmpuint(name_to_utf8(row->name, row->size, NULL, 0, NULL), ==, wanted);
		g_assert_cmpuint(name_from_utf8(row->utf8, NULL, 0), ==, row->size);
	}
}

static void test_replaced(void)
{
	static const struct {
		const char *what;
		uint16_t units[5];
		size_t count;
		const char *utf8;
	} rows[] = {
		{ "high alone",
		  { 'a', 0xd83d, 'b' },
		  3,
		  "a\xef\xbf\xbd"
		  "b" },
		{ "low alone",
		  { 'a', 0xdd11, 'b' },
		  3,
		  "a\xef\xbf\xbd"
		  "b" },
		{ "high at the end", { 'a', 0xdbff }, 2, "a\xef\xbf\xbd" },
		{ "low at the start",
		  { 0xdc00, 'a' },
		  2,
		  "\xef\xbf\xbd"
		  "a" },
		{ "wrong order", { 0xdd11, 0xd83d }, 2, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "two high, then low", { 0xd83d, 0xd83d, 0xdd11 }, 3, "\xef\xbf\xbd\xf0\x9f\x94\x91" },
		{ "pair, then low", { 0xd83d, 0xdd11, 0xdd11 }, 3, "\xf0\x9f\x94\x91\xef\xbf\xbd" },
		{ "high before a unit just past the low ones", { 0xd800, 0xe000 }, 2, "\xef\xbf\xbd\xee\x80\x80" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char out[32];
		bool lossless = true;
		size_t size;

		g_test_message("%s", rows[i].what);
		size = name_to_utf8((const uint8_t *)rows[i].units, 2 * rows[i].count, out, sizeof out, &lossless);
		g_assert_cmpuint(size, ==, strlen(rows[i].utf8) + 1);
		g_assert_cmpstr(out, ==, rows[i].utf8);
		g_assert_false(lossless);
		g_assert_true(g_utf8_validate(out, -1, NULL));
	}
}

/* The header's promise: 3 bytes a code unit and one always suffice, and what comes out is UTF-8. */
static void test_any_unit(void)
{
	for (uint32_t unit = 1; unit <= 0xffff; unit++) {
		uint8_t name[2] = { (uint8_t)unit, (uint8_t)(unit >> 8) }, back[4];
		bool surrogate = unit >= 0xd800 && unit <= 0xdfff, lossless;
		char out[4];

		g_assert_cmpuint(name_to_utf8(name, sizeof name, out, sizeof out, &lossless), <=, sizeof out);
		g_assert_cmpint(lossless, ==, !surrogate);
		g_assert_true(g_utf8_validate(out, -1, NULL));
		g_assert_cmpuint(name_from_utf8(out, back, sizeof back), ==, 2);
		if (!surrogate)
			check_bytes(back, 2, name, 2);
	}
}

static void test_bad_utf8(void)
{
	static const char *const texts[] = {
		"",
		"\x80", /* a continuation alone */
		"a\xbf",
		"\xc0\x80", /* NUL in two bytes */
		"\xc1\xbf", /* overlong */
		"\xc2",     /* cut */
		"\xc2g",
		"\xc2\xc2\x80",
		"\xe0\x80\x80", /* overlong */
		"\xe0\x9f\xbf",
		"\xe2\x82", /* cut */
		"\xe2\x82g",
		"\xed\xa0\x80", /* a surrogate */
		"\xed\xbf\xbf",
		"\xed\xa0\xbd\xed\xb4\x91", /* a pair of them (CESU-8) */
		"\xf0\x80\x80\x80",         /* overlong */
		"\xf0\x8f\xbf\xbf",
		"\xf0\x9f\x94",     /* cut */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", /* five bytes */
		"\xfe",
		"\xff",
		"Boot\xff",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		char *text = g_strdup(texts[i]); /* for the sanitizer: nothing behind the NUL is read */
		uint8_t out[64];

		g_test_message("%zu", i);
		g_assert_cmpuint(name_from_utf8(text, out, sizeof out), ==, 0);
		g_free(text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/name/valid", test_valid);
	g_test_add_func("/name/valid-any-length", test_valid_any_length);
	g_test_add_func("/name/is", test_is);
	g_test_add_func("/name/matches", test_matches);
	g_test_add_func("/name/to-utf8", test_to_utf8);
	g_test_add_func("/name/from-utf8", test_from_utf8);
	g_test_add_func("/name/room", test_room);
	g_test_add_func("/name/replaced", test_replaced);
	g_test_add_func("/name/any-unit", test_any_unit);
	g_test_add_func("/name/bad-utf8", test_bad_utf8);
	return g_test_run();
}
