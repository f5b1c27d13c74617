/* SPDX-License-Identifier: GPL-2.0-only */
#include "file_io.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_MAX (64u << 20)

char *file_io_read_all(int fd, size_t max, size_t *size)
{
	struct stat status;
	size_t room, at = 0;
	char *bytes;

	if (fstat(fd, &status) < 0)
		return NULL;
	room = (size_t)status.st_size;
	if (room > max) {
		errno = EFBIG;
		return NULL;
	}
	bytes = g_malloc(room + 1);
	while (at < room) {
		ssize_t n = pread(fd, bytes + at, room - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;

			g_free(bytes);
			errno = error;
			return NULL;
		}
		/* It has become shorter meanwhile. */
		if (n == 0)
			break;
		at += (size_t)n;
	}
	bytes[at] = '\0';
	*size = at;
	return bytes;
}

bool file_io_write_all(int fd, const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		from += n;
		size -= (size_t)n;
	}
	return true;
}

static bool has_line(const char *text, const char *line)
{
	const size_t size = strlen(line);

	for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
		if ((at == text || at[-1] == '\n') && at[size] == '\n')
			return true;
	}
	return false;
}

bool file_io_append_lines(int fd, const char *const *lines, size_t count, bool *added)
{
	size_t size;
	char *text = file_io_read_all(fd, LINES_MAX, &size);
	GString *more;
	bool ok;

	if (!text)
		return false;
	more = g_string_new(size > 0 && text[size - 1] != '\n' ? "\n" : "");
	for (size_t i = 0; i < count; i++) {
		added[i] = !has_line(text, lines[i]) && !has_line(more->str, lines[i]);
		if (added[i])
			g_string_append_printf(more, "%s\n", lines[i]);
	}
	ok = file_io_write_all(fd, more->str, more->len) && fsync(fd) == 0;
	g_string_free(more, TRUE);
	g_free(text);
	return ok;
}

bool file_io_read_at(int fd, void *bytes, size_t size, off_t offset)
{
	char *to = bytes;

	while (size) {
		ssize_t n = pread(fd, to, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = 0;
		if (n <= 0)
			return false;
		to += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}

bool file_io_write_at(int fd, const void *bytes, size_t size, off_t offset)
{
	const char *from = bytes;

	while (size) {
		ssize_t n = pwrite(fd, from, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		from += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}
