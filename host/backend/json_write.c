/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/json.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/guid.h"
#include "efi/name.h"

/* All that a record has besides its name and data, at most: keys, punctuation, guid, attr, time, digest. */
#define RECORD_FIXED 256u
/* One UTF-16 unit of a name is at most this many bytes in JSON: an escape of a control character. */
#define NAME_FACTOR 3u

static void put_hex(GString *out, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = out->len;

	g_string_set_size(out, at + 2 * size);
	for (size_t i = 0; i < size; i++) {
		out->str[at++] = digits[bytes[i] >> 4];
		out->str[at++] = digits[bytes[i] & 15];
	}
}

static void put_string(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20) {
			g_string_append_printf(out, "\\u%04x", *text);
			continue;
		}
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void put_name(GString *out, const struct uefivars_variable *variable)
{
	bool lossless;
	size_t size = name_to_utf8(variable->name, variable->name_size, NULL, 0, NULL);
	char *text = g_malloc(size);

	name_to_utf8(variable->name, variable->name_size, text, size, &lossless);
	g_string_append(out, ", \"name\": ");
	put_string(out, text);
	if (!lossless) {
		g_string_append(out, ", \"name-utf16\": \"");
		put_hex(out, variable->name, variable->name_size);
		g_string_append_c(out, '"');
	}
	g_free(text);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

static void put_extra(GString *out, struct json_store *store, const struct uefivars_variable *variable)
{
	for (guint i = 0; i < store->extras->len; i++) {
		struct json_extra *extra = g_ptr_array_index(store->extras, i);

		if (extra->name_size == variable->name_size && memcmp(extra->guid, variable->guid, 16) == 0 &&
		    memcmp(extra->name, variable->name, extra->name_size) == 0) {
			g_string_append_printf(out, ", %s", extra->keys);
			extra->used = true;
		}
	}
}

static void put_record(GString *out, struct json_store *store, const struct uefivars_variable *variable)
{
	char guid_text[GUID_TEXT_SIZE];
	struct efi_guid guid;

	memcpy(guid.bytes, variable->guid, sizeof guid.bytes);
	guid_format(&guid, guid_text);
	g_string_append_printf(out, "{\"guid\": \"%s\"", guid_text);
	put_name(out, variable);
	g_string_append_printf(out, ", \"attr\": %u, \"data\": \"", variable->attributes);
	put_hex(out, variable->data, variable->data_size);
	g_string_append_c(out, '"');
	if ((variable->attributes & ATTR_AT) || !is_zero(variable->timestamp, sizeof variable->timestamp)) {
		g_string_append(out, ", \"time\": \"");
		put_hex(out, variable->timestamp, sizeof variable->timestamp);
		g_string_append_c(out, '"');
	}
	if (!is_zero(variable->digest, sizeof variable->digest)) {
		g_string_append(out, ", \"digest\": \"");
		put_hex(out, variable->digest, sizeof variable->digest);
		g_string_append_c(out, '"');
	}
	put_extra(out, store, variable);
	g_string_append_c(out, '}');
}

/* Room for the text, so that it is not copied while it grows: a store is most of what a daemon uses for a moment. */
static size_t estimate(const struct uefivars *uv, enum uefivars_view view)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	size_t size = RECORD_FIXED;

	while (uefivars_next(uv, view, &cursor, &variable)) {
		if (variable.attributes & ATTR_NV)
			size += RECORD_FIXED + NAME_FACTOR * variable.name_size + 2 * variable.data_size;
	}
	return size;
}

GString *json_store_write(struct json_store *store, const struct uefivars *uv, enum uefivars_view view)
{
	GString *out = g_string_sized_new(estimate(uv, view));
	struct uefivars_variable variable;
	const void *cursor = NULL;
	const char *separator = "\n";

	store->generation++;
	for (guint i = 0; i < store->extras->len; i++)
		((struct json_extra *)g_ptr_array_index(store->extras, i))->used = false;
	g_string_append_printf(out, "{\"version\": %d, %s%s\"variables\": [", JSON_VERSION,
			       store->keys ? store->keys : "", store->keys ? ", " : "");
	while (uefivars_next(uv, view, &cursor, &variable)) {
		if (!(variable.attributes & ATTR_NV))
			continue;
		g_string_append(out, separator);
		put_record(out, store, &variable);
		separator = ",\n";
	}
	for (guint i = 0; i < store->kept->len; i++) {
		g_string_append_printf(out, "%s%s", separator, (const char *)g_ptr_array_index(store->kept, i));
		separator = ",\n";
	}
	g_string_append(out, "\n]}\n");
	return out;
}
