/* SPDX-License-Identifier: GPL-2.0-only */
/* host/backend/xapi_image.c: whatever the last blob was, the text is that of the new one. */
#include <string.h>

#include "backend/xapi_image.h"
#include "tests/support/check.h"

static void check(struct xapi_image *image, const uint8_t *blob, size_t size)
{
	g_autofree char *expected = g_base64_encode(blob, size);
	g_autoptr(GString) text = NULL;

	memcpy(xapi_image_begin(image, size), blob, size);
	text = xapi_image_end(image);
	g_assert_cmpstr(text->str, ==, expected);
	g_assert_cmpuint(text->len, ==, strlen(expected));
}

static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)g_test_rand_int();
}

/* Every size, after every other one that is near, with all bytes other and all bytes the same. */
static void test_sizes(void)
{
	uint8_t one[80], other[80];

	fill(one, sizeof one);
	fill(other, sizeof other);
	for (size_t before = 1; before < sizeof one; before++) {
		for (size_t after = 1; after < sizeof one; after++) {
			struct xapi_image image = { .blob = NULL };

			check(&image, one, before);
			check(&image, one, after);
			check(&image, other, before);
			check(&image, one, after);
			xapi_image_clear(&image);
		}
	}
}

/* One byte changed, at every place of every size. */
static void test_one_byte(void)
{
	uint8_t bytes[300];

	fill(bytes, sizeof bytes);
	for (size_t size = 280; size <= sizeof bytes; size++) {
		struct xapi_image image = { .blob = NULL };

		check(&image, bytes, size);
		for (size_t at = 0; at < size; at++) {
			bytes[at] ^= 0x5a;
			check(&image, bytes, size);
		}
		xapi_image_clear(&image);
	}
}

/* Bytes put in, taken out and overwritten at any place, of which many are alike, as the records of a blob are. */
static void test_edits(void)
{
	struct xapi_image image = { .blob = NULL };
	g_autoptr(GByteArray) blob = g_byte_array_new();

	g_byte_array_set_size(blob, 3000);
	memset(blob->data, 0, blob->len);
	for (unsigned int i = 0; i < 20000; i++) {
		const guint at = (guint)g_test_rand_int_range(0, (gint)blob->len);
		const guint room = MIN(blob->len - at, 400u), count = (guint)g_test_rand_int_range(0, (gint)room + 1);
		uint8_t bytes[400];

		memset(bytes, g_test_rand_int_range(0, 3), sizeof bytes);
		if (g_test_rand_bit() && blob->len < 6000) {
			const guint end = blob->len;

			g_byte_array_set_size(blob, end + count);
			memmove(blob->data + at + count, blob->data + at, end - at);
			memcpy(blob->data + at, bytes, count);
		} else if (g_test_rand_bit() && blob->len > count + 1) {
			g_byte_array_remove_range(blob, at, count);
		} else {
			memcpy(blob->data + at, bytes, count);
		}
		check(&image, blob->data, blob->len);
	}
	xapi_image_clear(&image);
}

/* The texts that were given out stay as they are, and what is kept goes by itself. */
static void test_owned_and_forgotten(void)
{
	struct xapi_image image = { .blob = NULL };
	g_autoptr(GString) first = NULL;

	memset(xapi_image_begin(&image, 30), 0, 30);
	first = xapi_image_end(&image);
	check(&image, (const uint8_t *)"0123456789012345678901234567890123456789", 30);
	g_assert_cmpstr(first->str, ==, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	xapi_image_give_back(&image, g_steal_pointer(&first));
	check(&image, (const uint8_t *)"012345678901234567890123456789", 10);
	while (image.blob)
		g_main_context_iteration(NULL, TRUE);
	g_assert_null(image.text);
	g_assert_null(image.next);
	g_assert_null(image.spare);
	xapi_image_give_back(&image, g_string_new("nothing is kept"));
	g_assert_null(image.spare);
	check(&image, (const uint8_t *)"0123456789012345678901234567890123456789", 40);
	xapi_image_clear(&image);
	g_assert_false(g_main_context_pending(NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xapi-image/sizes", test_sizes);
	g_test_add_func("/xapi-image/one-byte", test_one_byte);
	g_test_add_func("/xapi-image/edits", test_edits);
	g_test_add_func("/xapi-image/owned-and-forgotten", test_owned_and_forgotten);
	return g_test_run();
}
