/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing in place, cut off anywhere: a file on a simulated disk is replaced, the power fails after each operation and
 * in the middle of it, and what lies on the disk then has to read as the old or as the new text, never as anything
 * else.
 */
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "backend/journal.h"
#include "tests/support/check.h"

#define SECTOR 512u

enum kind { OP_WRITE, OP_TRUNCATE, OP_SYNC };

struct op {
	enum kind kind;
	size_t offset; /* or the new size */
	GBytes *bytes;
};

/* What was asked of the file, in order; `fail_at` makes one of the operations fail. */
struct recorder {
	GArray *ops;
	GByteArray *file; /* as the program sees it */
	int fail_at;
	int count;
};

static void apply(GByteArray *file, size_t offset, const uint8_t *bytes, size_t size)
{
	size_t before = file->len;

	if (offset + size > before) {
		g_byte_array_set_size(file, (guint)(offset + size));
		memset(file->data + before, 0, offset + size - before);
	}
	if (size)
		memcpy(file->data + offset, bytes, size);
}

static void resize(GByteArray *file, size_t size)
{
	size_t before = file->len;

	g_byte_array_set_size(file, (guint)size);
	if (size > before)
		memset(file->data + before, 0, size - before);
}

static int record(struct recorder *recorder, struct op op)
{
	if (recorder->count++ == recorder->fail_at) {
		g_bytes_unref(op.bytes);
		errno = ENOSPC;
		return -1;
	}
	g_array_append_val(recorder->ops, op);
	return 0;
}

static int record_write(void *file, const void *bytes, size_t size, off_t offset)
{
	struct recorder *recorder = file;

	if (record(recorder, (struct op){ OP_WRITE, (size_t)offset, g_bytes_new(bytes, size) }) < 0)
		return -1;
	apply(recorder->file, (size_t)offset, bytes, size);
	return 0;
}

static int record_sync(void *file)
{
	return record(file, (struct op){ .kind = OP_SYNC });
}

static int record_truncate(void *file, off_t size)
{
	struct recorder *recorder = file;

	if (record(recorder, (struct op){ .kind = OP_TRUNCATE, .offset = (size_t)size }) < 0)
		return -1;
	resize(recorder->file, (size_t)size);
	return 0;
}

static const struct journal_io recording = { record_write, record_sync, record_truncate };

static GByteArray *copy(const GByteArray *file)
{
	GByteArray *result = g_byte_array_sized_new(file->len + 1);

	return g_byte_array_append(result, file->data, file->len);
}

static void clear_op(gpointer op)
{
	g_bytes_unref(((struct op *)op)->bytes);
}

static enum write_result record_all(struct recorder *recorder, const GByteArray *start, const char *text, size_t size)
{
	recorder->ops = g_array_new(FALSE, FALSE, sizeof(struct op));
	g_array_set_clear_func(recorder->ops, clear_op);
	recorder->file = copy(start);
	recorder->count = 0;
	return journal_write(&recording, recorder, start->len, text, size, NULL);
}

static void free_recorder(struct recorder *recorder)
{
	g_array_free(recorder->ops, TRUE);
	g_byte_array_free(recorder->file, TRUE);
}

/* Part of an operation reaches the disk. write_size: how many bytes of a write, in order. */
static void apply_op(GByteArray *disk, const struct op *op, size_t write_size)
{
	const uint8_t *bytes;
	gsize size;

	if (op->kind == OP_TRUNCATE)
		resize(disk, op->offset);
	if (op->kind != OP_WRITE)
		return;
	bytes = g_bytes_get_data(op->bytes, &size);
	apply(disk, op->offset, bytes, MIN(write_size, size));
}

