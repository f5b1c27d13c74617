/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_client.h"

#include <string.h>

#include "backend/xapi_times.h"

#define SESSION "DUMMYSESSION"
#define MACHINE "DUMMYVM"

/* Of an answer that is kept, in bytes. */
#define STORED_MAX 1024

struct xapi_call {
	struct xapi_client *client;
	struct xapi_call *next;
	GString *head, *tail; /* of the request's body */
	const GString *value; /* between them, or NULL */
	int limit_ms;
	xapi_done *done;
	void *context;
	struct http_call *http; /* NULL: it waits for its turn */
};

struct xapi_client {
	char *socket;
	struct xapi_call *first, **last; /* the first is under way */
	GString *stored;                 /* an answer that says that variables are stored; empty: none is known */
};

struct xapi_client *xapi_client_new(const char *socket)
{
	struct xapi_client *client = g_new0(struct xapi_client, 1);

	client->socket = g_strdup(socket);
	client->last = &client->first;
	client->stored = g_string_new(NULL);
	return client;
}

static void free_call(struct xapi_call *call)
{
	http_call_cancel(call->http);
	g_string_free(call->head, TRUE);
	g_string_free(call->tail, TRUE);
	g_free(call);
}

void xapi_client_free(struct xapi_client *client)
{
	if (!client)
		return;
	while (client->first) {
		struct xapi_call *call = client->first;

		client->first = call->next;
		free_call(call);
	}
	g_string_free(client->stored, TRUE);
	g_free(client->socket);
	g_free(client);
}

static void run_first(struct xapi_client *client);

static void remove_call(struct xapi_call *call)
{
	struct xapi_call **link = &call->client->first;

	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	if (!*link)
		call->client->last = link;
}

/*
 * Every write is answered with the same bytes, and to read XML takes a quarter of what the daemon does for a write: the
 * bytes that were read as a success once are one again.
 */
static void read_answer(struct xapi_call *call, struct xapi_answer *answer, const struct http_answer *http)
{
	GString *stored = call->client->stored;
	const bool may_be_stored = call->value && http->outcome == HTTP_ANSWERED && http->status == 200;

	if (may_be_stored && stored->len && g_string_equal(stored, http->body)) {
		*answer = (struct xapi_answer){ .outcome = XAPI_SUCCESS };
		return;
	}
	xapi_answer_read(answer, http);
	if (may_be_stored && answer->outcome == XAPI_SUCCESS && http->body->len <= STORED_MAX)
		g_string_append_len(g_string_truncate(stored, 0), http->body->str, (gssize)http->body->len);
}

static void on_answer(void *context, const struct http_answer *http)
{
	struct xapi_call *call = context;
	struct xapi_client *client = call->client;
	struct xapi_answer answer;

	call->http = NULL;
	remove_call(call);
	read_answer(call, &answer, http);
	call->done(call->context, &answer);
	xapi_answer_clear(&answer);
	free_call(call);
	run_first(client);
}

static void run_first(struct xapi_client *client)
{
	struct xapi_call *call = client->first;
	struct iovec parts[HTTP_PARTS_MAX];
	struct http_post post = {
		.socket = client->socket,
		.body = parts,
		.answer_max = XAPI_ANSWER_MAX,
		.send_ms = xapi_ms(XAPI_SEND_MS),
	};

	if (!call || call->http)
		return;
	post.answer_ms = call->limit_ms;
	parts[post.parts++] = (struct iovec){ call->head->str, call->head->len };
	if (call->value)
		parts[post.parts++] = (struct iovec){ call->value->str, call->value->len };
	parts[post.parts++] = (struct iovec){ call->tail->str, call->tail->len };
	call->http = http_call_start(&post, NULL, on_answer, call);
}

static struct xapi_call *new_call(struct xapi_client *client, const char *method, int limit_ms, xapi_done *done,
				  void *context)
{
	struct xapi_call *call = g_new0(struct xapi_call, 1);

	call->client = client;
	call->head = g_string_new(NULL);
	call->tail = g_string_new(NULL);
	call->limit_ms = limit_ms;
	call->done = done;
	call->context = context;
	xmlrpc_begin(call->head, method);
	xmlrpc_add_string(call->head, SESSION);
	return call;
}

static struct xapi_call *begin(struct xapi_call *call)
{
	xmlrpc_end(call->tail);
	*call->client->last = call;
	call->client->last = &call->next;
	run_first(call->client);
	return call;
}

struct xapi_call *xapi_get_nvram(struct xapi_client *client, int limit_ms, xapi_done *done, void *context)
{
	struct xapi_call *call = new_call(client, "VM.get_NVRAM", limit_ms, done, context);

	xmlrpc_add_string(call->head, MACHINE);
	return begin(call);
}

struct xapi_call *xapi_get_certificates_state(struct xapi_client *client, int limit_ms, xapi_done *done, void *context)
{
	struct xapi_call *call = new_call(client, "VM.get_secureboot_certificates_state", limit_ms, done, context);

	xmlrpc_add_string(call->head, MACHINE);
	return begin(call);
}

struct xapi_call *xapi_create_message(struct xapi_client *client, const char *name, int priority, const char *uuid,
				      const char *body, int limit_ms, xapi_done *done, void *context)
{
	struct xapi_call *call = new_call(client, "message.create", limit_ms, done, context);

	xmlrpc_add_string(call->head, name);
	xmlrpc_add_integer(call->head, priority);
	xmlrpc_add_string(call->head, "VM");
	xmlrpc_add_string(call->head, uuid);
	xmlrpc_add_string(call->head, body);
	return begin(call);
}

struct xapi_call *xapi_set_variables(struct xapi_client *client, const GString *value, enum xapi_update update,
				     int limit_ms, xapi_done *done, void *context)
{
	struct xapi_call *call = new_call(
		client, update == XAPI_UPDATE_UNKNOWN ? "VM.set_NVRAM_EFI_variables" : "VM.set_NVRAM_EFI_variables_v2",
		limit_ms, done, context);

	xmlrpc_add_string(call->head, MACHINE);
	xmlrpc_open_string(call->head);
	call->value = value;
	xmlrpc_close_string(call->tail);
	if (update != XAPI_UPDATE_UNKNOWN)
		xmlrpc_add_string(call->tail, update == XAPI_UPDATE_YES ? "yes" : "no");
	return begin(call);
}

bool xapi_call_is_sent(const struct xapi_call *call)
{
	return call->http && http_call_is_sent(call->http);
}

void xapi_call_cancel(struct xapi_call *call)
{
	struct xapi_client *client;

	if (!call)
		return;
	client = call->client;
	remove_call(call);
	free_call(call);
	run_first(client);
}
