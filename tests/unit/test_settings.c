/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file. The daemon's own files are in no library: the one under test is part of the test. */
#include "daemon/settings.c"

#include <glib/gstdio.h>

#include "tests/support/check.h"

struct fixture {
	struct settings settings;
};

static void setup(struct fixture *f, gconstpointer data)
{
	(void)data;
	settings_init(&f->settings);
}

static void teardown(struct fixture *f, gconstpointer data)
{
	(void)data;
	settings_clear(&f->settings);
}

static void parse(struct fixture *f, const char *text)
{
	GError *error = NULL;

	settings_parse(&f->settings, text, strlen(text), "file", &error);
	g_assert_no_error(error);
}

static void test_defaults(struct fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(f->settings.log_level, ==, LEVEL_INFO);
	g_assert_false(f->settings.secureboot_unmet_warn);
	g_assert_true(f->settings.deployed);
	g_assert_false(f->settings.require_signed_pk);
	g_assert_false(f->settings.tpm);
	g_assert_cmpuint(f->settings.allow_names->len, ==, 0);
	parse(f, "");
	parse(f, "# nothing\n[default]\n");
	g_assert_true(f->settings.deployed);
}

static void test_all(struct fixture *f, gconstpointer data)
{
	(void)data;
	parse(f,
	      "[default]\nloglevel=ERROR\nsecureboot_unmet=warn\ndeployed=false\nrequire_signed_pk=true\ntpm = true\n");
	g_assert_cmpint(f->settings.log_level, ==, LEVEL_ERROR);
	g_assert_true(f->settings.secureboot_unmet_warn);
	g_assert_false(f->settings.deployed);
	g_assert_true(f->settings.require_signed_pk);
	g_assert_true(f->settings.tpm);
	parse(f, "[default]\nloglevel=DEBUG\nsecureboot_unmet=refuse\ndeployed=true\n");
	g_assert_cmpint(f->settings.log_level, ==, LEVEL_DEBUG);
	g_assert_false(f->settings.secureboot_unmet_warn);
	g_assert_true(f->settings.deployed);
}

static void test_names(struct fixture *f, gconstpointer data)
{
	const struct uefivars_allowed_name *names;

	(void)data;
	parse(f, "[default]\nallow_names= Plain ; 8be4df61-93ca-11d2-aa0d-00e098032b8c With Blank, "
		 "8BE4DF61-93CA-11D2-AA0D-00E098032B8C \303\251;,\n");
	g_assert_cmpuint(f->settings.allow_names->len, ==, 3);
	names = (const struct uefivars_allowed_name *)(void *)f->settings.allow_names->data;
	check_bytes(names[0].name, names[0].name_size, u"Plain", 10);
	g_assert_true(names[0].any_guid);
	check_bytes(names[1].name, names[1].name_size, u"With Blank", 20);
	g_assert_false(names[1].any_guid);
	g_assert_cmphex(names[1].guid[0], ==, 0x61);
	check_bytes(names[2].name, names[2].name_size, u"\u00e9", 2);
	g_assert_false(names[2].any_guid);
}

static void test_wrong(struct fixture *f, gconstpointer data)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
		{ "[default]\nloglevel=LOUD\n",
		  "file: loglevel: DEBUG, INFO, WARNING or ERROR was expected, not 'LOUD'" },
		{ "[default]\nloglevel=info\n", "file: loglevel: DEBUG" },
		{ "[default]\nloglevel=\n", "file: loglevel: DEBUG" },
		{ "[default]\nsecureboot_unmet=true\n",
		  "file: secureboot_unmet: refuse or warn was expected, not 'true'" },
		{ "[default]\ndeployed=1\n", "file: deployed: true or false was expected, not '1'" },
		{ "[default]\nrequire_signed_pk=yes\n", "file: require_signed_pk: true or false" },
		{ "[default]\ntpm=True\n", "file: tpm: true or false" },
		{ "[default]\nallow_names=Two Words\n", "file: allow_names: a list of NAME or GUID NAME" },
		{ "[default]\nallow_names=8be4df61-93ca-11d2-aa0d-00e098032b8x Name\n", "file: allow_names: a list" },
		{ "[default]\nallow_names=8be4df61-93ca-11d2-aa0d-00e098032b8c \n", "file: allow_names: a list" },
		{ "[default]\nlog_level=DEBUG\n", "file: 'log_level' is no setting (there are loglevel," },
		{ "[default]\n[other]\n", "file: group [other]: only [default] was expected" },
		{ "loglevel=DEBUG\n", "file: not a configuration file: " },
		{ "[default]\nnonsense\n", "file: not a configuration file: " },
		{ "[default]\ntpm=\xff\n", "file: tpm: a text in UTF-8 was expected" },
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		GError *error = NULL;

		g_assert_false(settings_parse(&f->settings, rows[i].text, strlen(rows[i].text), "file", &error));
		g_test_message("%s", error->message);
		g_assert_cmpint(error->code, ==, EXIT_USAGE);
		g_assert_true(g_str_has_prefix(error->message, rows[i].told));
		g_clear_error(&error);
	}
}

/* A name as long as a guest may create can be allowed, a longer one cannot. */
static void test_long_name(struct fixture *f, gconstpointer data)
{
	GString *text = g_string_new("[default]\nallow_names=");

	(void)data;
	for (size_t i = 0; i < UEFIVARS_NAME_MAX / 2; i++)
		g_string_append_c(text, 'n');
	g_assert_true(settings_parse(&f->settings, text->str, text->len, "file", NULL));
	g_string_append_c(text, 'n');
	g_assert_false(settings_parse(&f->settings, text->str, text->len, "file", NULL));
	g_string_free(text, TRUE);
}

static void test_file(struct fixture *f, gconstpointer data)
{
	char *directory = g_dir_make_tmp("uvs-XXXXXX", NULL), *path = g_build_filename(directory, "config", NULL);
	GString *large = g_string_new("[default]\n");
	GError *error = NULL;

	(void)data;
	g_assert_true(settings_read(&f->settings, path, true, NULL));
	g_assert_false(settings_read(&f->settings, path, false, &error));
	g_assert_cmpint(error->code, ==, EXIT_USAGE);
	g_assert_true(g_str_has_prefix(error->message, path));
	g_clear_error(&error);
	g_assert_false(settings_read(&f->settings, directory, true, &error));
	g_assert_nonnull(strstr(error->message, "Is a directory"));
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(path, "[default]\ntpm=true\n", -1, NULL));
	g_assert_true(settings_read(&f->settings, path, false, NULL));
	g_assert_true(f->settings.tpm);
	while (large->len <= FILE_MAX)
		g_string_append(large, "# a comment\n");
	g_assert_true(g_file_set_contents(path, large->str, (gssize)large->len, NULL));
	g_assert_false(settings_read(&f->settings, path, false, &error));
	g_assert_nonnull(strstr(error->message, "File too large"));
	g_clear_error(&error);
	g_string_free(large, TRUE);
	g_remove(path);
	g_rmdir(directory);
	g_free(path);
	g_free(directory);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *f, gconstpointer data);
	} tests[] = {
		{ "/settings/defaults", test_defaults },   { "/settings/all", test_all },
		{ "/settings/names", test_names },         { "/settings/wrong", test_wrong },
		{ "/settings/long-name", test_long_name }, { "/settings/file", test_file },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
