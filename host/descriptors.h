/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that a program has from whoever started it. */
#ifndef HOST_DESCRIPTORS_H
#define HOST_DESCRIPTORS_H

#include <glib.h>
#include <stdbool.h>

/*
 * Closes all descriptors from this one on; while there is one thread. Where the kernel cannot do it by itself (before
 * Linux 5.9) that takes /proc: without it *error (EXIT_FAILED) is set.
 */
bool descriptors_close_from(int first, GError **error);

#endif
