/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time limit of a write, and what is stored after one that was late: the rule that it is what the guest was told.
 */
#include <glib.h>

#include "backend/writer.h"
#include "log.h"

/*
 * A backend that the test plays by hand, and a guest with one number: what it was told, and what is to be stored next.
 */
struct fixture {
	struct writer writer;
	int committed; /* what the guest was told */
	int staged;    /* what it asks for */
	int stored;    /* what the backend has */
	int writing;   /* what the write under way would store; -1: none */
	int writes;
	bool certain; /* what abandon answers */
	int abandoned;
	int answers;
	bool answer;
	int next; /* asked for from within the answer; -1: nothing */
};

static GString *image(void *context, enum uefivars_view view)
{
	const struct fixture *f = context;
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%d", view == UEFIVARS_STAGED ? f->staged : f->committed);
	return text;
}

static void write_image(void *context, GString *text)
{
	struct fixture *f = context;

	g_assert_cmpint(f->writing, ==, -1);
	f->writing = (int)g_ascii_strtoll(text->str, NULL, 10);
	f->writes++;
	g_string_free(text, TRUE);
}

static bool abandon(void *context)
{
	struct fixture *f = context;

	f->abandoned++;
	return f->certain;
}

static void persist(struct fixture *f, int value, int milliseconds)
{
	f->staged = value;
	g_assert_cmpint(writer_persist(&f->writer, g_get_monotonic_time() + milliseconds * 1000), ==,
			UEFIVARS_PERSIST_PENDING);
}

static void persisted(void *context, bool done)
{
	struct fixture *f = context;
	int next = f->next;

	f->answers++;
	f->answer = done;
	if (done)
		f->committed = f->staged;
	f->next = -1;
	if (next >= 0)
		persist(f, next, 10000);
}

static const struct writer_ops ops = { image, write_image, abandon, persisted };

static void setup(struct fixture *f, gconstpointer data)
{
	(void)data;
	*f = (struct fixture){ .writing = -1, .next = -1 };
	writer_init(&f->writer, &ops, f);
	/* What is logged is not this test's subject. */
	log_set_level((enum log_level)(LEVEL_ERROR + 1));
}

static void teardown(struct fixture *f, gconstpointer data)
{
	(void)data;
	writer_clear(&f->writer);
}

/* The write under way comes to an end. */
static void finish(struct fixture *f, enum write_result result)
{
	g_assert_cmpint(f->writing, >=, 0);
	if (result != WRITE_FAILED)
		f->stored = f->writing;
	f->writing = -1;
	writer_returned(&f->writer, result);
}

static void wait_answers(struct fixture *f, int count)
{
	while (f->answers < count)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(f->answers, ==, count);
}

/* Nothing is under way, and what is stored is what the guest was told. */
static void check_settled(struct fixture *f)
{
	g_assert_cmpint(f->writing, ==, -1);
	g_assert_true(writer_settle(&f->writer, 0));
	g_assert_cmpint(f->stored, ==, f->committed);
}

static void test_done(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10000);
	g_assert_cmpint(f->answers, ==, 0);
	finish(f, WRITE_DONE);
	g_assert_true(f->answers == 1 && f->answer && f->committed == 1);
	check_settled(f);
}

static void test_failed(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10000);
	finish(f, WRITE_FAILED);
	g_assert_true(f->answers == 1 && !f->answer);
	check_settled(f);
	g_assert_cmpint(f->writes, ==, 1);
}

static void test_unknown(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10000);
	finish(f, WRITE_UNKNOWN);
	g_assert_true(f->answers == 1 && !f->answer);
	g_assert_cmpint(f->writing, ==, 0);
	finish(f, WRITE_DONE);
	check_settled(f);
}

static void test_past_deadline(struct fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(writer_persist(&f->writer, g_get_monotonic_time()), ==, UEFIVARS_PERSIST_FAILED);
	g_assert_cmpint(f->writes, ==, 0);
}

/* It was stopped for certain: nothing is to be repaired. */
static void test_abandoned(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->certain = true;
	persist(f, 1, 10);
	wait_answers(f, 1);
	g_assert_false(f->answer);
	g_assert_cmpint(f->abandoned, ==, 1);
	finish(f, WRITE_FAILED);
	check_settled(f);
	g_assert_cmpint(f->writes, ==, 1);
}

