/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_io.h"
#include "backend/journal.h"
#include "backend/store_path.h"
#include "debug.h"
#include "error.h"

#define TEMPORARY_SUFFIX ".uefistored-new"
#define OPEN_FLAGS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW)
/* How often a file may be replaced between its opening and its locking before that is an error. */
#define LOCK_ATTEMPTS 100

struct store_file {
	char *path;      /* as the operator gave it */
	int directory;   /* where the file itself stands */
	bool can_sync;   /* the directory */
	char *name;      /* of the file, in it */
	char *temporary; /* the new file that becomes it */
	int fd;          /* the file, locked; -1: missing, and it is not to be written */
	int beside;      /* the file of store_file_open_beside(), or -1 */
	bool writable;
	bool made; /* by us, and still empty */
};

const char *store_file_path(const struct store_file *file)
{
	return file->path;
}

int store_file_directory(const struct store_file *file)
{
	return file->directory;
}

void store_file_give(const struct store_file *file, uid_t uid, gid_t gid)
{
	/* What cannot be given is left as it is: the store is as durable, only slower. */
	if (file->made && fchown(file->fd, uid, gid) < 0)
		return;
}

static bool fail(const struct store_file *file, const char *what, GError **error)
{
	return error_set(error, EXIT_FAILED, "%s: %s: %s", file->path, what, strerror(errno));
}

static bool open_directory(struct store_file *file, GError **error)
{
	char *directory = store_path_resolve(file->path, &file->name);

	if (!directory)
		return fail(file, "cannot be found", error);
	file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file->can_sync = file->directory >= 0;
	if (file->directory < 0 && errno == EACCES)
		file->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	g_free(directory);
	if (file->directory < 0)
		return fail(file, "its directory cannot be opened", error);
	file->temporary = g_strconcat(file->name, TEMPORARY_SUFFIX, NULL);
	return true;
}

/* Opens what stands at the path now, or makes it. */
static bool open_once(struct store_file *file, GError **error)
{
	struct stat status;

	file->fd = openat(file->directory, file->name, (file->writable ? O_RDWR : O_RDONLY) | OPEN_FLAGS);
	if (file->fd < 0 && errno == ENOENT) {
		if (!file->writable)
			return true;
		file->fd = openat(file->directory, file->name, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
		file->made = file->fd >= 0;
		if (file->fd < 0 && errno == EEXIST)
			return true;
	}
	if (file->fd < 0)
		return fail(file, file->writable ? "cannot be opened for writing" : "cannot be opened", error);
	if (fstat(file->fd, &status) < 0)
		return fail(file, "cannot be looked at", error);
	if (!S_ISREG(status.st_mode))
		return error_set(error, EXIT_FAILED, "%s: is not a regular file", file->path);
	return true;
}

/* Does the path still lead to the file that is open? */
static bool is_current(const struct store_file *file)
{
	struct stat opened, named;

	return fstat(file->fd, &opened) == 0 &&
	       fstatat(file->directory, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static bool open_and_lock(struct store_file *file, GError **error)
{
	for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
		if (!open_once(file, error))
			return false;
		if (!file->writable)
			return true;
		if (file->fd < 0)
			continue;
		if (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
			file->made = false;
			if (errno == EWOULDBLOCK)
				return error_set(error, EXIT_FAILED, "%s: is locked: another program uses this store",
						 file->path);
			return fail(file, "cannot be locked", error);
		}
		if (is_current(file))
			return true;
		close(file->fd);
		file->fd = -1;
		file->made = false;
	}
	return error_set(error, EXIT_FAILED, "%s: is replaced again and again by another program", file->path);
}

struct store_file *store_file_open(const char *path, bool writable, GError **error)
{
	struct store_file *file = g_new0(struct store_file, 1);

	file->path = g_strdup(path);
	file->writable = writable;
	file->directory = -1;
	file->fd = -1;
	file->beside = -1;
	if (open_directory(file, error) && open_and_lock(file, error)) {
		/* Left behind by a crash. The lock is ours: nobody else is writing it. */
		if (writable)
			unlinkat(file->directory, file->temporary, 0);
		return file;
	}
	store_file_close(file);
	return NULL;
}

void store_file_close(struct store_file *file)
{
	if (!file)
		return;
	if (file->made && is_current(file))
		unlinkat(file->directory, file->name, 0);
	if (file->fd >= 0)
		close(file->fd);
	if (file->beside >= 0)
		close(file->beside);
	if (file->directory >= 0)
		close(file->directory);
	g_free(file->temporary);
	g_free(file->name);
	g_free(file->path);
	g_free(file);
}

char *store_file_read(struct store_file *file, size_t *size, bool *at_rest, GError **error)
{
	size_t file_size = 0, offset;
	char *bytes;

	*at_rest = true;
	*size = 0;
	if (file->fd < 0)
		return g_malloc0(1);
	bytes = file_io_read_all(file->fd, STORE_FILE_MAX, &file_size);
	if (!bytes) {
		fail(file, "cannot be read", error);
		return NULL;
	}
	*at_rest = journal_find(bytes, file_size, &offset, size);
	memmove(bytes, bytes + offset, *size);
	bytes[*size] = '\0';
	/*
	 * A file of NULs is what a crash can make of a store written by others, not an empty store. But a single one is
	 * what is left of a first write in place where only the length of its first byte reached the disk.
	 */
	if (file_size > 1 && offset == 0 && *size == 0) {
		error_set(error, EXIT_FAILED, "%s: not a variable store: it begins with a NUL where '{' was expected",
			  file->path);
		g_free(bytes);
		return NULL;
	}
	/* Blank is empty, too: what is left of a first write in place. */
	if (strspn(bytes, " \t\r\n") == *size)
		*size = 0;
	return bytes;
}

/* Gives the new file the mode and the owner of the old one. */
static bool keep_owner(const struct store_file *file, int fd)
{
	struct stat old, new;

	if (fstat(file->fd, &old) < 0 || fstat(fd, &new) < 0)
		return false;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) && fchown(fd, old.st_uid, old.st_gid) < 0)
		return false;
	return fchmod(fd, old.st_mode & 07777) == 0;
}

