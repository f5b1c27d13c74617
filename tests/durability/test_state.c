/* SPDX-License-Identifier: GPL-2.0-only */
/* The state file: whole after a cut at any byte of any write, and right about answers. */
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

/* What the module writes goes through here, so that a test can have the file as it was between two bytes. */
static ssize_t recorded_pwrite(int fd, const void *bytes, size_t size, off_t offset);
#define pwrite recorded_pwrite
#include "daemon/state.c"
#include "daemon/state_file.c"
#undef pwrite

#include <glib/gstdio.h>

#include "tests/durability/state_place.h"
#include "tests/support/check.h"

struct written {
	size_t offset;
	GBytes *bytes;
};

static GArray *record;   /* of struct written; NULL: nothing is recorded */
static int pwrite_errno; /* not 0: writing fails */

static ssize_t recorded_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	struct written written = { (size_t)offset, NULL };

	if (pwrite_errno) {
		errno = pwrite_errno;
		return -1;
	}
	if (record) {
		written.bytes = g_bytes_new(bytes, size);
		g_array_append_val(record, written);
	}
	return pwrite(fd, bytes, size, offset);
}

static void forget(void)
{
	for (guint i = 0; i < record->len; i++)
		g_bytes_unref(g_array_index(record, struct written, i).bytes);
	g_array_free(record, TRUE);
	record = NULL;
}

static void test_finds_what_was_kept(void)
{
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state_identity identity;
	struct state *state;
	size_t size;

	g_assert_true(guest_start(guest));
	state = begin(place.path);
	for (unsigned int i = 1; i <= 50; i++) {
		check_status(set(guest, "Kept", i % 3, size_of(i)), EFI_SUCCESS);
		check_status(guest_set(guest, "Kept", 0, NULL, 0), EFI_SUCCESS);
		check_status(set(guest, "Kept", i, size_of(i)), EFI_SUCCESS);
		state_keep(state, guest->uv);
		state_free(state);
		state = open_state(place.path);
		g_assert_true(state_find(state, &identity));
		check_bytes((const uint8_t *)&identity, sizeof identity, (const uint8_t *)&someone, sizeof someone);
		g_assert_nonnull(state_blob(state, &size));
		g_assert_cmpuint(number_in(state_blob(state, &size), size, "Kept"), ==, i);
		g_assert_cmpuint(size, <, 128u << 10);
		g_assert_true(state_continue(state, VCPUS, NULL));
		check_status(guest_set(guest, "Kept", 0, NULL, 0), EFI_SUCCESS);
	}
	state_free(state);
	guest_free(guest);
	remove_place(&place);
}

static void test_writes_only_changes(void)
{
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state *state = begin(place.path);
	struct client_value value;

	g_assert_true(guest_start(guest));
	state_keep(state, guest->uv);
	record = g_array_new(FALSE, FALSE, sizeof(struct written));
	check_status(guest_get(guest, "SetupMode", &value), EFI_SUCCESS);
	state_keep(state, guest->uv);
	g_assert_cmpuint(record->len, ==, 0);
	check_status(set(guest, "New", 1, 10), EFI_SUCCESS);
	state_keep(state, guest->uv);
	g_assert_cmpuint(record->len, >, 0);
	forget();
	state_free(state);
	guest_free(guest);
	remove_place(&place);
}

/* The file as it was when the first `whole` writes and `part` bytes of the next had been made. */
static GByteArray *cut(GByteArray *before, guint whole, size_t part)
{
	GByteArray *file = g_byte_array_new_take(check_copy(before->data, before->len), before->len);

	for (guint i = 0; i < record->len && i <= whole; i++) {
		const struct written *written = &g_array_index(record, struct written, i);
		size_t size, old = file->len;
		const uint8_t *bytes = g_bytes_get_data(written->bytes, &size);

		if (i == whole)
			size = MIN(size, part);
		if (size == 0)
			continue;
		if (written->offset + size > old) {
			g_byte_array_set_size(file, (guint)(written->offset + size));
			memset(file->data + old, 0, file->len - old);
		}
		memcpy(file->data + written->offset, bytes, size);
	}
	return file;
}

