/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of memory at every place: each request is served again and again, with the first allocation failing, then the
 * second, and so on until all succeed. A request that failed has changed nothing, and served again it succeeds.
 */
#include <glib.h>
#include <stdlib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"

#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define AUTHENTICATED (NV_BS_RT | ATTR_AT)

/* ---- The allocator ---- */

/* This program's own malloc() stands in front of the sanitizer's, or of the C library's. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef SANITIZED
#define BEHIND(name) __interceptor_##name
#else
#define BEHIND(name) __libc_##name
#endif

void *BEHIND(malloc)(size_t size);
void *BEHIND(calloc)(size_t nmemb, size_t size);
void *BEHIND(realloc)(void *ptr, size_t size);

/* volatile: compilers know that malloc() touches no variable of the program. */
static volatile bool armed, refused, for_good;
static volatile size_t left; /* allocations that succeed before one fails */

/* From then on one allocation fails, or with `for_good` all that follow it, too. */
static void arm(size_t succeed)
{
	left = succeed;
	refused = false;
	armed = true;
}

/* Returns whether an allocation was refused since arm(). */
static bool disarm(void)
{
	armed = false;
	return refused;
}

static bool refuse(void)
{
	if (!armed || refused)
		return armed && for_good;
	refused = left-- == 0;
	return refused;
}

void *malloc(size_t size)
{
	return refuse() ? NULL : BEHIND(malloc)(size);
}

void *calloc(size_t nmemb, size_t size)
{
	return refuse() ? NULL : BEHIND(calloc)(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	return refuse() ? NULL : BEHIND(realloc)(ptr, size);
}

/* Under valgrind, which puts its own in front of ours, nothing can be refused. */
static bool in_front(void)
{
	void *(*volatile allocate)(size_t) = malloc;

	arm(0);
	free(allocate(1));
	return disarm();
}

/* ---- Machines and requests, made with memory to spare ---- */

/* A request as it was laid into the page. */
struct request {
	uint8_t page[UEFIVARS_PAGE_SIZE];
	size_t size;
};

/* Notes the request instead of serving it. */
static bool note(void *context, uint8_t *page)
{
	struct request *request = context;

	memcpy(request->page, page, UEFIVARS_PAGE_SIZE);
	return false;
}

static GByteArray *certificate_list(enum identity who)
{
	GByteArray *list = g_byte_array_new();

	list_add_certificate(list, who);
	return list;
}

/* What a write is, in a row of a table. */
struct write {
	const char *what, *name;
	uint32_t attributes;
	const char *data;           /* plain */
	enum identity signer, list; /* authenticated: who signs, whose certificate is the payload (NOBODY: data) */
	bool setup_mode;            /* sent to a machine without keys */
};

static GByteArray *signed_data(const struct write *write, uint8_t day)
{
	g_autoptr(GByteArray) list = write->list == NOBODY ? g_byte_array_new() : certificate_list(write->list);
	struct test_name name;
	struct update update = { .attributes = write->attributes, .time = time_make(2025, 6, day, 0, 0, 0) };

	if (write->list == NOBODY)
		g_byte_array_append(list, (const uint8_t *)write->data, (guint)strlen(write->data));
	test_name_parse(write->name, &name);
	update.name = name.bytes;
	update.name_size = name.size;
	update.guid = name.guid;
	update.payload = list->data;
	update.payload_size = list->len;
	return sign_update(&(struct signing){ .signer = write->signer }, &update);
}

static uint64_t send(struct client *client, const struct write *write, uint8_t day)
{
	g_autoptr(GByteArray) data = NULL;
	struct test_name name;

	test_name_parse(write->name, &name);
	if (write->attributes & ATTR_AT) {
		data = signed_data(write, day);
	} else {
		data = g_byte_array_new();
		g_byte_array_append(data, (const uint8_t *)write->data, (guint)strlen(write->data));
	}
	return client_set(client, name.bytes, name.size, &name.guid, write->attributes, data->data, data->len);
}

/* The store of a machine with some variables, and keys where it is to have them. */
static GByteArray *make_store(bool setup_mode)
{
	static const struct write keys[] = {
		{ "dbx", "dbx", AUTHENTICATED, NULL, NOBODY, OTHER, true },
		{ "db", "db", AUTHENTICATED, NULL, NOBODY, DB1, true },
		{ "KEK", "KEK", AUTHENTICATED, NULL, NOBODY, KEK1, true },
		{ "PK", "PK", AUTHENTICATED, NULL, PK1, PK1, true },
	};
	static const struct write private = { "private", "private", AUTHENTICATED, "1", OWNER, NOBODY, false };
	struct guest *guest = guest_new();
	GByteArray *store;

	g_assert_true(guest_start(guest));
	check_status(guest_set(guest, "plain", NV_BS_RT, "1", 1), EFI_SUCCESS);
	check_status(send(&guest->client, &private, 1), EFI_SUCCESS);
	for (size_t i = 0; !setup_mode && i < G_N_ELEMENTS(keys); i++)
		check_status(send(&guest->client, &keys[i], 1), EFI_SUCCESS);
	store = guest_save(guest, UEFIVARS_SCOPE_STORED);
	guest_free(guest);
	return store;
}

static struct uefivars *start(const GByteArray *store)
{
	struct uefivars_policy policy;
	struct uefivars *uv;
	enum uefivars_key failed;

	uefivars_policy_default(&policy);
	policy.tpm = true;
	uv = uefivars_create(&policy, NULL);
	g_assert_cmpint(uefivars_load_blob(uv, store->data, store->len, false, NULL, NULL), ==, UEFIVARS_OK);
	g_assert_cmpint(uefivars_start(uv, UEFIVARS_BOOT, NULL, &failed), ==, UEFIVARS_OK);
	return uv;
}

static GByteArray *save(const struct uefivars *uv)
{
	GByteArray *blob = g_byte_array_new();

	g_byte_array_set_size(blob, (guint)uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, NULL, 0));
	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, blob->data, blob->len);
	return blob;
}

