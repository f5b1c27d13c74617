/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON of a store: what others write is read, what is written can be read by them, and what cannot be right is set
 * aside.
 */
#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "backend/json.h"
#include "efi/guid.h"
#include "efi/name.h"
#include "error.h"
#include "tests/support/check.h"

#define GUID "12345678-1234-5678-9abc-def012345678"
#define STORE(variables) "{\"version\": 2, \"variables\": [" variables "]}"
#define RECORD(name, attr, data)                                                                                       \
	"{\"guid\": \"" GUID "\", \"name\": \"" name "\", \"attr\": " attr ", \"data\": \"" data "\"}"

/* An authenticated one, the digest in mixed case. */
#define SIGNED                                                                                                         \
	"{\"guid\": \"" GUID "\", \"name\": \"b\", \"attr\": 39, \"data\": \"01\", "                                   \
	"\"time\": \"e6070203040506000000000000000000\", "                                                             \
	"\"digest\": \"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\"}"

struct fixture {
	struct uefivars *uv;
	struct json_store *store;
	GPtrArray *asides;  /* char *: "name: reason" */
	GPtrArray *records; /* char *: in JSON */
};

static void setup(struct fixture *f, gconstpointer data)
{
	struct uefivars_policy policy;

	(void)data;
	uefivars_policy_default(&policy);
	f->uv = uefivars_create(&policy, NULL);
	f->store = json_store_new();
	f->asides = g_ptr_array_new_with_free_func(g_free);
	f->records = g_ptr_array_new_with_free_func(g_free);
}

static void teardown(struct fixture *f, gconstpointer data)
{
	(void)data;
	uefivars_free(f->uv);
	json_store_free(f->store);
	g_ptr_array_free(f->asides, TRUE);
	g_ptr_array_free(f->records, TRUE);
}

static enum uefivars_reason take(void *context, const struct uefivars_variable *variable)
{
	return uefivars_load(((struct fixture *)context)->uv, variable, false);
}

static void set_aside(void *context, const char *record, const char *name, const char *reason)
{
	struct fixture *f = context;

	g_ptr_array_add(f->asides, g_strdup_printf("%s: %s", name, reason));
	g_ptr_array_add(f->records, g_strdup(record));
}

static bool read_size(struct fixture *f, const char *text, size_t size, GError **error)
{
	const struct json_reader reader = { f, take, set_aside };

	return json_store_read(f->store, text, size, &reader, error);
}

static void read_text(struct fixture *f, const char *text)
{
	GError *error = NULL;

	read_size(f, text, strlen(text), &error);
	g_assert_no_error(error);
}

/* Finds a variable by its name, in ASCII. */
static bool find(struct fixture *f, const char *name, struct uefivars_variable *variable)
{
	const void *cursor = NULL;

	while (uefivars_next(f->uv, UEFIVARS_COMMITTED, &cursor, variable)) {
		if (name_is(variable->name, variable->name_size, name))
			return true;
	}
	return false;
}

static char *write_text(struct fixture *f)
{
	return g_string_free(json_store_write(f->store, f->uv, UEFIVARS_COMMITTED), FALSE);
}

static void check_text(struct fixture *f, const char *expected)
{
	char *text = write_text(f);

	g_assert_cmpstr(text, ==, expected);
	g_free(text);
}

static void test_shape(struct fixture *f, gconstpointer data)
{
	struct uefivars_variable variable;

	(void)data;
	read_text(f, STORE(RECORD("a", "7", "00fF") ", " SIGNED));
	g_assert_cmpuint(f->asides->len, ==, 0);
	g_assert_true(find(f, "a", &variable));
	check_bytes(variable.data, variable.data_size, "\x00\xff", 2);
	g_assert_cmphex(variable.attributes, ==, 7);
	g_assert_true(find(f, "b", &variable));
	g_assert_cmphex(variable.timestamp[0], ==, 0xe6);
	g_assert_cmphex(variable.digest[31], ==, 0xff);
	check_text(f, "{\"version\": 2, \"variables\": [\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"a\", \"attr\": 7, \"data\": \"00ff\"},\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"b\", \"attr\": 39, \"data\": \"01\", "
		      "\"time\": \"e6070203040506000000000000000000\", "
		      "\"digest\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}\n"
		      "]}\n");
}

