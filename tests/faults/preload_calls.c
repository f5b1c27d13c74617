/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaded before the C library (LD_PRELOAD): watches the system calls of a program on the files below one directory. It
 * counts them, has one of them fail, holds them up, and notes them, so that a test can tell what a power failure at
 * each moment would leave. From the environment:
 *
 *   FAULTS_UNDER    the directory (as /proc/self/fd shows it)
 *   FAULTS_LOG      a file elsewhere; each call is one line, "CALL RESULT ERRNO INODE OFFSET SIZE PATH", a write's
 *                   followed by the bytes that were written
 *   FAULTS_FAIL     "N:ERRNO" fails the call number N (from 0), "N+:ERRNO" that one and all after it, "NAME:ERRNO"
 * every call of this name; ERRNO is a number, or "short": half of the bytes are read or written, or "lie": success is
 * told, and nothing was done FAULTS_JITTER   each call waits up to so many microseconds
 *
 * What fails was not done, but for close(): that closes the file all the same.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SHORT (-1)
#define LIE (-2)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *under;
static const char *record;
static unsigned long count;
static unsigned int jitter, dice = 1;
static struct {
	bool set, on;
	char name[16]; /* "": by number */
	unsigned long number;
	int error;
} fault;

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
	const char *what = getenv("FAULTS_FAIL"), *wait = getenv("FAULTS_JITTER");
	const char *colon = what ? strchr(what, ':') : NULL;

	under = getenv("FAULTS_UNDER");
	record = getenv("FAULTS_LOG");
	if (wait)
		jitter = (unsigned int)atoi(wait);
	dice = (unsigned int)getpid();
	if (!colon)
		return;
	fault.set = true;
	fault.on = colon[-1] == '+';
	fault.error = strcmp(colon + 1, "short") == 0 ? SHORT : strcmp(colon + 1, "lie") == 0 ? LIE : atoi(colon + 1);
	if (*what >= '0' && *what <= '9')
		fault.number = strtoul(what, NULL, 10);
	else
		snprintf(fault.name, sizeof fault.name, "%.*s", (int)(colon - what), what);
}

/* One call on a file below the directory. */
struct call {
	const char *name;
	char path[PATH_MAX];
	bool watched;
	int error; /* that it is to fail with, SHORT, LIE, or 0 */
};

static void path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t size;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	size = REAL(readlink)(link, path, PATH_MAX - 1);
	path[size > 0 ? size : 0] = '\0';
}

/* Ends in call_end(). `file`: a path from directory `fd`, or NULL for the file fd itself. */
static void call_begin(struct call *call, const char *name, int fd, const char *file)
{
	const int before = errno;
	size_t length;

	call->name = name;
	call->error = 0;
	call->path[0] = '\0';
	call->watched = false;
	if (!under)
		return;
	if (file && (*file == '/' || fd == AT_FDCWD)) {
		snprintf(call->path, sizeof call->path, "%s", file);
	} else {
		path_of(fd, call->path);
		length = strlen(call->path);
		if (file)
			snprintf(call->path + length, sizeof call->path - length, "/%s", file);
	}
	call->watched = strncmp(call->path, under, strlen(under)) == 0;
	errno = before;
	if (!call->watched)
		return;
	if (jitter)
		usleep((unsigned int)rand_r(&dice) % jitter);
	pthread_mutex_lock(&lock);
	if (fault.set && (fault.name[0] ? strcmp(fault.name, name) == 0 :
					  count == fault.number || (fault.on && count > fault.number)))
		call->error = fault.error;
	count++;
}

static bool fails(const struct call *call)
{
	if (call->error <= 0)
		return false;
	errno = call->error;
	return true;
}

/* How much of `size` is to be read or written. */
static size_t part(const struct call *call, size_t size)
{
	return call->error == SHORT && size > 1 ? size / 2 : size;
}

/* The record is opened each time: the program may close all descriptors that it does not know. */
static void note(const struct iovec parts[2])
{
	int fd = REAL(open)(record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || writev(fd, parts, 2) < 0)
		abort();
	REAL(close)(fd);
}

static void call_end(struct call *call, long result, unsigned long inode, long offset, const void *bytes, size_t size)
{
	const int error = errno;
	char line[PATH_MAX + 128];
	struct iovec parts[2];

	if (!call->watched)
		return;
	parts[0].iov_base = line;
	parts[0].iov_len = (size_t)snprintf(line, sizeof line, "%s %ld %d %lu %ld %zu %s\n", call->name, result,
					    result < 0 ? error : 0, inode, offset, size, call->path);
	parts[1].iov_base = (void *)bytes;
	parts[1].iov_len = bytes && result > 0 ? (size_t)result : 0;
	if (record)
		note(parts);
	pthread_mutex_unlock(&lock);
	errno = error;
}