static uint64_t serve(struct uefivars *uv, const struct request *request, uint8_t *page)
{
	size_t size;

	memcpy(page, request->page, UEFIVARS_PAGE_SIZE);
	g_assert_cmpint(uefivars_serve(uv, page, &size), ==, UEFIVARS_ANSWERED);
	return get_le64(page);
}

/* ---- The tests ---- */

/*
 * Serves the request with one allocation failing after `succeed` others; `done` is the store as it is when all succeed.
 * Returns false where there was none to fail.
 */
static bool serve_short(const GByteArray *store, const struct request *request, const GByteArray *done, size_t succeed)
{
	struct uefivars *uv = start(store);
	g_autoptr(GByteArray) before = save(uv), after = NULL, again = NULL;
	g_autofree uint8_t *page = g_malloc(UEFIVARS_PAGE_SIZE);
	uint64_t status;
	bool was_short;
	size_t size;

	memcpy(page, request->page, UEFIVARS_PAGE_SIZE);
	arm(succeed);
	uefivars_serve(uv, page, &size);
	was_short = disarm();
	status = get_le64(page);
	after = save(uv);
	/* Success is the whole of it, whatever failed on the way; anything else is nothing at all. */
	if (status == EFI_SUCCESS) {
		check_bytes(after->data, after->len, done->data, done->len);
	} else {
		g_assert_true(was_short);
		/* Where it is OpenSSL that finds no memory, nothing was verified. */
		g_assert_true(status == EFI_OUT_OF_RESOURCES || status == EFI_SECURITY_VIOLATION);
		check_bytes(after->data, after->len, before->data, before->len);
		check_status(serve(uv, request, page), EFI_SUCCESS);
		again = save(uv);
		check_bytes(again->data, again->len, done->data, done->len);
	}
	uefivars_free(uv);
	return was_short;
}

