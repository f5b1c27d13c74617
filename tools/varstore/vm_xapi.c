/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/vm_xapi.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "backend/http_call.h"
#include "backend/xapi_answer.h"
#include "backend/xapi_times.h"
#include "backend/xmlrpc.h"
#include "tools/support/report.h"

/*
 * The guard waits for XAPI up to 240 s. Nobody waits for us as a guest would: a whole answer is better than not to
 * know.
 */
#define ANSWER_MS xapi_ms(250000)
#define SEND_MS xapi_ms(30000)
#define LOGOUT_MS xapi_ms(5000)

/* XAPI or its guard may be being restarted. */
#define RETRY_MS xapi_ms(5000)
#define RETRY_STEP_MS xapi_ms(250)

/* The references that the guard gives out in place of real ones. */
#define GUARD_SESSION "DUMMYSESSION"

struct vm_xapi {
	char *socket;
	char *session; /* NULL: not logged in */
	char *machine;
};

static void take_answer(void *context, const struct http_answer *http)
{
	xapi_answer_read(context, http);
}

/* One call, one answer. Clear it in any case. */
static void call_once(const struct vm_xapi *xapi, const GString *call, int answer_ms, struct xapi_answer *answer)
{
	const struct iovec body = { call->str, call->len };
	const struct http_post post = {
		.socket = xapi->socket,
		.body = &body,
		.parts = 1,
		.answer_max = XAPI_ANSWER_MAX,
		.send_ms = SEND_MS,
		.answer_ms = answer_ms,
	};

	http_call_wait(&post, take_answer, answer);
}

/* A call with these string parameters, which end with NULL. */
static GString *new_call(const char *method, const char *const *parameters)
{
	GString *call = g_string_new(NULL);

	xmlrpc_begin(call, method);
	while (*parameters)
		xmlrpc_add_string(call, *parameters++);
	xmlrpc_end(call);
	return call;
}

#define CALL(method, ...) new_call(method, (const char *const[]){ __VA_ARGS__, NULL })

static bool is_worth_trying_again(const struct xapi_answer *answer)
{
	return answer->outcome == XAPI_UNREACHABLE || answer->outcome == XAPI_UNANSWERED;
}

/* A call that may be made twice without harm; the call is freed. Clear the answer in any case. */
static void call_safely(const struct vm_xapi *xapi, GString *call, struct xapi_answer *answer)
{
	const int64_t end = g_get_monotonic_time() + RETRY_MS * INT64_C(1000);

	call_once(xapi, call, ANSWER_MS, answer);
	while (is_worth_trying_again(answer) && g_get_monotonic_time() < end) {
		xapi_answer_clear(answer);
		g_usleep((gulong)RETRY_STEP_MS * 1000);
		call_once(xapi, call, ANSWER_MS, answer);
	}
	g_string_free(call, TRUE);
}

static void report_answer(const struct vm_xapi *xapi, const char *method, const struct xapi_answer *answer)
{
	report("%s: %s: %s", xapi->socket, method,
	       answer->text ? answer->text : "an answer of another kind was expected");
}

/* The text that is the answer to a call; NULL, reported, where it is none. */
static char *ask(const struct vm_xapi *xapi, const char *method, GString *call)
{
	struct xapi_answer answer;
	char *text;

	call_safely(xapi, call, &answer);
	text = g_strdup(xapi_answer_text(&answer));
	if (!text)
		report_answer(xapi, method, &answer);
	xapi_answer_clear(&answer);
	return text;
}

struct vm_xapi *vm_xapi_open(const char *socket, const char *uuid)
{
	static const char login[] = "session.login_with_password", find[] = "VM.get_by_uuid";
	struct vm_xapi *xapi = g_new0(struct vm_xapi, 1);

	xapi->socket = g_strdup(socket);
	/* Who connects to this socket is known already: password and version are not looked at. */
	xapi->session = ask(xapi, login, CALL(login, "root", "", "1.0", "varstore"));
	if (xapi->session)
		xapi->machine = ask(xapi, find, CALL(find, xapi->session, uuid));
	if (xapi->machine)
		return xapi;
	vm_xapi_close(xapi);
	return NULL;
}