/* Some sectors of a write reach the disk, and perhaps the file's size alone. */
static void apply_sectors(GByteArray *disk, const struct op *op)
{
	gsize size;
	const uint8_t *bytes = g_bytes_get_data(op->bytes, &size);

	if (g_test_rand_bit())
		apply(disk, op->offset + size, NULL, 0);
	for (size_t at = 0; at < size;) {
		size_t part = MIN(SECTOR - (op->offset + at) % SECTOR, size - at);

		if (g_test_rand_bit())
			apply(disk, op->offset + at, bytes + at, part);
		at += part;
	}
}

/* What the simulated machine finds after the power failed: one of the texts? Returns which, -1 for none. */
static int found(const GByteArray *disk, const char *const *texts, size_t count)
{
	size_t offset, size;
	const char *bytes = (const char *)disk->data;

	journal_find(bytes ? bytes : "", disk->len, &offset, &size);
	for (size_t i = 0; i < count; i++) {
		/* An empty store may have become blank or one NUL, but not a file of NULs. */
		if (texts[i][0] == '\0') {
			if (disk->len == 0 || (disk->len == 1 && size == 0) || (size == 1 && bytes[offset] == '\n'))
				return (int)i;
			continue;
		}
		if (size == strlen(texts[i]) && memcmp(bytes + offset, texts[i], size) == 0)
			return (int)i;
	}
	return -1;
}

/* JSON's shape does not matter here: any text without NULs will do. */
static char *make_text(size_t size, char seed)
{
	char *text = g_malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(' ' + (i * 7 + (size_t)seed) % 90);
	text[size] = '\0';
	return text;
}

typedef void crash_test(const GByteArray *disk, const char *const *texts, void *context);

/* Every cut at the end of each operation and at each class of bytes within it, with the earlier ones in place. */
static void cut_in_order(const struct recorder *recorder, const GByteArray *start, crash_test *test,
			 const char *const *texts, void *context)
{
	static const size_t cuts[] = { 0,  1,  7,  8,  15, 16,  17,  23,  24,   25,   55,
				       56, 57, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097 };
	GByteArray *base = copy(start);

	for (guint i = 0; i < recorder->ops->len; i++) {
		const struct op *op = &g_array_index(recorder->ops, struct op, i);
		size_t size = op->kind == OP_WRITE ? g_bytes_get_size(op->bytes) : 0;

		for (size_t c = 0; c < 2 * G_N_ELEMENTS(cuts); c++) {
			size_t cut = cuts[c / 2];
			GByteArray *disk;

			if (cut > size)
				break;
			disk = copy(base);
			apply_op(disk, op, c % 2 ? size - cut : cut);
			test(disk, texts, context);
			g_byte_array_free(disk, TRUE);
		}
		apply_op(base, op, size);
		test(base, texts, context);
	}
	g_byte_array_free(base, TRUE);
}

/* What was not synced reaches the disk in any order, sector by sector, or not at all. */
static void cut_in_disorder(const struct recorder *recorder, const GByteArray *start, unsigned int rounds,
			    crash_test *test, const char *const *texts, void *context)
{
	GByteArray *synced = copy(start);
	guint first = 0;

	for (guint i = 0; i < recorder->ops->len; i++) {
		if (g_array_index(recorder->ops, struct op, i).kind != OP_SYNC)
			continue;
		for (unsigned int round = 0; round < rounds; round++) {
			GByteArray *disk = copy(synced);

			for (guint j = first; j < i; j++) {
				const struct op *op = &g_array_index(recorder->ops, struct op, j);

				if (op->kind == OP_WRITE)
					apply_sectors(disk, op);
				else if (g_test_rand_bit())
					apply_op(disk, op, 0);
			}
			test(disk, texts, context);
			g_byte_array_free(disk, TRUE);
		}
		for (guint j = first; j < i; j++)
			apply_op(synced, &g_array_index(recorder->ops, struct op, j), SIZE_MAX);
		test(synced, texts, context);
		first = i + 1;
	}
	g_byte_array_free(synced, TRUE);
}

struct count {
	unsigned int old, new;
};