static unsigned long inode_of(int fd)
{
	struct stat status;

	return fd >= 0 && REAL(fstat)(fd, &status) == 0 ? status.st_ino : 0;
}

static int open_any(const char *name, int directory, const char *path, int flags, unsigned int mode)
{
	struct call call;
	int fd;

	call_begin(&call, name, directory, path);
	fd = fails(&call) ? -1 : REAL(openat)(directory, path, flags, mode);
	/* The size tells whether it was made. */
	call_end(&call, fd, inode_of(fd), 0, NULL, (flags & O_CREAT) != 0);
	return fd;
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list more;
	unsigned int mode;

	va_start(more, flags);
	mode = va_arg(more, unsigned int);
	va_end(more);
	return open_any("openat", directory, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list more;
	unsigned int mode;

	va_start(more, flags);
	mode = va_arg(more, unsigned int);
	va_end(more);
	return open_any("open", AT_FDCWD, path, flags, mode);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
	struct call call;
	ssize_t result;

	call_begin(&call, "pread", fd, NULL);
	result = fails(&call) ? -1 : REAL(pread)(fd, bytes, part(&call, size), offset);
	call_end(&call, result, 0, offset, NULL, size);
	return result;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	struct call call;
	ssize_t result;

	call_begin(&call, "write", fd, NULL);
	result = fails(&call) ? -1 : REAL(write)(fd, bytes, part(&call, size));
	call_end(&call, result, call.watched ? inode_of(fd) : 0, -1, bytes, size);
	return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	struct call call;
	ssize_t result;

	call_begin(&call, "pwrite", fd, NULL);
	result = fails(&call) ? -1 : REAL(pwrite)(fd, bytes, part(&call, size), offset);
	call_end(&call, result, call.watched ? inode_of(fd) : 0, offset, bytes, size);
	return result;
}

/* The calls that are only passed on: on a file that is open ... */
#define ON_FILE(function, arguments, passed, offset)                                                                   \
	int function arguments                                                                                         \
	{                                                                                                              \
		struct call call;                                                                                      \
		int result;                                                                                            \
                                                                                                                       \
		call_begin(&call, #function, fd, NULL);                                                                \
		if (call.error == LIE) {                                                                               \
			call.name = "lie";                                                                             \
			result = 0;                                                                                    \
		} else {                                                                                               \
			result = fails(&call) ? -1 : REAL(function) passed;                                            \
		}                                                                                                      \
		call_end(&call, result, call.watched ? inode_of(fd) : 0, offset, NULL, 0);                             \
		return result;                                                                                         \
	}

ON_FILE(fsync, (int fd), (fd), 0)
ON_FILE(fdatasync, (int fd), (fd), 0)
ON_FILE(ftruncate, (int fd, off_t size), (fd, size), size)
ON_FILE(fstat, (int fd, struct stat *status), (fd, status), 0)
ON_FILE(flock, (int fd, int operation), (fd, operation), 0)
ON_FILE(fchmod, (int fd, mode_t mode), (fd, mode), 0)
ON_FILE(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), 0)

/* ... and on a path. */
int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
	struct call call;
	int result;

	call_begin(&call, "fstatat", directory, path);
	result = fails(&call) ? -1 : REAL(fstatat)(directory, path, status, flags);
	call_end(&call, result, 0, 0, NULL, 0);
	return result;
}

int unlinkat(int directory, const char *path, int flags)
{
	struct call call;
	int result;

	call_begin(&call, "unlinkat", directory, path);
	result = fails(&call) ? -1 : REAL(unlinkat)(directory, path, flags);
	call_end(&call, result, 0, 0, NULL, 0);
	return result;
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
	struct call call;
	ssize_t result;

	call_begin(&call, "readlink", AT_FDCWD, path);
	result = fails(&call) ? -1 : REAL(readlink)(path, target, size);
	call_end(&call, result, 0, 0, NULL, 0);
	return result;
}

/* Its line has the old name, and after a blank the new one. */
int renameat(int old_directory, const char *old, int new_directory, const char *new)
{
	struct call call;
	size_t length;
	int result;

	call_begin(&call, "renameat", old_directory, old);
	result = fails(&call) ? -1 : REAL(renameat)(old_directory, old, new_directory, new);
	length = strlen(call.path);
	snprintf(call.path + length, sizeof call.path - length, " %s", new);
	call_end(&call, result, 0, 0, NULL, 0);
	return result;
}

int close(int fd)
{
	struct call call;
	unsigned long inode;
	int result;

	call_begin(&call, "close", fd, NULL);
	inode = call.watched ? inode_of(fd) : 0;
	result = REAL(close)(fd);
	if (fails(&call))
		result = -1;
	call_end(&call, result, inode, 0, NULL, 0);
	return result;
}
