/* SPDX-License-Identifier: GPL-2.0-only */
/* Serving pages: requests that cannot be, sizes of responses, and changes that wait for the backend. */
#include <glib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/names.h"

#define NV_BS (ATTR_NV | ATTR_BS)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)

enum { GET_VARIABLE, SET_VARIABLE, GET_NEXT_VARIABLE_NAME, QUERY_VARIABLE_INFO, NOTIFY_SECURE_BOOT_FAILURE };

static struct guest *started_guest(void)
{
	struct guest *guest = guest_new();

	g_assert_true(guest_start(guest));
	return guest;
}

/* ---- Requests that cannot be ---- */

/* A page being written by hand, at any place. */
struct page {
	uint8_t bytes[UEFIVARS_PAGE_SIZE];
	size_t at;
};

static void begin(struct page *page, uint32_t version, uint32_t command)
{
	memset(page, 0, sizeof *page);
	put_le32(page->bytes, version);
	put_le32(page->bytes + 4, command);
	page->at = 8;
}

static void put_u64(struct page *page, uint64_t value)
{
	put_le64(page->bytes + page->at, value);
	page->at += 8;
}

/* Serves the page in a heap block of exactly its size. */
static uint64_t serve(struct guest *guest, const struct page *page)
{
	g_autofree uint8_t *exact = check_copy(page->bytes, UEFIVARS_PAGE_SIZE);

	guest_forget(guest);
	g_assert_cmpint(uefivars_serve(guest->uv, exact, &guest->response_size), ==, UEFIVARS_ANSWERED);
	return get_le64(exact);
}

static void expect_malformed(struct guest *guest, const struct page *page, uint64_t status, enum uefivars_reason reason)
{
	const struct uefivars_event *event;

	check_status(serve(guest, page), status);
	g_assert_cmpuint(guest->response_size, ==, 8);
	g_assert_cmpuint(guest->events->len, ==, 1);
	event = &g_array_index(guest->events, struct uefivars_event, 0);
	g_assert_cmpint(event->kind, ==, UEFIVARS_EVENT_MALFORMED);
	g_assert_cmpint(event->reason, ==, reason);
	check_status(event->status, status);
}

/* WIRE-01, WIRE-02 */
static void test_unknown(void)
{
	static const uint32_t versions[] = { 0, 2, 3, 0x100, 0x01000000, UINT32_MAX };
	static const uint32_t commands[] = { 5, 6, 255, 256, 0x01000000, 0x80000000u, UINT32_MAX };
	struct guest *guest = started_guest();
	struct page page;

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		begin(&page, versions[i], QUERY_VARIABLE_INFO);
		expect_malformed(guest, &page, EFI_UNSUPPORTED, UEFIVARS_UNKNOWN_COMMAND);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		begin(&page, 1, commands[i]);
		expect_malformed(guest, &page, EFI_UNSUPPORTED, UEFIVARS_UNKNOWN_COMMAND);
	}
	guest_free(guest);
}

/* Lengths that end outside the page, from one byte to around the end of the numbers (WIRE-03, WIRE-05). */
static const uint64_t bad_lengths[] = {
	UEFIVARS_PAGE_SIZE, UEFIVARS_PAGE_SIZE + 1, UINT32_MAX,     (uint64_t)UINT32_MAX + 1, INT64_MAX,
	UINT64_C(1) << 63,  UINT64_MAX - 15,        UINT64_MAX - 7, UINT64_MAX - 1,           UINT64_MAX,
};

static void test_lengths(void)
{
	struct guest *guest = started_guest();
	struct page page;

	for (size_t i = 0; i < G_N_ELEMENTS(bad_lengths); i++) {
		begin(&page, 1, GET_VARIABLE);
		put_u64(&page, bad_lengths[i]);
		expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
		begin(&page, 1, SET_VARIABLE);
		put_u64(&page, bad_lengths[i]);
		expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
		begin(&page, 1, SET_VARIABLE);
		put_u64(&page, 2);
		page.bytes[page.at] = 'n';
		page.at += 2 + 16;
		put_u64(&page, bad_lengths[i]);
		expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
		begin(&page, 1, GET_NEXT_VARIABLE_NAME);
		put_u64(&page, 100);
		put_u64(&page, bad_lengths[i]);
		expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
	}
	guest_free(guest);
}

