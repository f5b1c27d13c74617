/* SPDX-License-Identifier: GPL-2.0-only */
/* The two command lines: the daemon's, and QEMU's for a machine whose variables it keeps. */
#ifndef TOOLS_QEMU_COMMAND_H
#define TOOLS_QEMU_COMMAND_H

#include <glib.h>
#include <stdbool.h>

struct machine {
	char *store;
	char *directory; /* of the memory and the doorbell */
	char *firmware;
	char *qemu;
	char *keys;
	char *secure_boot; /* NULL: not given */
	int memory;        /* MiB */
	char **more;       /* for QEMU; NULL: nothing */
};

/* What the machine's files are called. To be freed. */
char *machine_doorbell(const struct machine *machine);
char *machine_memory(const struct machine *machine);
char *machine_state(const struct machine *machine);

/* The daemon, which stands beside this program or in its ../sbin. Returns a vector to be freed by g_strfreev(). */
char **machine_daemon(const struct machine *machine);

/* Where the firmware is, if it is installed, or NULL. To be freed. */
char *machine_installed_firmware(void);

/*
 * QEMU, with what its version calls the options. monitor: a descriptor of QEMU's for its control protocol, -1: none.
 * Returns NULL after a report where that QEMU does not run.
 */
char **machine_qemu(const struct machine *machine, int monitor);

#endif
