/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/json.h"

#include <jansson.h>
#include <string.h>

#include "efi/guid.h"
#include "efi/name.h"
#include "error.h"
#include "log.h"

/* Why a record does not even get as far as uefivars_load(). */
static const char not_object[] = "not a JSON object";
static const char bad_guid[] = "guid is not a GUID of 36 characters";
static const char bad_name[] = "name is not a text";
static const char bad_name_utf16[] = "name-utf16 is not hexadecimal";
static const char bad_attr[] = "attr is not an integer of 32 bits";
static const char bad_data[] = "data is not hexadecimal";
static const char bad_time[] = "time is not 32 hexadecimal digits";
static const char bad_digest[] = "digest is not 64 hexadecimal digits";

static const char *const known_keys[] = { "version", "variables" };
static const char *const known_record_keys[] = { "guid", "name",      "name-utf16", "attr",
						 "data", "timestamp", "time",       "digest" };

/* One record being read. */
struct record {
	struct uefivars_variable variable;
	uint8_t *name;
	uint8_t *data;
};

static int hex_value(char c)
{
	return g_ascii_xdigit_value(c);
}

static bool read_hex(const char *text, size_t digits, uint8_t *out)
{
	if (digits % 2)
		return false;
	for (size_t i = 0; i < digits; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Reads a text of hexadecimal digits into new memory. */
static bool read_bytes(const json_t *value, uint8_t **bytes, size_t *size)
{
	size_t digits = json_string_length(value);

	if (!json_is_string(value))
		return false;
	*bytes = g_malloc(digits / 2 + 1);
	*size = digits / 2;
	return read_hex(json_string_value(value), digits, *bytes);
}

/* Reads a value that may be missing or null, and then is zero. */
static bool read_fixed(const json_t *value, uint8_t *bytes, size_t size)
{
	if (!value || json_is_null(value))
		return true;
	return json_is_string(value) && json_string_length(value) == size * 2 &&
	       read_hex(json_string_value(value), size * 2, bytes);
}

static const char *read_name(const json_t *object, struct record *record)
{
	const json_t *utf16 = json_object_get(object, "name-utf16"), *name = json_object_get(object, "name");
	const char *text = json_string_value(name);
	size_t length = json_string_length(name);

	if (utf16) {
		if (!read_bytes(utf16, &record->name, &record->variable.name_size))
			return bad_name_utf16;
	} else {
		/* A NUL inside cannot be a name's. */
		if (!text || memchr(text, '\0', length))
			return bad_name;
		record->name = g_malloc(length * 2 + 1);
		record->variable.name_size = name_from_utf8(text, record->name, length * 2);
	}
	record->variable.name = record->name;
	return NULL;
}

/* Returns NULL, or why the record cannot be right. */
static const char *read_record(const json_t *object, struct record *record)
{
	const json_t *guid = json_object_get(object, "guid"), *attr = json_object_get(object, "attr");
	const json_t *time = json_object_get(object, "time");
	struct uefivars_variable *variable = &record->variable;
	struct efi_guid parsed;
	const char *reason;

	if (!json_is_object(object))
		return not_object;
	reason = read_name(object, record);
	if (reason)
		return reason;
	if (!json_is_string(guid) || !guid_parse(json_string_value(guid), &parsed))
		return bad_guid;
	memcpy(variable->guid, parsed.bytes, sizeof variable->guid);
	if (!json_is_integer(attr) || json_integer_value(attr) < 0 || json_integer_value(attr) > UINT32_MAX)
		return bad_attr;
	variable->attributes = (uint32_t)json_integer_value(attr);
	if (!read_bytes(json_object_get(object, "data"), &record->data, &variable->data_size))
		return bad_data;
	variable->data = record->data;
	if (!read_fixed(time ? time : json_object_get(object, "timestamp"), variable->timestamp, 16))
		return bad_time;
	return read_fixed(json_object_get(object, "digest"), variable->digest, 32) ? NULL : bad_digest;
}

/* The keys of an object that are not among the known ones, as `"a": 1, "b": 2`; NULL where there are none. */
static char *unknown_keys(json_t *object, const char *const *known, size_t count)
{
	json_t *rest = json_copy(object);
	char *text, *result;

	for (size_t i = 0; i < count; i++)
		json_object_del(rest, known[i]);
	text = json_object_size(rest) ? json_dumps(rest, JSON_EMBED) : NULL;
	json_decref(rest);
	/* The result is GLib's memory. */
	result = g_strdup(text);
	free(text);
	return result;
}

static void remember_extra(struct json_store *store, json_t *object, const struct uefivars_variable *variable)
{
	char *keys = unknown_keys(object, known_record_keys, G_N_ELEMENTS(known_record_keys));
	struct json_extra *extra;

	if (!keys)
		return;
	extra = g_new0(struct json_extra, 1);
	memcpy(extra->guid, variable->guid, sizeof extra->guid);
	extra->name = g_malloc(variable->name_size);
	memcpy(extra->name, variable->name, variable->name_size);
	extra->name_size = variable->name_size;
	extra->keys = keys;
	g_ptr_array_add(store->extras, extra);
}

static void set_aside(const struct json_reader *reader, const json_t *object, const char *reason)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	char *record = json_dumps(object, JSON_ENCODE_ANY);
	char printable[LOG_NAME_SIZE];

	reader->set_aside(reader->context, record, log_text(name ? name : "(no name)", printable), reason);
	free(record);
}

static void take_record(struct json_store *store, json_t *object, const struct json_reader *reader)
{
	struct record record = { 0 };
	const char *reason = read_record(object, &record);

	if (!reason) {
		enum uefivars_reason taken = reader->take(reader->context, &record.variable);

		if (taken == UEFIVARS_OK)
			remember_extra(store, object, &record.variable);
		else
			reason = uefivars_reason_text(taken);
	}
	if (reason)
		set_aside(reader, object, reason);
	g_free(record.name);
	g_free(record.data);
}

static bool check_store(const json_t *root, GError **error)
{
	const json_t *version = json_object_get(root, "version");

	if (!json_is_object(root))
		return error_set(error, EXIT_FAILED, "not a variable store: not a JSON object");
	if (!json_is_integer(version))
		return error_set(error, EXIT_FAILED, "not a variable store: no \"version\" that is an integer");
	if (json_integer_value(version) != JSON_VERSION)
		return error_set(error, EXIT_FAILED,
				 "a variable store of version %" JSON_INTEGER_FORMAT ", where version %d was expected",
				 json_integer_value(version), JSON_VERSION);
	if (!json_is_array(json_object_get(root, "variables")))
		return error_set(error, EXIT_FAILED, "not a variable store: no \"variables\" that is an array");
	return true;
}

/* What an operator who comes from XAPI may have: the blob, or its text. */
static bool is_blob(const char *text, size_t size)
{
	return (size >= 4 && memcmp(text, "VARS", 4) == 0) || (size >= 5 && memcmp(text, "VkFSU", 5) == 0);
}

bool json_store_read(struct json_store *store, const char *text, size_t size, const struct json_reader *reader,
		     GError **error)
{
	json_error_t at;
	json_t *root, *variables;
	bool ok;

	if (size == 0)
		return true;
	if (is_blob(text, size))
		return error_set(error, EXIT_FAILED, "not JSON but a VARS blob: `varstore convert` makes JSON of it");
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at);
	if (!root) {
		char *near = strstr(at.text, " near ");

		/* What stands there may be a variable's data. */
		if (near)
			*near = '\0';
		return error_set(error, EXIT_FAILED, "not JSON: line %d, column %d: %s", at.line, at.column, at.text);
	}
	ok = check_store(root, error);
	if (ok) {
		store->keys = unknown_keys(root, known_keys, G_N_ELEMENTS(known_keys));
		variables = json_object_get(root, "variables");
		store->records = json_array_size(variables);
		for (size_t i = 0; i < store->records; i++)
			take_record(store, json_array_get(variables, i), reader);
	}
	json_decref(root);
	return ok;
}
