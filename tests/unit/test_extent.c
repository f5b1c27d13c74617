/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a request reaches: what is copied by it is served as all of the pages would be, with anything behind it, and
 * nothing is copied twice.
 */
#include <glib.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/names.h"
#include "tests/support/request.h"

#define ROUNDS 4000

/* As a transport copies: returns how much. */
static size_t copy(const uint8_t *pages, uint8_t *to, size_t first)
{
	size_t have = 0, size = first;

	while (size > have) {
		g_assert_cmpuint(size, <=, UEFIVARS_PAGE_SIZE);
		memcpy(to + have, pages + have, size - have);
		have = size;
		size = uefivars_request_size(to, have);
		g_assert_cmpuint(size, >, 0);
	}
	return have;
}

/* Both machines get the same request, one of them only what it takes, in front of `behind`. */
static void check_same(struct guest *whole, struct guest *part, const uint8_t *pages, uint8_t behind, size_t first)
{
	g_autofree uint8_t *a = check_copy(pages, UEFIVARS_PAGE_SIZE), *b = g_malloc(UEFIVARS_PAGE_SIZE);
	size_t a_size = 0, b_size = 0;

	memset(b, behind, UEFIVARS_PAGE_SIZE);
	copy(pages, b, first);
	g_assert_cmpint(uefivars_serve(whole->uv, a, &a_size), ==, UEFIVARS_ANSWERED);
	g_assert_cmpint(uefivars_serve(part->uv, b, &b_size), ==, UEFIVARS_ANSWERED);
	check_bytes(b, b_size, a, a_size);
}

static struct guest *started(void)
{
	struct guest *guest = guest_new();

	g_assert_true(guest_start(guest));
	return guest;
}

/* A length: mostly one that fits, at times one at an edge, or one that lies. */
static uint64_t some_length(GRand *rand, size_t at)
{
	static const uint64_t lies[] = { 0, UINT64_MAX, UINT64_C(1) << 63, UEFIVARS_PAGE_SIZE, UEFIVARS_PAGE_SIZE - 1 };
	const uint64_t room = UEFIVARS_PAGE_SIZE - at - 8;

	switch (g_rand_int_range(rand, 0, 6)) {
	case 0:
		return lies[g_rand_int_range(rand, 0, G_N_ELEMENTS(lies))];
	case 1:
		return room - (uint64_t)g_rand_int_range(rand, -40, 40);
	case 2:
		return (uint64_t)g_rand_int_range(rand, 900, 5000);
	default:
		return (uint64_t)g_rand_int_range(rand, 1, 40) * 2;
	}
}

/* A request with lengths where its command has them; the rest are letters. */
static void make_request(GRand *rand, uint8_t *pages)
{
	uint32_t command = (uint32_t)g_rand_int_range(rand, 0, 7);
	size_t at = command == 2 ? 16 : 8;
	uint64_t length = some_length(rand, at);

	for (size_t i = 0; i < UEFIVARS_PAGE_SIZE; i++)
		pages[i] = i % 2 ? 0 : (uint8_t)('a' + g_rand_int_range(rand, 0, 3));
	put_le32(pages, g_rand_int_range(rand, 0, 30) ? 1 : 2);
	put_le32(pages + 4, command);
	put_le64(pages + 8, (uint64_t)g_rand_int_range(rand, 0, 4000));
	put_le64(pages + at, length);
	if (command != 1 || length > UEFIVARS_PAGE_SIZE - 40)
		return;
	at += 8 + (size_t)length + 16;
	if (at + 8 > UEFIVARS_PAGE_SIZE)
		return;
	length = some_length(rand, at);
	put_le64(pages + at, length);
	if (length > UEFIVARS_PAGE_SIZE || at + 8 + length + 5 > UEFIVARS_PAGE_SIZE)
		return;
	put_le32(pages + at + 8 + length, g_rand_boolean(rand) ? ATTR_BS | ATTR_RT : ATTR_NV | ATTR_BS | ATTR_RT);
	pages[at + 8 + length + 4] = 0;
}

static void test_random(void)
{
	static const size_t firsts[] = { 8, 16, 100, 1024, 4096 };
	g_autofree uint8_t *pages = g_malloc(UEFIVARS_PAGE_SIZE);
	GRand *rand = g_rand_new_with_seed((guint32)g_test_rand_int());
	struct guest *whole = started(), *part = started();

	for (int i = 0; i < ROUNDS; i++) {
		make_request(rand, pages);
		check_same(whole, part, pages, (uint8_t)g_rand_int(rand), firsts[i % 5]);
	}
	g_rand_free(rand);
	guest_free(whole);
	guest_free(part);
}

static size_t extent(struct request *request)
{
	uint8_t pages[UEFIVARS_PAGE_SIZE];

	return copy(request->bytes, pages, 8);
}

/* It is no more than the request. */
static void test_exact(void)
{
	static const uint8_t bytes[5000];
	struct request request;

	request_begin(&request, 1, REQUEST_GET);
	request_blob(&request, bytes, 100);
	request_bytes(&request, bytes, 16);
	request_u64(&request, 7);
	request_u8(&request, 0);
	g_assert_cmpuint(extent(&request), ==, request.size);
	request_begin(&request, 1, REQUEST_SET);
	request_blob(&request, bytes, 4200);
	request_bytes(&request, bytes, 16);
	request_blob(&request, bytes, 5000);
	request_u32(&request, 7);
	request_u8(&request, 0);
	g_assert_cmpuint(extent(&request), ==, request.size);
	request_begin(&request, 1, REQUEST_NEXT);
	request_u64(&request, 7);
	request_blob(&request, bytes, 0);
	request_bytes(&request, bytes, 16);
	request_u8(&request, 0);
	g_assert_cmpuint(extent(&request), ==, request.size);
	request_begin(&request, 1, REQUEST_QUERY);
	request_u32(&request, 7);
	g_assert_cmpuint(extent(&request), ==, request.size);
	request_begin(&request, 1, REQUEST_NOTIFY);
	g_assert_cmpuint(extent(&request), ==, request.size);
	request_begin(&request, 1, REQUEST_GET);
	request_lying_blob(&request, bytes, 4, UINT64_MAX);
	g_assert_cmpuint(extent(&request), ==, 16);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/extent/exact", test_exact);
	g_test_add_func("/extent/random", test_random);
	return g_test_run();
}
