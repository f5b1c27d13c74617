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

/* What a transport begins with. */
struct transport {
	/*
	 * Makes what start() could not make any more, from within a sandbox; it is still not found by a guest. Without
	 * a sandbox it is not called. Returns false and sets *error where that failed.
	 */
	bool (*prepare)(struct transport *transport, GError **error);
	/* Begins to serve: from now on a guest finds it. Returns false and sets *error where that failed. */
	bool (*start)(struct transport *transport, struct serve *serve, GError **error);
	/* Takes no more requests. Those that wait are still answered. */
	void (*stop)(struct transport *transport);
	/* Ends and frees it. Requests that wait must not be answered any more. */
	void (*close)(struct transport *transport);
};

/* The longest path of a Unix socket. */
#define TRANSPORT_SOCKET_PATH_MAX (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* The names of the transports that this build has, ends with NULL. */
const char *const *transport_names(void);

/* Makes the transport that the options ask for. Returns NULL and sets *error where that failed. */
struct transport *transport_new(const struct options *options, GError **error);

/*
 * The socket transport, at options->socket, a path of at most TRANSPORT_SOCKET_PATH_MAX bytes. Returns NULL and sets
 * *error where another process listens there, or what stands there is no socket. Nothing is made before it is started.
 */
struct transport *transport_socket_new(const struct options *options, GError **error);

#endif
