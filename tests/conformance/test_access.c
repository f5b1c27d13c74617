/* SPDX-License-Identifier: GPL-2.0-only */
/* A4 GetVariable, A5 GetNextVariableName, A6 SetVariable with plain data. */
#include "tests/support/play.h"

#include <string.h>

#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/names.h"
#include "tests/support/request.h"

/* GetVariable of "V" with a caller's buffer of this size. */
static uint64_t get_with_buffer(struct guest *guest, uint64_t buffer, struct client_value *value)
{
	struct test_name name;

	test_name_parse("V", &name);
	return client_get(&guest->client, name.bytes, name.size, &name.guid, buffer, value);
}

static void expect_too_small(struct guest *guest, uint64_t buffer)
{
	struct client_value value;

	g_assert_cmphex(get_with_buffer(guest, buffer, &value), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(value.needed, ==, 10);
}

static void buffer_0(struct guest *guest)
{
	expect_too_small(guest, 0);
}

static void buffer_9(struct guest *guest)
{
	expect_too_small(guest, 1);
	expect_too_small(guest, 9);
}

static void expect_ten(struct guest *guest, uint64_t buffer)
{
	struct client_value value;

	g_assert_cmphex(get_with_buffer(guest, buffer, &value), ==, EFI_SUCCESS);
	g_assert_true(play_same(value.data, value.data_size, "0123456789", 10));
}

static void buffers_that_suffice(struct guest *guest)
{
	expect_ten(guest, 10);
	expect_ten(guest, 11);
	expect_ten(guest, 100000);
}

static void buffer_of_all_ones(struct guest *guest)
{
	expect_ten(guest, UINT64_MAX);
	expect_ten(guest, UINT64_MAX - 9);
	expect_ten(guest, UINT64_C(1) << 63);
}

static void attributes_with_too_small(struct guest *guest)
{
	struct client_value value;

	g_assert_cmphex(get_with_buffer(guest, 3, &value), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmphex(value.attributes, ==, A7);
	g_assert_cmpuint(guest->response_size, ==, 8 + 8 + 4);
}

static void too_small_at_runtime(struct guest *guest)
{
	struct client_value value;

	g_assert_cmphex(get_with_buffer(guest, 3, &value), ==, EFI_NOT_FOUND);
	g_assert_cmphex(get_with_buffer(guest, 0, &value), ==, EFI_NOT_FOUND);
}

static uint64_t get_with_flag(struct guest *guest, uint8_t flag)
{
	struct request request;

	request_begin(&request, 1, REQUEST_GET);
	request_blob(&request, "V\0", 2);
	request_guid(&request, &guid_test_vendor);
	request_u64(&request, 100);
	request_u8(&request, flag);
	return request_send(&request, guest);
}

static void odd_flags(struct guest *guest)
{
	g_assert_cmphex(get_with_flag(guest, 0), ==, EFI_SUCCESS);
	g_assert_cmphex(get_with_flag(guest, 2), ==, EFI_NOT_FOUND);
	guest_reboot(guest);
	g_assert_cmphex(get_with_flag(guest, 0), ==, EFI_SUCCESS);
	g_assert_cmphex(get_with_flag(guest, 0x80), ==, EFI_NOT_FOUND);
}

/* Starts from a store that holds "V" with this many bytes. */
static void start_with_large(struct guest *guest, size_t size)
{
	struct uefivars_variable variable = { .data_size = size, .attributes = A7 };
	GByteArray *blob = blob_new(2);
	uint8_t *data = g_malloc0(size);
	struct test_name name;

	test_name_parse("V", &name);
	variable.name = name.bytes;
	variable.name_size = name.size;
	variable.data = data;
	memcpy(variable.guid, name.guid.bytes, sizeof variable.guid);
	blob_add(blob, &variable);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
	g_free(data);
}

static void largest_replies(struct guest *guest)
{
	struct client_value value;

	start_with_large(guest, UEFIVARS_DATA_LOAD_MAX);
	g_assert_cmphex(guest_get(guest, "V", &value), ==, EFI_SUCCESS);
	g_assert_cmpuint(value.data_size, ==, UEFIVARS_DATA_LOAD_MAX);
	g_assert_cmpuint(guest->response_size, ==, UEFIVARS_PAGE_SIZE);
	start_with_large(guest, UEFIVARS_DATA_LOAD_MAX + 1);
	g_assert_cmphex(guest_get(guest, "V", &value), ==, EFI_NOT_FOUND);
	g_assert_cmpuint(guest->asides->len, ==, 1);
}

/* GetNextVariableName after "name", with a caller's buffer of `buffer` bytes. */
static uint64_t next_after(struct guest *guest, const char *text, size_t buffer, uint64_t *needed)
{
	struct test_name name;

	test_name_parse(text, &name);
	return client_next(&guest->client, name.bytes, &name.size, buffer, &name.guid, needed);
}

static void from_the_start(struct guest *guest)
{
	struct test_name name = { .size = 0 }, first;
	struct efi_guid guids[] = { guid_test_vendor, guid_global_variable, { { 0 } } };

	for (size_t i = 0; i < G_N_ELEMENTS(guids); i++) {
		name.size = 0;
		name.guid = guids[i];
		g_assert_cmphex(client_next(&guest->client, name.bytes, &name.size, 1000, &name.guid, NULL), ==,
				EFI_SUCCESS);
		g_assert_cmpuint(name.size, >, 0);
		if (i == 0)
			first = name;
		g_assert_true(play_same(name.bytes, name.size, first.bytes, first.size));
		g_assert_true(guid_equal(&name.guid, &first.guid));
	}
}

/* The walk gives exactly these names of the private vendors, in this order, and ends with EFI_NOT_FOUND. */
static void expect_walk(struct guest *guest, const char *expected)
{
	uint64_t status;
	char **names = guest_list(guest, &status), *joined = g_strjoinv(" ", names);

	g_assert_cmphex(status, ==, EFI_NOT_FOUND);
	g_assert_cmpstr(joined, ==, expected);
	g_free(joined);
	g_strfreev(names);
}

static void walk_abc(struct guest *guest)
{
	expect_walk(guest, "A B C");
	expect_walk(guest, "A B C");
}

static void walk_ac(struct guest *guest)
{
	expect_walk(guest, "A C");
}

static void walk_acb(struct guest *guest)
{
	expect_walk(guest, "A C B");
}

static void too_small_for_a_name(struct guest *guest)
{
	uint64_t needed = 0;

	/* "LongName" follows "A": 16 bytes and the NUL */
	g_assert_cmphex(next_after(guest, "A", 4, &needed), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, ==, 18);
	g_assert_cmpuint(guest->response_size, ==, 16);
}

static void no_room_for_the_nul(struct guest *guest)
{
	uint64_t needed = 0;

	g_assert_cmphex(next_after(guest, "A", 16, &needed), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, ==, 18);
	g_assert_cmphex(next_after(guest, "A", 17, &needed), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmphex(next_after(guest, "A", 18, &needed), ==, EFI_SUCCESS);
}

static void smaller_than_the_input(struct guest *guest)
{
	uint64_t needed = 0;

	g_assert_cmphex(next_after(guest, "LongName", 8, &needed), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, ==, 24);
	g_assert_cmphex(next_after(guest, "A", 0, &needed), ==, EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, ==, 18);
}

static void size_0(struct guest *guest)
{
	uint64_t needed = 0;
	struct test_name name = { .size = 0 };

	g_assert_cmphex(client_next(&guest->client, name.bytes, &name.size, 0, &name.guid, &needed), ==,
			EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(needed, >, 2);
}

static void unknown_names(struct guest *guest)
{
	g_assert_cmphex(next_after(guest, "never", 1000, NULL), ==, EFI_INVALID_PARAMETER);
	g_assert_cmphex(next_after(guest, "AA", 1000, NULL), ==, EFI_INVALID_PARAMETER);
	g_assert_cmphex(next_after(guest, "zzzz", 1000, NULL), ==, EFI_INVALID_PARAMETER);
}

static void known_name_other_guid(struct guest *guest)
{
	g_assert_cmphex(next_after(guest, "other:A", 1000, NULL), ==, EFI_INVALID_PARAMETER);
	g_assert_cmphex(next_after(guest, "zero:A", 1000, NULL), ==, EFI_INVALID_PARAMETER);
}

static void hidden_name_at_runtime(struct guest *guest)
{
	g_assert_cmphex(next_after(guest, "B", 1000, NULL), ==, EFI_INVALID_PARAMETER);
	g_assert_cmphex(next_after(guest, "A", 1000, NULL), ==, EFI_SUCCESS);
}

static void after_deleted_name(struct guest *guest)
{
	g_assert_cmphex(next_after(guest, "B", 1000, NULL), ==, EFI_INVALID_PARAMETER);
}

/* Walks with a change after "A" was returned; what follows it, in order. */
static char *walk_after_a(struct guest *guest)
{
	GString *names = g_string_new(NULL);
	struct test_name name;

	test_name_parse("A", &name);
	while (client_next(&guest->client, name.bytes, &name.size, 1000, &name.guid, NULL) == EFI_SUCCESS &&
	       names->len < 100)
		g_string_append_c(names, (char)name.bytes[0]);
	return g_string_free(names, FALSE);
}

static void overwrite_while_walking(struct guest *guest)
{
	char *rest;

	DO(guest, SET("A", A7, D("new and longer"), S), SET("B", A7 | APPEND, D("new"), S));
	rest = walk_after_a(guest);
	g_assert_cmpstr(rest, ==, "BC");
	g_free(rest);
}

static void create_while_walking(struct guest *guest)
{
	char *rest;

	DO(guest, SET("D", A7, D("4"), S));
	rest = walk_after_a(guest);
	g_assert_cmpstr(rest, ==, "BCD");
	g_free(rest);
}

static void delete_while_walking(struct guest *guest)
{
	char *rest;

	DO(guest, DELETE("B", A7, S));
	rest = walk_after_a(guest);
	g_assert_cmpstr(rest, ==, "C");
	g_free(rest);
}

static void one_nul_as_input(struct guest *guest)
{
	struct test_name name = { .size = 2 }, first = { .size = 0 };

	g_assert_cmphex(client_next(&guest->client, first.bytes, &first.size, 1000, &first.guid, NULL), ==,
			EFI_SUCCESS);
	g_assert_cmphex(client_next(&guest->client, name.bytes, &name.size, 1000, &name.guid, NULL), ==, EFI_SUCCESS);
	g_assert_true(play_same(name.bytes, name.size, first.bytes, first.size));
}

static void save_fails_later(struct guest *guest)
{
	guest->persist = UEFIVARS_PERSIST_PENDING;
	guest->completes = false;
	DO(guest, SET("V", A7, D("new"), DE), GET("V", A7, D("old")), SET("W", A7, D("new"), DE), ABSENT("W"),
	   DELETE("V", A7, DE), GET("V", A7, D("old")));
}

#define ABC SET("A", A7, D("1"), S), SET("B", A7, D("2"), S), SET("C", A7, D("3"), S)

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A4/GET-01", NULL, { ABSENT("V"), SET("V", A7, D("x"), S), ABSENT("W") } },
	{ "/A4/GET-02", NULL, { SET("V", A7, D("x"), S), ABSENT("other:V"), ABSENT("zero:V"), ABSENT("global:V") } },
	{ "/A4/GET-03", NULL, { SET("V", A7, D("0123456789"), S), CALL(buffer_0) } },
	{ "/A4/GET-04", NULL, { SET("V", A7, D("0123456789"), S), CALL(buffer_9) } },
	{ "/A4/GET-05", NULL, { SET("V", A7, D("0123456789"), S), CALL(buffers_that_suffice) } },
	{ "/A4/GET-06", NULL, { SET("V", A7, D("0123456789"), S), CALL(attributes_with_too_small) } },
	{ "/A4/GET-07", NULL, { SET("V", A7, D("0123456789"), S), CALL(buffer_of_all_ones) } },
	{ "/A4/GET-08", NULL, {
		SET("V", NV | BS, D("x"), S), SET("W", BS, D("x"), S), SET("X", A7, D("x"), S),
		SET("Y", BS | RT, D("x"), S), AT_RUNTIME, ABSENT("V"), ABSENT("W"), GET("X", A7, D("x")),
		GET("Y", BS | RT, D("x")) } },
	{ "/A4/GET-09", NULL, { SET("V", NV | BS, D("0123456789"), S), AT_RUNTIME, CALL(too_small_at_runtime) } },
	{ "/A4/GET-10", NULL, {
		SET("TestVariable", A7, D("1"), S), SET("TestVariabl", A7, D("2"), S),
		SET("TestVariableA", A7, D("3"), S), DELETE("TestVariable", A7, S), ABSENT("TestVariable"),
		GET("TestVariabl", A7, D("2")), GET("TestVariableA", A7, D("3")) } },
	{ "/A4/GET-11", NULL, { SIGNED("V", A27, BY(OWNER), T(1), D("payload"), S), GET("V", A27, D("payload")) } },
	{ "/A4/GET-12", NULL, { SET("V", NV | BS, D("x"), S), CALL(odd_flags) } },
	{ "/A4/GET-14", NULL, { CALL(largest_replies) } },

	{ "/A5/NEXT-01", NULL, { ABC, CALL(from_the_start) } },
	{ "/A5/NEXT-02", NULL, { ABC, CALL(walk_abc) } },
	{ "/A5/NEXT-03", NULL, { ABC, CALL(unknown_names) } },
	{ "/A5/NEXT-04", NULL, { ABC, CALL(known_name_other_guid) } },
	{ "/A5/NEXT-05", NULL, {
		SET("A", A7, D("1"), S), SET("LongName", A7, D("2"), S), CALL(too_small_for_a_name) } },
	{ "/A5/NEXT-06", NULL, { SET("A", A7, D("1"), S), SET("LongName", A7, D("2"), S), CALL(no_room_for_the_nul) } },
	{ "/A5/NEXT-07", NULL, {
		SET("A", A7, D("1"), S), SET("LongName", A7, D("2"), S), SET("LongerName1", A7, D("3"), S),
		CALL(smaller_than_the_input) } },
	{ "/A5/NEXT-08", NULL, { SET("A", A7, D("1"), S), CALL(size_0) } },
	{ "/A5/NEXT-09", NULL, {
		SET("A", A7, D("1"), S), SET("B", NV | BS, D("2"), S), SET("C", BS | RT, D("3"), S),
		SET("D", BS, D("4"), S), AT_RUNTIME, CALL(walk_ac) } },
	{ "/A5/NEXT-10", NULL, {
		SET("A", A7, D("1"), S), SET("B", NV | BS, D("2"), S), SET("C", A7, D("3"), S), AT_RUNTIME,
		CALL(hidden_name_at_runtime) } },
	{ "/A5/NEXT-11", NULL, {
		SET("A", A7, D("1"), S), SET("C", A7, D("3"), S), SET("other:B", A7, D("2"), S),
		SET("C", A7, D("other"), S), SET("A", A7 | APPEND, D("longer"), S), CALL(walk_acb), REBOOT,
		CALL(walk_acb), RESUME, CALL(walk_acb) } },
	{ "/A5/NEXT-12", NULL, { ABC, DELETE("B", A7, S), CALL(after_deleted_name) } },
	{ "/A5/NEXT-13", NULL, { ABC, CALL(overwrite_while_walking) } },
	{ "/A5/NEXT-14", NULL, { ABC, CALL(create_while_walking) } },
	{ "/A5/NEXT-15", NULL, { ABC, CALL(delete_while_walking) } },
	{ "/A5/NEXT-16", NULL, { ABC, CALL(one_nul_as_input) } },
	{ "/A5/NEXT-17", NULL, {
		SET("A", A7, D("1"), S), SET_WIDE("A\0\0\0", A7, D("2"), IP), SET_WIDE("A\0\0\0B\0", A7, D("2"), IP),
		SET("C", A7, D("3"), S), CALL(walk_ac) } },

	{ "/A6/SET-01", NULL, {
		SET("V", A7, D("abc"), S), SET("V", A7, D("xyz"), S), GET("V", A7, D("xyz")), STORED("V", D("xyz")),
		SET("V", A7, PATTERN(5000), S), GET("V", A7, PATTERN(5000)), STORED("V", PATTERN(5000)),
		SET("V", A7, D("q"), S), GET("V", A7, D("q")), STORED("V", D("q")), SAVES(4) } },
	{ "/A6/SET-02", NULL, {
		SET("V", A7, D("abc"), S), SAVES(1), SET("V", A7, D("abc"), S), SAVES(0), GET("V", A7, D("abc")) } },
	{ "/A6/SET-03", NULL, { DELETE("V", A7, NF), DELETE("V", BS, NF), DELETE("V", 0, NF), SAVES(0), ABSENT("V") } },
	{ "/A6/SET-04", NULL, {
		SET("V", A7, D("x"), S), SAVES(1), DELETE("V", A7, S), SAVES(1), ABSENT("V"), NOT_STORED("V"),
		SET("W", BS, D("x"), S), DELETE("W", BS, S), ABSENT("W") } },
	{ "/A6/SET-05", NULL, {
		SET("V", A7, D("x"), S), DELETE("V", A7, S), DELETE("V", A7, NF), DELETE("V", 0, NF) } },
	{ "/A6/SET-06", NULL, {
		SET("V", A7, PATTERN(57345), IP), SET("V", A7, PATTERN(65000), IP), ABSENT("V"),
		SET("V", BS, PATTERN(57345), IP), SET("V", A7, PATTERN(57344), S), GET("V", A7, PATTERN(57344)),
		SET("V", A7, PATTERN(57345), IP), GET("V", A7, PATTERN(57344)), SET("W", BS, PATTERN(57344), S),
		GET("W", BS, PATTERN(57344)) } },
	{ "/A6/SET-07", NULL, {
		SET("V", A7, D("old"), S), BACKEND_FAILS, SET("V", A7, D("new"), DE), GET("V", A7, D("old")),
		SET("V", A7 | APPEND, D("new"), DE), DELETE("V", A7, DE), DELETE("V", 0, DE),
		SET("W", A7, D("new"), DE), ABSENT("W"), GET("V", A7, D("old")), STORED("V", D("old")),
		SET("X", BS, D("volatile"), S), CALL(save_fails_later), BACKEND_DONE, SET("V", A7, D("new"), S),
		STORED("V", D("new")) } },
	{ "/A6/SET-08", NULL, {
		SET("zero:V", A7, D("x"), S), GET("zero:V", A7, D("x")), SET_WIDE("\xe4\x00\x3c\x26", A7, D("y"), S),
		GET_WIDE("\xe4\x00\x3c\x26", A7, D("y")), SET_WIDE("\x3d\xd8\x00\xde", A7, D("z"), S), REBOOT,
		GET("zero:V", A7, D("x")), GET_WIDE("\xe4\x00\x3c\x26", A7, D("y")),
		GET_WIDE("\x3d\xd8\x00\xde", A7, D("z")) } },
	{ "/A6/SET-09", NULL, {
		SET("V", A7, D("x"), S), DELETE("V", A7, S), SET("V", BS, D("y"), S), GET("V", BS, D("y")),
		DELETE("V", BS, S), SET("V", NV | BS, D("z"), S), GET("V", NV | BS, D("z")), STORED("V", D("z")),
		DELETE("V", 0, S), SIGNED("V", A27, BY(OWNER), T(1), D("s"), S), GET("V", A27, D("s")) } },
};
/* clang-format on */

PLAY_MAIN(cases)
