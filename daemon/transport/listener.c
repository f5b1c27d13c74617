/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/transport/publisher.h"
#include "error.h"

#define BACKLOG 64
#define TEMPORARY_SIZE 64

static bool fail(const char *path, const char *what, GError **error)
{
	return error_set(error, EXIT_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

static int new_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* The caller has checked the length. */
static struct sockaddr_un make_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	return address;
}

/* Nothing is there: could something be? */
static bool check_directory(const char *path, GError **error)
{
	char *directory = g_path_get_dirname(path);
	bool ok = errno == ENOENT && access(directory, W_OK | X_OK) == 0;

	if (!ok)
		fail(path, "the socket cannot be made", error);
	g_free(directory);
	return ok;
}

bool listener_check(const char *path, GError **error)
{
	const struct sockaddr_un address = make_address(path);
	struct stat status;
	int fd, result;

	if (lstat(path, &status) < 0)
		return check_directory(path, error);
	if (!S_ISSOCK(status.st_mode))
		return error_set(error, EXIT_FAILED, "%s: is there, and is no socket", path);
	fd = new_socket(SOCK_STREAM);
	if (fd < 0)
		return fail(path, "no socket can be made", error);
	result = connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
	close(fd);
	if (result == ECONNREFUSED || result == ENOENT)
		return true;
	if (result == 0 || result == EAGAIN || result == EPROTOTYPE)
		return error_set(error, EXIT_FAILED, "%s: another process serves at this socket", path);
	errno = result;
	return fail(path, "it cannot be found out whether another process serves at this socket", error);
}

static void make_temporary_name(char temporary[TEMPORARY_SIZE])
{
	snprintf(temporary, TEMPORARY_SIZE, ".uefistored-%d", (int)getpid());
}

/*
 * Binds and listens under a name that nobody knows, and renames (name NULL: that comes later): so the path never leads
 * to a socket that does not listen yet. It is done from within the directory, since an address has only little room.
 */
static bool bind_and_rename(int fd, const char *directory, const char *name)
{
	int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char temporary[TEMPORARY_SIZE];
	struct sockaddr_un address;
	mode_t mask;
	bool ok;
	int result;

	if (before < 0)
		return false;
	if (chdir(directory) < 0) {
		close(before);
		return false;
	}
	make_temporary_name(temporary);
	address = make_address(temporary);
	unlink(temporary);
	mask = umask(0177);
	ok = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0 &&
	     (!name || rename(temporary, name) == 0);
	result = errno;
	umask(mask);
	if (!ok)
		unlink(temporary);
	if (fchdir(before) < 0 && ok) {
		result = errno;
		ok = false;
	}
	close(before);
	errno = result;
	return ok;
}

bool listener_open(struct listener *listener, const char *path, GError **error)
{
	char *directory = g_path_get_dirname(path), *name = g_path_get_basename(path);
	struct stat status;
	bool ok;

	listener->fd = new_socket(listener->type);
	ok = listener->fd >= 0 && bind_and_rename(listener->fd, directory, name) && lstat(path, &status) == 0;
	if (ok) {
		listener->device = status.st_dev;
		listener->inode = status.st_ino;
	} else {
		fail(path, "the socket cannot be made", error);
	}
	if (!ok && listener->fd >= 0) {
		close(listener->fd);
		listener->fd = -1;
	}
	g_free(directory);
	g_free(name);
	return ok;
}

/* A socket that listens already, and the path at which it is to be found. */
struct naming {
	const char *path;
	char temporary[TEMPORARY_SIZE]; /* its name in the directory of path */
};

/* The path may be relative, so it is looked at before its directory is entered. */
static bool give_name(void *context, bool wanted, GError **error)
{
	const struct naming *naming = context;
	char *directory = g_path_get_dirname(naming->path), *name = g_path_get_basename(naming->path);
	bool ok = wanted && listener_check(naming->path, error);

	if (chdir(directory) < 0 || (ok && rename(naming->temporary, name) < 0))
		ok = wanted && !*error &&
		     error_set(error, EXIT_FAILED, "%s: cannot be made: %s", naming->path, strerror(errno));
	else if (!ok)
		unlink(naming->temporary);
	g_free(directory);
	g_free(name);
	return ok;
}

bool listener_prepare(struct listener *listener, const char *path, GError **error)
{
	struct naming naming = { .path = path };
	char *directory = g_path_get_dirname(path);
	bool ok;

	listener->fd = new_socket(listener->type);
	ok = listener->fd >= 0 && bind_and_rename(listener->fd, directory, NULL);
	if (!ok)
		fail(path, "the socket cannot be made", error);
	make_temporary_name(naming.temporary);
	if (ok)
		listener->publisher = publisher_start(give_name, &naming, error);
	if (ok && !listener->publisher) {
		char *made = g_build_filename(directory, naming.temporary, NULL);

		unlink(made);
		g_free(made);
	}
	g_free(directory);
	return listener->publisher != NULL;
}

bool listener_publish(struct listener *listener, GError **error)
{
	return publisher_publish(listener->publisher, error);
}

void listener_close(struct listener *listener, const char *path)
{
	struct stat status;

	if (listener->fd < 0)
		return;
	if (listener->publisher)
		publisher_free(listener->publisher);
	else if (lstat(path, &status) == 0 && status.st_dev == listener->device && status.st_ino == listener->inode)
		unlink(path);
	close(listener->fd);
	listener->fd = -1;
}
