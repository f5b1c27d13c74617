/* SPDX-License-Identifier: GPL-2.0-only */
/* What GLib's assertions lack; some of it has come to GLib after 2.54. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <glib.h>
#include <string.h>

/* g_assert_cmpmem() with sizes that are size_t (its own are int, which -Wconversion refuses). */
#define check_bytes(a, a_size, b, b_size)                                                                              \
	do {                                                                                                           \
		size_t check_a_size = (a_size), check_b_size = (b_size);                                               \
                                                                                                                       \
		g_assert_cmpuint(check_a_size, ==, check_b_size);                                                      \
		g_assert_true(check_a_size == 0 || memcmp((a), (b), check_a_size) == 0);                               \
	} while (0)

/* Fails the running test, which goes on. */
#define check_fail(...)                                                                                                \
	do {                                                                                                           \
		g_test_message(__VA_ARGS__);                                                                           \
		g_test_fail();                                                                                         \
	} while (0)

/* A copy of its exact size, for g_free(): what reads past its end is seen. No bytes: NULL. */
static inline void *check_copy(const void *bytes, size_t size)
{
	return bytes && size ? memcpy(g_malloc(size), bytes, size) : NULL;
}

/* Compares two EFI_STATUSes, or other values that are read in hexadecimal. */
#define check_status(a, b) g_assert_cmphex((a), ==, (b))

#endif
