/* SPDX-License-Identifier: GPL-2.0-only */
/* Times as people write them. */
#ifndef TOOLS_TIME_TEXT_H
#define TOOLS_TIME_TEXT_H

#include <stdbool.h>

#include "efi/time.h"

/*
 * Reads "YYYY-MM-DDTHH:MM:SSZ" (UTC; the Z may be left out, a blank may stand for the T, the time of day may be
 * missing) or
 * "@SECONDS" since 1970. Returns false, nothing reported, for anything else and for years that EFI does not know
 * (1900-9999).
 */
bool time_parse(const char *text, struct efi_time *time);

/* The present, in UTC. */
struct efi_time time_now(void);

#endif
