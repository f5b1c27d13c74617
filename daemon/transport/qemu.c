/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The qemu transport: a guest's memory is a file that QEMU shares, its port is a debug console whose bytes QEMU sends
 * down a stream socket. Nothing is sent back: the guest waits until its request is no longer one.
 *
 * A guest that has waited long rings again, since the daemon may have been started anew meanwhile. Where it has not,
 * the doorbell then leads to a response, or to a request that has been answered before its own doorbell came.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/signals.h"
#include "daemon/transport/doorbell.h"
#include "daemon/transport/listener.h"
#include "daemon/transport/qemu_memory.h"
#include "daemon/transport/transport.h"
#include "efi/bytes.h"
#include "log.h"
#include "watch.h"

/* How long nothing is accepted where the host lacks what a connection takes. */
#define PAUSE_MS 1000
#define HEAD_SIZE sizeof(uint64_t)
#define IS_ERROR (UINT64_C(1) << 63)

struct qemu_transport {
	struct transport base;
	struct serve_request request; /* the one that is under way */
	char *path;
	struct listener listener;
	struct qemu_memory memory;
	struct state *state; /* NULL: there is none, and no one could go on */
	struct serve *serve;
	int fd;       /* QEMU's connection, -1: none */
	guint source; /* of the connection, or of the listener; 0: neither is looked at */
	struct doorbell doorbell;
	uint32_t frame; /* of the request that is under way */
	off_t offset;
	uint64_t head;
	bool waiting; /* for the backend */
	bool serving; /* within serve_request() */
	bool stopped; /* no more requests */
	struct log_limit refused;
	struct log_limit unserved;
	struct log_limit unwritten;
};

static gboolean on_connect(gint fd, GIOCondition condition, gpointer pointer);
static gboolean on_bytes(gint fd, GIOCondition condition, gpointer pointer);

static void watch(struct qemu_transport *transport)
{
	if (transport->source)
		g_source_remove(transport->source);
	transport->source = 0;
	if (transport->stopped || transport->waiting)
		return;
	transport->source = transport->fd >= 0 ? watch_fd(transport->fd, G_IO_IN, on_bytes, transport) :
						 watch_fd(transport->listener.fd, G_IO_IN, on_connect, transport);
}

static gboolean on_pause_over(gpointer pointer)
{
	struct qemu_transport *transport = pointer;

	transport->source = 0;
	watch(transport);
	return G_SOURCE_REMOVE;
}

