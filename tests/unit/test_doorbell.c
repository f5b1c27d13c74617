/* SPDX-License-Identifier: GPL-2.0-only */
/* Page frame numbers out of bytes: every place at which a stream of them can break. */
#include <glib.h>
#include <stdint.h>

#include "daemon/transport/doorbell.c"

static const uint8_t begin[] = { 0xff, 0xff, 0xff, 0xff, 0x00 };

/* Gives the bytes of a number. Returns whether it came out, at its last byte. */
static bool comes_out(struct doorbell *doorbell, uint32_t number)
{
	uint32_t frame = ~number;

	for (unsigned int i = 0; i < 4; i++) {
		if (doorbell_take(doorbell, (uint8_t)(number >> (8 * i)), &frame))
			return i == 3 && frame == number;
	}
	return false;
}

static void give(struct doorbell *doorbell, const uint8_t *bytes, size_t count)
{
	uint32_t frame;

	for (size_t i = 0; i < count; i++)
		doorbell_take(doorbell, bytes[i], &frame);
}

static void test_numbers(void)
{
	static const uint32_t numbers[] = {
		0, 1, 0xff, 0xffff, 0xffffff, 0x00ffff00, 0x0fffffff, 0xfeffffff, 0x12345678
	};
	struct doorbell doorbell = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(numbers); j++) {
			g_assert_true(comes_out(&doorbell, numbers[i]));
			g_assert_cmpuint(doorbell_wanted(&doorbell), ==, 4);
			g_assert_true(comes_out(&doorbell, numbers[j]));
		}
	}
}

static void test_beginning(void)
{
	static const uint8_t left_over[][4] = {
		{ 0 }, { 0xff, 0xff, 0xff, 0xff }, { 0x12, 0xff, 0xff, 0 }, { 0xff, 0, 0xff, 0xff }
	};

	for (size_t i = 0; i < G_N_ELEMENTS(left_over); i++) {
		for (size_t count = 0; count <= 4; count++) {
			struct doorbell doorbell = { 0 };

			give(&doorbell, left_over[i], count);
			give(&doorbell, begin, sizeof begin);
			g_assert_true(comes_out(&doorbell, 0xff));
			/* Broken off within the beginning, too. */
			give(&doorbell, begin, count);
			give(&doorbell, begin, sizeof begin);
			g_assert_true(comes_out(&doorbell, 0x00ffffff));
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/doorbell/numbers", test_numbers);
	g_test_add_func("/doorbell/beginning", test_beginning);
	return g_test_run();
}
