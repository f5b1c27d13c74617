/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "tools/support/report.h"

#define CHUNK 65536

static bool read_all(int fd, struct buffer *out)
{
	const size_t start = out->size;

	for (;;) {
		ssize_t n = read(fd, buffer_reserve(out, CHUNK), CHUNK);

		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			out->size += (size_t)n;
		if (n < 0 || out->size - start > FILE_READ_MAX) {
			if (n > 0)
				errno = EFBIG;
			out->size = start;
			return false;
		}
	}
}

bool file_read(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0) {
		report("%s: cannot be opened: %s", path, strerror(errno));
		return false;
	}
	ok = read_all(fd, out);
	if (!ok)
		report("%s: cannot be read: %s", path, strerror(errno));
	close(fd);
	return ok;
}

static bool write_in_place(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && file_io_write_all(fd, bytes, size);

	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (!ok)
		report("%s: cannot be written: %s", path, strerror(errno));
	return ok;
}

/* Writes to the new file `temporary` (a template for mkstemp) and makes it `path`. */
static bool write_and_rename(char *temporary, const char *path, const void *bytes, size_t size)
{
	const mode_t mask = umask(0);
	int fd, error;
	bool ok;

	umask(mask);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = file_io_write_all(fd, bytes, size) && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && rename(temporary, path) == 0;
	if (ok)
		return true;
	error = errno;
	unlink(temporary);
	errno = error;
	return false;
}

bool file_write(const char *path, const void *bytes, size_t size)
{
	struct stat status;
	bool exists = stat(path, &status) == 0, ok = false;
	char *target, *temporary = NULL;

	if (exists && !S_ISREG(status.st_mode))
		return write_in_place(path, bytes, size);
	/* A symbolic link stays: the file that it leads to is replaced. */
	target = exists ? realpath(path, NULL) : strdup(path);
	if (target && asprintf(&temporary, "%s.XXXXXX", target) < 0)
		temporary = NULL;
	if (temporary)
		ok = write_and_rename(temporary, target, bytes, size);
	if (!ok)
		report("%s: cannot be written: %s", path, strerror(errno));
	free(temporary);
	free(target);
	return ok;
}
