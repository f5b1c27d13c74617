/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the machine's memory and its doorbell are: whoever can write there has the machine. */
#ifndef TOOLS_QEMU_DIRECTORY_H
#define TOOLS_QEMU_DIRECTORY_H

#include <stdbool.h>

/* Cuts off what stands behind the name and says nothing: "link/" is what a link leads to, and not the link. */
void directory_trim(char *path);

/*
 * Makes it, for its owner alone. One that is there is taken if it is ours, nobody else can write it and no other
 * machine has taken it. The path is a trimmed one. Returns a descriptor, with which it is given back when it is closed,
 * or -1 after a report.
 */
int directory_take(const char *path);

/* Is there anything of this name? */
bool directory_exists(const char *path);

#endif
