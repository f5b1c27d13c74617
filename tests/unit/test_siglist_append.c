/* SPDX-License-Identifier: GPL-2.0-only */
/* Appending EFI_SIGNATURE_LISTs without entries that are there already (semantics A7). */
#include <glib.h>

#include "efi/signature_list.h"
#include "tests/support/check.h"
#include "tests/support/lists.h"

/* Appends and checks the result's size against what it may be, and that it is well-formed. */
static GByteArray *append(GByteArray *base, GByteArray *more)
{
	GByteArray *out = g_byte_array_new();
	size_t size;

	g_byte_array_set_size(out, base->len + more->len);
	size = siglist_append(base->data, base->len, more->data, more->len, out->data);
	g_assert_cmpuint(size, <=, base->len + more->len);
	g_byte_array_set_size(out, (guint)size);
	g_assert_true(list_check(out->data, out->len, NULL));
	return out;
}

static void expect_append(const char *what, GByteArray *base, GByteArray *more, GByteArray *wanted)
{
	g_autoptr(GByteArray) out = append(base, more);

	g_test_message("%s", what);
	check_bytes(out->data, out->len, wanted->data, wanted->len);
	g_byte_array_set_size(base, 0);
	g_byte_array_set_size(more, 0);
	g_byte_array_set_size(wanted, 0);
}

static void test_append(void)
{
	g_autoptr(GByteArray) base = g_byte_array_new();
	g_autoptr(GByteArray) more = g_byte_array_new();
	g_autoptr(GByteArray) wanted = g_byte_array_new();

	list_add_hashes(more, OWNER_A, 1, 2);
	list_add_hashes(wanted, OWNER_A, 1, 2);
	expect_append("to nothing", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 2);
	list_add_hashes(wanted, OWNER_A, 1, 2);
	expect_append("nothing", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 3);
	list_add_hashes(more, OWNER_A, 1, 3);
	list_add_hashes(wanted, OWNER_A, 1, 3);
	expect_append("only what is there (APP-10)", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 3);
	list_add_hashes(more, OWNER_A, 3, 2);
	list_add_hashes(wanted, OWNER_A, 1, 3);
	list_add_hashes(wanted, OWNER_A, 4, 1);
	expect_append("one is new (APP-11)", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 1);
	list_add_hashes(more, OWNER_B, 1, 1);
	list_add_hashes(wanted, OWNER_A, 1, 1);
	list_add_hashes(wanted, OWNER_B, 1, 1);
	expect_append("another owner", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 1);
	list_add_run(more, guid_of("3bd2a492-96c0-4079-b420-fcf98ef103ed"), 48, OWNER_A, 1, 1);
	list_add_hashes(wanted, OWNER_A, 1, 1);
	list_add_run(wanted, guid_of("3bd2a492-96c0-4079-b420-fcf98ef103ed"), 48, OWNER_A, 1, 1);
	expect_append("another type", base, more, wanted);

	list_add_run(base, guid_of("3c5766e8-269c-4e34-aa14-ed776e85b3b6"), 256, OWNER_A, 1, 1);
	list_add_run(more, guid_of("e2b36190-879b-4a3d-ad8d-f2e7bba32784"), 256, OWNER_A, 1, 1);
	list_add_run(wanted, guid_of("3c5766e8-269c-4e34-aa14-ed776e85b3b6"), 256, OWNER_A, 1, 1);
	list_add_run(wanted, guid_of("e2b36190-879b-4a3d-ad8d-f2e7bba32784"), 256, OWNER_A, 1, 1);
	expect_append("another type of the same size", base, more, wanted);
}

static void test_append_repeated(void)
{
	g_autoptr(GByteArray) base = g_byte_array_new();
	g_autoptr(GByteArray) more = g_byte_array_new();
	g_autoptr(GByteArray) wanted = g_byte_array_new();

	list_add_hashes(more, OWNER_A, 1, 1);
	list_add_hashes(more, OWNER_A, 1, 1);
	list_add_hashes(wanted, OWNER_A, 1, 1);
	expect_append("twice in two lists (APP-12)", base, more, wanted);

	list_add_header(more, &list_sha256, SIGLIST_HEADER_SIZE + 3 * 48, 0, 48);
	list_add_entry(more, OWNER_A, "11111111111111111111111111111111", 32);
	list_add_entry(more, OWNER_A, "22222222222222222222222222222222", 32);
	list_add_entry(more, OWNER_A, "11111111111111111111111111111111", 32);
	list_add_header(wanted, &list_sha256, SIGLIST_HEADER_SIZE + 2 * 48, 0, 48);
	list_add_entry(wanted, OWNER_A, "11111111111111111111111111111111", 32);
	list_add_entry(wanted, OWNER_A, "22222222222222222222222222222222", 32);
	expect_append("twice in one list (APP-12)", base, more, wanted);

	list_add_hashes(base, OWNER_A, 1, 2);
	list_add_hashes(base, OWNER_A, 2, 2);
	list_add_hashes(more, OWNER_A, 3, 2);
	list_add_hashes(more, OWNER_A, 5, 1);
	list_add_hashes(more, OWNER_A, 1, 1);
	list_add_hashes(wanted, OWNER_A, 1, 2);
	list_add_hashes(wanted, OWNER_A, 2, 2);
	list_add_hashes(wanted, OWNER_A, 4, 1);
	list_add_hashes(wanted, OWNER_A, 5, 1);
	expect_append("base is kept as it is, each new list stays a list", base, more, wanted);
}

/* Against a model: the set of (owner, data) pairs, in the order in which they first appear. */
static void test_append_random(void)
{
	for (size_t round = 0; round < 300; round++) {
		g_autoptr(GByteArray) base = g_byte_array_new();
		g_autoptr(GByteArray) more = g_byte_array_new();
		g_autoptr(GByteArray) out = NULL;
		bool seen[2][256] = { 0 };
		struct siglist_walk walk, result;

		for (int lists = g_test_rand_int_range(0, 4); lists > 0; lists--)
			list_add_hashes(base, g_test_rand_bit() ? OWNER_A : OWNER_B,
					(uint8_t)g_test_rand_int_range(0, 20), (size_t)g_test_rand_int_range(1, 6));
		for (int lists = g_test_rand_int_range(0, 4); lists > 0; lists--)
			list_add_hashes(more, g_test_rand_bit() ? OWNER_A : OWNER_B,
					(uint8_t)g_test_rand_int_range(0, 20), (size_t)g_test_rand_int_range(1, 6));
		out = append(base, more);
		check_bytes(out->data, base->len, base->data, base->len);
		siglist_begin(&walk, base->data, base->len);
		siglist_begin(&result, out->data, out->len);
		while (siglist_next(&walk)) {
			g_assert_true(siglist_next(&result));
			seen[walk.entry[0] == OWNER_A][walk.data[0]] = true;
		}
		siglist_begin(&walk, more->data, more->len);
		while (siglist_next(&walk)) {
			bool *known = &seen[walk.entry[0] == OWNER_A][walk.data[0]];

			if (!*known) {
				g_assert_true(siglist_next(&result));
				check_bytes(result.entry, result.entry_size, walk.entry, walk.entry_size);
			}
			*known = true;
		}
		g_assert_false(siglist_next(&result));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/siglist-append/cases", test_append);
	g_test_add_func("/siglist-append/repeated", test_append_repeated);
	g_test_add_func("/siglist-append/random", test_append_random);
	return g_test_run();
}
