/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON store: whatever can be read is written as a text that reads as the same store. */
#include <string.h>

#include "backend/json.h"
#include "tests/fuzz/fuzz.h"

struct reading {
	struct uefivars *uv;
	struct json_store *store;
	size_t asides;
};

static enum uefivars_reason take(void *context, const struct uefivars_variable *variable)
{
	struct reading *reading = context;

	return uefivars_load(reading->uv, variable, false);
}

static void set_aside(void *context, const char *record, const char *name, const char *reason)
{
	struct reading *reading = context;

	if (!name || !reason || !*reason)
		fuzz_broken("a record is set aside for no reason");
	json_store_keep(reading->store, record);
	reading->asides++;
}

/* Returns false where the text is no store. */
static bool read_text(struct reading *reading, const char *text, size_t size)
{
	const struct json_reader reader = { .context = reading, .take = take, .set_aside = set_aside };
	struct uefivars_policy policy;
	GError *error = NULL;
	bool good;

	uefivars_policy_default(&policy);
	*reading = (struct reading){ .uv = uefivars_create(&policy, NULL), .store = json_store_new() };
	good = json_store_read(reading->store, text, size, &reader, &error);
	if (good == !!error || (error && !*error->message))
		fuzz_broken("an error that says nothing");
	g_clear_error(&error);
	return good;
}

static void clear(struct reading *reading)
{
	json_store_free(reading->store);
	uefivars_free(reading->uv);
}

static GByteArray *save(const struct uefivars *uv)
{
	size_t size = uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, NULL, 0);
	GByteArray *blob = g_byte_array_new();

	g_byte_array_set_size(blob, (guint)size);
	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, blob->data, size);
	return blob;
}

static void check_again(struct reading *first)
{
	GString *text = json_store_write(first->store, first->uv, UEFIVARS_COMMITTED), *twice;
	GByteArray *was = save(first->uv), *is;
	struct reading second;

	if (!read_text(&second, text->str, text->len))
		fuzz_broken("what was written cannot be read");
	if (second.asides != first->asides)
		fuzz_broken("%zu records were set aside, and then %zu", first->asides, second.asides);
	is = save(second.uv);
	if (was->len != is->len || memcmp(was->data, is->data, is->len) != 0)
		fuzz_broken("the store has changed by being written");
	twice = json_store_write(second.store, second.uv, UEFIVARS_COMMITTED);
	if (!g_string_equal(text, twice))
		fuzz_broken("the text has changed by being read");
	g_string_free(text, TRUE);
	g_string_free(twice, TRUE);
	g_byte_array_unref(was);
	g_byte_array_unref(is);
	clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)fuzz_exact(data, size);
	struct reading reading;

	if (read_text(&reading, text, size))
		check_again(&reading);
	clear(&reading);
	g_free(text);
	return 0;
}
