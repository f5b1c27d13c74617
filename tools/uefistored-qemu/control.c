/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "tools/support/report.h"

void control_begin(struct control *control, int fd)
{
	static const char begin[] = "{\"execute\": \"qmp_capabilities\"}\n";

	*control = (struct control){ .fd = fd };
	if (send(fd, begin, sizeof begin - 1, MSG_NOSIGNAL) < 0)
		report("QEMU cannot be told to tell its events: %s", strerror(errno));
}

static void take_line(struct control *control)
{
	control->line[control->used] = '\0';
	control->used = 0;
	if (strstr(control->line, "\"SHUTDOWN\""))
		control->reset = strstr(control->line, "\"guest-reset\"") != NULL;
}

void control_read(struct control *control)
{
	char bytes[512];
	ssize_t n;

	while (control->fd >= 0) {
		n = recv(control->fd, bytes, sizeof bytes, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			control_end(control);
		for (ssize_t i = 0; i < n; i++) {
			control->line[control->used++] = bytes[i];
			/* No event is longer: of one that is, the parts are lines. */
			if (bytes[i] == '\n' || control->used == sizeof control->line - 1)
				take_line(control);
		}
	}
}

void control_end(struct control *control)
{
	if (control->fd >= 0)
		close(control->fd);
	control->fd = -1;
}