/* The last field of each request at the page's end: the largest length that fits, and one byte more. */
static void test_edges(void)
{
	/* What a request needs besides its name (Set: and no data). */
	static const struct {
		uint32_t command;
		size_t before, rest;
		uint64_t status;
	} rows[] = {
		{ GET_VARIABLE, 8, 8 + 16 + 8 + 1, EFI_NOT_FOUND },
		{ SET_VARIABLE, 8, 8 + 16 + 8 + 4 + 1, EFI_INVALID_PARAMETER },
		{ GET_NEXT_VARIABLE_NAME, 16, 8 + 16 + 1, EFI_INVALID_PARAMETER },
	};
	struct guest *guest = started_guest();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		size_t largest = UEFIVARS_PAGE_SIZE - rows[i].before - rows[i].rest;
		struct page page;

		begin(&page, 1, rows[i].command);
		page.at = rows[i].before;
		put_u64(&page, largest);
		memset(page.bytes + page.at, 'x', largest);
		check_status(serve(guest, &page), rows[i].status);
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_MALFORMED), ==, 0);
		for (size_t more = 1; more <= rows[i].rest - 8; more++) {
			page.at = rows[i].before;
			put_u64(&page, largest + more);
			expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
		}
	}
	guest_free(guest);
}

/* Data that ends with the page: too large for a variable, not malformed. */
static void test_data_to_the_end(void)
{
	struct guest *guest = started_guest();
	const size_t largest = UEFIVARS_PAGE_SIZE - 45 - 2;
	struct page page;

	for (size_t more = 0; more <= 1; more++) {
		begin(&page, 1, SET_VARIABLE);
		put_u64(&page, 2);
		page.bytes[page.at] = 'n';
		page.at += 2 + 16;
		put_u64(&page, largest + more);
		put_le32(page.bytes + UEFIVARS_PAGE_SIZE - 5, NV_BS);
		if (more) {
			expect_malformed(guest, &page, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
		} else {
			check_status(serve(guest, &page), EFI_INVALID_PARAMETER);
			g_assert_cmpuint(guest->events->len, ==, 1);
			g_assert_cmpint(g_array_index(guest->events, struct uefivars_event, 0).reason, ==,
					UEFIVARS_TOO_LARGE);
		}
	}
	guest_free(guest);
}

/* Whatever stands in the page is answered with a status, in no more bytes than there are. */
static void test_garbage(void)
{
	struct guest *guest = started_guest();
	uint8_t *page = g_malloc0(UEFIVARS_PAGE_SIZE);

	check_status(guest_set(guest, "v", NV_BS_RT, "1", 1), EFI_SUCCESS);
	for (size_t round = 0; round < 20000; round++) {
		size_t size = 0;
		uint64_t status;

		put_le32(page, 1);
		put_le32(page + 4, (uint32_t)g_test_rand_int_range(0, 5));
		for (size_t i = 8; i < 128; i += 8)
			put_le64(page + i, g_test_rand_bit() ? (uint64_t)g_test_rand_int_range(0, 40) :
							       (uint64_t)(uint32_t)g_test_rand_int() << 20);
		g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_ANSWERED);
		status = get_le64(page);
		g_assert_true(status == EFI_SUCCESS || (status & EFI_ERROR_BIT));
		g_assert_cmpuint(size, >=, 8);
		g_assert_cmpuint(size, <=, UEFIVARS_PAGE_SIZE);
	}
	g_free(page);
	guest_free(guest);
}

/* ---- Responses ---- */

