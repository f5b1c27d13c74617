/* SPDX-License-Identifier: GPL-2.0-only */
/* What the compiler takes for granted, and no library gives here. */
#ifndef XEN_GUEST_BYTES_H
#define XEN_GUEST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t text_size(const char *text);
bool text_same(const char *a, const char *b);

/* FNV-1a; begin with hash 0. */
uint32_t hash(uint32_t before, const void *bytes, size_t size);

/* The next number of a sequence that looks random and is the same in every run. */
uint32_t random_next(uint32_t *state);

#endif
