/* SPDX-License-Identifier: GPL-2.0-only */
/* A19 persistence and life cycle, A20 the wire. */
#include "tests/support/play.h"

#include <string.h>

#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/names.h"
#include "tests/support/request.h"

/* Another request while a change is pending, from another page set. */
static struct client *second_client(struct guest *guest)
{
	struct client *client = g_new0(struct client, 1);

	client->exchange = guest->client.exchange;
	client->context = guest;
	return client;
}

static void expect_value(struct guest *guest, struct client *client, const char *expected)
{
	struct client_value value;
	struct test_name name;

	test_name_parse("V", &name);
	g_assert_cmphex(client_get(client, name.bytes, name.size, &name.guid, 100, &value), ==, EFI_SUCCESS);
	g_assert_true(play_same(value.data, value.data_size, expected, strlen(expected)));
	g_assert_cmpint(guest->served, ==, UEFIVARS_ANSWERED);
}

static void reply_after_durable(struct guest *guest)
{
	struct client *second = second_client(guest);
	struct test_name name;

	guest->persist = UEFIVARS_PERSIST_PENDING;
	guest->hold = true;
	test_name_parse("W", &name);
	for (unsigned int persisted = 0; persisted < 2; persisted++) {
		/* no answer before the backend has one; what was there can be read, nothing else can be written */
		g_assert_cmphex(guest_set(guest, "V", A7, "new", 3), ==, CLIENT_NO_ANSWER);
		g_assert_cmpint(guest->served, ==, UEFIVARS_PENDING);
		expect_value(guest, second, "old");
		g_assert_cmphex(client_set(second, name.bytes, name.size, &name.guid, A7, (const uint8_t *)"x", 1), ==,
				CLIENT_NO_ANSWER);
		g_assert_cmpint(guest->served, ==, UEFIVARS_BUSY);
		g_assert_cmphex(guest_complete(guest, persisted), ==, persisted ? EFI_SUCCESS : EFI_DEVICE_ERROR);
		expect_value(guest, second, persisted ? "new" : "old");
	}
	guest->hold = false;
	g_free(second);
	DO(guest, STORED("V", D("new")), ABSENT("W"), SET("W", A7, D("x"), S), STORED("W", D("x")));
}

/* More than 32 KiB of volatile and as much of non-volatile data. */
static void large_state(struct guest *guest)
{
	DO(guest, SET("A", BS | RT, PATTERN(30000), S), SET("B", BS, PATTERN(30000), S),
	   SET("C", A7, PATTERN(50000), S), SET("D", NV | BS, PATTERN(40000), S));
}

static void expect_order(struct guest *guest, const char *expected)
{
	char **names = guest_list(guest, NULL), *joined = g_strjoinv(" ", names);

	g_assert_cmpstr(joined, ==, expected);
	g_free(joined);
	g_strfreev(names);
}

static void order_cab(struct guest *guest)
{
	expect_order(guest, "C A B");
}

static void order_cabv(struct guest *guest)
{
	expect_order(guest, "C A V B");
}

/* Three variables of 50,000 bytes, and one of 60,000: more than a store holds and than a variable has. */
static void start_over_full(struct guest *guest)
{
	static const struct {
		uint8_t name[2];
		size_t size;
	} records[] = { { "A", 50000 }, { "B", 50000 }, { "C", 60000 } };
	GByteArray *blob = blob_new(2);
	uint8_t *data = g_malloc0(60000);

	for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
		struct uefivars_variable variable = { .name = records[i].name,
						      .name_size = 2,
						      .data = data,
						      .data_size = records[i].size,
						      .attributes = A7 };

		memcpy(variable.guid, guid_test_vendor.bytes, sizeof variable.guid);
		blob_add(blob, &variable);
	}
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_assert_cmpuint(guest->asides->len, ==, 0);
	g_byte_array_unref(blob);
	g_free(data);
}

static void read_over_full(struct guest *guest)
{
	static const struct {
		const char *name;
		size_t size;
	} records[] = { { "A", 50000 }, { "B", 50000 }, { "C", 60000 } };
	struct client_value value;

	for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
		g_assert_cmphex(guest_get(guest, records[i].name, &value), ==, EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, records[i].size);
	}
}