static void test_response_sizes(void)
{
	struct guest *guest = started_guest();
	struct client *client = &guest->client;
	struct test_name name;
	struct client_value value;
	struct client_space space;
	struct efi_guid guid;
	uint64_t needed;
	size_t size;

	test_name_parse("name", &name);
	check_status(guest_set(guest, "name", NV_BS_RT, "0123456789", 10), EFI_SUCCESS);
	g_assert_cmpuint(guest->response_size, ==, 8);
	check_status(guest_get(guest, "name", &value), EFI_SUCCESS);
	g_assert_cmpuint(guest->response_size, ==, 20 + 10);
	check_status(client_get(client, name.bytes, name.size, &name.guid, 9, &value), EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(guest->response_size, ==, 20);
	g_assert_cmpuint(value.needed, ==, 10);
	g_assert_cmphex(value.attributes, ==, NV_BS_RT);
	check_status(guest_get(guest, "none", &value), EFI_NOT_FOUND);
	g_assert_cmpuint(guest->response_size, ==, 8);
	/* The walk's last step but one leads to "name". */
	size = 0;
	while (client_next(client, name.bytes, &size, sizeof name.bytes, &guid, NULL) == EFI_SUCCESS &&
	       !guid_equal(&guid, &guid_test_vendor))
		;
	g_assert_cmpuint(guest->response_size, ==, 8 + 8 + 8 + 16);
	check_status(client_next(client, name.bytes, &size, sizeof name.bytes, &guid, NULL), EFI_NOT_FOUND);
	g_assert_cmpuint(guest->response_size, ==, 8);
	size = 0;
	check_status(client_next(client, name.bytes, &size, 2, &guid, &needed), EFI_BUFFER_TOO_SMALL);
	g_assert_cmpuint(guest->response_size, ==, 16);
	check_status(client_query(client, NV_BS, &space), EFI_SUCCESS);
	g_assert_cmpuint(guest->response_size, ==, 32);
	check_status(client_query(client, 0, &space), EFI_INVALID_PARAMETER);
	g_assert_cmpuint(guest->response_size, ==, 8);
	check_status(client_notify(client), EFI_SUCCESS);
	g_assert_cmpuint(guest->response_size, ==, 8);
	guest_free(guest);
}

/* GET-12: any value of the flag but 0 means yes; RT-22: and stays so. */
static void test_runtime_flag(void)
{
	static const uint8_t flags[] = { 1, 2, 128, 255 };

	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		struct guest *guest = started_guest();
		struct test_name name;
		struct page page;

		test_name_parse("hidden", &name);
		check_status(guest_set(guest, "hidden", NV_BS, "1", 1), EFI_SUCCESS);
		begin(&page, 1, GET_VARIABLE);
		put_u64(&page, name.size);
		memcpy(page.bytes + page.at, name.bytes, name.size);
		memcpy(page.bytes + page.at + name.size, name.guid.bytes, 16);
		page.at += name.size + 16;
		put_u64(&page, 100);
		check_status(serve(guest, &page), EFI_SUCCESS);
		page.bytes[page.at] = flags[i];
		check_status(serve(guest, &page), EFI_NOT_FOUND);
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_RUNTIME), ==, 1);
		page.bytes[page.at] = 0;
		check_status(serve(guest, &page), EFI_NOT_FOUND);
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_RUNTIME), ==, 0);
		guest_free(guest);
	}
}

/* ---- Changes that wait ---- */

static void expect_value(struct guest *guest, const char *name, const char *data)
{
	struct client_value value;

	check_status(guest_get(guest, name, &value), EFI_SUCCESS);
	check_bytes(value.data, value.data_size, data, strlen(data));
}

static void expect_views(struct guest *guest, size_t committed, size_t staged)
{
	for (enum uefivars_view view = UEFIVARS_COMMITTED; view <= UEFIVARS_STAGED; view++) {
		struct uefivars_variable variable;
		const void *cursor = NULL;
		size_t size = 0;

		while (uefivars_next(guest->uv, view, &cursor, &variable)) {
			if (memcmp(variable.guid, guid_test_vendor.bytes, 16) == 0)
				size += variable.data_size;
		}
		g_assert_cmpuint(size, ==, view == UEFIVARS_COMMITTED ? committed : staged);
	}
}

/* A guest whose change of "v" from "old" to "newer" waits; its page is client.page. */
static struct guest *waiting_guest(void)
{
	struct guest *guest = started_guest();

