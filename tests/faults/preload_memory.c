/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaded before the C library (LD_PRELOAD), in a program without sanitizers: the allocation number FAULTS_MEMORY (from
 * 0, since the program's start) finds no memory.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_long left = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("FAULTS_MEMORY");

	if (number)
		left = atol(number);
}

static bool refuse(void)
{
	if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 0)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return refuse() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refuse() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return refuse() ? NULL : __libc_realloc(old, size);
}