/* The store after the request, with memory to spare. */
static GByteArray *serve_whole(const GByteArray *store, const struct request *request)
{
	struct uefivars *uv = start(store);
	g_autofree uint8_t *page = g_malloc(UEFIVARS_PAGE_SIZE);
	GByteArray *done;

	check_status(serve(uv, request, page), EFI_SUCCESS);
	done = save(uv);
	uefivars_free(uv);
	return done;
}

static void test_set(void)
{
	static const struct write writes[] = {
		{ "create", "new", NV_BS_RT, "1", NOBODY, NOBODY, false },
		{ "create, volatile", "new", ATTR_BS, "1", NOBODY, NOBODY, false },
		{ "replace", "plain", NV_BS_RT, "22", NOBODY, NOBODY, false },
		{ "append", "plain", NV_BS_RT | ATTR_APPEND, "22", NOBODY, NOBODY, false },
		{ "delete", "plain", NV_BS_RT, "", NOBODY, NOBODY, false },
		{ "MOR", "MOR", NV_BS_RT, "\1", NOBODY, NOBODY, false },
		{ "MOR lock with a key", "MORLock", NV_BS_RT, "12345678", NOBODY, NOBODY, false },
		{ "private, created", "mine", AUTHENTICATED, "1", OTHER, NOBODY, false },
		{ "private, replaced", "private", AUTHENTICATED, "2", OWNER, NOBODY, false },
		{ "private, deleted", "private", AUTHENTICATED, "", OWNER, NOBODY, false },
		{ "db by KEK", "db", AUTHENTICATED, NULL, KEK1, OTHER, false },
		{ "db appended by KEK", "db", AUTHENTICATED | ATTR_APPEND, NULL, KEK1, OTHER, false },
		{ "PK replaced", "PK", AUTHENTICATED, NULL, PK1, PK2, false },
		{ "PK deleted", "PK", AUTHENTICATED, "", PK1, NOBODY, false },
		{ "PK enrolled", "PK", AUTHENTICATED, NULL, PK1, PK1, true },
	};
	g_autoptr(GByteArray) keyed = make_store(false), keyless = make_store(true);
	struct request *request = g_new0(struct request, 1);
	struct client *client = g_new0(struct client, 1);

	client->exchange = note;
	client->context = request;
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(writes); i++) {
		const struct write *write = &writes[i / 2];
		const GByteArray *store = write->setup_mode ? keyless : keyed;
		g_autoptr(GByteArray) done = NULL;
		size_t succeed = 0;

		for_good = i % 2;
		send(client, write, 2);
		done = serve_whole(store, request);
		while (serve_short(store, request, done, succeed))
			succeed++;
		g_test_message("%s: %zu allocations, %s", write->what, succeed, for_good ? "all after it" : "one");
	}
	for_good = false;
	g_free(client);
	g_free(request);
}

/* Questions need no memory at all. */
static void test_questions(void)
{
	g_autoptr(GByteArray) store = make_store(false);
	struct request *request = g_new0(struct request, 1);
	struct client *client = g_new0(struct client, 1);
	struct uefivars *uv = start(store);
	uint8_t *page = g_malloc(UEFIVARS_PAGE_SIZE), name_bytes[64] = { 0 };
	struct client_value value;
	struct client_space space;
	struct efi_guid guid = { { 0 } };
	struct test_name name;
	size_t size = 0;

	test_name_parse("plain", &name);
	client->exchange = note;
	client->context = request;
	arm(0);
	client_get(client, name.bytes, name.size, &name.guid, 100, &value);
	check_status(serve(uv, request, page), EFI_SUCCESS);
	client_next(client, name_bytes, &size, sizeof name_bytes, &guid, NULL);
	check_status(serve(uv, request, page), EFI_SUCCESS);
	client_query(client, NV_BS_RT, &space);
	check_status(serve(uv, request, page), EFI_SUCCESS);
	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, page, UEFIVARS_PAGE_SIZE);
	g_assert_false(disarm());
	uefivars_free(uv);
	g_free(page);
	g_free(client);
	g_free(request);
}

