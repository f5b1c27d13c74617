/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of recorded boots, and the recordings themselves: three boots of one machine (OVMF to its shell, the same
 * again, then Linux), replayed against a store in this process. The answers were recorded from a simple store without
 * authentication; where ours differs by design is named in `own_variables` and below, all else must be the same.
 */
#include <glib.h>
#include <unistd.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/name.h"
#include "efi/status.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/trace.h"

enum { GET_VARIABLE, SET_VARIABLE, GET_NEXT_VARIABLE_NAME, QUERY_VARIABLE_INFO };

/* ---- The reader ---- */

static void put_record(GByteArray *out, uint32_t request_size, uint32_t response_size, uint8_t fill)
{
	guint at = out->len;

	g_byte_array_set_size(out, at + 8 + request_size + response_size);
	put_le32(out->data + at, request_size);
	put_le32(out->data + at + 4, response_size);
	memset(out->data + at + 8, fill, request_size);
	memset(out->data + at + 8 + request_size, fill + 1, response_size);
}

static void test_parse(void)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	char error[TRACE_ERROR_SIZE];
	struct trace trace;

	put_record(bytes, 8, 8, 1);
	put_record(bytes, TRACE_MESSAGE_MAX, 9, 3);
	put_record(bytes, 12, TRACE_MESSAGE_MAX, 5);
	g_assert_true(trace_parse(&trace, bytes->data, bytes->len, error));
	g_assert_cmpuint(trace.count, ==, 3);
	g_assert_true(trace.records[0].request == bytes->data + 8);
	g_assert_true(trace.records[0].response == bytes->data + 16);
	g_assert_cmpuint(trace.records[1].request_size, ==, TRACE_MESSAGE_MAX);
	g_assert_cmpuint(trace.records[1].response_size, ==, 9);
	g_assert_cmpuint(trace.records[1].request[0], ==, 3);
	g_assert_cmpuint(trace.records[2].response_size, ==, TRACE_MESSAGE_MAX);
	g_assert_cmpuint(trace.records[2].response[TRACE_MESSAGE_MAX - 1], ==, 6);
	trace_free(&trace);
	g_assert_cmpuint(trace.count, ==, 0);
}

/* Only whole records are taken, wherever the bytes end. */
static void test_cut(void)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	char error[TRACE_ERROR_SIZE];

	put_record(bytes, 10, 12, 1);
	put_record(bytes, 8, 8, 2);
	for (size_t size = 0; size <= bytes->len; size++) {
		g_autofree uint8_t *copy = check_copy(bytes->data, size);
		bool whole = size == 30 || size == bytes->len;
		struct trace trace;

		error[0] = '\0';
		g_assert_cmpint(trace_parse(&trace, copy, size, error), ==, whole);
		g_assert_cmpuint(trace.count, ==, !whole ? 0 : size == 30 ? 1 : 2);
		g_assert_cmpint(error[0] == '\0', ==, whole);
		trace_free(&trace);
	}
}

