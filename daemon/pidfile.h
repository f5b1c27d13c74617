/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file with the process id, locked (lockf) as long as the process lives: a lock that is held tells that the id is
 * right.
 */
#ifndef DAEMON_PIDFILE_H
#define DAEMON_PIDFILE_H

#include <glib.h>
#include <stdbool.h>

struct pidfile;

/* Returns NULL and sets *error (EXIT_FAILED) where it cannot be written or another process holds it. */
struct pidfile *pidfile_create(const char *path, GError **error);

/*
 * Gives the lock up, and removes the file where the directory lets us; reachable: it is still found at its path (a
 * stale file is no harm, as nobody holds its lock). NULL is nothing.
 */
void pidfile_remove(struct pidfile *pidfile, bool reachable);

#endif
