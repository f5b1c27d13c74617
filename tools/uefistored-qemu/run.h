/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a machine and its daemon, from its start to its end. */
#ifndef TOOLS_QEMU_RUN_H
#define TOOLS_QEMU_RUN_H

#include "tools/uefistored-qemu/command.h"

/*
 * Runs both until the machine is switched off. A daemon serves one boot: after a reset, both begin anew. One that is
 * ended by a signal within a boot is started again, and goes on with it; not for ever. Returns QEMU's exit status, or
 * EXIT_RUNTIME after a report.
 */
int run_machine(const struct machine *machine);

#endif
