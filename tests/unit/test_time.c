/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_TIME: the order of times and the fields that must be zero. */
#include <glib.h>
#include <string.h>

#include "efi/time.h"
#include "tests/support/check.h"

static void test_make(void)
{
	static const uint8_t bytes[EFI_TIME_SIZE] = { 0xe9, 0x07, 11, 22, 17, 45, 59 };
	struct efi_time time = time_make(2025, 11, 22, 17, 45, 59);

	check_bytes(time.bytes, sizeof time.bytes, bytes, sizeof bytes);
	g_assert_true(time_unused_zero(&time));
}

static void test_equal_is_not_later(void)
{
	struct efi_time zero = { { 0 } }, time = time_make(2010, 3, 6, 19, 17, 21);

	g_assert_false(time_later(&zero, &zero));
	g_assert_false(time_later(&time, &time));
	g_assert_true(time_later(&time, &zero));
	g_assert_false(time_later(&zero, &time));
}

/* Each field decides over all that stand behind it, whatever those are (AUTH-31). */
static void test_order_of_fields(void)
{
	static const struct {
		const char *field;
		struct efi_time early, late;
	} rows[] = {
		{ "year", { { 0xda, 0x07, 255, 255, 255, 255, 255 } }, { { 0xdb, 0x07, 0, 0, 0, 0, 0 } } },
		{ "year's high byte", { { 0xff, 0x07, 12, 31, 23, 59, 59 } }, { { 0x00, 0x08, 1, 1, 0, 0, 0 } } },
		{ "month", { { 0xda, 0x07, 3, 255, 255, 255, 255 } }, { { 0xda, 0x07, 4, 0, 0, 0, 0 } } },
		{ "day", { { 0xda, 0x07, 3, 6, 255, 255, 255 } }, { { 0xda, 0x07, 3, 7, 0, 0, 0 } } },
		{ "hour", { { 0xda, 0x07, 3, 6, 19, 255, 255 } }, { { 0xda, 0x07, 3, 6, 20, 0, 0 } } },
		{ "minute", { { 0xda, 0x07, 3, 6, 19, 17, 255 } }, { { 0xda, 0x07, 3, 6, 19, 18, 0 } } },
		{ "second", { { 0xda, 0x07, 3, 6, 19, 17, 21 } }, { { 0xda, 0x07, 3, 6, 19, 17, 22 } } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].field);
		g_assert_true(time_later(&rows[i].late, &rows[i].early));
		g_assert_false(time_later(&rows[i].early, &rows[i].late));
	}
}

/* Impossible values compare as the numbers they are: signers have sent month 0 and day 0. */
static void test_ranges_not_checked(void)
{
	struct efi_time odd = time_make(2020, 13, 32, 25, 61, 61), next_year = time_make(2021, 0, 0, 0, 0, 0);

	g_assert_true(time_later(&next_year, &odd));
	g_assert_true(time_unused_zero(&odd));
}

/* The fields behind the second take no part in the order. */
static void test_unused_not_compared(void)
{
	struct efi_time time = time_make(2020, 1, 2, 3, 4, 5), other = time;

	memset(other.bytes + 7, 0xff, EFI_TIME_SIZE - 7);
	g_assert_false(time_later(&other, &time));
	g_assert_false(time_later(&time, &other));
}

/* Pad1, Nanosecond, TimeZone, Daylight, Pad2: one byte at a time. */
static void test_unused_zero(void)
{
	for (size_t byte = 0; byte < EFI_TIME_SIZE; byte++) {
		struct efi_time time = time_make(0, 0, 0, 0, 0, 0);

		time.bytes[byte] = 0x80;
		if (byte < 7)
			g_assert_true(time_unused_zero(&time));
		else
			g_assert_false(time_unused_zero(&time));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/time/make", test_make);
	g_test_add_func("/time/equal-is-not-later", test_equal_is_not_later);
	g_test_add_func("/time/order-of-fields", test_order_of_fields);
	g_test_add_func("/time/ranges-not-checked", test_ranges_not_checked);
	g_test_add_func("/time/unused-not-compared", test_unused_not_compared);
	g_test_add_func("/time/unused-zero", test_unused_zero);
	return g_test_run();
}
