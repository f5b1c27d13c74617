/* SPDX-License-Identifier: GPL-2.0-only */
/* One POST over a Unix socket: what is sent, what comes back, and each way in which that can fail. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/http_call.h"
#include "tests/support/check.h"

#define ANSWER "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
#define SHORT_MS 100
#define LONG_MS 20000

/* The other side: it takes one connection. */
struct server {
	char *directory, *path;
	int listener;
	GThread *thread;
	size_t read;        /* so many bytes of the request; 0: all of it */
	const char *answer; /* NULL: none */
	bool stay;          /* until the client closes the connection */
	gint64 closed;      /* out: when that was */
	GString *request;   /* out */
};

static void server_listen(struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	server->directory = g_dir_make_tmp("http-call-XXXXXX", NULL);
	g_assert_nonnull(server->directory);
	server->path = g_build_filename(server->directory, "socket", NULL);
	g_assert_cmpuint(strlen(server->path), <, sizeof address.sun_path);
	g_strlcpy(address.sun_path, server->path, sizeof address.sun_path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(server->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(server->listener, 0), ==, 0);
	server->request = g_string_new(NULL);
}

static bool has_whole_request(const struct server *server)
{
	const char *length = strstr(server->request->str, "Content-Length: "),
		   *body = strstr(server->request->str, "\r\n\r\n");

	if (!body)
		return false;
	g_assert_nonnull(length);
	return server->request->len ==
	       (size_t)(body + 4 - server->request->str) + g_ascii_strtoull(length + 16, NULL, 10);
}

static gpointer serve(gpointer pointer)
{
	struct server *server = pointer;
	int fd = accept(server->listener, NULL, NULL);
	char bytes[4096];

	g_assert_cmpint(fd, >=, 0);
	while (server->read ? server->request->len < server->read : !has_whole_request(server)) {
		ssize_t size = recv(fd, bytes, server->read ? MIN(sizeof bytes, server->read) : sizeof bytes, 0);

		if (size <= 0)
			break;
		g_string_append_len(server->request, bytes, size);
	}
	if (server->answer)
		g_assert_cmpint(send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL), >, 0);
	while (server->stay && recv(fd, bytes, sizeof bytes, 0) > 0)
		continue;
	server->closed = g_get_monotonic_time();
	close(fd);
	return NULL;
}

static void server_start(struct server *server)
{
	server_listen(server);
	server->thread = g_thread_new("server", serve, server);
}

static void server_end(struct server *server)
{
	if (server->thread)
		g_thread_join(server->thread);
	close(server->listener);
	g_unlink(server->path);
	g_rmdir(server->directory);
	g_free(server->path);
	g_free(server->directory);
	g_string_free(server->request, TRUE);
}

/* What came of a call. */
struct result {
	bool ended;
	enum http_outcome outcome;
	int status;
	char *text; /* of the body, or of the error */
};

static void on_done(void *context, const struct http_answer *answer)
{
	struct result *result = context;

	g_assert_false(result->ended);
	result->ended = true;
	result->outcome = answer->outcome;
	result->status = answer->status;
	result->text = g_strdup(answer->outcome == HTTP_ANSWERED ? answer->body->str : answer->text);
	g_assert_nonnull(result->text);
}

static struct result post(const char *path, size_t size, int send_ms, int answer_ms)
{
	g_autofree char *bytes = g_strnfill(size, 'x');
	const struct iovec parts[] = { { (char *)"<a>", 3 }, { bytes, size }, { (char *)"</a>", 4 } };
	const struct http_post post = { path, parts, G_N_ELEMENTS(parts), 1000, send_ms, answer_ms };
	struct result result = { .ended = false };

	http_call_wait(&post, on_done, &result);
	g_assert_true(result.ended);
	return result;
}

static void check_result(struct result *result, enum http_outcome outcome, const char *text)
{
	g_assert_cmpint(result->outcome, ==, outcome);
	if (!strstr(result->text, text))
		g_error("'%s' was expected in '%s'", text, result->text);
	g_free(result->text);
}

static void test_request(void)
{
	struct server server = { .answer = ANSWER, .stay = true };
	struct result result;

	server_start(&server);
	result = post(server.path, 4, LONG_MS, LONG_MS);
	g_assert_cmpint(result.status, ==, 200);
	check_result(&result, HTTP_ANSWERED, "hello");
	g_thread_join(g_steal_pointer(&server.thread));
	g_assert_cmpstr(server.request->str, ==,
			"POST / HTTP/1.1\r\nHost: _\r\nConnection: close\r\nContent-Type: text/xml\r\n"
			"Content-Length: 11\r\n\r\n"
			"<a>xxxx</a>");
	server_end(&server);
}

/* More than a socket takes at once. */
static void test_large_request(void)
{
	struct server server = { .answer = ANSWER };
	struct result result;

	server_start(&server);
	result = post(server.path, 1000000, LONG_MS, LONG_MS);
	check_result(&result, HTTP_ANSWERED, "hello");
	g_thread_join(g_steal_pointer(&server.thread));
	g_assert_cmpuint(server.request->len, >, 1000000);
	g_assert_true(g_str_has_suffix(server.request->str, "xxx</a>"));
	server_end(&server);
}