/* It lands after the guest was told that it failed: what the guest knows is written again. */
static void test_late(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10);
	wait_answers(f, 1);
	g_assert_false(f->answer);
	finish(f, WRITE_DONE);
	g_assert_cmpint(f->stored, ==, 1);
	g_assert_cmpint(f->writing, ==, 0);
	finish(f, WRITE_DONE);
	check_settled(f);
	g_assert_cmpint(f->answers, ==, 1);
}

/* The next change waits for the late write, and makes a repair unnecessary. */
static void test_next_after_late(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10);
	wait_answers(f, 1);
	persist(f, 2, 10000);
	g_assert_cmpint(f->writing, ==, 1);
	finish(f, WRITE_DONE);
	g_assert_cmpint(f->writing, ==, 2);
	finish(f, WRITE_DONE);
	g_assert_true(f->answers == 2 && f->answer);
	check_settled(f);
	g_assert_cmpint(f->writes, ==, 2);
}

/* The next change cannot wait any longer either: it never began, and the repair follows the late write. */
static void test_next_too_late(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10);
	wait_answers(f, 1);
	persist(f, 2, 10);
	wait_answers(f, 2);
	g_assert_false(f->answer);
	g_assert_cmpint(f->abandoned, ==, 1);
	finish(f, WRITE_DONE);
	g_assert_cmpint(f->writing, ==, 0);
	finish(f, WRITE_DONE);
	check_settled(f);
}

/* The next change fails after a late write had landed: only the repair sets it right. */
static void test_next_fails(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10);
	wait_answers(f, 1);
	persist(f, 2, 10000);
	finish(f, WRITE_DONE);
	finish(f, WRITE_FAILED);
	g_assert_true(f->answers == 2 && !f->answer);
	g_assert_cmpint(f->stored, ==, 1);
	g_assert_cmpint(f->writing, ==, 0);
	finish(f, WRITE_DONE);
	check_settled(f);
}

/* A change that comes while a repair is under way waits for it. */
static void test_change_during_repair(struct fixture *f, gconstpointer data)
{
	(void)data;
	persist(f, 1, 10000);
	finish(f, WRITE_UNKNOWN);
	persist(f, 3, 10000);
	g_assert_cmpint(f->writing, ==, 0);
	finish(f, WRITE_DONE);
	g_assert_cmpint(f->writing, ==, 3);
	finish(f, WRITE_DONE);
	check_settled(f);
	g_assert_cmpint(f->committed, ==, 3);
}

/* A change asked for from within an answer. */
static void test_change_in_answer(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->next = 2;
	persist(f, 1, 10000);
	finish(f, WRITE_UNKNOWN);
	g_assert_cmpint(f->writing, ==, 2);
	finish(f, WRITE_DONE);
	check_settled(f);
	g_assert_cmpint(f->committed, ==, 2);
	g_assert_cmpint(f->writes, ==, 2);
}

/* A repair that fails is tried again. */
static void test_repair_again(struct fixture *f, gconstpointer data)
{
	gint64 start;

	(void)data;
	persist(f, 1, 10000);
	finish(f, WRITE_UNKNOWN);
	start = g_get_monotonic_time();
	finish(f, WRITE_FAILED);
	g_assert_cmpint(f->writing, ==, -1);
	while (f->writing < 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, 900000);
	finish(f, WRITE_DONE);
	check_settled(f);
}

/* At the end: one that is waited for is answered when the time is over, and the answer says that not all is settled. */
static void test_settle(struct fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_true(writer_settle(&f->writer, 0));
	persist(f, 1, 60000);
	g_assert_false(writer_settle(&f->writer, 20));
	g_assert_true(f->answers == 1 && !f->answer);
	finish(f, WRITE_FAILED);
	check_settled(f);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *f, gconstpointer data);
	} tests[] = {
		{ "/writer/done", test_done },
		{ "/writer/failed", test_failed },
		{ "/writer/unknown", test_unknown },
		{ "/writer/past-deadline", test_past_deadline },
		{ "/writer/abandoned", test_abandoned },
		{ "/writer/late", test_late },
		{ "/writer/next-after-late", test_next_after_late },
		{ "/writer/next-too-late", test_next_too_late },
		{ "/writer/next-fails", test_next_fails },
		{ "/writer/change-during-repair", test_change_during_repair },
		{ "/writer/change-in-answer", test_change_in_answer },
		{ "/writer/repair-again", test_repair_again },
		{ "/writer/settle", test_settle },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
