/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/directory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/support/report.h"

/* What is wrong with one that somebody has made before; NULL: nothing. A link may lead elsewhere the next moment. */
static const char *fault_of(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return strerror(errno);
	if (!S_ISDIR(status.st_mode))
		return "it is no directory";
	if (status.st_uid != geteuid())
		return "it belongs to another user";
	return status.st_mode & (S_IWGRP | S_IWOTH) ? "others can write it" : NULL;
}

bool directory_make(const char *path)
{
	const char *fault;

	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST) {
		report("--directory %s: cannot be made: %s", path, strerror(errno));
		return false;
	}
	fault = fault_of(path);
	if (!fault)
		return true;
	report("--directory %s: a new directory was expected, or one of your own that nobody else can write: %s", path,
	       fault);
	return false;
}

bool directory_exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}