static void test_time_of_authenticated(struct fixture *f, gconstpointer data)
{
	(void)data;
	read_text(f, STORE(RECORD("b", "39", "01")));
	check_text(f, "{\"version\": 2, \"variables\": [\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"b\", \"attr\": 39, \"data\": \"01\", "
		      "\"time\": \"00000000000000000000000000000000\"}\n]}\n");
}

static void test_empty(struct fixture *f, gconstpointer data)
{
	(void)data;
	read_text(f, "");
	check_text(f, "{\"version\": 2, \"variables\": [\n]}\n");
	read_text(f, STORE(""));
	g_assert_cmpuint(f->store->records, ==, 0);
}

static void test_timestamp(struct fixture *f, gconstpointer data)
{
	struct uefivars_variable variable;

	(void)data;
	read_text(f, STORE("{\"name\": \"a\", \"data\": \"01\", \"attr\": 39, "
			   "\"guid\": \"12345678-1234-5678-9ABC-DEF012345678\", "
			   "\"timestamp\": \"E6070203040506000000000000000000\", \"digest\": null}"));
	g_assert_cmpuint(f->asides->len, ==, 0);
	g_assert_true(find(f, "a", &variable));
	g_assert_cmphex(variable.timestamp[0], ==, 0xe6);
}

/* Names that JSON has to escape, and one that UTF-8 cannot represent: what is written reads as the same name. */
static void test_names(struct fixture *f, gconstpointer data)
{
	static const uint16_t units[][4] = {
		{ '"', '\\', 0x1f, '\n' },
		{ 0xe9, 0x20ac, 0xd83d, 0xde00 },
		{ 0xd800, 'x', 0xdc00, 0xffff },
		{ 0x7f, 0x85, 0x202e, 0xfffd },
	};
	struct uefivars_variable variable;
	struct fixture again;
	char *text, *second;
	const void *cursor = NULL;

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		variable = (struct uefivars_variable){ .name = (const uint8_t *)units[i],
						       .name_size = 8,
						       .data = (const uint8_t *)"x",
						       .data_size = 1,
						       .attributes = 7 };
		g_assert_cmpint(uefivars_load(f->uv, &variable, false), ==, UEFIVARS_OK);
	}
	text = write_text(f);
	g_assert_nonnull(strstr(text, "\"name-utf16\": \"00d8780000dcffff\""));
	setup(&again, NULL);
	read_text(&again, text);
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		g_assert_true(uefivars_next(again.uv, UEFIVARS_COMMITTED, &cursor, &variable));
		check_bytes(variable.name, variable.name_size, units[i], 8);
	}
	second = write_text(&again);
	g_assert_cmpstr(second, ==, text);
	teardown(&again, NULL);
	g_free(text);
	g_free(second);
}

static void test_unknown_keys(struct fixture *f, gconstpointer data)
{
	(void)data;
	read_text(f, "{\"version\": 2, \"comment\": {\"x\": [1, 2.5, null]}, \"variables\": ["
		     "{\"guid\": \"" GUID
		     "\", \"name\": \"a\", \"pkcs7\": \"q\\\"\", \"attr\": 7, \"data\": \"00\", \"n\": 1}," RECORD(
			     "b", "7", "00") "], \"last\": true}");
	check_text(f, "{\"version\": 2, \"comment\": {\"x\": [1, 2.5, null]}, \"last\": true, \"variables\": [\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"a\", \"attr\": 7, \"data\": \"00\", "
		      "\"pkcs7\": \"q\\\"\", \"n\": 1},\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"b\", \"attr\": 7, \"data\": \"00\"}\n"
		      "]}\n");
}