void vm_xapi_close(struct vm_xapi *xapi)
{
	struct xapi_answer answer;
	GString *logout;

	if (!xapi)
		return;
	/* A session that stays is XAPI's to forget. */
	if (xapi->session) {
		logout = CALL("session.logout", xapi->session);
		call_once(xapi, logout, LOGOUT_MS, &answer);
		xapi_answer_clear(&answer);
		g_string_free(logout, TRUE);
	}
	g_free(xapi->machine);
	g_free(xapi->session);
	g_free(xapi->socket);
	g_free(xapi);
}

char *vm_xapi_read(struct vm_xapi *xapi)
{
	static const char method[] = "VM.get_NVRAM";
	struct xapi_answer answer;
	char *text = NULL;
	bool ok;

	call_safely(xapi, CALL(method, xapi->session, xapi->machine), &answer);
	ok = xapi_answer_variables(&answer, &text);
	if (!ok)
		report_answer(xapi, method, &answer);
	else if (!text)
		text = g_strdup("");
	xapi_answer_clear(&answer);
	return text;
}

/* Is this what is stored? */
static bool is_stored(struct vm_xapi *xapi, const char *text)
{
	char *stored = vm_xapi_read(xapi);
	bool same = stored && strcmp(stored, text) == 0;

	g_free(stored);
	return same;
}

static bool is_guard(const struct vm_xapi *xapi)
{
	return strcmp(xapi->session, GUARD_SESSION) == 0;
}

bool vm_xapi_write(struct vm_xapi *xapi, const char *text, bool certificates)
{
	static const char set[] = "VM.set_NVRAM_EFI_variables", set_v2[] = "VM.set_NVRAM_EFI_variables_v2";
	const char *method = is_guard(xapi) && !certificates ? set_v2 : set, *const update = method == set_v2 ? "no" :
														NULL;
	struct xapi_answer answer;
	bool ok;

	/* The same value twice is the same value. */
	call_safely(xapi, CALL(method, xapi->session, xapi->machine, text, update), &answer);
	if (update && answer.unknown_method) {
		xapi_answer_clear(&answer);
		method = set;
		call_safely(xapi, CALL(method, xapi->session, xapi->machine, text), &answer);
	}
	ok = answer.outcome == XAPI_SUCCESS;
	if (!ok && (answer.outcome == XAPI_UNANSWERED || answer.outcome == XAPI_TIMED_OUT))
		ok = is_stored(xapi, text);
	if (!ok)
		report_answer(xapi, method, &answer);
	xapi_answer_clear(&answer);
	return ok;
}

/* A question that the guard does not know, and an old XAPI perhaps not. */
static bool ask_quietly(struct vm_xapi *xapi, const char *method, struct xapi_answer *answer)
{
	GString *call;

	if (is_guard(xapi))
		return false;
	call = CALL(method, xapi->session, xapi->machine);
	call_once(xapi, call, ANSWER_MS, answer);
	g_string_free(call, TRUE);
	if (answer->outcome == XAPI_SUCCESS)
		return true;
	xapi_answer_clear(answer);
	return false;
}

char *vm_xapi_platform(struct vm_xapi *xapi, const char *key)
{
	struct xapi_answer answer;
	const char *text;
	char *value = NULL;

	if (!ask_quietly(xapi, "VM.get_platform", &answer))
		return NULL;
	if (answer.value && answer.value->kind == XMLRPC_STRUCT) {
		text = xmlrpc_text(xmlrpc_member(answer.value, key));
		value = g_strdup(text ? text : "");
	}
	xapi_answer_clear(&answer);
	return value;
}

bool vm_xapi_is_running(struct vm_xapi *xapi)
{
	struct xapi_answer answer;
	bool running;

	if (!ask_quietly(xapi, "VM.get_power_state", &answer))
		return false;
	running = g_strcmp0(xapi_answer_text(&answer), "Running") == 0;
	xapi_answer_clear(&answer);
	return running;
}
