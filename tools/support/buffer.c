/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "tools/support/report.h"

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (size > buffer->room - buffer->size) {
		size_t room = (buffer->size + size) * 2;
		uint8_t *data = realloc(buffer->data, room);

		if (!data) {
			report("out of memory");
			exit(EXIT_RUNTIME);
		}
		buffer->data = data;
		buffer->room = room;
	}
	return buffer->data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	memcpy(buffer_reserve(buffer, size), bytes, size);
	buffer->size += size;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof *buffer);
}
