/* SPDX-License-Identifier: GPL-2.0-only */
/* What each fuzz target is: one function that takes any bytes and stops the process where something is wrong. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the process: a rule that holds for every input does not hold for this one. (A fuzzer takes SIGABRT for a
 * finding; g_error() sends another signal.) */
#define fuzz_broken(...)                                                                                               \
	do {                                                                                                           \
		g_printerr("broken rule: " __VA_ARGS__);                                                               \
		g_printerr("\n");                                                                                      \
		abort();                                                                                               \
	} while (0)

/* A heap block of exactly these bytes, so that the sanitizer sees a step beyond them. Free it with g_free(). */
static inline uint8_t *fuzz_exact(const uint8_t *data, size_t size)
{
	return size ? check_copy(data, size) : g_malloc(1);
}

#endif
