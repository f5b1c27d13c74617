/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VARS blob: from a save file (resumed) or from storage (booted), as the first byte says. What was loaded is
 * served, and what is saved again loads whole and is the same.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/request.h"
#include "uefivars.h"

static void count(void *context, const struct uefivars_variable *variable, const uint8_t *record, size_t record_size,
		  enum uefivars_reason reason)
{
	volatile uint8_t sum = 0;

	if (reason == UEFIVARS_OK || (reason == UEFIVARS_TRUNCATED) != !variable)
		fuzz_broken("a record is set aside for no reason");
	for (size_t i = 0; i < record_size; i++)
		sum = (uint8_t)(sum + record[i]);
	++*(size_t *)context;
}

/* Loads and starts; NULL where it is no store. */
static struct uefivars *load(const uint8_t *blob, size_t size, bool resume, size_t *asides)
{
	struct uefivars_policy policy;
	struct uefivars *uv;

	uefivars_policy_default(&policy);
	policy.tpm = true;
	uv = uefivars_create(&policy, NULL);
	g_assert_nonnull(uv);
	*asides = 0;
	if (uefivars_load_blob(uv, blob, size, resume, count, asides) != UEFIVARS_OK) {
		uefivars_free(uv);
		return NULL;
	}
	if (uefivars_start(uv, resume ? UEFIVARS_RESUME : UEFIVARS_BOOT, NULL, NULL) != UEFIVARS_OK)
		fuzz_broken("a loaded store does not start");
	return uv;
}

static GByteArray *save(const struct uefivars *uv, enum uefivars_scope scope)
{
	size_t size = uefivars_save(uv, UEFIVARS_COMMITTED, scope, NULL, 0);
	GByteArray *blob = g_byte_array_new();

	g_byte_array_set_size(blob, (guint)size);
	if (uefivars_save(uv, UEFIVARS_COMMITTED, scope, blob->data, size) != size)
		fuzz_broken("a save that counts differently the second time");
	return blob;
}

/* Each variable can be read through the wire, whatever its size and name. */
static void read_all(struct uefivars *uv)
{
	static struct request request;
	struct uefivars_variable variable;
	const void *cursor = NULL;
	size_t size;

	while (uefivars_next(uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		request_begin(&request, 1, REQUEST_GET);
		request_blob(&request, variable.name, variable.name_size);
		request_bytes(&request, variable.guid, sizeof variable.guid);
		request_u64(&request, UINT64_MAX);
		request_u8(&request, 0);
		if (uefivars_serve(uv, request.bytes, &size) != UEFIVARS_ANSWERED || size > UEFIVARS_PAGE_SIZE)
			fuzz_broken("a loaded variable cannot be read");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool resume = size && data[0] & 1;
	enum uefivars_scope scope = resume ? UEFIVARS_SCOPE_ALL : UEFIVARS_SCOPE_STORED;
	struct uefivars *uv, *again;
	GByteArray *saved, *twice;
	size_t asides;
	uint8_t *blob;

	if (size == 0)
		return 0;
	blob = fuzz_exact(data + 1, size - 1);
	uv = load(blob, size - 1, resume, &asides);
	if (uv) {
		read_all(uv);
		saved = save(uv, scope);
		again = load(saved->data, saved->len, resume, &asides);
		if (!again || asides)
			fuzz_broken("what was saved does not load whole");
		twice = save(again, scope);
		if (saved->len != twice->len || memcmp(saved->data, twice->data, saved->len) != 0)
			fuzz_broken("a store changes by being loaded");
		g_byte_array_unref(saved);
		g_byte_array_unref(twice);
		uefivars_free(again);
		uefivars_free(uv);
	}
	g_free(blob);
	return 0;
}
