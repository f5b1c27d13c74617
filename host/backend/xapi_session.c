/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_session.h"

#include "backend/xapi_times.h"
#include "error.h"

/* The guard gives up after 240 s: then it says so, and that is better than not to know. */
#define ANSWER_MS 250000

struct xapi_session {
	char *socket;
	char *ref; /* NULL: not logged in */
};

static void take_answer(void *context, const struct http_answer *http)
{
	xapi_answer_read(context, http);
}

/* Makes a call; the session is its first parameter where there is one. The answer is to be cleared. Returns whether it
 * is a success. */
static bool call(const struct xapi_session *session, const char *method, const char *const *parameters,
		 struct xapi_answer *answer, GError **error)
{
	GString *body = g_string_new(NULL);
	struct http_post post = {
		.socket = session->socket,
		.parts = 1,
		.answer_max = XAPI_ANSWER_MAX,
		.send_ms = xapi_ms(XAPI_SEND_MS),
		.answer_ms = xapi_ms(ANSWER_MS),
	};
	struct iovec part;
	bool ok = true;

	*answer = (struct xapi_answer){ .outcome = XAPI_REFUSED };
	xmlrpc_begin(body, method);
	if (session->ref)
		xmlrpc_add_string(body, session->ref);
	for (; *parameters && ok; parameters++)
		ok = xmlrpc_add_string(body, *parameters);
	xmlrpc_end(body);
	if (ok) {
		part = (struct iovec){ body->str, body->len };
		post.body = &part;
		http_call_wait(&post, take_answer, answer);
	} else {
		answer->text = g_strdup("a parameter has a character that cannot be sent");
	}
	g_string_free(body, TRUE);
	if (answer->outcome == XAPI_SUCCESS)
		return true;
	return error_set(error, EXIT_FAILED, "%s: %s: %s", session->socket, method, answer->text);
}

/* A call whose answer is a text, to be freed with g_free(). */
static char *call_for_text(const struct xapi_session *session, const char *method, const char *const *parameters,
			   GError **error)
{
	struct xapi_answer answer;
	char *text = NULL;

	if (call(session, method, parameters, &answer, error)) {
		text = g_strdup(xapi_answer_text(&answer));
		if (!text)
			error_set(error, EXIT_FAILED, "%s: %s: the answer is not a text", session->socket, method);
	}
	xapi_answer_clear(&answer);
	return text;
}

struct xapi_session *xapi_session_open(const char *socket, GError **error)
{
	static const char *const parameters[] = { "root", "", "1.0", "uefistored", NULL };
	struct xapi_session *session = g_new0(struct xapi_session, 1);

	session->socket = g_strdup(socket);
	session->ref = call_for_text(session, "session.login_with_password", parameters, error);
	if (session->ref)
		return session;
	g_free(session->socket);
	g_free(session);
	return NULL;
}

void xapi_session_close(struct xapi_session *session)
{
	static const char *const none[] = { NULL };
	struct xapi_answer answer;

	if (!session)
		return;
	call(session, "session.logout", none, &answer, NULL);
	xapi_answer_clear(&answer);
	g_free(session->ref);
	g_free(session->socket);
	g_free(session);
}

struct xmlrpc_value *xapi_session_call(struct xapi_session *session, const char *method, const char *const *parameters,
				       GError **error)
{
	struct xmlrpc_value *value = NULL;
	struct xapi_answer answer;

	if (call(session, method, parameters, &answer, error))
		value = xapi_answer_take(&answer);
	xapi_answer_clear(&answer);
	return value;
}

char *xapi_session_machine(struct xapi_session *session, const char *uuid, GError **error)
{
	const char *const parameters[] = { uuid, NULL };

	return call_for_text(session, "VM.get_by_uuid", parameters, error);
}

bool xapi_session_get_variables(struct xapi_session *session, const char *machine, char **value, GError **error)
{
	static const char method[] = "VM.get_NVRAM";
	const char *const parameters[] = { machine, NULL };
	struct xapi_answer answer;
	bool ok = call(session, method, parameters, &answer, error);

	if (ok && !xapi_answer_variables(&answer, value))
		ok = error_set(error, EXIT_FAILED, "%s: %s: the answer is not a map of texts", session->socket, method);
	xapi_answer_clear(&answer);
	return ok;
}

bool xapi_session_set_variables(struct xapi_session *session, const char *machine, const char *value,
				enum xapi_update update, GError **error)
{
	/* The guard's newer call; that of new XAPIs, whose last parameter old guards do not look at; that of old XAPIs.
	 */
	static const struct {
		const char *method;
		bool updates;
	} ways[] = {
		{ "VM.set_NVRAM_EFI_variables_v2", true },
		{ "VM.set_NVRAM_EFI_variables", true },
		{ "VM.set_NVRAM_EFI_variables", false },
	};
	const char *const parameters[] = { machine, value, update == XAPI_UPDATE_YES ? "yes" : "no", NULL };
	const char *const plain[] = { machine, value, NULL };
	struct xapi_answer answer;

	for (size_t i = update == XAPI_UPDATE_UNKNOWN ? 2 : 0;; i++) {
		GError *refused = NULL;
		bool ok = call(session, ways[i].method, ways[i].updates ? parameters : plain, &answer, &refused);
		bool again = (answer.unknown_method || answer.wrong_count) && i + 1 < G_N_ELEMENTS(ways);

		xapi_answer_clear(&answer);
		if (ok)
			return true;
		if (!again) {
			g_propagate_error(error, refused);
			return false;
		}
		g_clear_error(&refused);
	}
}
