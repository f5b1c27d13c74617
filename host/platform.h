/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine's map `platform`, which a toolstack copies into Xenstore for the daemon and XAPI has for the tools. */
#ifndef HOST_PLATFORM_H
#define HOST_PLATFORM_H

#include <stdbool.h>

/* What a toolstack takes for true: "true" in any case of letters, or "1". */
bool platform_is_true(const char *value);

#endif
