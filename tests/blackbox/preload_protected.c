/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaded before the C library (LD_PRELOAD): open() as it is with fs.protected_regular=1, whatever this host has. In a
 * sticky directory that everybody can write, another user's file is not opened where it might also have been made.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_protected(const char *path)
{
	char copy[PATH_MAX];
	struct stat file, directory;

	snprintf(copy, sizeof copy, "%s", path);
	return stat(path, &file) == 0 && S_ISREG(file.st_mode) && stat(dirname(copy), &directory) == 0 &&
	       (directory.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) && file.st_uid != geteuid() &&
	       file.st_uid != directory.st_uid;
}

__attribute__((visibility("default"))) int open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	mode_t mode;
	va_list more;

	va_start(more, flags);
	mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	if ((flags & O_CREAT) && !(flags & O_EXCL) && is_protected(path)) {
		errno = EACCES;
		return -1;
	}
	return next(path, flags, mode);
}
