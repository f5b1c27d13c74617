/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI_SIGNATURE_LISTs: the input is two of them, the first as long as its first two bytes say. Well-formed ones walk to
 * their end, and an append has each entry of both exactly once.
 */
#include <string.h>

#include "efi/bytes.h"
#include "efi/signature_list.h"
#include "tests/fuzz/fuzz.h"

static bool holds(const uint8_t *lists, size_t size, const struct siglist_walk *entry)
{
	struct siglist_walk walk;

	siglist_begin(&walk, lists, size);
	while (siglist_next(&walk)) {
		if (guid_equal(&walk.type, &entry->type) && walk.entry_size == entry->entry_size &&
		    memcmp(walk.entry, entry->entry, walk.entry_size) == 0)
			return true;
	}
	return false;
}

/* Walks, touches each byte, and returns the number of entries. */
static size_t walk_all(const uint8_t *lists, size_t size)
{
	struct siglist_walk walk;
	volatile uint8_t sum = 0;
	size_t entries = 0;

	siglist_begin(&walk, lists, size);
	while (siglist_next(&walk)) {
		for (size_t i = 0; i < walk.entry_size; i++)
			sum = (uint8_t)(sum + walk.entry[i]);
		if (walk.data != walk.entry + SIGLIST_OWNER_SIZE ||
		    walk.entry_size != walk.data_size + SIGLIST_OWNER_SIZE)
			fuzz_broken("an entry whose data is not behind its owner");
		entries++;
	}
	return entries;
}

static void check_append(const uint8_t *base, size_t base_size, const uint8_t *more, size_t more_size)
{
	uint8_t *out = g_malloc(base_size + more_size + 1);
	size_t size = siglist_append(base, base_size, more, more_size, out), entries;
	struct siglist_walk walk;

	if (size < base_size || size > base_size + more_size || memcmp(out, base, base_size) != 0)
		fuzz_broken("an append of %zu to %zu bytes has %zu", more_size, base_size, size);
	if (!siglist_check(out, size, &entries) || entries != walk_all(out, size))
		fuzz_broken("an append is not well-formed");
	siglist_begin(&walk, more, more_size);
	while (siglist_next(&walk)) {
		if (!holds(out, size, &walk))
			fuzz_broken("an append has lost an entry");
	}
	siglist_begin(&walk, out + base_size, size - base_size);
	while (siglist_next(&walk)) {
		if (holds(base, base_size, &walk) || !holds(more, more_size, &walk))
			fuzz_broken("an append has an entry that it should not have");
	}
	/* A second time adds nothing. */
	base = fuzz_exact(out, size);
	out = g_realloc(out, size + more_size + 1);
	if (siglist_append(base, size, more, more_size, out) != size)
		fuzz_broken("an append is not done with after the first time");
	g_free((gpointer)base);
	g_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = size < 2 ? 0 : get_le16(data), entries = 0;
	uint8_t *base, *more;
	bool good;

	if (size < 2)
		return 0;
	data += 2;
	size -= 2;
	if (first > size)
		first = size;
	base = fuzz_exact(data, first);
	more = fuzz_exact(data + first, size - first);
	good = siglist_check(base, first, &entries);
	if (good && walk_all(base, first) != entries)
		fuzz_broken("%zu entries are walked otherwise", entries);
	walk_all(more, size - first);
	if (good && siglist_check(more, size - first, NULL))
		check_append(base, first, more, size - first);
	g_free(base);
	g_free(more);
	return 0;
}