/* Unknown keys end with their variable, but only once a text without it was stored. */
static void test_unknown_keys_end(struct fixture *f, gconstpointer data)
{
	struct uefivars_policy policy;
	struct uefivars *other, *mine = f->uv;
	unsigned int first;

	(void)data;
	read_text(f, STORE("{\"guid\": \"" GUID "\", \"name\": \"a\", \"attr\": 7, \"data\": \"00\", \"n\": 1}"));
	uefivars_policy_default(&policy);
	other = uefivars_create(&policy, NULL);
	g_string_free(json_store_write(f->store, other, UEFIVARS_COMMITTED), TRUE);
	first = f->store->generation;
	g_assert_cmpuint(f->store->extras->len, ==, 1);
	g_string_free(json_store_write(f->store, mine, UEFIVARS_COMMITTED), TRUE);
	json_store_written(f->store, first);
	g_assert_cmpuint(f->store->extras->len, ==, 1);
	g_string_free(json_store_write(f->store, other, UEFIVARS_COMMITTED), TRUE);
	json_store_written(f->store, f->store->generation);
	g_assert_cmpuint(f->store->extras->len, ==, 0);
	uefivars_free(other);
}

static void test_kept(struct fixture *f, gconstpointer data)
{
	(void)data;
	read_text(f, STORE(RECORD("a", "7", "00")));
	json_store_keep(f->store, "{\"odd\": 1}");
	check_text(f, "{\"version\": 2, \"variables\": [\n"
		      "{\"guid\": \"" GUID "\", \"name\": \"a\", \"attr\": 7, \"data\": \"00\"},\n"
		      "{\"odd\": 1}\n]}\n");
}

