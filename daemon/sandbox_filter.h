/* SPDX-License-Identifier: GPL-2.0-only */
/* The filter of system calls: an allow list by seccomp. Anything else kills the process. */
#ifndef DAEMON_SANDBOX_FILTER_H
#define DAEMON_SANDBOX_FILTER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/sandbox_calls.h"

/* Binds all threads to the lists of these parts, for ever. Returns false and sets *error (EXIT_FAILED), nothing being
 * bound. */
bool sandbox_filter_load(const struct sandbox_part *const *parts, size_t count, GError **error);

#endif
