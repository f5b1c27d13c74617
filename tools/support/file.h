/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files in and out of the tools. Failures are reported. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/support/buffer.h"

#define FILE_READ_MAX ((size_t)4 << 20) /* more than any file that a variable is made from */

/* Appends the contents of the file. Returns false, `out` untouched, where it cannot be read or is larger than
 * FILE_READ_MAX. */
bool file_read(const char *path, struct buffer *out);

/*
 * Replaces the file by these bytes, whole or not at all: they are written to a temporary file beside it, synced, and
 * renamed. The mode is 0666 less the umask. What is not a regular file (a pipe, /dev/stdout) is written to directly.
 */
bool file_write(const char *path, const void *bytes, size_t size);

#endif
