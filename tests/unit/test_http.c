/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading HTTP answers, in one piece, byte by byte, and cut at every place. */
#include <string.h>

#include "backend/http.h"
#include "tests/support/check.h"

#define BODY_MAX 100u
#define OK "HTTP/1.1 200 OK\r\n"

struct answer {
	const char *name;
	const char *bytes;
	enum http_state state; /* when the connection ends behind them */
	int status;
	const char *body;  /* HTTP_WHOLE */
	const char *error; /* HTTP_BROKEN: part of it */
};

static const struct answer answers[] = {
	{ "guard", OK "content-length: 5\r\n\r\nhello", HTTP_WHOLE, 200, "hello", NULL },
	{ "any-case", OK "CONTENT-length:5\r\n\r\nhello", HTTP_WHOLE, 200, "hello", NULL },
	{ "blanks", OK "Content-Length: \t 5 \t\r\nX: y\r\n\r\nhello", HTTP_WHOLE, 200, "hello", NULL },
	{ "more-behind", OK "content-length: 5\r\n\r\nhello, you", HTTP_WHOLE, 200, "hello", NULL },
	{ "to-the-end", OK "Connection: close\r\n\r\nhello", HTTP_WHOLE, 200, "hello", NULL },
	{ "old-version", "HTTP/1.0 200 OK\r\n\r\nhello", HTTP_WHOLE, 200, "hello", NULL },
	{ "empty", OK "content-length: 0\r\n\r\n", HTTP_WHOLE, 200, "", NULL },
	{ "empty-to-the-end", OK "\r\n", HTTP_WHOLE, 200, "", NULL },
	{ "no-reason", "HTTP/1.1 500\r\ncontent-length: 1\r\n\r\nx", HTTP_WHOLE, 500, "x", NULL },
	{ "long-reason", "HTTP/1.1 405 Method Not Allowed\r\n\r\n", HTTP_WHOLE, 405, "", NULL },
	{ "same-length-twice", OK "content-length: 1\r\nContent-Length: 1\r\n\r\nx", HTTP_WHOLE, 200, "x", NULL },
	{ "empty-value", OK "X:\r\n\r\n", HTTP_WHOLE, 200, "", NULL },
	{ "as-long-as-allowed",
	  OK "content-length: 100\r\n\r\n"
	     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
	  HTTP_WHOLE, 200,
	  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
	  NULL },
	{ "nothing", "", HTTP_BROKEN, 0, NULL, "without an answer" },
	{ "cut-head", OK "content-", HTTP_BROKEN, 0, NULL, "cut short" },
	{ "cut-before-blank-line", OK "content-length: 5\r\n", HTTP_BROKEN, 0, NULL, "cut short" },
	{ "cut-body", OK "content-length: 5\r\n\r\nhell", HTTP_BROKEN, 0, NULL, "cut short" },
	{ "two-lengths", OK "content-length: 5\r\ncontent-length: 6\r\n\r\nhello", HTTP_BROKEN, 0, NULL,
	  "two lengths" },
	{ "two-in-one", OK "content-length: 5, 5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "no-number", OK "content-length: five\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "no-digits", OK "content-length:\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "sign", OK "content-length: +5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "negative", OK "content-length: -5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "hexadecimal", OK "content-length: 0x5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "not a number" },
	{ "too-long", OK "content-length: 101\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "too long" },
	{ "wraps-around", OK "content-length: 18446744073709551621\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "too long" },
	{ "too-long-to-the-end",
	  OK "\r\n"
	     "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
	  HTTP_BROKEN, 0, NULL, "too long" },
	{ "chunked", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", HTTP_BROKEN, 0, NULL, "coding" },
	{ "interim", "HTTP/1.1 100 Continue\r\n\r\n" OK "\r\n", HTTP_BROKEN, 0, NULL, "interim" },
	{ "not-http", "SSH-2.0-OpenSSH\r\n\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "xml", "<?xml version=\"1.0\"?>\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "version-2", "HTTP/2 200 OK\r\n\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "version-1.2", "HTTP/1.2 200 OK\r\n\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "two-digits", "HTTP/1.1 20 OK\r\n\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "four-digits", "HTTP/1.1 2000 OK\r\n\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "empty-first-line", "\r\n" OK "\r\n", HTTP_BROKEN, 0, NULL, "not HTTP" },
	{ "bare-line-feed", "HTTP/1.1 200 OK\n\n", HTTP_BROKEN, 0, NULL, "CR LF" },
	{ "bare-carriage-return", OK "X: a\rY: b\r\n\r\n", HTTP_BROKEN, 0, NULL, "CR LF" },
	{ "no-colon", OK "content-length 5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "no name" },
	{ "no-name", OK ": 5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "no name" },
	{ "continued-line", OK "X: a\r\n content-length: 5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "blank" },
	{ "blank-before-colon", OK "content-length : 5\r\n\r\nhello", HTTP_BROKEN, 0, NULL, "blank" },
	{ "control-character", OK "X: \001\r\n\r\n", HTTP_BROKEN, 0, NULL, "control character" },
};

static void check_answer(const struct answer *answer, struct http_reader *reader)
{
	const enum http_state state = http_reader_end(reader);

	g_assert_cmpint(state, ==, answer->state);
	g_assert_cmpint(state, ==, reader->state);
	if (state == HTTP_WHOLE) {
		g_assert_cmpint(reader->status, ==, answer->status);
		check_bytes(reader->body->str, reader->body->len, answer->body, strlen(answer->body));
		g_assert_null(reader->error);
	} else {
		g_assert_nonnull(strstr(reader->error, answer->error));
	}
	http_reader_clear(reader);
}

static void test_answer(gconstpointer data)
{
	const struct answer *answer = data;
	const size_t size = strlen(answer->bytes);
	struct http_reader reader;

	for (size_t cut = 0; cut <= size; cut++) {
		http_reader_init(&reader, BODY_MAX);
		http_reader_feed(&reader, answer->bytes, cut);
		http_reader_feed(&reader, answer->bytes + cut, size - cut);
		check_answer(answer, &reader);
	}
	http_reader_init(&reader, BODY_MAX);
	for (size_t i = 0; i < size; i++)
		http_reader_feed(&reader, answer->bytes + i, 1);
	check_answer(answer, &reader);
}

/* An answer is whole as soon as its length says so: nobody waits for the connection to end. */
static void test_whole_at_once(void)
{
	static const char bytes[] = OK "content-length: 5\r\n\r\nhello";
	struct http_reader reader;

	http_reader_init(&reader, BODY_MAX);
	g_assert_cmpint(http_reader_feed(&reader, bytes, strlen(bytes) - 1), ==, HTTP_MORE);
	g_assert_cmpint(http_reader_feed(&reader, "o", 1), ==, HTTP_WHOLE);
	g_assert_cmpint(http_reader_feed(&reader, "more", 4), ==, HTTP_WHOLE);
	g_assert_cmpstr(reader.body->str, ==, "hello");
	http_reader_clear(&reader);
}

static void test_long_line(void)
{
	struct http_reader reader;

	http_reader_init(&reader, BODY_MAX);
	for (size_t i = 0; i < HTTP_LINE_MAX; i++)
		g_assert_cmpint(http_reader_feed(&reader, "H", 1), ==, HTTP_MORE);
	g_assert_cmpint(http_reader_feed(&reader, "H", 1), ==, HTTP_BROKEN);
	http_reader_clear(&reader);
}

static void test_long_head(void)
{
	static const char line[] = "X: 0123456789012345678901234567890123456789\r\n";
	struct http_reader reader;
	size_t size = strlen(OK);

	http_reader_init(&reader, BODY_MAX);
	http_reader_feed(&reader, OK, size);
	for (; size + strlen(line) <= HTTP_HEAD_MAX; size += strlen(line))
		g_assert_cmpint(http_reader_feed(&reader, line, strlen(line)), ==, HTTP_MORE);
	g_assert_cmpint(http_reader_feed(&reader, line, strlen(line)), ==, HTTP_BROKEN);
	http_reader_clear(&reader);
}

/* A NUL is a control character like any other, and none in a body. */
static void test_nul(void)
{
	static const char head[] = "HTTP/1.1 200 O\0K\r\n", body[] = OK "content-length: 3\r\n\r\na\0b";
	struct http_reader reader;

	http_reader_init(&reader, BODY_MAX);
	g_assert_cmpint(http_reader_feed(&reader, head, sizeof head - 1), ==, HTTP_BROKEN);
	http_reader_clear(&reader);
	http_reader_init(&reader, BODY_MAX);
	g_assert_cmpint(http_reader_feed(&reader, body, sizeof body - 1), ==, HTTP_WHOLE);
	check_bytes(reader.body->str, reader.body->len, "a\0b", 3);
	http_reader_clear(&reader);
}

/* Whatever comes, the reader stays within its bounds (the sanitizers look on) and keeps to its three states. */
static void test_mutations(void)
{
	char bytes[256];

	for (unsigned int round = 0; round < 40000; round++) {
		const struct answer *answer = &answers[g_test_rand_int_range(0, G_N_ELEMENTS(answers))];
		size_t size = strlen(answer->bytes), at = 0;
		struct http_reader reader;

		memcpy(bytes, answer->bytes, size);
		for (int changes = g_test_rand_int_range(1, 5); changes && size; changes--)
			bytes[g_test_rand_int_range(0, (gint32)size)] = (char)g_test_rand_int_range(0, 256);
		http_reader_init(&reader, BODY_MAX);
		while (at < size) {
			size_t piece = MIN((size_t)g_test_rand_int_range(1, 40), size - at);

			http_reader_feed(&reader, bytes + at, piece);
			at += piece;
		}
		g_assert_cmpint(http_reader_end(&reader), !=, HTTP_MORE);
		g_assert_cmpuint(reader.body->len, <=, BODY_MAX);
		g_assert_true((reader.state == HTTP_BROKEN) == (reader.error != NULL));
		http_reader_clear(&reader);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *path = g_strdup_printf("/http/answer/%s", answers[i].name);

		g_test_add_data_func(path, &answers[i], test_answer);
	}
	g_test_add_func("/http/whole-at-once", test_whole_at_once);
	g_test_add_func("/http/long-line", test_long_line);
	g_test_add_func("/http/long-head", test_long_head);
	g_test_add_func("/http/nul", test_nul);
	g_test_add_func("/http/mutations", test_mutations);
	return g_test_run();
}