/* texts[0] is the old one, texts[1] the new one. Once the new one counts it is never lost again. */
static void expect_old_or_new(const GByteArray *disk, const char *const *texts, void *context)
{
	struct count *count = context;
	int which = found(disk, texts, 2);

	g_assert_cmpint(which, >=, 0);
	if (which == 0)
		count->old++;
	else
		count->new ++;
}

static const struct {
	size_t old, new;
} sizes[] = {
	{ 0, 100 },       { 1, 1 },          { 100, 100 },      { 100, 5000 },  { 5000, 100 },
	{ 4095, 4096 },   { 4096, 4095 },    { 4096, 4096 },    { 4097, 4097 }, { 8192, 3 },
	{ 20000, 20001 }, { 300000, 60000 }, { 60000, 300000 },
};

static void test_cut(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		char *old = make_text(sizes[i].old, 1), *new = make_text(sizes[i].new, 2);
		const char *const texts[] = { old, new };
		GByteArray *start = g_byte_array_new();
		struct recorder recorder = { .fail_at = -1 };
		struct count count = { 0, 0 };

		g_byte_array_append(start, (const guint8 *)old, (guint)sizes[i].old);
		g_assert_cmpint(record_all(&recorder, start, new, sizes[i].new), ==, WRITE_DONE);
		check_bytes(recorder.file->data, recorder.file->len, new, sizes[i].new);
		cut_in_order(&recorder, start, expect_old_or_new, texts, &count);
		cut_in_disorder(&recorder, start, sizes[i].old + sizes[i].new > 50000 ? 20 : 200, expect_old_or_new,
				texts, &count);
		g_test_message("%zu to %zu bytes: %u crashes leave the old text, %u the new one", sizes[i].old,
			       sizes[i].new, count.old, count.new);
		g_assert_cmpuint(count.old, >, 0);
		g_assert_cmpuint(count.new, >, 0);
		free_recorder(&recorder);
		g_byte_array_free(start, TRUE);
		g_free(old);
		g_free(new);
	}
}

/* A third text is written over what a crash left, and is cut off again. */
static void write_again(const GByteArray *disk, const char *const *texts, void *context)
{
	int before = found(disk, texts, 2);
	const char *const again[] = { texts[before], context };
	struct recorder recorder = { .fail_at = -1 };
	struct count count = { 0, 0 };

	g_assert_cmpint(before, >=, 0);
	g_assert_cmpint(record_all(&recorder, disk, again[1], strlen(again[1])), ==, WRITE_DONE);
	check_bytes(recorder.file->data, recorder.file->len, again[1], strlen(again[1]));
	cut_in_order(&recorder, disk, expect_old_or_new, again, &count);
	cut_in_disorder(&recorder, disk, 3, expect_old_or_new, again, &count);
	free_recorder(&recorder);
}

static void test_cut_again(void)
{
	static const size_t third[] = { 10, 3000, 9000 };
	char *old = make_text(2500, 1), *new = make_text(5000, 2);
	const char *const texts[] = { old, new };
	GByteArray *start = g_byte_array_new();
	struct recorder recorder = { .fail_at = -1 };

	g_byte_array_append(start, (const guint8 *)old, 2500);
	g_assert_cmpint(record_all(&recorder, start, new, 5000), ==, WRITE_DONE);
	for (size_t i = 0; i < G_N_ELEMENTS(third); i++) {
		char *text = make_text(third[i], 3);

		cut_in_order(&recorder, start, write_again, texts, text);
		cut_in_disorder(&recorder, start, 5, write_again, texts, text);
		g_free(text);
	}
	free_recorder(&recorder);
	g_byte_array_free(start, TRUE);
	g_free(old);
	g_free(new);
}

/*
 * An operation fails instead of the power: the answer has to be what the file says from then on. Each operation in turn
 * is the one that fails. Returns how many of these writes were done all the same.
 */