/* A port write that finds no memory changes nothing. */
static void test_ppi(void)
{
	g_autoptr(GByteArray) store = make_store(true);
	struct uefivars *uv = start(store);

	uefivars_ppi_write(uv, 0x104, 4, 0x100);
	arm(0);
	g_assert_cmpint(uefivars_ppi_write(uv, 0x108, 4, 7), ==, UEFIVARS_ANSWERED);
	g_assert_true(disarm());
	g_assert_cmphex(uefivars_ppi_read(uv, 0x108, 4), ==, 0);
	g_assert_cmpint(uefivars_ppi_write(uv, 0x108, 4, 7), ==, UEFIVARS_ANSWERED);
	g_assert_cmphex(uefivars_ppi_read(uv, 0x108, 4), ==, 7);
	uefivars_free(uv);
}

/* Creating, loading and starting, keys enrolled: each step says that there was no memory, or there was enough. */
static bool start_short(const GByteArray *store, const struct uefivars_auth_file *keys, size_t succeed)
{
	const struct uefivars_allowed_name allowed = { .name = (const uint8_t *)u"x",
						       .name_size = 2,
						       .any_guid = true };
	struct uefivars_policy policy = { .allow_names = &allowed, .allow_names_count = 1 };
	enum uefivars_reason loaded = UEFIVARS_NO_MEMORY, started = UEFIVARS_NO_MEMORY;
	enum uefivars_boot boot = store ? UEFIVARS_BOOT : UEFIVARS_FIRST_BOOT;
	enum uefivars_key failed;
	struct uefivars *uv;
	bool was_short;

	arm(succeed);
	uv = uefivars_create(&policy, NULL);
	if (uv)
		loaded = store ? uefivars_load_blob(uv, store->data, store->len, false, NULL, NULL) : UEFIVARS_OK;
	if (uv && loaded == UEFIVARS_OK)
		started = uefivars_start(uv, boot, keys, &failed);
	was_short = disarm();
	if (!was_short)
		g_assert_cmpint(started, ==, UEFIVARS_OK);
	if (loaded != UEFIVARS_OK)
		g_assert_cmpint(loaded, ==, UEFIVARS_NO_MEMORY);
	if (was_short && !keys)
		g_assert_cmpint(started, ==, UEFIVARS_NO_MEMORY);
	uefivars_free(uv);
	return was_short;
}

static void test_start(void)
{
	static const struct write files[UEFIVARS_KEYS] = {
		[UEFIVARS_PK] = { "PK", "PK", AUTHENTICATED, NULL, PK1, PK1, true },
		[UEFIVARS_KEK] = { "KEK", "KEK", AUTHENTICATED, NULL, PK1, KEK1, true },
		[UEFIVARS_DB] = { "db", "db", AUTHENTICATED, NULL, KEK1, DB1, true },
		[UEFIVARS_DBX] = { "dbx", "dbx", AUTHENTICATED | ATTR_APPEND, NULL, KEK1, OTHER, true },
	};
	struct uefivars_auth_file keys[UEFIVARS_KEYS];
	GByteArray *contents[UEFIVARS_KEYS];
	g_autoptr(GByteArray) store = make_store(false);
	size_t stored = 0, keyed = 0;

	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		contents[i] = signed_data(&files[i], 1);
		keys[i] = (struct uefivars_auth_file){ contents[i]->data, contents[i]->len };
	}
	while (start_short(store, NULL, stored))
		stored++;
	while (start_short(NULL, keys, keyed))
		keyed++;
	g_test_message("%zu allocations with a store, %zu with keys", stored, keyed);
	g_assert_cmpuint(stored, >, 10);
	g_assert_cmpuint(keyed, >, 10);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		g_byte_array_unref(contents[i]);
}

static void test_skipped(void)
{
	g_test_skip("another allocator stands in front of the test's");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!in_front()) {
		g_test_add_func("/memory", test_skipped);
		return g_test_run();
	}
	g_test_add_func("/memory/set", test_set);
	g_test_add_func("/memory/questions", test_questions);
	g_test_add_func("/memory/ppi", test_ppi);
	g_test_add_func("/memory/start", test_start);
	return g_test_run();
}
