/* SPDX-License-Identifier: GPL-2.0-only */
/* What a start makes of the host's keys (keys.h): which of them it needs to be good, and what it adds to a machine. */
#ifndef DAEMON_HOST_KEYS_H
#define DAEMON_HOST_KEYS_H

#include <glib.h>
#include <stdbool.h>

#include "keys.h"
#include "uefivars.h"

struct host_keys {
	struct keys keys;
	GError *unread; /* of the first file that cannot be read; NULL: there is none */
};

/*
 * Reads them, of the directory (NULL: the default ones). Whether it matters that one cannot be read is not known yet.
 * Clear them in any case.
 */
void host_keys_read(struct host_keys *host, const char *directory);
void host_keys_clear(struct host_keys *host);

/*
 * A machine that is new needs the keys as they are meant to be: false, and *error, where a file cannot be read. One
 * that has its own does without a file that is no good, which is logged: those of a host may be being replaced. One
 * that is resumed has no use for them.
 */
bool host_keys_judge(struct host_keys *host, enum uefivars_boot boot, GError **error);

/*
 * The operator wants the certificates of this machine brought up to date. Returns whether it has what the host has.
 * What cannot be taken is logged, and the machine starts as it is.
 */
bool host_keys_refresh(const struct host_keys *host, enum uefivars_boot boot, struct uefivars *uv);

/* uefivars_start(). Returns false and sets *error where a file cannot be enrolled. */
bool host_keys_start(const struct host_keys *host, enum uefivars_boot boot, struct uefivars *uv, GError **error);

#endif
