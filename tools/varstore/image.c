/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/image.h"

#include <stdlib.h>
#include <string.h>

#include "backend/journal.h"
#include "efi/attributes.h"
#include "log.h"
#include "tools/support/report.h"

/* The head of a VARS blob: docs/tools.md has the bytes. */
#define VARS_MAGIC "VARS"
#define VARS_MAGIC_SIZE 4
#define VARS_VERSION_AT 4
#define VARS_EXTRA_AT 24
#define VARS_MOR_KEY_AT 24
#define VARS_MOR_KEY_SIZE 8
#define VARS_PPI_AT 32
#define VARS_PPI_SIZE 260

/* "VARS" and the low byte of a version, in base64. */
#define BASE64_START "VkFSU"

const char *const image_form_names[] = { "JSON", "VARS", "base64" };

static void take_event(void *context, const struct uefivars_event *event)
{
	struct image *image = context;

	if (event->kind == UEFIVARS_EVENT_REFUSED || event->kind == UEFIVARS_EVENT_MALFORMED)
		image->reason = event->reason;
}

struct uefivars *image_new_uefivars(struct image *image, const struct variable_name *allowed)
{
	const struct uefivars_host host = { .context = image, .event = image ? take_event : NULL };
	struct uefivars_allowed_name name = { .any_guid = true };
	struct uefivars_policy policy;
	struct uefivars *uv;

	uefivars_policy_default(&policy);
	/* The operator owns the machine: nobody has to sign for him, and a name that he asks for is allowed. */
	policy.auth_enforce = false;
	if (allowed) {
		name.name = allowed->name;
		name.name_size = allowed->size;
		policy.allow_names = &name;
		policy.allow_names_count = 1;
	}
	uv = uefivars_create(&policy, &host);
	if (!uv) {
		report("out of memory");
		exit(EXIT_RUNTIME);
	}
	return uv;
}

void image_clear(struct image *image)
{
	uefivars_free(image->uv);
	json_store_free(image->json);
	if (image->set_aside)
		g_ptr_array_free(image->set_aside, TRUE);
	if (image->rejected)
		g_ptr_array_free(image->rejected, TRUE);
	kept_free(image->kept);
	memset(image, 0, sizeof *image);
}

static void begin(struct image *image, const struct variable_name *allowed)
{
	memset(image, 0, sizeof *image);
	image->uv = image_new_uefivars(image, allowed);
	image->json = json_store_new();
	image->set_aside = g_ptr_array_new_with_free_func(g_free);
	image->rejected = g_ptr_array_new_with_free_func(g_free);
}

/* ---- JSON ---- */

static enum uefivars_reason take_record(void *context, const struct uefivars_variable *variable)
{
	return uefivars_load(((struct image *)context)->uv, variable, false);
}

static void set_record_aside(void *context, const char *record, const char *name, const char *reason)
{
	struct image *image = context;

	/* It stays where it is. */
	json_store_keep(image->json, record);
	g_ptr_array_add(image->set_aside, g_strdup_printf("%s: %s", name, reason));
}

static bool read_json(struct image *image, const char *source, const char *text, size_t size)
{
	const struct json_reader reader = { image, take_record, set_record_aside };
	GError *error = NULL;

	if (json_store_read(image->json, text, size, &reader, &error))
		return true;
	report("%s: %s", source, error->message);
	g_error_free(error);
	return false;
}

/* ---- VARS ---- */

static void keep_rejected(struct image *image, const uint8_t *record, size_t size, const char *reason)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "{\"reason\": \"%s\", \"record\": \"", reason);
	for (size_t i = 0; i < size; i++)
		g_string_append_printf(line, "%02x", record[i]);
	g_string_append(line, "\"}");
	g_ptr_array_add(image->rejected, g_string_free(line, FALSE));
}

static void set_blob_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record, size_t size,
			   enum uefivars_reason reason)
{
	struct image *image = context;
	const bool room = !image->kept || kept_add(image->kept, variable, record, size);
	char name[LOG_NAME_SIZE];

	if (!image->kept)
		keep_rejected(image, record, size, uefivars_reason_text(reason));
	g_ptr_array_add(image->set_aside,
			g_strdup_printf("%s: %s%s",
					variable ? log_name(variable->name, variable->name_size, name) : "a record",
					uefivars_reason_text(reason),
					room ? "" : "; there is no room to keep it: a change loses it"));
}

static bool has_volatile(const struct uefivars *uv)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;

	while (uefivars_next(uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		if (!(variable.attributes & ATTR_NV))
			return true;
	}
	return false;
}

