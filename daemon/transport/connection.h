/* SPDX-License-Identifier: GPL-2.0-only */
/* One connection of the socket transport: a guest's memory and its doorbells. */
#ifndef TRANSPORT_CONNECTION_H
#define TRANSPORT_CONNECTION_H

#include "daemon/serve.h"

struct connection;

/* Takes over the socket `fd`. `closed` is called once, when the connection has ended by itself: free it then. */
struct connection *connection_new(int fd, struct serve *serve,
				  void (*closed)(void *context, struct connection *connection), void *context);

/* Reads no more requests. One that waits is still answered. */
void connection_stop(struct connection *connection);

/* Ends it. A request that still waits must not be answered any more. */
void connection_free(struct connection *connection);

/* Tells how many lines of the log were left out. */
void connection_log_end(void);

#endif
