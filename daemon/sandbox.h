/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sandbox: what a daemon that somebody takes over from inside the guest can still do. It is entered in two steps,
 * with everything that needs the host opened before the first, threads and the last files between them, and the guest's
 * data after the second:
 *
 *   sandbox_enter  namespaces of its own (mounts, network, IPC, host name), the new root, another user and group, no
 *                  capability, no way to any of them, limits
 *   sandbox_seal   no process or thread beyond those that are there, and the system calls of daemon/sandbox_calls.c
 * only
 *
 * There is no PID namespace: only a child could be in it, and whoever started the daemon watches the daemon itself. It
 * sees no /proc and may not send signals in any case.
 *
 * A step that fails is an error: nothing goes on with half a sandbox.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct sandbox_options {
	const char *root; /* NULL: the host's */
	/*
	 * 0: who we are. For root that means: still the owner of root's files, but without any capability. Another user
	 * makes a user namespace in which he may do the rest, and keeps his supplementary groups.
	 */
	uid_t uid;
	gid_t gid;
	const char *transport; /* names, as in daemon/sandbox_calls.h */
	const char *backend;
};

/* Could it be made? Returns false and sets *error (EXIT_FAILED) where it is clear that it could not. Changes nothing.
 */
bool sandbox_check(const struct sandbox_options *options, GError **error);

/* Closes what whoever started us left open beyond the three standard files. To be called before anything is opened. */
bool sandbox_close_inherited(GError **error);

/*
 * The first step, while there is one thread. `directory` (-1: none) is a directory that stays open for changes in it;
 * afterwards no path leads out of it. Relative paths start at the new root from here on. Returns false and sets *error
 * (EXIT_FAILED): then the process is only good for its end.
 */
bool sandbox_enter(const struct sandbox_options *options, int directory, GError **error);

/* The second step. */
bool sandbox_seal(const struct sandbox_options *options, GError **error);

#endif
