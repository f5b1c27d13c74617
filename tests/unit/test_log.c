/* SPDX-License-Identifier: GPL-2.0-only */
/* Log lines: one line each whatever is in them, limited, with priorities for the journal; names that can be printed. */
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <uchar.h>
#include <unistd.h>

#include "log.h"

/* Runs a function in a process of its own and compares what it writes to stderr. '*' stands for any text. */
static void run_caught(void (*function)(void), const char *expected)
{
	char text[8192];
	size_t size = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	g_assert_cmpint(pipe(ends), ==, 0);
	pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		function();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + size, sizeof text - 1 - size)) > 0)
		size += (size_t)n;
	text[size] = '\0';
	close(ends[0]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	if (strchr(expected, '*'))
		g_assert_true(g_pattern_match_simple(expected, text));
	else
		g_assert_cmpstr(text, ==, expected);
}

static void caught_plain(void)
{
	g_unsetenv("JOURNAL_STREAM");
	g_unsetenv("INVOCATION_ID");
	log_start("prog");
	log_write(LEVEL_DEBUG, "not told");
	log_write(LEVEL_INFO, "one");
	log_write(LEVEL_WARNING, "two\nprog: forged\x1b[m\x7f");
	log_write(LEVEL_ERROR, "%s", "three");
	log_set_level(LEVEL_ERROR);
	log_write(LEVEL_WARNING, "not told");
	log_set_level(LEVEL_DEBUG);
	log_write(LEVEL_DEBUG, "four");
}

static void test_plain(void)
{
	run_caught(caught_plain,
		   "prog: one\nprog: warning: two?prog: forged?[m?\nprog: error: three\nprog: debug: four\n");
}

static void caught_invocation(void)
{
	g_unsetenv("JOURNAL_STREAM");
	g_setenv("INVOCATION_ID", "0123", TRUE);
	log_start("prog");
	log_set_level(LEVEL_DEBUG);
	for (int level = LEVEL_DEBUG; level <= LEVEL_ERROR; level++)
		log_write((enum log_level)level, "x");
}

static void test_invocation(void)
{
	run_caught(caught_invocation, "<7>prog: debug: x\n<6>prog: x\n<4>prog: warning: x\n<3>prog: error: x\n");
}

static void caught_stream(void)
{
	char text[64];
	struct stat status;

	g_setenv("INVOCATION_ID", "0123", TRUE);
	g_setenv("JOURNAL_STREAM", "1:2", TRUE);
	log_start("prog");
	log_write(LEVEL_INFO, "elsewhere");
	fstat(STDERR_FILENO, &status);
	g_snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	g_setenv("JOURNAL_STREAM", text, TRUE);
	log_start("prog");
	log_write(LEVEL_INFO, "journal");
}

static void test_stream(void)
{
	run_caught(caught_stream, "prog: elsewhere\n<6>prog: journal\n");
}

static void caught_limit(void)
{
	struct log_limit limit = { .what = "things" };

	log_start("prog");
	for (int i = 0; i < 15; i++)
		log_limited(&limit, LEVEL_INFO, "%d", i);
	log_limited(&limit, LEVEL_DEBUG, "below the level is not counted");
	usleep(1100 * 1000);
	log_limited(&limit, LEVEL_INFO, "after a second");
	log_limited(&limit, LEVEL_INFO, "too soon");
	log_limit_end(&limit);
	log_limit_end(&limit);
}

static void test_limit(void)
{
	run_caught(caught_limit,
		   "prog: 0\nprog: 1\nprog: 2\nprog: 3\nprog: 4\nprog: 5\nprog: 6\nprog: 7\nprog: 8\nprog: 9\n"
		   "prog: warning: things: 5 more suppressed\nprog: after a second\n"
		   "prog: warning: things: 1 more suppressed\n");
}

static void caught_long(void)
{
	char *text = g_strnfill(10000, 'x');

	log_start("prog");
	log_write(LEVEL_INFO, "%s", text);
	log_write(LEVEL_INFO, "next");
	g_free(text);
}

static void test_long(void)
{
	run_caught(caught_long, "prog: xxx*xxx\nprog: next\n");
}

static void test_level(void)
{
	enum log_level level = LEVEL_WARNING;

	g_assert_true(log_level_parse("DEBUG", &level) && level == LEVEL_DEBUG);
	g_assert_true(log_level_parse("ERROR", &level) && level == LEVEL_ERROR);
	g_assert_false(log_level_parse("error", &level));
	g_assert_false(log_level_parse("", &level));
	g_assert_cmpint(level, ==, LEVEL_ERROR);
}

static void test_name(void)
{
	static const struct {
		const char16_t *name;
		size_t units;
		const char *text;
	} rows[] = {
		{ u"Boot0001", 8, "Boot0001" },
		{ u"", 0, "" },
		{ u"\u00e9\u20ac\U0001f600", 4, "\u00e9\u20ac\U0001f600" },
		{ u"a\nb\x1b\x7f\\", 6, "a\\x0ab\\x1b\\x7f\\\\" },
		{ u"\x85\u202e\u200b", 3, "\\x85\\u202e\\u200b" },
		{ u"\U000e0001", 2, "\\U000e0001" },
		{ u"a\0b", 3,
		  "a\ufffd"
		  "b" },
	};
	static const uint8_t lone[] = { 0x00, 0xd8, 'x', 0 };
	char out[LOG_NAME_SIZE];

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(log_name((const uint8_t *)rows[i].name, rows[i].units * 2, out), ==, rows[i].text);
	g_assert_cmpstr(log_name(lone, sizeof lone, out), ==, "\ufffdx");
	g_assert_cmpstr(log_text("\xff"
				 "a\xc3",
				 out),
			==, "\\xffa\\xc3");
}

static void test_name_long(void)
{
	char16_t name[2048];
	char out[LOG_NAME_SIZE];

	for (size_t i = 0; i < G_N_ELEMENTS(name); i++)
		name[i] = 'x';
	g_assert_cmpuint(strlen(log_name((const uint8_t *)name, LOG_NAME_CHARACTERS * 2, out)), ==,
			 LOG_NAME_CHARACTERS);
	log_name((const uint8_t *)name, sizeof name, out);
	g_assert_cmpuint(strlen(out), ==, LOG_NAME_CHARACTERS + 3);
	g_assert_true(g_str_has_suffix(out, "x..."));
	/* The longest that a name can become. */
	for (size_t i = 0; i < G_N_ELEMENTS(name); i++)
		name[i] = i % 2 ? 0xdc01 : 0xdb40;
	log_name((const uint8_t *)name, sizeof name, out);
	g_assert_cmpuint(strlen(out), ==, LOG_NAME_SIZE - 1);
	g_assert_true(g_str_has_suffix(out, "\\U000e0001..."));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/plain", test_plain);
	g_test_add_func("/log/invocation", test_invocation);
	g_test_add_func("/log/stream", test_stream);
	g_test_add_func("/log/limit", test_limit);
	g_test_add_func("/log/long", test_long);
	g_test_add_func("/log/level", test_level);
	g_test_add_func("/log/name", test_name);
	g_test_add_func("/log/name-long", test_name_long);
	return g_test_run();
}
