/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaded before the C library (LD_PRELOAD), in a program without sanitizers: the allocation number FAULTS_MEMORY (from
 * 0, since the program's start) finds no memory. At the end how many there were is written to the file FAULTS_COUNT.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static atomic_long used, refused = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *number = getenv("FAULTS_MEMORY");

	if (number)
		atomic_store(&refused, atol(number));
}

__attribute__((destructor)) static void end(void)
{
	const long count = atomic_load(&used);
	const char *path = getenv("FAULTS_COUNT");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	fprintf(file, "%ld\n", count);
	fclose(file);
}

static bool refuse(void)
{
	if (atomic_fetch_add(&used, 1) != atomic_load(&refused))
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