	check_status(guest_set(guest, "v", NV_BS_RT, "old", 3), EFI_SUCCESS);
	guest->persist = UEFIVARS_PERSIST_PENDING;
	guest->hold = true;
	guest_forget(guest);
	check_status(guest_set(guest, "v", NV_BS_RT, "newer", 5), CLIENT_NO_ANSWER);
	g_assert_cmpint(guest->served, ==, UEFIVARS_PENDING);
	g_assert_cmpuint(guest->persists, ==, 1);
	return guest;
}

/* Lays out a Set in a page of its own, to be served while client.page waits. */
static void lay_set(uint8_t *page, const char *text, uint32_t attributes, const char *data)
{
	struct test_name name;
	uint8_t *at = page + 16;

	test_name_parse(text, &name);
	put_le32(page, 1);
	put_le32(page + 4, SET_VARIABLE);
	put_le64(page + 8, name.size);
	memcpy(at, name.bytes, name.size);
	memcpy(at + name.size, name.guid.bytes, 16);
	at += name.size + 16;
	put_le64(at, strlen(data));
	memcpy(at + 8, data, strlen(data));
	at += 8 + strlen(data);
	put_le32(at, attributes);
	at[4] = 0;
}

static void test_pending(void)
{
	for (int persisted = 0; persisted < 2; persisted++) {
		struct guest *guest = waiting_guest();

		expect_views(guest, 3, 5);
		check_status(guest_complete(guest, persisted), persisted ? EFI_SUCCESS : EFI_DEVICE_ERROR);
		g_assert_cmpuint(guest->response_size, ==, 8);
		expect_views(guest, persisted ? 5 : 3, persisted ? 5 : 3);
		expect_value(guest, "v", persisted ? "newer" : "old");
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_REFUSED), ==, persisted ? 0 : 1);
		/* It is over: the next change goes its way. */
		guest->persist = UEFIVARS_PERSIST_DONE;
		check_status(guest_set(guest, "v", NV_BS_RT, "last", 4), EFI_SUCCESS);
		expect_value(guest, "v", "last");
		guest_free(guest);
	}
}

/* SET-07: refused at once, and nothing has changed. */
static void test_failed(void)
{
	struct guest *guest = started_guest();
	struct client_value value;

	check_status(guest_set(guest, "v", NV_BS_RT, "old", 3), EFI_SUCCESS);
	guest->persist = UEFIVARS_PERSIST_FAILED;
	check_status(guest_set(guest, "v", NV_BS_RT, "newer", 5), EFI_DEVICE_ERROR);
	check_status(guest_set(guest, "v", NV_BS_RT | ATTR_APPEND, "er", 2), EFI_DEVICE_ERROR);
	check_status(guest_set(guest, "v", NV_BS_RT, NULL, 0), EFI_DEVICE_ERROR);
	check_status(guest_set(guest, "w", NV_BS_RT, "1", 1), EFI_DEVICE_ERROR);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_REFUSED), ==, 4);
	for (guint i = 0; i < guest->events->len; i++)
		g_assert_cmpint(g_array_index(guest->events, struct uefivars_event, i).reason, ==,
				UEFIVARS_NOT_PERSISTED);
	expect_value(guest, "v", "old");
	expect_views(guest, 3, 3);
	check_status(guest_get(guest, "w", &value), EFI_NOT_FOUND);
	/* What need not be durable does not ask. */
	check_status(guest_set(guest, "volatile", ATTR_BS, "1", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "v", NV_BS_RT, "old", 3), EFI_SUCCESS);
	guest_free(guest);
}

