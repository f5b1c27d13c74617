/* SPDX-License-Identifier: GPL-2.0-only */
/* The signals that end the daemon. They are blocked from the start and looked at where it can end. */
#ifndef DAEMON_SIGNALS_H
#define DAEMON_SIGNALS_H

#include <glib.h>
#include <stdbool.h>

/*
 * Blocks SIGTERM, SIGINT and SIGHUP, for all threads made later, and ignores SIGPIPE. From here on one that arrives
 * ends an iteration of the main loop. Returns false and sets *error where they cannot be waited for.
 */
bool signals_start(GError **error);

/* Has one of them arrived, or signals_end() been called? */
bool signals_arrived(void);

/*
 * The same for the main loop: what its iterations have noticed. Asks the kernel nothing, so it costs nothing.
 */
bool signals_noticed(void);

/* Ends the daemon as a signal would, from the main loop. */
void signals_end(void);

#endif
