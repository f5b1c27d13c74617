/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes that grow, for tools that end when the host is out of memory. */
#ifndef TOOLS_BUFFER_H
#define TOOLS_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory is an empty buffer. data is NULL or from malloc(), and belongs to the buffer. */
struct buffer {
	uint8_t *data;
	size_t size;
	size_t room;
};

/* Makes room for `size` bytes more and returns where they belong; buffer->size is the caller's to raise. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_free(struct buffer *buffer);

#endif
