/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/clone.h"

#include <errno.h>
#include <string.h>

#include "efi/guid.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/varstore/command.h"

/* Reads "GUID NAME" with any blanks between, or "NAME-GUID". */
static bool parse_line(char *line, struct variable_name *name)
{
	char *const guid_end = line + GUID_TEXT_SIZE - 1;
	char *words[] = { line, NULL };
	struct efi_guid guid;

	if (strlen(line) > GUID_TEXT_SIZE && g_ascii_isspace(*guid_end)) {
		*guid_end = '\0';
		if (guid_parse(line, &guid)) {
			words[1] = g_strchug(guid_end + 1);
			return variable_name_parse(name, 2, words) == 2;
		}
		*guid_end = ' ';
	}
	return variable_name_parse(name, 1, words) == 1;
}

static bool read_lines(const char *path, char *const *lines, GPtrArray *names)
{
	bool ok = true;

	for (unsigned int i = 0; lines[i] && ok; i++) {
		struct variable_name *name;
		char *line = g_strstrip(lines[i]);

		if (*line == '\0' || *line == '#')
			continue;
		name = g_new0(struct variable_name, 1);
		g_ptr_array_add(names, name);
		report_place(path, i + 1);
		ok = parse_line(line, name);
		report_place(NULL, 0);
	}
	return ok;
}

static bool read_one(const char *path, GPtrArray *names)
{
	struct buffer content = { 0 };
	char **lines;
	bool ok;

	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return true;
	if (!file_read(path, &content))
		return false;
	buffer_append(&content, "", 1);
	lines = g_strsplit((const char *)content.data, "\n", -1);
	ok = read_lines(path, lines, names);
	g_strfreev(lines);
	buffer_free(&content);
	return ok;
}

static int compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of a directory's files, sorted, without hidden ones; NULL with errno set where it cannot be read. */
static GPtrArray *list_files(const char *directory)
{
	GPtrArray *paths;
	const char *name;
	GDir *dir;

	errno = 0;
	dir = g_dir_open(directory, 0, NULL);
	if (!dir)
		return NULL;
	paths = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(dir)) != NULL) {
		if (*name != '.')
			g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
	}
	g_dir_close(dir);
	g_ptr_array_sort(paths, compare);
	return paths;
}

GPtrArray *clone_read(const char *directory)
{
	const char *from = directory ? directory : CLONE_DIRECTORY;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free), *paths = list_files(from);
	bool ok = true;

	if (!paths) {
		if (errno == ENOENT && !directory)
			return names;
		report("%s: cannot be read: %s", from, strerror(errno));
		g_ptr_array_free(names, TRUE);
		return NULL;
	}
	for (guint i = 0; i < paths->len && ok; i++)
		ok = read_one(g_ptr_array_index(paths, i), names);
	g_ptr_array_free(paths, TRUE);
	if (ok)
		return names;
	g_ptr_array_free(names, TRUE);
	return NULL;
}
