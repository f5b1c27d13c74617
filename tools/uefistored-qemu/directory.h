/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the machine's memory and its doorbell are: whoever can write there has the machine. */
#ifndef TOOLS_QEMU_DIRECTORY_H
#define TOOLS_QEMU_DIRECTORY_H

#include <stdbool.h>

/* Makes it, for its owner alone. One that is there is taken if it is ours and nobody else can write it. Reports. */
bool directory_make(const char *path);

/* Is there anything of this name? */
bool directory_exists(const char *path);

#endif
