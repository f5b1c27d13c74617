/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the tests write a variable's name: ASCII text, with the vendor GUID that the specification gives it, or that of a
 * private vendor. A prefix chooses another GUID: "global:", "security:", "hw:", "other:", "zero:" (all zeros).
 * "MOR" and "MORLock" stand for MemoryOverwriteRequestControl and its lock.
 */
#ifndef TESTS_NAMES_H
#define TESTS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"

#define TEST_NAME_ROOM 4200

struct test_name {
	uint8_t bytes[TEST_NAME_ROOM]; /* UTF-16LE, no NUL */
	size_t size;
	struct efi_guid guid;
};

extern const struct efi_guid guid_test_vendor;
extern const struct efi_guid guid_test_other;

/* Writes the name; a text that is too long ends the test program. */
void test_name_parse(const char *text, struct test_name *name);

#endif
