/* SPDX-License-Identifier: GPL-2.0-only */
/* What QEMU tells of its end, by its control protocol (QMP). */
#ifndef TOOLS_QEMU_CONTROL_H
#define TOOLS_QEMU_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

struct control {
	int fd;     /* -1: QEMU has closed it */
	bool reset; /* it ends, or has ended, because the guest wants a reset */
	size_t used;
	char line[4096];
};

/* Takes the descriptor, a stream socket, and asks for events. */
void control_begin(struct control *control, int fd);

/* Takes the events that are there, and never waits. */
void control_read(struct control *control);

void control_end(struct control *control);

#endif