/* Makes the new file and locks it; -1 with errno set where that failed, and then it is not there. */
static int make_temporary(const struct store_file *file)
{
	int fd = -1, error;

	for (int attempt = 0; attempt < 2 && fd < 0; attempt++) {
		fd = openat(file->directory, file->temporary, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
		if (fd < 0 && (errno != EEXIST || unlinkat(file->directory, file->temporary, 0) < 0))
			return -1;
	}
	if (fd < 0)
		return -1;
	if (!keep_owner(file, fd))
		error = EPERM;
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	else
		error = errno;
	unlinkat(file->directory, file->temporary, 0);
	close(fd);
	errno = error;
	return -1;
}

/* Is this what a directory says that does not let us replace a file, so that it has to be written in place? */
static bool is_closed_directory(int error)
{
	return error == EACCES || error == EPERM || error == EROFS || error == EBUSY || error == EXDEV;
}

/* Some file systems know no such thing as a directory that is to be synced. */
static bool sync_directory(const struct store_file *file)
{
	return fsync(file->directory) == 0 || errno == EINVAL;
}

static enum write_result write_in_place(struct store_file *file, const char *text, size_t size,
					const struct write_gate *gate, GError **error)
{
	enum write_result result = WRITE_FAILED;
	struct stat status;

	if (fstat(file->fd, &status) < 0) {
		fail(file, "cannot be looked at", error);
		return WRITE_FAILED;
	}
	/* A new file's name is not on the disk because its bytes are. */
	if (file->made && file->can_sync && !sync_directory(file)) {
		fail(file, "its directory cannot be synced", error);
		return WRITE_FAILED;
	}
	result = journal_write(&journal_file, &file->fd, (size_t)status.st_size, text, size, gate);
	if (result == WRITE_DONE) {
		file->made = false;
		if (errno)
			fail(file, "is durable, but in the form of an interrupted write", error);
	} else {
		fail(file, "cannot be written in place", error);
	}
	return result;
}

/* Writes the new file and makes it the store. *in_place: it was refused by the directory, nothing was changed. */
static enum write_result write_beside(struct store_file *file, const char *text, size_t size,
				      const struct write_gate *gate, bool *in_place, GError **error)
{
	int fd = make_temporary(file);
	bool passed;

	*in_place = fd < 0 && is_closed_directory(errno);
	if (fd < 0) {
		fail(file, "a new file beside it cannot be made", error);
		return WRITE_FAILED;
	}
	passed = journal_file.write(&fd, text, size, 0) == 0 && fsync(fd) == 0 && write_gate_pass(gate) &&
		 debug_point("rename");
	if (!passed || renameat(file->directory, file->temporary, file->directory, file->name) < 0) {
		*in_place = passed && is_closed_directory(errno);
		fail(file, "cannot be replaced", error);
		unlinkat(file->directory, file->temporary, 0);
		close(fd);
		return WRITE_FAILED;
	}
	close(file->fd);
	file->fd = fd;
	file->made = false;
	if (debug_point("renamed") && sync_directory(file))
		return WRITE_DONE;
	fail(file, "its directory cannot be synced", error);
	return WRITE_UNKNOWN;
}

enum write_result store_file_write(struct store_file *file, const char *text, size_t size,
				   const struct write_gate *gate, GError **error)
{
	bool in_place = true;

	if (!debug_point("write")) {
		fail(file, "cannot be written", error);
		return WRITE_FAILED;
	}
	if (file->can_sync) {
		enum write_result result = write_beside(file, text, size, gate, &in_place, error);

		if (!in_place)
			return result;
		g_clear_error(error);
	}
	return write_in_place(file, text, size, gate, error);
}

void store_file_open_beside(struct store_file *file, const char *suffix)
{
	char *name = g_strconcat(file->name, suffix, NULL);

	if (file->beside < 0)
		file->beside = openat(file->directory, name, O_RDWR | O_APPEND | OPEN_FLAGS);
	g_free(name);
}

/* Opens the file beside, or makes it. */
static int take_beside(struct store_file *file, const char *suffix)
{
	char *name;
	int fd = file->beside;

	file->beside = -1;
	if (fd >= 0)
		return fd;
	name = g_strconcat(file->name, suffix, NULL);
	fd = openat(file->directory, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | OPEN_FLAGS, 0600);
	g_free(name);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	store_file_open_beside(file, suffix);
	fd = file->beside;
	file->beside = -1;
	return fd;
}

bool store_file_append_beside(struct store_file *file, const char *suffix, const char *const *lines, size_t count,
			      bool *added)
{
	int fd = take_beside(file, suffix);
	bool ok = fd >= 0 && file_io_append_lines(fd, lines, count, added) && (!file->can_sync || sync_directory(file));

	if (fd >= 0)
		close(fd);
	return ok;
}