static void check_cut(GByteArray *file, unsigned int old, unsigned int new)
{
	struct state_file_identity identity;
	struct state_file_place place;
	uint64_t sequence;
	unsigned int number;

	g_assert_true(state_file_parse(file->data, file->len, &identity, &sequence, &place));
	g_assert_cmpuint(identity.valid, ==, 1);
	number = number_in(file->data, file->len, "Cut");
	g_assert_true(number == old || number == new);
	/* The parser of the blob and the one of the state file agree on what counts. */
	g_assert_cmpuint(number, ==, sequence == old ? old : new);
}

/* Only the first bytes are written at once: they lie in one page, and the kernel does not stop within one. */
static void test_whole_after_every_cut(void)
{
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state *state = begin(place.path);

	g_assert_true(guest_start(guest));
	for (unsigned int i = 1; i <= 12; i++) {
		g_autoptr(GByteArray) before = g_byte_array_new();
		gchar *bytes = NULL;
		gsize size = 0;

		g_assert_true(g_file_get_contents(place.path, &bytes, &size, NULL));
		g_byte_array_append(before, (const guint8 *)bytes, (guint)size);
		g_free(bytes);
		record = g_array_new(FALSE, FALSE, sizeof(struct written));
		guest_set(guest, "Cut", 0, NULL, 0);
		check_status(set(guest, "Cut", i, size_of(i * 7)), EFI_SUCCESS);
		state_keep(state, guest->uv);
		for (guint whole = 0; i > 1 && whole < record->len; whole++) {
			size_t length = g_bytes_get_size(g_array_index(record, struct written, whole).bytes);
			bool at_once = g_array_index(record, struct written, whole).offset == 0;

			for (size_t part = 0; part <= length; part += at_once ? length : MAX(1, length / 61)) {
				g_autoptr(GByteArray) file = cut(before, whole, part);

				check_cut(file, i - 1, i);
			}
		}
		forget();
	}
	state_free(state);
	guest_free(guest);
	remove_place(&place);
}

/* A guest was served from the first attempt on to keep its state, whether that came to be written or not. */
static void test_served(void)
{
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state *state = begin(place.path);
	struct state_identity identity;
	size_t size;

	g_assert_true(guest_start(guest));
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_find(state, &identity));
	g_assert_false(state_was_served(state));
	g_assert_true(state_continue(state, VCPUS, NULL));
	pwrite_errno = ENOSPC;
	state_keep(state, guest->uv);
	pwrite_errno = 0;
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_find(state, &identity));
	g_assert_true(state_was_served(state));
	g_assert_null(state_blob(state, &size));
	g_assert_true(state_continue(state, VCPUS, NULL));
	state_keep(state, guest->uv);
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_was_served(state));
	g_assert_nonnull(state_blob(state, &size));
	g_assert_true(state_begin(state, &someone, VCPUS, NULL));
	g_assert_false(state_was_served(state));
	state_free(state);
	guest_free(guest);
	remove_place(&place);
}

/* A file that could not be written says that it is behind, and is right again when it can be. */
static void test_behind(void)
{
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state *state = begin(place.path), *other;
	size_t size;

	g_assert_true(guest_start(guest));
	check_status(set(guest, "Behind", 1, 10), EFI_SUCCESS);
	state_keep(state, guest->uv);
	check_status(set(guest, "Behind", 4, 10), EFI_SUCCESS);
	pwrite_errno = ENOSPC;
	state_keep(state, guest->uv);
	pwrite_errno = 0;
	/* Another descriptor of the same process is another owner of a lock: the state is let go. */
	state_free(state);
	other = open_state(place.path);
	g_assert_null(state_blob(other, &size));
	g_assert_true(state_continue(other, VCPUS, NULL));
	state_keep(other, guest->uv);
	state_free(other);
	other = open_state(place.path);
	g_assert_nonnull(state_blob(other, &size));
	g_assert_cmpuint(number_in(state_blob(other, &size), size, "Behind"), ==, 4);
	state_free(other);
	guest_free(guest);
	remove_place(&place);
}

