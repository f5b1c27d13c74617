/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/store_path.h"

#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* As many links as Linux follows. */
#define LINKS_MAX 40

/* Splits a path; an empty name means that it cannot be a file's. */
static char *split(const char *path, char **name)
{
	const char *slash = strrchr(path, '/');

	*name = g_strdup(slash ? slash + 1 : path);
	if (!slash)
		return g_strdup(".");
	return slash == path ? g_strdup("/") : g_strndup(path, (gsize)(slash - path));
}

/* Where the symbolic link at path leads, seen from where the path is; NULL where there is no link. */
static char *follow(const char *path, const char *directory)
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof target - 1);

	if (size < 0)
		return NULL;
	target[size] = '\0';
	return target[0] == '/' ? g_strdup(target) : g_strconcat(directory, "/", target, NULL);
}

char *store_path_resolve(const char *path, char **name)
{
	char *current = g_strdup(path), *directory = NULL;

	for (int links = 0; links <= LINKS_MAX; links++) {
		char *next;

		directory = split(current, name);
		next = follow(current, directory);
		g_free(current);
		if (!next) {
			if (**name != '\0')
				return directory;
			g_free(directory);
			g_free(*name);
			*name = NULL;
			errno = EISDIR;
			return NULL;
		}
		g_free(directory);
		g_free(*name);
		*name = NULL;
		current = next;
	}
	g_free(current);
	errno = ELOOP;
	return NULL;
}
