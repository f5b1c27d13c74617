/* SPDX-License-Identifier: GPL-2.0-only */
/* The socket transport: a guest's memory is a memfd, its port write a message, the completion the answer. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/transport/connection.h"
#include "daemon/transport/listener.h"
#include "daemon/transport/transport.h"
#include "log.h"
#include "watch.h"

/* A guest, and whoever looks at it. */
#define CONNECTIONS_MAX 16
/* How long nothing is accepted where the host lacks what a connection takes. */
#define PAUSE_MS 1000

struct socket_transport {
	struct transport base;
	char *path;
	struct listener listener;
	struct serve *serve;
	guint source;
	struct connection *connections[CONNECTIONS_MAX];
	struct log_limit refused;
};

static gboolean on_connect(gint fd, GIOCondition condition, gpointer pointer);

static void listen_again(struct socket_transport *transport)
{
	transport->source = watch_fd(transport->listener.fd, G_IO_IN, on_connect, transport);
}

static gboolean on_pause_over(gpointer pointer)
{
	listen_again(pointer);
	return G_SOURCE_REMOVE;
}

static void on_closed(void *context, struct connection *connection)
{
	struct socket_transport *transport = context;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (transport->connections[i] == connection)
			transport->connections[i] = NULL;
	}
	connection_free(connection);
	log_write(LEVEL_DEBUG, "a connection has ended");
}

static void take_connection(struct socket_transport *transport, int fd)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (!transport->connections[i]) {
			transport->connections[i] = connection_new(fd, transport->serve, on_closed, transport);
			return;
		}
	}
	log_limited(&transport->refused, LEVEL_WARNING, "a connection is refused: %d are open", CONNECTIONS_MAX);
	close(fd);
}

static gboolean on_connect(gint fd, GIOCondition condition, gpointer pointer)
{
	struct socket_transport *transport = pointer;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (connection >= 0) {
		take_connection(transport, connection);
		return G_SOURCE_CONTINUE;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return G_SOURCE_CONTINUE;
	log_limited(&transport->refused, LEVEL_ERROR, "no connection can be accepted: %s", strerror(errno));
	transport->source = g_timeout_add(PAUSE_MS, on_pause_over, transport);
	return G_SOURCE_REMOVE;
}

static bool prepare(struct transport *base, GError **error)
{
	struct socket_transport *transport = (struct socket_transport *)base;

	return listener_prepare(&transport->listener, transport->path, error);
}

static bool start(struct transport *base, struct serve *serve, GError **error)
{
	struct socket_transport *transport = (struct socket_transport *)base;

	transport->serve = serve;
	if (transport->listener.publisher ? !listener_publish(&transport->listener, error) :
					    (!listener_check(transport->path, error) ||
					     !listener_open(&transport->listener, transport->path, error)))
		return false;
	listen_again(transport);
	return true;
}

static void stop(struct transport *base)
{
	struct socket_transport *transport = (struct socket_transport *)base;

	if (transport->source)
		g_source_remove(transport->source);
	transport->source = 0;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (transport->connections[i])
			connection_stop(transport->connections[i]);
	}
}

static void close_transport(struct transport *base)
{
	struct socket_transport *transport = (struct socket_transport *)base;

	stop(base);
	listener_close(&transport->listener, transport->path);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (transport->connections[i])
			connection_free(transport->connections[i]);
	}
	log_limit_end(&transport->refused);
	connection_log_end();
	g_free(transport->path);
	g_free(transport);
}

struct transport *transport_socket_new(struct options *options, GError **error)
{
	struct socket_transport *transport;

	if (!listener_check(options->socket, error))
		return NULL;
	transport = g_new0(struct socket_transport, 1);
	transport->base = (struct transport){
		.prepare = prepare,
		.start = start,
		.stop = stop,
		.close = close_transport,
	};
	transport->path = g_strdup(options->socket);
	transport->listener.type = SOCK_SEQPACKET;
	transport->listener.fd = -1;
	transport->refused.what = "refused connections";
	return &transport->base;
}