/* A save file has volatile variables, SecureBoot and SetupMode at least; what is kept over boots has none. */
static bool is_save_file(const uint8_t *blob, size_t size)
{
	struct uefivars *uv = image_new_uefivars(NULL, NULL);
	bool running;

	uefivars_load_blob(uv, blob, size, true, NULL, NULL);
	running = has_volatile(uv);
	uefivars_free(uv);
	return running;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

static bool read_vars(struct image *image, const char *source, const uint8_t *blob, size_t size)
{
	enum uefivars_reason reason;

	/* What travels as text is XAPI's, and that is never a running guest's. */
	image->running = image->form == IMAGE_VARS && is_save_file(blob, size);
	reason = uefivars_load_blob(image->uv, blob, size, image->running, set_blob_aside, image);
	if (reason != UEFIVARS_OK) {
		report("%s: a VARS blob of version 1 or 2 was expected: %s", source, uefivars_reason_text(reason));
		return false;
	}
	if (blob[VARS_VERSION_AT] == 2) {
		image->has_mor_key = !is_zero(blob + VARS_MOR_KEY_AT, VARS_MOR_KEY_SIZE);
		image->has_ppi = !is_zero(blob + VARS_PPI_AT, VARS_PPI_SIZE);
		if (!image->running)
			memcpy(image->extra, blob + VARS_EXTRA_AT, IMAGE_EXTRA_SIZE);
	}
	return true;
}

/* ---- base64 ---- */

/* The digits alone, without blanks and line ends; NULL where something else is among them. */
static char *base64_digits(const char *text, size_t size)
{
	char *digits = g_malloc(size + 1);
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		if (g_ascii_isspace(text[i]))
			continue;
		if (!g_ascii_isalnum(text[i]) && !(text[i] && strchr("+/=", text[i]))) {
			g_free(digits);
			return NULL;
		}
		digits[count++] = text[i];
	}
	digits[count] = '\0';
	return digits;
}

static bool read_base64(struct image *image, const char *source, const char *text, size_t size)
{
	char *digits = base64_digits(text, size);
	guchar *blob;
	gsize blob_size;
	bool ok;

	if (!digits) {
		report("%s: the base64 text of a VARS blob was expected: a character that is no digit of base64",
		       source);
		return false;
	}
	blob = g_base64_decode(digits, &blob_size);
	ok = read_vars(image, source, blob, blob_size);
	g_free(blob);
	g_free(digits);
	return ok;
}

bool image_read_base64(struct image *image, const char *source, const char *text, const struct variable_name *allowed)
{
	const size_t size = strlen(text);

	begin(image, allowed);
	image->form = IMAGE_BASE64;
	image->kept = kept_new();
	image->found = strspn(text, " \t\r\n") != size;
	return !image->found || read_base64(image, source, text, size);
}

/* ---- All ---- */

static bool starts(const char *text, size_t size, const char *start)
{
	return size >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

bool image_read(struct image *image, const char *source, const uint8_t *bytes, size_t size,
		const struct variable_name *allowed)
{
	const char *text = (const char *)bytes, *first;
	size_t text_size = size, offset = 0;

	begin(image, allowed);
	if (size == 0)
		return true;
	image->found = true;
	if (size >= VARS_MAGIC_SIZE && memcmp(bytes, VARS_MAGIC, VARS_MAGIC_SIZE) == 0) {
		image->form = IMAGE_VARS;
		return read_vars(image, source, bytes, size);
	}
	/* A text that was being replaced in place when a program ended. */
	journal_find(text, size, &offset, &text_size);
	text += offset;
	for (first = text; first < text + text_size && g_ascii_isspace(*first);)
		first++;
	/* A blank text is an empty store; a file of NULs is what a crash makes of one. */
	if (text_size > 0 && first == text + text_size) {
		image->found = false;
		return true;
	}
	if (starts(first, text_size - (size_t)(first - text), BASE64_START)) {
		image->form = IMAGE_BASE64;
		image->newline = text[text_size - 1] == '\n';
		return read_base64(image, source, text, text_size);
	}
	if (first < text + text_size && *first == '{')
		return read_json(image, source, text, text_size);
	report("%s: no variable store: a JSON store, a VARS blob or the base64 text of one was expected", source);
	return false;
}

static GString *write_vars(const struct image *image)
{
	const enum uefivars_scope scope = image->running ? UEFIVARS_SCOPE_ALL : UEFIVARS_SCOPE_STORED;
	const size_t size = uefivars_save(image->uv, UEFIVARS_COMMITTED, scope, NULL, 0);
	const size_t kept = image->kept ? kept_size(image->kept) : 0;
	GString *blob = g_string_sized_new(size + kept);

	g_string_set_size(blob, size + kept);
	uefivars_save(image->uv, UEFIVARS_COMMITTED, scope, (uint8_t *)blob->str, size);
	if (!image->running)
		memcpy(blob->str + VARS_EXTRA_AT, image->extra, IMAGE_EXTRA_SIZE);
	if (image->kept)
		kept_put(image->kept, (uint8_t *)blob->str, size);
	return blob;
}

GString *image_write(struct image *image, enum image_form form)
{
	GString *blob, *text;
	char *digits;

	if (form == IMAGE_JSON)
		return json_store_write(image->json, image->uv, UEFIVARS_COMMITTED);
	blob = write_vars(image);
	if (form == IMAGE_VARS)
		return blob;
	digits = g_base64_encode((const guchar *)blob->str, blob->len);
	text = g_string_new(digits);
	if (image->newline)
		g_string_append_c(text, '\n');
	g_free(digits);
	g_string_free(blob, TRUE);
	return text;
}