static void test_set_aside(struct fixture *f, gconstpointer data)
{
	static const struct {
		const char *record;
		const char *told;
	} rows[] = {
		{ "7", "(no name): not a JSON object" },
		{ "{\"name\": \"x\"}", "x: guid is not a GUID" },
		{ "{\"guid\": \"" GUID "\", \"attr\": 7, \"data\": \"00\"}", "(no name): name is not a text" },
		{ RECORD("a\\u0000b", "7", "00"), "a: name is not a text" },
		{ RECORD("", "7", "00"), ": not a name" },
		{ RECORD("x", "\"7\"", "00"), "x: attr is not an integer" },
		{ RECORD("x", "-1", "00"), "x: attr is not an integer" },
		{ RECORD("x", "4294967296", "00"), "x: attr is not an integer" },
		{ RECORD("x", "7.0", "00"), "x: attr is not an integer" },
		{ RECORD("x", "7", "0"), "x: data is not hexadecimal" },
		{ RECORD("x", "7", "0g"), "x: data is not hexadecimal" },
		{ RECORD("x", "7", "00\\u0000"), "x: data is not hexadecimal" },
		{ RECORD("x", "7", "00\", \"time\": \"00"), "x: time is not" },
		{ RECORD("x", "7", "00\", \"timestamp\": \"zz"), "x: time is not" },
		{ RECORD("x", "7", "00\", \"digest\": \"00"), "x: digest is not" },
		{ RECORD("x", "7", "00\", \"name-utf16\": \"0"), "x: name-utf16 is not" },
		{ RECORD("x", "6", "00"), "x: volatile" },
		{ RECORD("x", "5", "00"), "x: attributes" },
		{ "{\"guid\": \"{" GUID "}\", \"name\": \"x\", \"attr\": 7, \"data\": \"00\"}",
		  "x: guid is not a GUID" },
		{ RECORD("esc\\u001b[1m", "7", "0"), "esc\\x1b[1m: data is not hexadecimal" },
	};
	struct uefivars_variable variable;
	GString *text = g_string_new("{\"version\": 2, \"variables\": [" RECORD("first", "7", "00"));

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_string_append_printf(text, ", %s", rows[i].record);
	g_string_append(text, ", " RECORD("first", "7", "01") ", " RECORD("last", "7", "00") "]}");
	read_text(f, text->str);
	g_assert_cmpuint(f->asides->len, ==, G_N_ELEMENTS(rows) + 1);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *expected = json_loads(rows[i].record, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		json_t *kept = json_loads(g_ptr_array_index(f->records, i), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

		g_test_message("%s: %s", rows[i].record, (const char *)g_ptr_array_index(f->asides, i));
		g_assert_true(g_str_has_prefix(g_ptr_array_index(f->asides, i), rows[i].told));
		g_assert_true(json_equal(expected, kept));
		json_decref(expected);
		json_decref(kept);
	}
	g_assert_true(g_str_has_prefix(g_ptr_array_index(f->asides, G_N_ELEMENTS(rows)), "first: stored twice"));
	g_assert_true(find(f, "first", &variable));
	check_bytes(variable.data, variable.data_size, "\0", 1);
	g_assert_true(find(f, "last", &variable));
	g_string_free(text, TRUE);
}

static void test_refused(struct fixture *f, gconstpointer data)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
		{ "hello", "not JSON: line 1, column" },
		{ "{\"version\": 2,\n \"variables\": [", "not JSON: line 2, column" },
		{ "{\"version\": 2, \"variables\": [{\"data\": \"5ec4e7", "not JSON: line 1, column" },
		{ STORE("") " x", "not JSON: line 1, column" },
		{ "[]", "not a variable store: not a JSON object" },
		{ "{}", "not a variable store: no \"version\"" },
		{ "{\"version\": \"2\", \"variables\": []}", "not a variable store: no \"version\"" },
		{ "{\"version\": 1, \"variables\": []}", "a variable store of version 1, where version 2" },
		{ "{\"version\": 3, \"variables\": []}", "a variable store of version 3, where version 2" },
		{ "{\"version\": 2}", "not a variable store: no \"variables\"" },
		{ "{\"version\": 2, \"variables\": {}}", "not a variable store: no \"variables\"" },
		{ "{\"version\": 2, \"variables\": [], \"variables\": []}", "not JSON: line 1, column" },
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		GError *error = NULL;

		g_test_message("%s", rows[i].text);
		g_assert_false(read_size(f, rows[i].text, strlen(rows[i].text), &error));
		g_assert_cmpint(error->code, ==, EXIT_FAILED);
		g_test_message("%s", error->message);
		g_assert_true(g_str_has_prefix(error->message, rows[i].told));
		g_assert_null(strstr(error->message, "5ec4e7"));
		g_error_free(error);
	}
	g_assert_cmpuint(f->asides->len, ==, 0);
}

/* Any prefix of a text is refused: a store that was cut off is not a smaller store. */
static void test_cut_off(struct fixture *f, gconstpointer data)
{
	static const char text[] = STORE(RECORD("a", "7", "00") "," RECORD("b", "7", "00"));

	(void)data;
	for (size_t size = 1; size < strlen(text); size++)
		g_assert_false(read_size(f, text, size, NULL));
	g_assert_true(read_size(f, text, strlen(text), NULL));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *f, gconstpointer data);
	} tests[] = {
		{ "/json/shape", test_shape },
		{ "/json/time-of-authenticated", test_time_of_authenticated },
		{ "/json/empty", test_empty },
		{ "/json/timestamp", test_timestamp },
		{ "/json/names", test_names },
		{ "/json/unknown-keys", test_unknown_keys },
		{ "/json/unknown-keys-end", test_unknown_keys_end },
		{ "/json/kept", test_kept },
		{ "/json/set-aside", test_set_aside },
		{ "/json/refused", test_refused },
		{ "/json/cut-off", test_cut_off },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
