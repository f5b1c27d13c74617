/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest on the socket transport: its memory is a file, its doorbell a message. Fills in a struct client, whose
 * functions then speak to the daemon at the other end.
 */
#ifndef TOOLS_SOCKET_CLIENT_H
#define TOOLS_SOCKET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/support/client.h"

#define SOCKET_CLIENT_TIMEOUT_MS 30000 /* longer than the daemon may take for any request */

struct socket_client {
	struct client client; /* for client_get() and its sisters */
	int socket;           /* the connection; -1: not open */
	int memory;           /* the file that stands for the guest's memory */
	uint32_t frame;       /* page frame number of the 16 pages in it */
	int timeout_ms;       /* how long an answer is waited for */
	char error[192];      /* after a failure: one line that says what went wrong */
};

/*
 * Connects to the daemon listening at `path` with new memory whose pages lie at frame number `frame`. Returns false,
 * with sc->error set and nothing left open, where that failed. sc->client.at_runtime is then the caller's to choose.
 */
bool socket_client_open(struct socket_client *sc, const char *path, uint32_t frame, int timeout_ms);

/* The same, trying again until the deadline of `timeout_ms`: for a daemon that was started a moment ago. */
bool socket_client_open_wait(struct socket_client *sc, const char *path, uint32_t frame, int timeout_ms);

/* Closes the connection and the memory. Harmless on a struct that could not be opened. */
void socket_client_close(struct socket_client *sc);

/*
 * The two halves of an exchange, for whoever wants several requests in flight: ring the bell for the pages at `frame`,
 * and wait for the next completion (*frame is what it carries). They do not touch sc->client.page. False with sc->error
 * set.
 */
bool socket_client_ring(struct socket_client *sc, uint32_t frame);
bool socket_client_wait(struct socket_client *sc, uint32_t *frame);

#endif
