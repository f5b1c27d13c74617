/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine on a host without a toolstack of its own: its name, its directory, and who serves it already. */
#ifndef DM_MACHINE_H
#define DM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/uefistored-dm/settings.h"

struct xs_handle;

struct machine {
	uint32_t domid;
	char *name;
	struct dm_settings settings;
	char *directory; /* DIRECTORY/NAME: nvram.json, state.save */
	char *pidfile;
};

/* What runs under /run. */
#define MACHINE_RUN "/run/uefistored"

/*
 * Finds out the name of the domain, and reads the settings for it. Returns false where something is wrong, and has
 * reported it. Clear the machine in any case.
 */
bool machine_find(struct machine *machine, struct xs_handle *xenstore, uint32_t domid);
void machine_clear(struct machine *machine);

/*
 * A domain of this name may just have ended (a reboot, a restore), and its daemon not yet have noticed: it is told to
 * end, and waited for. Returns false where the machine is served for a domain that is still there, and has reported it.
 */
bool machine_take_over(const struct machine *machine, struct xs_handle *xenstore);

/* Becomes the daemon. resume: the guest was saved and goes on. Returns only where that failed, and has reported it. */
void machine_serve(const struct machine *machine, bool resume);

#endif
