/* SPDX-License-Identifier: GPL-2.0-only */
/* A descriptor that the main loop waits for. */
#ifndef HOST_WATCH_H
#define HOST_WATCH_H

#include <glib-unix.h>

/*
 * As g_unix_fd_add(), for a callback that runs no loop of its own. GLib takes a source out of what it polls while its
 * callback runs, and wakes its own loop for that: each event would cost another poll, a write and a read. Returns the
 * source's number for g_source_remove().
 */
guint watch_fd(int fd, GIOCondition condition, GUnixFDSourceFunc function, void *context);

/* The same as a source of the caller's, that is not attached to any loop yet. */
GSource *watch_source(int fd, GIOCondition condition, GUnixFDSourceFunc function, void *context);

#endif