static unsigned int fail_each(const GByteArray *start, const char *const *texts)
{
	unsigned int done = 0;

	for (int fail_at = 0;; fail_at++) {
		struct recorder recorder = { .fail_at = fail_at };
		enum write_result result = record_all(&recorder, start, texts[1], strlen(texts[1]));
		int error = errno;
		bool failed = recorder.count > fail_at;

		g_assert_cmpint(result, !=, WRITE_UNKNOWN);
		g_assert_cmpint(found(recorder.file, texts, 2), ==, result == WRITE_DONE ? 1 : 0);
		if (failed)
			g_assert_cmpint(error, ==, ENOSPC);
		free_recorder(&recorder);
		if (!failed)
			return done;
		done += result == WRITE_DONE;
	}
}

static void test_failing(void)
{
	char *old = make_text(5000, 1), *new = make_text(7000, 2), *third = make_text(100, 3);
	const char *const texts[] = { old, new }, *const again[] = { new, third };
	GByteArray *start = g_byte_array_new();
	struct recorder recorder = { .fail_at = 0 };

	g_byte_array_append(start, (const guint8 *)old, 5000);
	/* Write and sync of the copy, cut, sync. */
	g_assert_cmpuint(fail_each(start, texts), ==, 4);
	/* The same over a file whose last write got no further than to where the copy begins. */
	while (record_all(&recorder, start, new, 7000) != WRITE_DONE) {
		free_recorder(&recorder);
		recorder.fail_at++;
	}
	g_assert_cmpint(errno, ==, ENOSPC);
	g_assert_cmpuint(fail_each(recorder.file, again), ==, 4);
	free_recorder(&recorder);
	g_byte_array_free(start, TRUE);
	g_free(old);
	g_free(new);
	g_free(third);
}

static bool refuse(void *context)
{
	(*(unsigned int *)context)++;
	errno = ECANCELED;
	return false;
}

static void test_gate(void)
{
	unsigned int asked = 0;
	const struct write_gate gate = { refuse, &asked };
	GByteArray *start = g_byte_array_new();
	struct recorder recorder = { .fail_at = -1 };

	g_byte_array_append(start, (const guint8 *)"old", 3);
	recorder.ops = g_array_new(FALSE, FALSE, sizeof(struct op));
	g_array_set_clear_func(recorder.ops, clear_op);
	recorder.file = copy(start);
	g_assert_cmpint(journal_write(&recording, &recorder, 3, "newer", 5, &gate), ==, WRITE_FAILED);
	g_assert_cmpuint(asked, ==, 1);
	check_bytes(recorder.file->data, recorder.file->len, "old", 3);
	free_recorder(&recorder);
	g_byte_array_free(start, TRUE);
}

/* A file that others wrote is not taken for ours. */
static void test_foreign(void)
{
	char bytes[20000];
	size_t offset, size;

	memset(bytes, ' ', sizeof bytes);
	g_assert_true(journal_find(bytes, sizeof bytes, &offset, &size));
	g_assert_cmpuint(size, ==, sizeof bytes);
	memcpy(bytes + 4096, "\0uefistored\0\0\1\r\n", 16);
	memset(bytes + 4112, 0xff, 8);
	g_assert_false(journal_find(bytes, sizeof bytes, &offset, &size));
	g_assert_cmpuint(offset, ==, 0);
	g_assert_cmpuint(size, ==, 4096);
	memset(bytes, 0, sizeof bytes);
	g_assert_false(journal_find(bytes, sizeof bytes, &offset, &size));
	g_assert_cmpuint(size, ==, 0);
	g_assert_true(journal_find(bytes, 0, &offset, &size));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/torn/cut", test_cut);
	g_test_add_func("/torn/cut-again", test_cut_again);
	g_test_add_func("/torn/failing", test_failing);
	g_test_add_func("/torn/gate", test_gate);
	g_test_add_func("/torn/foreign", test_foreign);
	return g_test_run();
}
