/* SPDX-License-Identifier: GPL-2.0-only */
/* What this build can do, as JSON, for toolstacks: --print-capabilities. */
#ifndef DAEMON_CAPABILITIES_H
#define DAEMON_CAPABILITIES_H

#include <stdbool.h>

/* Writes the text to stdout. Returns false with errno set where that failed. */
bool capabilities_print(void);

#endif
