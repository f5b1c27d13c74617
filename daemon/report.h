/* SPDX-License-Identifier: GPL-2.0-only */
/* What the variable services tell, as log lines: limited by kind and reason, never a variable's data. */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include "keys.h"
#include "uefivars.h"

/* For struct uefivars_host; the context is not used. */
void report_event(void *context, const struct uefivars_event *event);

/* Where the machine stands after its start, and what it lacks. */
void report_start(const struct uefivars *uv, enum uefivars_boot boot);

/* Tells, after a first boot, of a platform key that was there and could not be enrolled alone. */
void report_left_out(const struct uefivars *uv, const struct keys *keys);

/* Tells how many lines were left out. */
void report_end(void);

#endif
