/* SPDX-License-Identifier: GPL-2.0-only */
/* seeds DIRECTORY   Writes the seed corpora of all targets, a directory each, into DIRECTORY. */
#include "tests/fuzz/seeds.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

static const char *top;

void seeds_write(const char *target, const char *name, const void *bytes, size_t size)
{
	char *directory = g_build_filename(top, target, NULL), *path = g_build_filename(directory, name, NULL);
	GError *error = NULL;

	if (g_mkdir_with_parents(directory, 0777) != 0 ||
	    !g_file_set_contents(path, size ? bytes : "", (gssize)size, &error))
		g_error("%s cannot be written: %s", path, error ? error->message : g_strerror(errno));
	g_free(directory);
	g_free(path);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: seeds DIRECTORY\n", stderr);
		return 2;
	}
	top = argv[1];
	seeds_machines();
	seeds_signatures();
	seeds_texts();
	return 0;
}