/* While a change waits: questions are answered from what the guest was told, other changes come again later. */
static void test_busy(void)
{
	static const struct {
		const char *name;
		uint32_t attributes;
	} changes[] = { { "v", NV_BS_RT }, { "w", NV_BS_RT }, { "volatile", ATTR_BS } };
	struct guest *guest = waiting_guest();
	uint8_t *page = g_malloc0(UEFIVARS_PAGE_SIZE), *before = g_malloc0(UEFIVARS_PAGE_SIZE);
	size_t size;

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		lay_set(page, changes[i].name, changes[i].attributes, "x");
		memcpy(before, page, UEFIVARS_PAGE_SIZE);
		g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_BUSY);
		check_bytes(page, UEFIVARS_PAGE_SIZE, before, UEFIVARS_PAGE_SIZE);
	}
	g_assert_cmpuint(guest->persists, ==, 1);
	put_le32(page + 4, QUERY_VARIABLE_INFO);
	put_le32(page + 8, NV_BS);
	g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_ANSWERED);
	check_status(get_le64(page), EFI_SUCCESS);
	g_assert_cmpuint(size, ==, 32);
	memset(page + 8, 0, 64);
	put_le32(page, 1);
	put_le32(page + 4, GET_NEXT_VARIABLE_NAME);
	put_le64(page + 8, 4096);
	g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_ANSWERED);
	check_status(get_le64(page), EFI_SUCCESS);
	expect_views(guest, 3, 5);
	check_status(guest_complete(guest, true), EFI_SUCCESS);
	/* Served again, they are done. */
	guest->persist = UEFIVARS_PERSIST_DONE;
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		lay_set(page, changes[i].name, changes[i].attributes, "x");
		g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_ANSWERED);
		check_status(get_le64(page), EFI_SUCCESS);
		expect_value(guest, changes[i].name, "x");
	}
	g_free(before);
	g_free(page);
	guest_free(guest);
}

/* A store that is freed while a change waits frees that, too (the sanitizer looks). */
static void test_free_while_pending(void)
{
	guest_free(waiting_guest());
}

/* Decision 7: the first report counts, whatever becomes of it. */
static void test_notify(void)
{
	static const struct {
		enum uefivars_persisted answer;
		bool completed;
		uint64_t status;
	} rows[] = {
		{ UEFIVARS_PERSIST_DONE, false, EFI_SUCCESS },
		{ UEFIVARS_PERSIST_FAILED, false, EFI_DEVICE_ERROR },
		{ UEFIVARS_PERSIST_PENDING, true, EFI_SUCCESS },
		{ UEFIVARS_PERSIST_PENDING, false, EFI_DEVICE_ERROR },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct guest *guest = started_guest();

		guest->notify = rows[i].answer;
		guest->hold = true;
		if (rows[i].answer == UEFIVARS_PERSIST_PENDING) {
			uint8_t *page = g_malloc0(UEFIVARS_PAGE_SIZE);
			size_t size;

			check_status(client_notify(&guest->client), CLIENT_NO_ANSWER);
			g_assert_cmpint(guest->served, ==, UEFIVARS_PENDING);
			lay_set(page, "v", NV_BS, "x");
			g_assert_cmpint(uefivars_serve(guest->uv, page, &size), ==, UEFIVARS_BUSY);
			check_status(guest_complete(guest, rows[i].completed), rows[i].status);
			g_free(page);
		} else {
			check_status(client_notify(&guest->client), rows[i].status);
		}
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_SECURE_BOOT_FAILED), ==, 1);
		check_status(client_notify(&guest->client), EFI_ACCESS_DENIED);
		check_status(client_notify(&guest->client), EFI_ACCESS_DENIED);
		g_assert_cmpuint(guest->notified, ==, 1);
		guest_free(guest);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/serve/unknown", test_unknown);
	g_test_add_func("/serve/lengths", test_lengths);
	g_test_add_func("/serve/edges", test_edges);
	g_test_add_func("/serve/data-to-the-end", test_data_to_the_end);
	g_test_add_func("/serve/garbage", test_garbage);
	g_test_add_func("/serve/response-sizes", test_response_sizes);
	g_test_add_func("/serve/runtime-flag", test_runtime_flag);
	g_test_add_func("/serve/pending", test_pending);
	g_test_add_func("/serve/failed", test_failed);
	g_test_add_func("/serve/busy", test_busy);
	g_test_add_func("/serve/free-while-pending", test_free_while_pending);
	g_test_add_func("/serve/notify", test_notify);
	return g_test_run();
}
