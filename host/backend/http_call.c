/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/http_call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/http.h"
#include "watch.h"

#define READ_SIZE 8192
#define HEAD_ROOM 160

struct http_call {
	http_done *done;
	void *context;
	GMainContext *main; /* NULL: the default one */
	int fd;
	int answer_ms;
	bool sent;      /* the whole request is written */
	GSource *ready; /* the socket can be written to, or read from */
	GSource *timer;
	GSource *ending; /* the end of a call that failed at once */
	struct http_reader reader;
	char head[HEAD_ROOM];
	struct iovec parts[HTTP_PARTS_MAX + 1]; /* what is still to be written: [part, count) */
	size_t part, count;
	char text[160];
};

static void drop_source(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_source_unref(*source);
	*source = NULL;
}

static void free_call(struct http_call *call)
{
	drop_source(&call->ready);
	drop_source(&call->timer);
	drop_source(&call->ending);
	if (call->fd >= 0)
		close(call->fd);
	http_reader_clear(&call->reader);
	g_free(call);
}

static GSource *add_source(struct http_call *call, GSource *source, GSourceFunc function)
{
	g_source_set_callback(source, function, call, NULL);
	g_source_attach(source, call->main);
	return source;
}

static void finish(struct http_call *call, enum http_outcome outcome, const char *text)
{
	const struct http_answer answer = {
		.outcome = outcome,
		.status = call->reader.status,
		.body = call->reader.body,
		.text = text,
	};

	/* The other side sees the end of the connection before anything else is sent to it. */
	drop_source(&call->ready);
	if (call->fd >= 0)
		close(call->fd);
	call->fd = -1;
	call->done(call->context, &answer);
	free_call(call);
}

static void finish_broken(struct http_call *call, const char *text)
{
	finish(call, call->sent ? HTTP_UNANSWERED : HTTP_NOT_SENT, text);
}

/* Text of a failed system call. */
static const char *errno_text(struct http_call *call, const char *what)
{
	g_snprintf(call->text, sizeof call->text, "%s: %s", what, strerror(errno));
	return call->text;
}

static gboolean on_timer(gpointer pointer)
{
	struct http_call *call = pointer;

	if (call->sent)
		finish(call, HTTP_TIMED_OUT, "there is no answer in time");
	else
		finish(call, HTTP_NOT_SENT, "the request is not taken in time");
	return G_SOURCE_REMOVE;
}

static void set_timer(struct http_call *call, int milliseconds)
{
	drop_source(&call->timer);
	call->timer = add_source(call, g_timeout_source_new((guint)MAX(milliseconds, 0)), on_timer);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer pointer)
{
	struct http_call *call = pointer;
	char bytes[READ_SIZE];
	ssize_t size = recv(fd, bytes, sizeof bytes, 0);
	enum http_state state;

	(void)condition;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (size < 0) {
		finish_broken(call, errno_text(call, "reading the answer"));
		return G_SOURCE_REMOVE;
	}
	state = size > 0 ? http_reader_feed(&call->reader, bytes, (size_t)size) : http_reader_end(&call->reader);
	if (state == HTTP_MORE)
		return G_SOURCE_CONTINUE;
	if (state == HTTP_WHOLE)
		finish(call, HTTP_ANSWERED, NULL);
	else
		finish_broken(call, call->reader.error);
	return G_SOURCE_REMOVE;
}

static void wait_for_socket(struct http_call *call, GIOCondition condition, GUnixFDSourceFunc function)
{
	call->ready = watch_source(call->fd, condition, function, call);
	g_source_attach(call->ready, call->main);
}

/* Whatever `ready` was for, it is for reading now. */
static void read_answer(struct http_call *call)
{
	drop_source(&call->ready);
	wait_for_socket(call, G_IO_IN, on_readable);
	set_timer(call, call->answer_ms);
}

static void skip_written(struct http_call *call, size_t written)
{
	while (call->part < call->count && written >= call->parts[call->part].iov_len) {
		written -= call->parts[call->part].iov_len;
		call->part++;
	}
	if (call->part < call->count) {
		call->parts[call->part].iov_base = (char *)call->parts[call->part].iov_base + written;
		call->parts[call->part].iov_len -= written;
	}
}

/* Writes what the socket takes. Returns whether there is more to write. */
static bool write_more(struct http_call *call)
{
	while (call->part < call->count) {
		const struct msghdr message = { .msg_iov = call->parts + call->part,
						.msg_iovlen = call->count - call->part };
		ssize_t written = sendmsg(call->fd, &message, MSG_NOSIGNAL);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN)
			return true;
		/* The other side does not read on: perhaps it has said why. */
		if (written < 0)
			return false;
		skip_written(call, (size_t)written);
	}
	call->sent = true;
	return false;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer pointer)
{
	struct http_call *call = pointer;

	(void)fd;
	(void)condition;
	if (write_more(call))
		return G_SOURCE_CONTINUE;
	read_answer(call);
	return G_SOURCE_REMOVE;
}

static bool connect_to(struct http_call *call, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(address.sun_path, path, strlen(path));
	call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A local connection is there at once or not at all: EAGAIN says that too many others wait. */
	return call->fd >= 0 && connect(call->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static gboolean on_ending(gpointer pointer)
{
	struct http_call *call = pointer;

	finish(call, HTTP_NOT_SENT, call->text);
	return G_SOURCE_REMOVE;
}

static void put_request(struct http_call *call, const struct http_post *post)
{
	size_t size = 0;

	for (size_t i = 0; i < post->parts; i++) {
		size += post->body[i].iov_len;
		call->parts[i + 1] = post->body[i];
	}
	g_snprintf(call->head, sizeof call->head,
		   "POST / HTTP/1.1\r\nHost: _\r\nConnection: close\r\nContent-Type: text/xml\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   size);
	call->parts[0] = (struct iovec){ call->head, strlen(call->head) };
	call->count = post->parts + 1;
}

struct http_call *http_call_start(const struct http_post *post, GMainContext *main, http_done *done, void *context)
{
	struct http_call *call = g_new0(struct http_call, 1);

	g_assert(post->parts <= HTTP_PARTS_MAX);
	call->done = done;
	call->context = context;
	call->main = main;
	call->fd = -1;
	call->answer_ms = post->answer_ms;
	http_reader_init(&call->reader, post->answer_max);
	put_request(call, post);
	if (!connect_to(call, post->socket)) {
		errno_text(call, post->socket);
		call->ending = add_source(call, g_idle_source_new(), on_ending);
		g_source_set_priority(call->ending, G_PRIORITY_DEFAULT);
	} else if (write_more(call)) {
		wait_for_socket(call, G_IO_OUT, on_writable);
		set_timer(call, post->send_ms);
	} else {
		read_answer(call);
	}
	return call;
}

bool http_call_is_sent(const struct http_call *call)
{
	return call->sent;
}

void http_call_cancel(struct http_call *call)
{
	if (call)
		free_call(call);
}

struct waiting {
	http_done *done;
	void *context;
	bool ended;
};

static void on_waited(void *context, const struct http_answer *answer)
{
	struct waiting *waiting = context;

	waiting->ended = true;
	waiting->done(waiting->context, answer);
}

void http_call_wait(const struct http_post *post, http_done *done, void *context)
{
	struct waiting waiting = { done, context, false };
	GMainContext *main = g_main_context_new();

	http_call_start(post, main, on_waited, &waiting);
	while (!waiting.ended)
		g_main_context_iteration(main, TRUE);
	g_main_context_unref(main);
}
