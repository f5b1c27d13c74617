/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper that gives a file its name later, when the daemon itself is in its sandbox and can do it no more. It is a
 * small process, which waits for that one moment and ends with it, or with the daemon.
 */
#ifndef TRANSPORT_PUBLISHER_H
#define TRANSPORT_PUBLISHER_H

#include <glib.h>
#include <stdbool.h>

struct publisher;

/*
 * Starts the helper, while there is one thread. It will rename `temporary`, which is in the directory of `path`, to
 * `path`; before that it calls `check` with the path, which returns false and sets its *error where that must not be.
 * Returns NULL and sets *error (EXIT_FAILED) where there is no process to be had.
 */
struct publisher *publisher_start(const char *path, const char *temporary,
				  bool (*check)(const char *path, GError **error), GError **error);

/* Has the helper do it. Returns false and sets *error (EXIT_FAILED) where that failed; then the temporary file is gone.
 */
bool publisher_publish(struct publisher *publisher, GError **error);

/* Lets the helper go; where it has not renamed the file it removes it. NULL is nothing. */
void publisher_free(struct publisher *publisher);

#endif