/* Sends the request; only a status comes back. */
static void expect_refusal(struct guest *guest, struct request *request, uint64_t expected)
{
	GByteArray *before = guest_save(guest, UEFIVARS_SCOPE_ALL), *after;

	g_assert_cmphex(request_send(request, guest), ==, expected);
	g_assert_cmpuint(guest->response_size, ==, 8);
	after = guest_save(guest, UEFIVARS_SCOPE_ALL);
	g_assert_true(play_same(before->data, before->len, after->data, after->len));
	g_assert_cmpuint(guest->persists, ==, 0);
	g_byte_array_unref(before);
	g_byte_array_unref(after);
}

static void unknown_versions(struct guest *guest)
{
	static const uint32_t versions[] = { 0, 2, 0x01000000, UINT32_MAX };
	struct request request;

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		for (uint32_t command = 0; command <= 6; command++) {
			request_begin(&request, versions[i], command);
			request_blob(&request, "V\0", 2);
			expect_refusal(guest, &request, EFI_UNSUPPORTED);
		}
	}
	g_assert_cmpuint(guest->notified, ==, 0);
}

static void unknown_commands(struct guest *guest)
{
	static const uint32_t commands[] = { 5, 6, 255, 0x10000, 0x80000000, UINT32_MAX };
	struct request request;

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		request_begin(&request, 1, commands[i]);
		expect_refusal(guest, &request, EFI_UNSUPPORTED);
	}
}

/* A request of each command whose name says `length`. */
static void lying_names(struct guest *guest, uint64_t length)
{
	struct request request;

	request_begin(&request, 1, REQUEST_GET);
	request_lying_blob(&request, "V\0", 2, length);
	expect_refusal(guest, &request, EFI_INVALID_PARAMETER);
	request_begin(&request, 1, REQUEST_SET);
	request_lying_blob(&request, "V\0", 2, length);
	expect_refusal(guest, &request, EFI_INVALID_PARAMETER);
	request_begin(&request, 1, REQUEST_NEXT);
	request_u64(&request, 1000);
	request_lying_blob(&request, "V\0", 2, length);
	expect_refusal(guest, &request, EFI_INVALID_PARAMETER);
}

/* A SetVariable whose data says `length`. */
static void lying_data(struct guest *guest, uint64_t length)
{
	struct request request;

	request_begin(&request, 1, REQUEST_SET);
	request_blob(&request, "V\0", 2);
	request_guid(&request, &guid_test_vendor);
	request_lying_blob(&request, "data", 4, length);
	request_u32(&request, A7);
	request_u8(&request, 0);
	expect_refusal(guest, &request, EFI_INVALID_PARAMETER);
}

static void lengths_of_all_ones(struct guest *guest)
{
	static const uint64_t lengths[] = { UINT64_MAX, UINT64_MAX - 1,    UINT64_MAX - 7,    UINT64_MAX - 15,
					    INT64_MAX,  UINT64_C(1) << 63, UINT64_C(1) << 32, UINT32_MAX };

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		lying_names(guest, lengths[i]);
		lying_data(guest, lengths[i]);
	}
}

/* Lengths that end at, or just behind, the end of the pages, so that the fields after them do not fit. */
static void past_the_pages(struct guest *guest)
{
	/* version, command, length and 25 bytes after the name */
	const uint64_t last_fit = UEFIVARS_PAGE_SIZE - 4 - 4 - 8 - 25;

	for (uint64_t length = last_fit + 1; length < UEFIVARS_PAGE_SIZE + 40; length++) {
		lying_names(guest, length);
		lying_data(guest, length);
	}
}

/* The longest data that a Set request has room for is larger than a variable may be; its fields are all there. */
static void to_the_last_byte(struct guest *guest)
{
	uint8_t *data = g_malloc0(UEFIVARS_PAGE_SIZE);
	size_t size = UEFIVARS_PAGE_SIZE - (4 + 4 + 8 + 2 + 16 + 8 + 4 + 1);
	struct request request;
	struct client_space space;

	g_assert_cmphex(guest_set(guest, "V", A7, data, size), ==, EFI_INVALID_PARAMETER);
	g_assert_cmphex(guest_set(guest, "V", A7, data, size + 1), ==, CLIENT_NO_ANSWER);
	/* what follows a request in the pages is nobody's business */
	request_begin(&request, 1, REQUEST_QUERY);
	request_u32(&request, A7);
	g_assert_cmphex(request_send(&request, guest), ==, EFI_SUCCESS);
	g_assert_cmphex(client_query(&guest->client, A7, &space), ==, EFI_SUCCESS);
	g_free(data);
}

