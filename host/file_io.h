/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files and whole lines. */
#ifndef HOST_FILE_IO_H
#define HOST_FILE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Reads all of a regular file from its start. Returns the bytes and a NUL that *size does not count, to be freed with
 * g_free(); NULL with errno set (EFBIG where it has more than max bytes).
 */
char *file_io_read_all(int fd, size_t max, size_t *size);

/* Writes all bytes at the current position. Returns false with errno set. */
bool file_io_write_all(int fd, const void *bytes, size_t size);

/*
 * Reads or writes all of so many bytes at an offset. Return false with errno set; errno is 0 where the file ends before
 * what is to be read.
 */
bool file_io_read_at(int fd, void *bytes, size_t size, off_t offset);
bool file_io_write_at(int fd, const void *bytes, size_t size, off_t offset);

/*
 * Appends the lines (without their newline) that a file opened for reading and appending does not have, and syncs it;
 * added[i] tells which they were. A line that a crash cut short is ended first. Returns false with errno set.
 */
bool file_io_append_lines(int fd, const char *const *lines, size_t count, bool *added);

#endif
