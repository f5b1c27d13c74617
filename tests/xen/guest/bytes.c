/* SPDX-License-Identifier: GPL-2.0-only */
#include "bytes.h"

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

void *memset(void *to, int value, size_t size)
{
	for (volatile uint8_t *at = to; size; size--)
		*at++ = (uint8_t)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	volatile uint8_t *at = to;

	for (const uint8_t *byte = from; size; size--)
		*at++ = *byte++;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *left = a;
	const uint8_t *right = b;

	for (; size; size--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

size_t text_size(const char *text)
{
	size_t size = 0;

	while (text[size])
		size++;
	return size;
}

bool text_same(const char *a, const char *b)
{
	size_t size = text_size(a);

	return size == text_size(b) && memcmp(a, b, size) == 0;
}

uint32_t hash(uint32_t before, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint32_t value = before ? before : FNV_BASIS;

	for (; size; size--)
		value = (value ^ *at++) * FNV_PRIME;
	return value;
}

uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}
