/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/qemu_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "error.h"
#include "file_io.h"
#include "uefivars.h"

#define OPEN_TRIES 3
#define FRAME_SIZE 4096u
#define GIB (UINT64_C(1) << 30)
/* Where a q35 machine has more than fits below this, it has only 2 GiB there. */
#define Q35_LOW_MAX UINT64_C(0xb0000000)
#define Q35_LOW_SPLIT (2 * GIB)
#define HIGH_BEGIN (4 * GIB)
/* Video memory and ROMs. */
#define LEGACY_BEGIN 0xa0000u
#define LEGACY_END 0x100000u

static bool check_kind(const char *path, int fd, GError **error)
{
	struct stat status;
	struct statfs system;

	if (fstat(fd, &status) < 0 || fstatfs(fd, &system) < 0)
		return error_set(error, EXIT_FAILED, "%s: cannot be looked at: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(error, EXIT_FAILED, "%s: a file was expected, the machine's memory", path);
	if (system.f_type == HUGETLBFS_MAGIC)
		return error_set(
			error, EXIT_FAILED,
			"%s: is on hugetlbfs, where files can only be mapped; a place like /dev/shm was expected",
			path);
	return true;
}

/* With fs.protected_regular another user's file cannot be opened where it might be made, not even by root. */
static int open_or_make(const char *path)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK;
	int fd = -1;

	/* It may appear, or go, between the two. */
	for (int i = 0; i < OPEN_TRIES && fd < 0; i++) {
		fd = open(path, flags);
		if (fd >= 0 || errno != ENOENT)
			return fd;
		fd = open(path, flags | O_CREAT | O_EXCL, 0600);
		if (fd < 0 && errno != EEXIST)
			return fd;
	}
	return fd;
}

bool qemu_memory_open(struct qemu_memory *memory, const char *path, GError **error)
{
	memory->fd = open_or_make(path);
	if (memory->fd < 0)
		return error_set(error, EXIT_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
	if (check_kind(path, memory->fd, error))
		return true;
	qemu_memory_close(memory);
	return false;
}

/*
 * When the file was made, 0 where that is not known: the number of a file that is gone is used again on most disks. The
 * call has a name only in later C libraries, which also say what it returns.
 */
static uint64_t birth(int fd)
{
#if __GLIBC__ == 2 && __GLIBC_MINOR__ >= 28
	struct statx status;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) == 0 && status.stx_mask & STATX_BTIME)
		return (uint64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
#else
	(void)fd;
#endif
	return 0;
}

bool qemu_memory_identify(const struct qemu_memory *memory, uint8_t id[QEMU_MEMORY_ID_SIZE], GError **error)
{
	struct stat status;

	if (fstat(memory->fd, &status) < 0)
		return error_set(error, EXIT_FAILED, "the machine's memory cannot be looked at: %s", strerror(errno));
	put_le64(id, (uint64_t)status.st_dev ^ birth(memory->fd));
	put_le64(id + sizeof(uint64_t), (uint64_t)status.st_ino);
	return true;
}

void qemu_memory_close(struct qemu_memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
}

static uint64_t size_below(const struct qemu_memory *memory, uint64_t size)
{
	if (memory->below)
		return MIN(size, memory->below);
	return size < Q35_LOW_MAX ? size : Q35_LOW_SPLIT;
}

bool qemu_memory_find(const struct qemu_memory *memory, uint32_t frame, off_t *offset)
{
	const uint64_t begin = (uint64_t)frame * FRAME_SIZE, end = begin + UEFIVARS_PAGE_SIZE;
	struct stat status;
	uint64_t size, below;

	if (fstat(memory->fd, &status) < 0)
		return false;
	errno = 0;
	size = (uint64_t)status.st_size;
	below = size_below(memory, size);
	if (begin < LEGACY_END && end > LEGACY_BEGIN)
		return false;
	if (end <= below)
		*offset = (off_t)begin;
	else if (begin >= HIGH_BEGIN && end - HIGH_BEGIN <= size - below)
		*offset = (off_t)(begin - HIGH_BEGIN + below);
	else
		return false;
	return true;
}

bool qemu_memory_read(const struct qemu_memory *memory, uint8_t *to, size_t size, off_t offset)
{
	return file_io_read_at(memory->fd, to, size, offset);
}

bool qemu_memory_write(const struct qemu_memory *memory, const uint8_t *bytes, size_t size, off_t offset)
{
	return file_io_write_at(memory->fd, bytes, size, offset);
}
