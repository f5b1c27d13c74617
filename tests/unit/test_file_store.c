/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a store: found through links, locked, replaced whole with its mode and owner, and in place where that is
 * all there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/store_file.h"
#include "error.h"
#include "tests/support/check.h"

struct fixture {
	char *directory;
	char *path; /* directory/store */
};

static void setup(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->directory = g_dir_make_tmp("uvs-XXXXXX", NULL);
	f->path = g_build_filename(f->directory, "store", NULL);
}

static void teardown(struct fixture *f, gconstpointer data)
{
	GDir *directory;
	const char *name;

	(void)data;
	g_assert_cmpint(chmod(f->directory, 0700), ==, 0);
	directory = g_dir_open(f->directory, 0, NULL);
	while ((name = g_dir_read_name(directory)) != NULL) {
		char *path = g_build_filename(f->directory, name, NULL);

		g_remove(path);
		g_free(path);
	}
	g_dir_close(directory);
	g_assert_cmpint(g_rmdir(f->directory), ==, 0);
	g_free(f->path);
	g_free(f->directory);
}

static struct store_file *open_file(const char *path, bool writable)
{
	GError *error = NULL;
	struct store_file *file = store_file_open(path, writable, &error);

	g_assert_no_error(error);
	return file;
}

/* Opening fails, and says this. */
static void open_fails(const char *path, bool writable, const char *told)
{
	GError *error = NULL;

	g_assert_null(store_file_open(path, writable, &error));
	g_test_message("%s", error->message);
	g_assert_cmpint(error->code, ==, EXIT_FAILED);
	g_assert_true(g_str_has_prefix(error->message, path));
	g_assert_nonnull(strstr(error->message, told));
	g_error_free(error);
}

static void write_text(struct store_file *file, const char *text)
{
	GError *error = NULL;

	g_assert_cmpint(store_file_write(file, text, strlen(text), NULL, &error), ==, WRITE_DONE);
	g_assert_no_error(error);
}

static void check_read(struct store_file *file, const char *expected, bool expect_rest)
{
	GError *error = NULL;
	bool at_rest;
	size_t size;
	char *text = store_file_read(file, &size, &at_rest, &error);

	g_assert_no_error(error);
	check_bytes(text, size, expected, strlen(expected));
	g_assert_cmpint(at_rest, ==, expect_rest);
	g_free(text);
}

static void check_contents(const char *path, const char *expected)
{
	char *text;
	gsize size;

	g_assert_true(g_file_get_contents(path, &text, &size, NULL));
	check_bytes(text, size, expected, strlen(expected));
	g_free(text);
}

static guint count_files(const struct fixture *f)
{
	GDir *directory = g_dir_open(f->directory, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(directory))
		count++;
	g_dir_close(directory);
	return count;
}