/* clang-format off */
static const struct play_case cases[] = {
	{ "/A19/PER-01", NULL, {
		SET("V", BS, D("x"), S), SET("W", BS | RT, D("x"), S),
		SIGNED("X", BS | RT | AT, BY(OWNER), T(1), D("x"), S), REBOOT, ABSENT("V"), ABSENT("W"),
		ABSENT("X") } },
	{ "/A19/PER-02", NULL, {
		SET("V", A7, D("x"), S), SET("W", NV | BS, D("y"), S), SIGNED("X", A27, BY(OWNER), T(1), D("z"), S),
		REBOOT, GET("V", A7, D("x")), GET("W", NV | BS, D("y")), GET("X", A27, D("z")) } },
	{ "/A19/PER-03", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(5), D("x"), S), SIGNED("db", A27, BY(KEK1), T(5), CERT(OTHER), S), REBOOT,
		SIGNED("V", A27, BY(OWNER), T(5), D("y"), SV), SIGNED("V", A27, BY(OTHER), T(6), D("y"), SV),
		SIGNED("db", A27, BY(KEK1), T(5), CERT(DB1), SV), SIGNED("V", A27, BY(OWNER), T(6), D("y"), S),
		SIGNED("db", A27, BY(KEK1), T(6), CERT(DB1), S) } },
	{ "/A19/PER-04", start_secure_boot, {
		CALL(large_state), SIGNED("V", A27, BY(OWNER), T(5), D("x"), S), AT_RUNTIME, RESUME, FLAG_CLEARED,
		ABSENT("B"), ABSENT("D"), GET("A", BS | RT, PATTERN(30000)), GET("C", A7, PATTERN(50000)),
		SET("A", BS | RT, D("x"), WP), SIGNED("V", A27, BY(OWNER), T(5), D("y"), SV), MODES(0, 1, 0, 1), RESUME,
		GET("A", BS | RT, PATTERN(30000)), SIGNED("V", A27, BY(OTHER), T(6), D("y"), SV) } },
	{ "/A19/PER-04/boot-time", NULL, {
		CALL(large_state), RESUME, GET("A", BS | RT, PATTERN(30000)), GET("B", BS, PATTERN(30000)),
		GET("C", A7, PATTERN(50000)), GET("D", NV | BS, PATTERN(40000)), SET("D", NV | BS, D("x"), S) } },
	{ "/A19/PER-05", NULL, { SET("V", A7, D("old"), S), CALL(reply_after_durable) } },
	{ "/A19/PER-06", NULL, {
		SET("C", A7, D("1"), S), SET("A", A7, D("2"), S), SET("V", BS, D("3"), S), SET("B", A7, D("4"), S),
		SET("C", A7, D("5"), S), CALL(order_cabv), RESUME, CALL(order_cabv), REBOOT, CALL(order_cab), REBOOT,
		CALL(order_cab) } },
	{ "/A19/PER-07", start_over_full, {
		CALL(read_over_full), SET("V", A7, D("x"), OOR), SET("A", A7 | APPEND, D("x"), OOR),
		SET("A", A7, PATTERN(50001), OOR), SET("C", A7, PATTERN(60000), IP), SET("C", A7 | APPEND, D("x"), IP),
		CALL(read_over_full), REBOOT, CALL(read_over_full), RESUME, CALL(read_over_full),
		SET("A", A7, PATTERN(50000), S), SET("A", A7, PATTERN(49000), S), GET("A", A7, PATTERN(49000)),
		SET("V", A7, D("x"), OOR), SET("C", A7, D("small"), S), SET("V", A7, D("x"), S), DELETE("B", A7, S),
		ABSENT("B") } },

	{ "/A20/WIRE-01", NULL, { CALL(unknown_versions) } },
	{ "/A20/WIRE-02", NULL, { CALL(unknown_commands) } },
	{ "/A20/WIRE-03", NULL, { CALL(lengths_of_all_ones), ABSENT("V") } },
	{ "/A20/WIRE-05", NULL, { CALL(past_the_pages), CALL(to_the_last_byte), ABSENT("V") } },
};
/* clang-format on */

PLAY_MAIN(cases)