static void test_errors(void)
{
	static const struct {
		uint8_t bytes[24];
		size_t size;
		const char *error;
	} rows[] = {
		{ { 0 }, 0, "no record in it" },
		{ { 8, 0, 0, 0, 8, 0, 0 }, 7, "record 0 at byte 0: its two lengths are cut off" },
		{ { 7, 0, 0, 0, 8 }, 24, "record 0 at byte 0: the request's length is not between 8 and 65536" },
		{ { 1, 0, 1, 0, 8 }, 24, "record 0 at byte 0: the request's length is not between 8 and 65536" },
		{ { 255, 255, 255, 255 }, 24, "record 0 at byte 0: the request's length is not between 8 and 65536" },
		{ { 8, 0, 0, 0, 7 }, 24, "record 0 at byte 0: the response's length is not between 8 and 65536" },
		{ { 8, 0, 0, 0, 0, 0, 0, 128 },
		  24,
		  "record 0 at byte 0: the response's length is not between 8 and 65536" },
		{ { 17, 0, 0, 0, 8 }, 24, "record 0 at byte 0: the request is cut off" },
		{ { 8, 0, 0, 0, 9 }, 24, "record 0 at byte 0: the response is cut off" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		char error[TRACE_ERROR_SIZE] = "";
		struct trace trace;

		g_assert_false(trace_parse(&trace, rows[i].bytes, rows[i].size, error));
		g_assert_cmpstr(error, ==, rows[i].error);
	}
}

static void test_file(void)
{
	g_autofree char *directory = g_dir_make_tmp("trace-XXXXXX", NULL), *path = NULL, *wanted = NULL;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	char error[TRACE_ERROR_SIZE], found[128];
	struct trace trace;

	path = g_build_filename(directory, "one.trace", NULL);
	g_assert_false(trace_read(&trace, path, error));
	wanted = g_strdup_printf("%s: No such file or directory", path);
	g_assert_cmpstr(error, ==, wanted);
	put_record(bytes, 10, 12, 1);
	g_assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
	g_assert_true(trace_read(&trace, path, error));
	g_assert_cmpuint(trace.count, ==, 1);
	g_assert_cmpuint(trace.records[0].response[11], ==, 2);
	trace_free(&trace);
	g_assert_true(g_file_set_contents(path, (const char *)bytes->data, 29, NULL));
	g_assert_false(trace_read(&trace, path, error));
	g_free(wanted);
	wanted = g_strdup_printf("%s: record 0 at byte 0: the response is cut off", path);
	g_assert_cmpstr(error, ==, wanted);
	g_assert_false(trace_read(&trace, directory, error));
	g_assert_false(trace_find("one", found, 4));
	unlink(path);
	rmdir(directory);
}

/* ---- The recordings ---- */

/*
 * Variables that the store makes itself. The recorded store made four of them, ours makes more, so a step of an
 * enumeration that begins or ends at one is not compared; and MemoryOverwriteRequestControl is there where the
 * recording had not found it.
 */
static const char *const own_variables[] = {
	"",
	"SetupMode",
	"SecureBoot",
	"AuditMode",
	"DeployedMode",
	"SignatureSupport",
	"VendorKeys",
	"VendorKeysNv",
	"MemoryOverwriteRequestControl",
	"MemoryOverwriteRequestControlLock",
};

struct replay {
	struct guest *guest;
	GHashTable *written; /* what the recording wrote: GBytes of GUID and name -> GBytes of attributes and data */
	unsigned int statuses, values, steps, own;
};

static bool is_own(const uint8_t *name, size_t size)
{
	g_autofree char *text =
		g_utf16_to_utf8((const gunichar2 *)(const void *)name, (glong)(size / 2), NULL, NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(own_variables); i++) {
		if (g_strcmp0(text, own_variables[i]) == 0)
			return true;
	}
	return false;
}

static GBytes *join(const void *a, size_t a_size, const void *b, size_t b_size)
{
	GByteArray *bytes = g_byte_array_new();

	g_byte_array_append(bytes, a, (guint)a_size);
	g_byte_array_append(bytes, b, (guint)b_size);
	return g_byte_array_free_to_bytes(bytes);
}

/* Name and GUID of a request that has them at `at`: u64 size, name, GUID. */
static const uint8_t *name_at(const struct trace_record *record, size_t at, size_t *size, const uint8_t **guid)
{
	g_assert_cmpuint(record->request_size, >=, at + 8 + 16);
	*size = get_le64(record->request + at);
	g_assert_cmpuint(*size, <=, record->request_size - at - 8 - 16);
	*guid = record->request + at + 8 + *size;
	return record->request + at + 8;
}

static bool was_written(const struct replay *replay, const void *name, size_t size, const void *guid)
{
	g_autoptr(GBytes) key = join(guid, 16, name, size);

	return g_hash_table_contains(replay->written, key);
}

/* The two answers' first `size` bytes are the same. */
static void same_answer(const struct replay *replay, const struct trace_record *record, size_t size)
{
	g_assert_cmpuint(replay->guest->response_size, >=, size);
	check_bytes(replay->guest->client.page, size, record->response, size);
}

static void compare_get(struct replay *replay, const struct trace_record *record)
{
	uint64_t status = get_le64(replay->guest->client.page);
	const uint8_t *guid, *name;
	size_t size;

	name = name_at(record, 8, &size, &guid);
	if (memcmp(guid, guid_mor_control.bytes, sizeof guid_mor_control.bytes) == 0) {
		/* Ours is there (MOR-01); the recorded store had none. */
		g_assert_true(name_is(name, size, "MemoryOverwriteRequestControl"));
		check_status(get_le64(record->response), EFI_NOT_FOUND);
		g_assert_true(status == EFI_SUCCESS || status == EFI_BUFFER_TOO_SMALL);
		replay->own++;
		return;
	}
	check_status(status, get_le64(record->response));
	replay->statuses++;
	if (!was_written(replay, name, size, guid))
		return;
	if (status == EFI_SUCCESS) {
		g_assert_cmpuint(replay->guest->response_size, ==, record->response_size);
		same_answer(replay, record, record->response_size);
		replay->values++;
	} else if (status == EFI_BUFFER_TOO_SMALL) {
		same_answer(replay, record, 16); /* ours carries the attributes, too */
		replay->values++;
	}
}

static void compare_set(struct replay *replay, const struct trace_record *record)
{
	const uint8_t *guid, *name, *data;
	size_t size, data_size;

	check_status(get_le64(replay->guest->client.page), get_le64(record->response));
	replay->statuses++;
	if (get_le64(record->response) != EFI_SUCCESS)
		return;
	name = name_at(record, 8, &size, &guid);
	data_size = get_le64(guid + 16);
	g_assert_cmpuint(32 + size + data_size + 13, ==, record->request_size);
	data = guid + 24;
	g_assert_cmpuint(data_size, >, 0); /* the recordings delete nothing that exists */
	g_hash_table_replace(replay->written, join(guid, 16, name, size), join(data + data_size, 4, data, data_size));
}

/* Asks again with all the room there is. Returns whether the next variable is the recording's, or there is none. */
static bool ends_in_recording(const struct replay *replay, const struct trace_record *record)
{
	g_autofree uint8_t *request = check_copy(record->request, record->request_size);
	const uint8_t *page = replay->guest->client.page;
	size_t size;

	put_le64(request + 8, UEFIVARS_PAGE_SIZE);
	if (client_raw(&replay->guest->client, request, record->request_size) == EFI_NOT_FOUND)
		return true;
	check_status(get_le64(page), EFI_SUCCESS);
	size = get_le64(page + 8);
	if (was_written(replay, page + 16, size, page + 16 + size))
		return true;
	g_assert_true(is_own(page + 16, size));
	return false;
}

static void compare_next(struct replay *replay, const struct trace_record *record)
{
	uint64_t status = get_le64(replay->guest->client.page);
	const uint8_t *guid, *name;
	size_t size;

	name = name_at(record, 16, &size, &guid);
	if (is_own(name, size) || !ends_in_recording(replay, record)) {
		g_assert_true(status == EFI_SUCCESS || status == EFI_BUFFER_TOO_SMALL || status == EFI_NOT_FOUND);
		replay->own++;
		return;
	}
	client_raw(&replay->guest->client, record->request, record->request_size);
	g_assert_cmpuint(replay->guest->response_size, ==, record->response_size);
	same_answer(replay, record, record->response_size);
	replay->statuses++;
	replay->steps++;
}

static void replay_record(struct replay *replay, const struct trace_record *record)
{
	const uint8_t *page = replay->guest->client.page;

	g_assert_cmpuint(get_le32(record->request), ==, 1);
	client_raw(&replay->guest->client, record->request, record->request_size);
	switch (get_le32(record->request + 4)) {
	case GET_VARIABLE:
		compare_get(replay, record);
		break;
	case SET_VARIABLE:
		compare_set(replay, record);
		break;
	case GET_NEXT_VARIABLE_NAME:
		compare_next(replay, record);
		break;
	case QUERY_VARIABLE_INFO:
		check_status(get_le64(page), get_le64(record->response));
		g_assert_cmpuint(get_le64(page + 8), ==, get_le64(record->response + 8)); /* the maximum */
		replay->statuses++;
		break;
	default:
		g_assert_not_reached();
	}
}

/* At a boot's end the store has what the recording wrote, all of it. */
static void compare_store(const struct replay *replay)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	unsigned int found = 0;

	while (uefivars_next(replay->guest->uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		g_autoptr(GBytes) key = join(variable.guid, 16, variable.name, variable.name_size);
		g_autoptr(GBytes) value = join(&variable.attributes, 4, variable.data, variable.data_size);
		GBytes *wanted = g_hash_table_lookup(replay->written, key);

		if (wanted) {
			g_assert_true(g_bytes_equal(value, wanted));
			found++;
		}
	}
	g_assert_cmpuint(found, ==, g_hash_table_size(replay->written));
}

static gboolean is_volatile(gpointer key, gpointer value, gpointer unused)
{
	(void)key;
	(void)unused;
	return !(get_le32(g_bytes_get_data(value, NULL)) & ATTR_NV);
}

static void test_boots(void)
{
	/* Each boot's requests, and how many of them must have been compared, at least. */
	static const struct {
		const char *name;
		size_t requests;
		unsigned int statuses, values, steps;
	} boots[] = {
		{ "ovmf-first-boot", 643, 590, 220, 160 },
		{ "ovmf-second-boot", 720, 660, 385, 170 },
		{ "ovmf-linux", 667, 615, 385, 130 },
	};
	struct replay replay = { .guest = guest_new() };

	replay.written = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
					       (GDestroyNotify)g_bytes_unref);
	for (size_t i = 0; i < G_N_ELEMENTS(boots); i++) {
		char path[512], error[TRACE_ERROR_SIZE] = "";
		struct trace trace;

		if (!trace_find(boots[i].name, path, sizeof path)) {
			g_test_skip("the recordings are not there (TRACES names their directory)");
			break;
		}
		if (!trace_read(&trace, path, error))
			g_error("%s", error);
		g_assert_cmpuint(trace.count, ==, boots[i].requests);
		guest_reboot(replay.guest);
		replay.statuses = replay.values = replay.steps = replay.own = 0;
		for (size_t n = 0; n < trace.count; n++)
			replay_record(&replay, &trace.records[n]);
		g_test_message("%s: %u statuses, %u values, %u steps compared; %u differ by design", boots[i].name,
			       replay.statuses, replay.values, replay.steps, replay.own);
		g_assert_cmpuint(replay.statuses + replay.own, ==, trace.count);
		g_assert_cmpuint(replay.statuses, >=, boots[i].statuses);
		g_assert_cmpuint(replay.values, >=, boots[i].values);
		g_assert_cmpuint(replay.steps, >=, boots[i].steps);
		compare_store(&replay);
		g_hash_table_foreach_remove(replay.written, is_volatile, NULL);
		trace_free(&trace);
	}
	g_hash_table_unref(replay.written);
	guest_free(replay.guest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/parse", test_parse);
	g_test_add_func("/trace/cut", test_cut);
	g_test_add_func("/trace/errors", test_errors);
	g_test_add_func("/trace/file", test_file);
	g_test_add_func("/trace/boots", test_boots);
	return g_test_run();
}