static void test_journal(void)
{
	static const uint8_t request[STATE_REQUEST_SIZE] = "request", response[] = "response";
	static const uint8_t large[STATE_REQUEST_SIZE + 1];
	struct place place = new_place();
	struct guest *guest = guest_new();
	struct state *state = begin(place.path);
	const uint8_t *bytes = NULL;
	size_t size = 0;

	g_assert_true(guest_start(guest));
	state_keep(state, guest->uv);
	state_answer(state, 0, guest->uv, request, response, sizeof response);
	state_answer(state, 1, guest->uv, request, large, sizeof large);
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_continue(state, VCPUS, NULL));
	g_assert_cmpint(state_left(state, 0, &bytes, &size), ==, STATE_RESPONSE);
	check_bytes(bytes, size, response, sizeof response);
	g_assert_cmpint(state_left(state, 1, &bytes, &size), ==, STATE_REQUEST);
	check_bytes(bytes, size, request, sizeof request);
	state_take(state, 1);
	g_assert_cmpint(state_left(state, 1, &bytes, &size), ==, STATE_UNANSWERED);

	/* An answer that was to go with a change which was not made: the request has to be served again. */
	state_keep(state, guest->uv);
	check_status(set(guest, "Change", 1, 10), EFI_SUCCESS);
	pwrite_errno = EIO;
	state_answer(state, 0, guest->uv, request, response, sizeof response);
	pwrite_errno = 0;
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_continue(state, VCPUS, NULL));
	g_assert_cmpint(state_left(state, 0, &bytes, &size), ==, STATE_UNANSWERED);
	state_free(state);
	guest_free(guest);
	remove_place(&place);
}

/* Whose file it is: a start that fails empties what it has begun, and nothing that was given to another. */
static void test_owner(void)
{
	struct place place = new_place();
	struct state_identity identity;
	struct state *state = open_state(place.path);
	struct stat status;

	g_assert_false(state_is_written(state));
	g_assert_true(state_begin(state, &someone, VCPUS, NULL));
	g_assert_true(state_is_written(state));
	state_stop(state);
	g_assert_false(state_is_written(state));
	state_free(state);
	state = open_state(place.path);
	g_assert_true(state_find(state, &identity));
	g_assert_false(state_is_written(state));
	g_assert_true(state_continue(state, VCPUS, NULL));
	g_assert_true(state_is_written(state));
	state_discard(state);
	g_assert_false(state_is_written(state));
	state_free(state);
	g_assert_cmpint(stat(place.path, &status), ==, 0);
	g_assert_cmpint(status.st_size, ==, 0);
	state = open_state(place.path);
	g_assert_false(state_find(state, &identity));
	state_free(state);
	remove_place(&place);
}

static void test_other_files(void)
{
	static const char *const others[] = { "", "no state", "VARS" };
	struct place place = new_place();
	struct state_identity identity;
	GError *error = NULL;
	struct state *state;
	size_t size;

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		g_assert_true(g_file_set_contents(place.path, others[i], -1, NULL));
		state = open_state(place.path);
		g_assert_false(state_find(state, &identity));
		g_assert_null(state_blob(state, &size));
		g_assert_false(state_continue(state, VCPUS, &error));
		g_assert_nonnull(error);
		g_clear_error(&error);
		/* It is locked. */
		g_assert_null(state_open(place.path, &error));
		g_assert_nonnull(strstr(error->message, "another process"));
		g_clear_error(&error);
		state_free(state);
	}
	g_assert_null(state_open(place.directory, &error));
	g_assert_nonnull(strstr(error->message, place.directory));
	g_clear_error(&error);
	remove_place(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/state/finds-what-was-kept", test_finds_what_was_kept);
	g_test_add_func("/state/writes-only-changes", test_writes_only_changes);
	g_test_add_func("/state/whole-after-every-cut", test_whole_after_every_cut);
	g_test_add_func("/state/served", test_served);
	g_test_add_func("/state/behind", test_behind);
	g_test_add_func("/state/journal", test_journal);
	g_test_add_func("/state/owner", test_owner);
	g_test_add_func("/state/other-files", test_other_files);
	return g_test_run();
}
