/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the answer to an HTTP/1.1 request: bytes in as they come, status and body out. No I/O here.
 *
 * Strict where a mistake would make a cut or mixed-up answer look whole: lines end in CR LF, the length is one decimal
 * number, there is no transfer coding and no interim (1xx) answer. Only the header field Content-Length has a meaning,
 * in any case of letters; without it the body ends with the connection. Head and body are bounded.
 */
#ifndef BACKEND_HTTP_H
#define BACKEND_HTTP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_LINE_MAX 1024u
#define HTTP_HEAD_MAX 8192u

enum http_state {
	HTTP_MORE,   /* not whole yet */
	HTTP_WHOLE,  /* status and body are there */
	HTTP_BROKEN, /* it is no answer that we take: `error` says why */
};

struct http_reader {
	enum http_state state;
	int status; /* three digits; 0 until the first line is read */
	GString *body;
	const char *error; /* static text, for the operator */
	/* Used while reading. */
	size_t body_max;
	size_t body_left; /* with has_length */
	bool has_length;
	bool in_body;
	size_t head_size;
	size_t line_size;
	char line[HTTP_LINE_MAX];
};

/* An answer with more than body_max bytes of body is broken. Free with http_reader_clear(). */
void http_reader_init(struct http_reader *reader, size_t body_max);
void http_reader_clear(struct http_reader *reader);

/* Takes the next bytes. Those behind a whole answer are not looked at. */
enum http_state http_reader_feed(struct http_reader *reader, const char *bytes, size_t size);

/* The connection has ended: HTTP_WHOLE or HTTP_BROKEN. */
enum http_state http_reader_end(struct http_reader *reader);

#endif
