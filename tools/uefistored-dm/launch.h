/* SPDX-License-Identifier: GPL-2.0-only */
/* Starts a machine's daemon, by systemd where that runs, and waits until it serves. */
#ifndef DM_LAUNCH_H
#define DM_LAUNCH_H

#include <stdbool.h>

#include "tools/uefistored-dm/machine.h"

/*
 * resume: the guest was saved and goes on. Returns false where the daemon does not serve after the machine's time, or
 * has ended; it was reported.
 */
bool launch(const struct machine *machine, struct xs_handle *xenstore, bool resume);

/* For a daemon that systemd starts: is it for a guest that goes on? */
bool launch_is_resume(uint32_t domid);

#endif
