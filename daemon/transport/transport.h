/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transports: how a guest reaches the daemon. Each has its own way to be made; all of them hand what they receive to
 * daemon/serve.h, from the main loop, and are closed alike.
 */
#ifndef DAEMON_TRANSPORT_H
#define DAEMON_TRANSPORT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "daemon/options.h"
#include "daemon/serve.h"
#include "daemon/state.h"

/* What a transport begins with. */
struct transport {
	/*
	 * Makes what start() could not make any more, from within a sandbox; it is still not found by a guest. Without
	 * a sandbox it is not called. Returns false and sets *error where that failed. NULL: nothing to do.
	 */
	bool (*prepare)(struct transport *transport, GError **error);
	/*
	 * For a transport whose guest can outlive the daemon, before the machine is loaded: takes hold of the guest.
	 * With `state` (NULL: none, else it outlives the transport) a later daemon can go on with it; `keep`: also with
	 * the guest of a daemon that was told to end. *running is set where an earlier daemon has left a guest and its
	 * whole state. Returns false and sets *error where that failed. NULL: there is nothing of the kind.
	 */
	bool (*claim)(struct transport *transport, struct state *state, bool keep, bool *running, GError **error);
	/* Begins to serve: from now on a guest finds it. Returns false and sets *error where that failed. */
	bool (*start)(struct transport *transport, struct serve *serve, GError **error);
	/* Takes no more requests. Those that wait are still answered. */
	void (*stop)(struct transport *transport);
	/* Ends and frees it. Requests that wait must not be answered any more. */
	void (*close)(struct transport *transport);
	bool ended; /* the guest is no more */
};

/* The longest path of a Unix socket. */
#define TRANSPORT_SOCKET_PATH_MAX (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* The names of the transports that this build has, ends with NULL. */
const char *const *transport_names(void);

/*
 * Makes the transport that the options ask for, and lets the options say what the host says of this machine in a place
 * of its own. Returns NULL and sets *error where that failed.
 */
struct transport *transport_new(struct options *options, GError **error);

/*
 * The socket transport, at options->socket, a path of at most TRANSPORT_SOCKET_PATH_MAX bytes. Returns NULL and sets
 * *error where another process listens there, or what stands there is no socket. Nothing is made before it is started.
 */
struct transport *transport_socket_new(struct options *options, GError **error);

/*
 * The qemu transport: the machine's memory is the file options->qemu_memory, and QEMU connects to options->doorbell, a
 * path as that of the socket transport. Returns NULL and sets *error where that path is in use, or where the file
 * cannot be opened or made.
 */
struct transport *transport_qemu_new(struct options *options, GError **error);

/* The Xen transport, for the domain options->domid. */
struct transport *transport_xen_new(struct options *options, GError **error);

#endif
