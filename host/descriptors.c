/* SPDX-License-Identifier: GPL-2.0-only */
#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"

/* The C library's headers may be older. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define LIST "/proc/self/fd"

bool descriptors_close_from(int first, GError **error)
{
	const struct dirent *entry;
	DIR *directory;

	if (syscall(SYS_close_range, first, INT_MAX, 0) == 0)
		return true;
	directory = opendir(LIST);
	if (!directory)
		return error_set(error, EXIT_FAILED, "inherited descriptors cannot be closed: " LIST ": %s",
				 strerror(errno));
	while ((entry = readdir(directory))) {
		int fd = atoi(entry->d_name);

		if (fd >= first && fd != dirfd(directory))
			close(fd);
	}
	closedir(directory);
	return true;
}
