/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/support/report.h"

void directory_trim(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && (path[length - 1] == '/' || (path[length - 1] == '.' && path[length - 2] == '/')))
		length--;
	path[length] = '\0';
}

/* What is wrong with one that somebody may have made before; NULL: nothing. */
static const char *fault_of(int directory)
{
	struct stat status;

	if (fstat(directory, &status) < 0)
		return strerror(errno);
	if (status.st_uid != geteuid())
		return "it belongs to another user";
	return status.st_mode & (S_IWGRP | S_IWOTH) ? "others can write it" : NULL;
}

static bool lock(int directory, const char *path)
{
	if (flock(directory, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		report("--directory %s: another machine is in this directory", path);
	else
		report("--directory %s: cannot be locked: %s", path, strerror(errno));
	return false;
}

int directory_take(const char *path)
{
	const char *fault;
	int directory;

	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		report("--directory %s: cannot be made: %s", path, strerror(errno));
		return -1;
	}
	/* A link may lead elsewhere the next moment. */
	directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fault = directory < 0 ? strerror(errno) : fault_of(directory);
	if (fault)
		report("--directory %s: a new directory was expected, or one of your own that nobody else can write: "
		       "%s",
		       path, fault);
	else if (lock(directory, path))
		return directory;
	if (directory >= 0)
		close(directory);
	return -1;
}

bool directory_exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}
