/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_session.h"

#include <string.h>

#include "backend/xapi_times.h"
#include "error.h"

/* The guard waits for XAPI up to 240 s. Nobody waits for us as a guest would: a whole answer is better than none. */
#define ANSWER_MS 250000
#define SEND_MS 30000
#define LOGOUT_MS 5000

/* XAPI or its guard may be being restarted. */
#define RETRY_MS 5000
#define RETRY_STEP_MS 250

/* The references that the guard gives out in place of real ones. */
#define GUARD_SESSION "DUMMYSESSION"

struct xapi_session {
	char *socket;
	char *ref; /* NULL: not logged in */
};

static void take_answer(void *context, const struct http_answer *http)
{
	xapi_answer_read(context, http);
}

static void call_once(const struct xapi_session *session, const GString *call, int answer_ms,
		      struct xapi_answer *answer)
{
	const struct iovec body = { call->str, call->len };
	const struct http_post post = {
		.socket = session->socket,
		.body = &body,
		.parts = 1,
		.answer_max = XAPI_ANSWER_MAX,
		.send_ms = xapi_ms(SEND_MS),
		.answer_ms = xapi_ms(answer_ms),
	};

	http_call_wait(&post, take_answer, answer);
}

/* A call, to be freed; NULL where a parameter has a character that cannot be sent. */
static GString *new_call(const struct xapi_session *session, const char *method, const char *const *parameters)
{
	GString *call = g_string_new(NULL);
	bool ok = true;

	xmlrpc_begin(call, method);
	if (session->ref)
		xmlrpc_add_string(call, session->ref);
	for (; *parameters && ok; parameters++)
		ok = xmlrpc_add_string(call, *parameters);
	xmlrpc_end(call);
	if (ok)
		return call;
	g_string_free(call, TRUE);
	return NULL;
}

static bool is_worth_trying_again(const struct xapi_answer *answer)
{
	return answer->outcome == XAPI_UNREACHABLE || answer->outcome == XAPI_UNANSWERED;
}

void xapi_session_ask(struct xapi_session *session, const char *method, const char *const *parameters,
		      struct xapi_answer *answer)
{
	const int64_t end = g_get_monotonic_time() + 1000 * (int64_t)xapi_ms(RETRY_MS);
	GString *call = new_call(session, method, parameters);

	if (!call) {
		*answer = (struct xapi_answer){ .outcome = XAPI_REFUSED };
		answer->text = g_strdup("a parameter has a character that cannot be sent");
		return;
	}
	call_once(session, call, ANSWER_MS, answer);
	while (is_worth_trying_again(answer) && g_get_monotonic_time() < end) {
		xapi_answer_clear(answer);
		g_usleep((gulong)xapi_ms(RETRY_STEP_MS) * 1000);
		call_once(session, call, ANSWER_MS, answer);
	}
	g_string_free(call, TRUE);
}

bool xapi_session_error(const struct xapi_session *session, const char *method, const struct xapi_answer *answer,
			GError **error)
{
	const char *text = answer->text ? answer->text : "an answer of another kind was expected";
	const size_t size = strlen(session->socket);

	/* Where nothing could be sent the text names the socket, too. */
	if (strncmp(text, session->socket, size) == 0 && strncmp(text + size, ": ", 2) == 0)
		text += size + 2;
	return error_set(error, EXIT_FAILED, "%s: %s: %s", session->socket, method, text);
}

struct xmlrpc_value *xapi_session_call(struct xapi_session *session, const char *method, const char *const *parameters,
				       GError **error)
{
	struct xmlrpc_value *value = NULL;
	struct xapi_answer answer;

	xapi_session_ask(session, method, parameters, &answer);
	if (answer.outcome == XAPI_SUCCESS)
		value = xapi_answer_take(&answer);
	else
		xapi_session_error(session, method, &answer, error);
	xapi_answer_clear(&answer);
	return value;
}

char *xapi_session_text(struct xapi_session *session, const char *method, const char *const *parameters, GError **error)
{
	struct xapi_answer answer;
	char *text;

	xapi_session_ask(session, method, parameters, &answer);
	text = g_strdup(xapi_answer_text(&answer));
	if (!text)
		xapi_session_error(session, method, &answer, error);
	xapi_answer_clear(&answer);
	return text;
}

struct xapi_session *xapi_session_open(const char *socket, const char *originator, GError **error)
{
	/* Who connects to this socket is known already: password and version are not looked at. */
	const char *const parameters[] = { "root", "", "1.0", originator, NULL };
	struct xapi_session *session = g_new0(struct xapi_session, 1);

	session->socket = g_strdup(socket);
	session->ref = xapi_session_text(session, "session.login_with_password", parameters, error);
	if (session->ref)
		return session;
	xapi_session_close(session);
	return NULL;
}

void xapi_session_close(struct xapi_session *session)
{
	static const char *const none[] = { NULL };
	struct xapi_answer answer;
	GString *logout;

	if (!session)
		return;
	/* A session that stays is XAPI's to forget. */
	if (session->ref) {
		logout = new_call(session, "session.logout", none);
		call_once(session, logout, LOGOUT_MS, &answer);
		xapi_answer_clear(&answer);
		g_string_free(logout, TRUE);
	}
	g_free(session->ref);
	g_free(session->socket);
	g_free(session);
}

bool xapi_session_is_guard(const struct xapi_session *session)
{
	return strcmp(session->ref, GUARD_SESSION) == 0;
}