static bool exists(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_write(struct fixture *f, gconstpointer data)
{
	struct store_file *file = open_file(f->path, true);
	struct stat status;

	(void)data;
	check_read(file, "", true);
	write_text(file, "one");
	check_contents(f->path, "one");
	write_text(file, "second");
	check_contents(f->path, "second");
	check_read(file, "second", true);
	g_assert_cmpint(stat(f->path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
	store_file_close(file);
	g_assert_cmpuint(count_files(f), ==, 1);
	file = open_file(f->path, false);
	check_read(file, "second", true);
	store_file_close(file);
}

/* A file that was made for its lock only is not left behind; one that was there is. */
static void test_made(struct fixture *f, gconstpointer data)
{
	(void)data;
	store_file_close(open_file(f->path, true));
	g_assert_false(exists(f->path));
	g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
	store_file_close(open_file(f->path, true));
	g_assert_true(exists(f->path));
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	store_file_close(open_file(f->path, false));
	g_assert_false(exists(f->path));
}

static void test_lock(struct fixture *f, gconstpointer data)
{
	struct store_file *file = open_file(f->path, true), *reader;
	char *link = g_build_filename(f->directory, "hard", NULL);

	(void)data;
	open_fails(f->path, true, "is locked: another program uses this store");
	write_text(file, "one");
	/* The file is another one now. */
	open_fails(f->path, true, "is locked");
	reader = open_file(f->path, false);
	check_read(reader, "one", true);
	store_file_close(reader);
	g_assert_cmpint(linkat(AT_FDCWD, f->path, AT_FDCWD, link, 0), ==, 0);
	open_fails(link, true, "is locked");
	store_file_close(file);
	file = open_file(f->path, true);
	check_read(file, "one", true);
	store_file_close(file);
	g_free(link);
}

static void test_mode(struct fixture *f, gconstpointer data)
{
	struct store_file *file;
	struct stat status;

	(void)data;
	g_assert_true(g_file_set_contents(f->path, "old", 3, NULL));
	g_assert_cmpint(chmod(f->path, 0640), ==, 0);
	if (geteuid() == 0)
		g_assert_cmpint(chown(f->path, 12345, 23456), ==, 0);
	file = open_file(f->path, true);
	write_text(file, "new");
	store_file_close(file);
	g_assert_cmpint(stat(f->path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 07777, ==, 0640);
	if (geteuid() == 0) {
		g_assert_cmpuint(status.st_uid, ==, 12345);
		g_assert_cmpuint(status.st_gid, ==, 23456);
	}
}

/* What a crash of ours left is removed, by the one who has the lock only. */
static void test_stale(struct fixture *f, gconstpointer data)
{
	char *temporary = g_strconcat(f->path, ".uefistored-new", NULL);
	struct store_file *file;

	(void)data;
	g_assert_true(g_file_set_contents(temporary, "half a st", 9, NULL));
	store_file_close(open_file(f->path, false));
	g_assert_true(exists(temporary));
	file = open_file(f->path, true);
	g_assert_false(exists(temporary));
	g_assert_true(g_file_set_contents(temporary, "half a st", 9, NULL));
	open_fails(f->path, true, "is locked");
	g_assert_true(exists(temporary));
	write_text(file, "whole");
	g_assert_false(exists(temporary));
	check_contents(f->path, "whole");
	store_file_close(file);
	g_free(temporary);
}

static void test_links(struct fixture *f, gconstpointer data)
{
	char *first = g_build_filename(f->directory, "first", NULL),
	     *second = g_build_filename(f->directory, "second", NULL);
	struct store_file *file;

	(void)data;
	/* first -> second -> store, which is missing, then there. */
	g_assert_cmpint(symlink("store", second), ==, 0);
	g_assert_cmpint(symlink(second, first), ==, 0);
	for (int i = 0; i < 2; i++) {
		file = open_file(first, true);
		write_text(file, i ? "two" : "one");
		store_file_close(file);
		g_assert_true(g_file_test(first, G_FILE_TEST_IS_SYMLINK));
		g_assert_true(g_file_test(second, G_FILE_TEST_IS_SYMLINK));
		check_contents(f->path, i ? "two" : "one");
	}
	g_assert_cmpint(g_unlink(second), ==, 0);
	g_assert_cmpint(symlink("first", second), ==, 0);
	open_fails(first, true, "cannot be found: Too many levels");
	g_free(first);
	g_free(second);
}

static void test_no_file(struct fixture *f, gconstpointer data)
{
	char *missing = g_build_filename(f->directory, "missing", "store", NULL);
	char *slash = g_strconcat(f->directory, "/", NULL);

	(void)data;
	open_fails(f->directory, true, ": Is a directory");
	open_fails(f->directory, false, "not a regular file");
	open_fails(slash, true, "cannot be found: Is a directory");
	open_fails(missing, true, "its directory cannot be opened: No such file");
	g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
	open_fails(f->path, true, "not a regular file");
	open_fails(f->path, false, "not a regular file");
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	g_free(missing);
	g_free(slash);
}

static void test_unreadable_texts(struct fixture *f, gconstpointer data)
{
	static const char nuls[5000];
	struct store_file *file;
	GError *error = NULL;
	bool at_rest;
	size_t size;

	(void)data;
	g_assert_true(g_file_set_contents(f->path, nuls, sizeof nuls, NULL));
	file = open_file(f->path, true);
	g_assert_null(store_file_read(file, &size, &at_rest, &error));
	g_assert_nonnull(strstr(error->message, "begins with a NUL"));
	g_clear_error(&error);
	g_assert_cmpint(truncate(f->path, STORE_FILE_MAX + 1), ==, 0);
	g_assert_null(store_file_read(file, &size, &at_rest, &error));
	g_assert_nonnull(strstr(error->message, "File too large"));
	g_clear_error(&error);
	store_file_close(file);
	g_assert_true(g_file_set_contents(f->path, " \n\t\r\n", 5, NULL));
	file = open_file(f->path, true);
	check_read(file, "", true);
	store_file_close(file);
	g_assert_true(g_file_set_contents(f->path, "", 1, NULL));
	file = open_file(f->path, true);
	check_read(file, "", false);
	store_file_close(file);
}

static bool pass(void *context)
{
	return *(bool *)context;
}

static void test_gate(struct fixture *f, gconstpointer data)
{
	struct store_file *file = open_file(f->path, true);
	bool open = false;
	const struct write_gate gate = { pass, &open };
	GError *error = NULL;

	(void)data;
	write_text(file, "old");
	g_assert_cmpint(store_file_write(file, "new", 3, &gate, &error), ==, WRITE_FAILED);
	g_assert_nonnull(error);
	g_clear_error(&error);
	check_contents(f->path, "old");
	g_assert_cmpuint(count_files(f), ==, 1);
	open = true;
	g_assert_cmpint(store_file_write(file, "new", 3, &gate, &error), ==, WRITE_DONE);
	check_contents(f->path, "new");
	store_file_close(file);
}

/* Sets whether the permissions of files hold for root, too. Returns false where that cannot be. */
static bool obey_permissions(bool obey)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];
	const __u32 override = 1u << CAP_DAC_OVERRIDE;

	if (geteuid() != 0)
		return true;
	if (syscall(SYS_capget, &header, sets) < 0)
		return false;
	sets[0].effective = obey ? sets[0].effective & ~override : sets[0].effective | override;
	return syscall(SYS_capset, &header, sets) == 0;
}

/* The directory cannot be written: the file itself is, and a crash leaves the old or the new text. */
static void test_in_place(struct fixture *f, gconstpointer data)
{
	struct stat before, after;
	struct store_file *file;
	bool open = false;
	const struct write_gate gate = { pass, &open };

	(void)data;
	g_assert_true(g_file_set_contents(f->path, "the old text", 12, NULL));
	g_assert_cmpint(chmod(f->directory, 0500), ==, 0);
	if (!obey_permissions(true)) {
		g_test_skip("permissions cannot be made to hold");
		return;
	}
	g_assert_cmpint(stat(f->path, &before), ==, 0);
	file = open_file(f->path, true);
	check_read(file, "the old text", true);
	g_assert_cmpint(store_file_write(file, "x", 1, &gate, NULL), ==, WRITE_FAILED);
	check_contents(f->path, "the old text");
	write_text(file, "new");
	check_contents(f->path, "new");
	write_text(file, "a longer one than before");
	check_contents(f->path, "a longer one than before");
	open_fails(f->path, true, "is locked");
	store_file_close(file);
	g_assert_cmpint(stat(f->path, &after), ==, 0);
	g_assert_cmpuint(before.st_ino, ==, after.st_ino);
	obey_permissions(false);
}

/* What an interrupted write in place left is read past. */
static void test_interrupted(struct fixture *f, gconstpointer data)
{
	struct store_file *file;
	GString *text = g_string_new("the old text");

	(void)data;
	g_string_set_size(text, 5000);
	memset(text->str + 12, 0, 5000 - 12);
	memcpy(text->str + 4160, "the new te", 10);
	g_assert_true(g_file_set_contents(f->path, text->str, 5000, NULL));
	file = open_file(f->path, true);
	check_read(file, "the old text", false);
	write_text(file, "the old text");
	check_read(file, "the old text", true);
	store_file_close(file);
	g_string_free(text, TRUE);
}

static void test_append_beside(struct fixture *f, gconstpointer data)
{
	static const char *const lines[] = { "{\"a\": 1}", "{\"b\": 2}", "{\"a\": 1}" };
	static const char *const more[] = { "{\"b\": 2}", "{\"c\": 3}" };
	char *path = g_strconcat(f->path, ".rejected", NULL);
	struct store_file *file = open_file(f->path, true);
	bool added[3];

	(void)data;
	g_assert_true(store_file_append_beside(file, ".rejected", lines, 3, added));
	g_assert_true(added[0] && added[1] && !added[2]);
	check_contents(path, "{\"a\": 1}\n{\"b\": 2}\n");
	g_assert_true(store_file_append_beside(file, ".rejected", lines, 3, added));
	g_assert_false(added[0] || added[1] || added[2]);
	/* A crash cut the last line. */
	g_assert_cmpint(truncate(path, 15), ==, 0);
	g_assert_true(store_file_append_beside(file, ".rejected", more, 2, added));
	g_assert_true(added[0] && added[1]);
	check_contents(path, "{\"a\": 1}\n{\"b\": \n{\"b\": 2}\n{\"c\": 3}\n");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_assert_false(store_file_append_beside(file, ".rejected", more, 2, added));
	store_file_close(file);
	g_free(path);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *f, gconstpointer data);
	} tests[] = {
		{ "/file-store/write", test_write },
		{ "/file-store/made", test_made },
		{ "/file-store/lock", test_lock },
		{ "/file-store/mode", test_mode },
		{ "/file-store/stale", test_stale },
		{ "/file-store/links", test_links },
		{ "/file-store/no-file", test_no_file },
		{ "/file-store/unreadable-texts", test_unreadable_texts },
		{ "/file-store/gate", test_gate },
		{ "/file-store/in-place", test_in_place },
		{ "/file-store/interrupted", test_interrupted },
		{ "/file-store/append-beside", test_append_beside },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
