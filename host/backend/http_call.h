/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One HTTP POST over a Unix stream socket, without ever blocking: connect, write, read, each with its deadline, driven
 * by a main context. One call is one connection ("Connection: close"); "Expect" is never used.
 */
#ifndef BACKEND_HTTP_CALL_H
#define BACKEND_HTTP_CALL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define HTTP_PARTS_MAX 3

struct http_post {
	const char *socket;       /* path, copied */
	const struct iovec *body; /* at most HTTP_PARTS_MAX parts. The bytes stay in place until the call has ended */
	size_t parts;
	size_t answer_max; /* bytes of the answer's body */
	int send_ms;       /* for the whole request to be taken by the other side */
	int answer_ms;     /* from then to the end of the answer */
};

enum http_outcome {
	HTTP_ANSWERED,   /* status and body */
	HTTP_NOT_SENT,   /* the request did not reach the other side as a whole: it cannot have been understood */
	HTTP_UNANSWERED, /* it did, and the connection ended without an answer that we take */
	HTTP_TIMED_OUT,  /* it did, and there was no whole answer in time */
};

struct http_answer {
	enum http_outcome outcome;
	int status;          /* with HTTP_ANSWERED */
	const GString *body; /* with HTTP_ANSWERED; good during the callback */
	const char *text;    /* otherwise: what went wrong, for the operator; good during the callback */
};

typedef void http_done(void *context, const struct http_answer *answer);

struct http_call;

/*
 * Begins a call. `done` follows from the main context (NULL: the default one), never from within; the call is freed
 * after it.
 */
struct http_call *http_call_start(const struct http_post *post, GMainContext *main, http_done *done, void *context);

/* Has the whole request been written? Then it may be carried out, whatever becomes of the connection. */
bool http_call_is_sent(const struct http_call *call);

/* Closes the connection and frees the call; `done` does not follow. NULL is nothing. */
void http_call_cancel(struct http_call *call);

/* The same and waited for, in a main context of its own: for programs that do one thing. */
void http_call_wait(const struct http_post *post, http_done *done, void *context);

#endif
