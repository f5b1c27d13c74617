/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file_io.h"

/* How often a holder that ends may remove the file between its opening and its locking. */
#define ATTEMPTS 100

struct pidfile {
	char *path;
	int fd;
};

/* Does the path still lead to the file that is open? */
static bool is_current(const struct pidfile *pidfile)
{
	struct stat opened, named;

	return fstat(pidfile->fd, &opened) == 0 && lstat(pidfile->path, &named) == 0 && opened.st_dev == named.st_dev &&
	       opened.st_ino == named.st_ino;
}

static bool lock(struct pidfile *pidfile, GError **error)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		pidfile->fd =
			open(pidfile->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
		if (pidfile->fd < 0)
			return error_set(error, EXIT_FAILED, "%s: the pidfile cannot be opened: %s", pidfile->path,
					 strerror(errno));
		if (lockf(pidfile->fd, F_TLOCK, 0) < 0)
			return error_set(error, EXIT_FAILED, "%s: the pidfile cannot be locked: %s", pidfile->path,
					 errno == EAGAIN || errno == EACCES ? "another process holds it" :
									      strerror(errno));
		if (is_current(pidfile))
			return true;
		close(pidfile->fd);
		pidfile->fd = -1;
	}
	return error_set(error, EXIT_FAILED, "%s: the pidfile is replaced again and again", pidfile->path);
}

struct pidfile *pidfile_create(const char *path, GError **error)
{
	struct pidfile *pidfile = g_new0(struct pidfile, 1);
	char text[16];
	int size = snprintf(text, sizeof text, "%d\n", (int)getpid());

	pidfile->path = g_strdup(path);
	pidfile->fd = -1;
	if (lock(pidfile, error)) {
		if (ftruncate(pidfile->fd, 0) == 0 && file_io_write_all(pidfile->fd, text, (size_t)size))
			return pidfile;
		error_set(error, EXIT_FAILED, "%s: the pidfile cannot be written: %s", path, strerror(errno));
	}
	if (pidfile->fd >= 0)
		close(pidfile->fd);
	g_free(pidfile->path);
	g_free(pidfile);
	return NULL;
}

void pidfile_remove(struct pidfile *pidfile, bool reachable)
{
	if (!pidfile)
		return;
	if (reachable && is_current(pidfile))
		unlink(pidfile->path);
	close(pidfile->fd);
	g_free(pidfile->path);
	g_free(pidfile);
}