/* There is one machine: another connection is taken up when this one has ended. */
static gboolean on_connect(gint fd, GIOCondition condition, gpointer pointer)
{
	struct qemu_transport *transport = pointer;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (connection < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
		return G_SOURCE_CONTINUE;
	transport->source = 0;
	if (connection < 0) {
		log_limited(&transport->refused, LEVEL_ERROR, "no connection can be accepted: %s", strerror(errno));
		transport->source = g_timeout_add(PAUSE_MS, on_pause_over, transport);
		return G_SOURCE_REMOVE;
	}
	log_write(LEVEL_DEBUG, "QEMU has connected");
	transport->fd = connection;
	transport->doorbell = (struct doorbell){ 0 };
	watch(transport);
	return G_SOURCE_REMOVE;
}

static void disconnect(struct qemu_transport *transport)
{
	log_write(LEVEL_DEBUG, "QEMU's connection has ended");
	close(transport->fd);
	transport->fd = -1;
}

static void fault(const struct qemu_transport *transport, struct log_limit *limit, const char *what)
{
	log_limited(limit, LEVEL_WARNING, "frame 0x%x: %s: %s", transport->frame, what,
		    errno ? strerror(errno) : "not wholly inside the guest's memory");
}

/* serve_read: the context is the transport. */
static bool read_bytes(void *context, uint8_t *to, size_t offset, size_t size)
{
	const struct qemu_transport *transport = context;

	return qemu_memory_read(&transport->memory, to, size, transport->offset + (off_t)offset);
}

/* A guest that has given its request up has put another in its place: there is nobody to answer. */
static bool is_wanted(const struct qemu_transport *transport)
{
	uint8_t head[HEAD_SIZE];

	return qemu_memory_read(&transport->memory, head, sizeof head, transport->offset) &&
	       get_le64(head) == transport->head;
}

static void write_response(struct qemu_transport *transport, const uint8_t *page, size_t size)
{
	if (!is_wanted(transport)) {
		log_write(LEVEL_DEBUG, "frame 0x%x: the request is there no more, and is not answered",
			  transport->frame);
		return;
	}
	/* The guest looks at the status, so it goes last. */
	if (!qemu_memory_write(&transport->memory, page + HEAD_SIZE, size - HEAD_SIZE,
			       transport->offset + (off_t)HEAD_SIZE) ||
	    !qemu_memory_write(&transport->memory, page, HEAD_SIZE, transport->offset))
		fault(transport, &transport->unwritten, "the response cannot be written");
}

static void on_answered(struct serve_request *request, const uint8_t *page, size_t size)
{
	struct qemu_transport *transport =
		(struct qemu_transport *)(void *)((char *)request - offsetof(struct qemu_transport, request));

	/* Before the guest knows: what it was told outlives us. */
	if (transport->state)
		state_keep(transport->state, serve_uefivars(transport->serve));
	write_response(transport, page, size);
	transport->waiting = false;
	if (!transport->serving)
		watch(transport);
}

/* Copies the request. Returns false where there is none. */
static bool fetch(struct qemu_transport *transport)
{
	const uint8_t *page = serve_page(transport->serve);
	uint8_t last;

	errno = ENOMEM;
	/* All of the pages must be there, also where the request does not need them. */
	if (!page || !qemu_memory_find(&transport->memory, transport->frame, &transport->offset) ||
	    !read_bytes(transport, &last, UEFIVARS_PAGE_SIZE - 1, 1) ||
	    !serve_copy(transport->serve, read_bytes, transport)) {
		fault(transport, &transport->unserved, "nothing was served");
		return false;
	}
	transport->head = get_le64(page);
	return transport->head != 0 && !(transport->head & IS_ERROR);
}

static void serve_frame(struct qemu_transport *transport)
{
	if (!fetch(transport))
		return;
	transport->request.answered = on_answered;
	transport->waiting = true;
	transport->serving = true;
	serve_request(transport->serve, &transport->request);
	transport->serving = false;
}

/* No more than what the number lacks is read: what is behind it waits in the socket while the request does. */
static gboolean on_bytes(gint fd, GIOCondition condition, gpointer pointer)
{
	struct qemu_transport *transport = pointer;
	uint8_t bytes[DOORBELL_BYTES];
	ssize_t n = recv(fd, bytes, doorbell_wanted(&transport->doorbell), MSG_DONTWAIT);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	for (ssize_t i = 0; i < n; i++) {
		if (doorbell_take(&transport->doorbell, bytes[i], &transport->frame))
			serve_frame(transport);
	}
	if (n > 0 && !transport->waiting)
		return G_SOURCE_CONTINUE;
	if (n <= 0)
		disconnect(transport);
	transport->source = 0;
	watch(transport);
	return G_SOURCE_REMOVE;
}

static bool prepare(struct transport *base, GError **error)
{
	struct qemu_transport *transport = (struct qemu_transport *)base;

	return listener_prepare(&transport->listener, transport->path, error);
}

/* What was left of this memory's guest by a daemon that was killed is gone on with; *running: all of it was left. */
static bool claim(struct transport *base, struct state *state, bool keep, bool *running, GError **error)
{
	struct qemu_transport *transport = (struct qemu_transport *)base;
	struct state_identity left, own = { 0 };
	size_t size;

	/* Never with a guest of one that was told to end: stop(). */
	(void)keep;
	G_STATIC_ASSERT(sizeof own.nonce == QEMU_MEMORY_ID_SIZE);
	if (!state)
		return true;
	/* A damaged state is no new boot: that would open boot services to the guest again. */
	if (!state_check(state, error) || !qemu_memory_identify(&transport->memory, own.nonce, error))
		return false;
	transport->state = state;
	if (!state_find(state, &left) || memcmp(&left, &own, sizeof own) != 0)
		return state_begin(state, &own, 0, error);
	*running = state_blob(state, &size) != NULL;
	log_write(LEVEL_INFO, "the guest goes on where the last daemon was killed%s",
		  *running ? "" : ", without its volatile variables: the state file is not whole");
	return state_continue(state, 0, error);
}

static bool start(struct transport *base, struct serve *serve, GError **error)
{
	struct qemu_transport *transport = (struct qemu_transport *)base;

	transport->serve = serve;
	if (transport->state)
		state_keep(transport->state, serve_uefivars(serve));
	if (transport->listener.publisher ? !listener_publish(&transport->listener, error) :
					    (!listener_check(transport->path, error) ||
					     !listener_open(&transport->listener, transport->path, error)))
		return false;
	watch(transport);
	return true;
}

static void stop(struct transport *base)
{
	struct qemu_transport *transport = (struct qemu_transport *)base;

	transport->stopped = true;
	watch(transport);
	/* Who tells us to end ends the boot. A guest that still waits is answered, and none goes on with it. */
	if (transport->state && state_is_written(transport->state) && signals_arrived())
		state_discard(transport->state);
}

static void close_transport(struct transport *base)
{
	struct qemu_transport *transport = (struct qemu_transport *)base;

	stop(base);
	listener_close(&transport->listener, transport->path);
	if (transport->fd >= 0)
		close(transport->fd);
	qemu_memory_close(&transport->memory);
	log_limit_end(&transport->refused);
	log_limit_end(&transport->unserved);
	log_limit_end(&transport->unwritten);
	g_free(transport->path);
	g_free(transport);
}

struct transport *transport_qemu_new(struct options *options, GError **error)
{
	struct qemu_transport *transport;
	struct qemu_memory memory = { .below = (uint64_t)options->qemu_below_4g << 20 };

	if (!listener_check(options->doorbell, error) || !qemu_memory_open(&memory, options->qemu_memory, error))
		return NULL;
	transport = g_new0(struct qemu_transport, 1);
	transport->base = (struct transport){
		.prepare = prepare,
		.claim = claim,
		.start = start,
		.stop = stop,
		.close = close_transport,
	};
	transport->path = g_strdup(options->doorbell);
	transport->listener.type = SOCK_STREAM;
	transport->listener.fd = -1;
	transport->memory = memory;
	transport->fd = -1;
	transport->refused.what = "refused connections";
	transport->unserved.what = "requests that could not be read";
	transport->unwritten.what = "responses that could not be written";
	return &transport->base;
}