static void test_nobody(void)
{
	struct server server = { .answer = NULL };
	struct result result;
	g_autofree char *long_path = g_strnfill(108, 'x');

	server_listen(&server);
	close(server.listener);
	result = post(server.path, 4, LONG_MS, LONG_MS);
	check_result(&result, HTTP_NOT_SENT, g_strerror(ECONNREFUSED));
	g_unlink(server.path);
	result = post(server.path, 4, LONG_MS, LONG_MS);
	check_result(&result, HTTP_NOT_SENT, g_strerror(ENOENT));
	result = post(long_path, 4, LONG_MS, LONG_MS);
	check_result(&result, HTTP_NOT_SENT, g_strerror(ENAMETOOLONG));
	server.listener = -1;
	server_end(&server);
}

/* A queue that is full is no reason to wait without end. */
static void test_full_queue(void)
{
	struct server server = { .answer = NULL };
	const struct http_post call = { .send_ms = LONG_MS, .answer_ms = LONG_MS, .answer_max = 1 };
	struct http_post one = call;
	struct result results[3] = { { .ended = false } };
	struct http_call *calls[3];

	server_listen(&server);
	one.socket = server.path;
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
		calls[i] = http_call_start(&one, NULL, on_done, &results[i]);
	while (!results[2].ended)
		g_main_context_iteration(NULL, TRUE);
	g_assert_false(results[0].ended);
	g_assert_true(http_call_is_sent(calls[0]));
	check_result(&results[2], HTTP_NOT_SENT, g_strerror(EAGAIN));
	http_call_cancel(calls[0]);
	if (!results[1].ended)
		http_call_cancel(calls[1]);
	else
		g_free(results[1].text);
	server_end(&server);
}

struct failure {
	const char *name;
	size_t read; /* of the request */
	const char *answer;
	bool stay;
	size_t size; /* of the request's body */
	enum http_outcome outcome;
	const char *text;
};

static const struct failure failures[] = {
	{ "closed", 0, NULL, false, 4, HTTP_UNANSWERED, "without an answer" },
	{ "half-an-answer", 0, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", false, 4, HTTP_UNANSWERED,
	  "cut short" },
	{ "no-http", 0, "hello\r\n", true, 4, HTTP_UNANSWERED, "not HTTP" },
	{ "silent", 0, NULL, true, 4, HTTP_TIMED_OUT, "no answer in time" },
	{ "never-finished", 0, "HTTP/1.1 200 OK\r\n", true, 4, HTTP_TIMED_OUT, "no answer in time" },
	{ "answered-before-the-end", 200, "HTTP/1.1 405 No\r\ncontent-length: 5\r\n\r\nhello", false, 1000000,
	  HTTP_ANSWERED, "hello" },
	{ "closed-before-the-end", 200, NULL, false, 1000000, HTTP_NOT_SENT, "" },
};

static void test_failure(gconstpointer data)
{
	const struct failure *failure = data;
	struct server server = { .read = failure->read, .answer = failure->answer, .stay = failure->stay };
	struct result result;

	server_start(&server);
	result = post(server.path, failure->size, LONG_MS, failure->stay ? SHORT_MS : LONG_MS);
	check_result(&result, failure->outcome, failure->text);
	server_end(&server);
}

/* A request that is not taken has a limit of its own. */
static void test_not_taken(void)
{
	struct server server = { .answer = NULL };
	gint64 begun = g_get_monotonic_time();
	struct result result;

	server_listen(&server);
	result = post(server.path, 1000000, SHORT_MS, LONG_MS);
	check_result(&result, HTTP_NOT_SENT, "not taken in time");
	g_assert_cmpint(g_get_monotonic_time() - begun, >=, SHORT_MS * 1000);
	server_end(&server);
}

static void must_not_end(void *context, const struct http_answer *answer)
{
	(void)context;
	(void)answer;
	g_assert_not_reached();
}

/* The connection is closed at once, and nobody is called. */
static void test_cancel(void)
{
	struct server server = { .stay = true };
	struct iovec part = { (char *)"x", 1 };
	struct http_post call = { .body = &part, .parts = 1, .send_ms = LONG_MS, .answer_ms = LONG_MS };
	struct http_call *one;
	gint64 cancelled;

	server_start(&server);
	call.socket = server.path;
	one = http_call_start(&call, NULL, must_not_end, NULL);
	g_assert_true(http_call_is_sent(one));
	cancelled = g_get_monotonic_time();
	http_call_cancel(one);
	g_thread_join(g_steal_pointer(&server.thread));
	g_assert_cmpint(server.closed - cancelled, <, 5000000);
	while (g_main_context_iteration(NULL, FALSE))
		continue;
	http_call_cancel(NULL);
	server_end(&server);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http-call/request", test_request);
	g_test_add_func("/http-call/large-request", test_large_request);
	g_test_add_func("/http-call/nobody", test_nobody);
	g_test_add_func("/http-call/full-queue", test_full_queue);
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autofree char *path = g_strdup_printf("/http-call/failure/%s", failures[i].name);

		g_test_add_data_func(path, &failures[i], test_failure);
	}
	g_test_add_func("/http-call/not-taken", test_not_taken);
	g_test_add_func("/http-call/cancel", test_cancel);
	return g_test_run();
}
