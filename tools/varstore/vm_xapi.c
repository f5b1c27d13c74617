/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/vm_xapi.h"

#include <glib.h>
#include <string.h>

#include "backend/xapi_session.h"
#include "tools/support/report.h"

struct vm_xapi {
	struct xapi_session *session;
	char *machine;
};

/* Parameters of a call. */
#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Frees the error. */
static void report_error(GError *error)
{
	report("%s", error->message);
	g_error_free(error);
}

static void report_answer(const struct vm_xapi *xapi, const char *method, const struct xapi_answer *answer)
{
	GError *error = NULL;

	xapi_session_error(xapi->session, method, answer, &error);
	report_error(error);
}

struct vm_xapi *vm_xapi_open(const char *socket, const char *uuid)
{
	struct vm_xapi *xapi = g_new0(struct vm_xapi, 1);
	GError *error = NULL;

	xapi->session = xapi_session_open(socket, "varstore", &error);
	if (xapi->session)
		xapi->machine = xapi_session_text(xapi->session, "VM.get_by_uuid", WITH(uuid), &error);
	if (xapi->machine)
		return xapi;
	report_error(error);
	vm_xapi_close(xapi);
	return NULL;
}

void vm_xapi_close(struct vm_xapi *xapi)
{
	if (!xapi)
		return;
	xapi_session_close(xapi->session);
	g_free(xapi->machine);
	g_free(xapi);
}

char *vm_xapi_read(struct vm_xapi *xapi)
{
	static const char method[] = "VM.get_NVRAM";
	struct xapi_answer answer;
	char *text = NULL;
	bool ok;

	xapi_session_ask(xapi->session, method, WITH(xapi->machine), &answer);
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

bool vm_xapi_write(struct vm_xapi *xapi, const char *text, bool certificates)
{
	static const char set[] = "VM.set_NVRAM_EFI_variables", set_v2[] = "VM.set_NVRAM_EFI_variables_v2";
	const bool keep = xapi_session_is_guard(xapi->session) && !certificates;
	const char *method = keep ? set_v2 : set;
	struct xapi_answer answer;
	bool ok;

	xapi_session_ask(xapi->session, method, WITH(xapi->machine, text, keep ? "no" : NULL), &answer);
	if (keep && answer.unknown_method) {
		xapi_answer_clear(&answer);
		method = set;
		xapi_session_ask(xapi->session, method, WITH(xapi->machine, text), &answer);
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
	if (xapi_session_is_guard(xapi->session))
		return false;
	xapi_session_ask(xapi->session, method, WITH(xapi->machine), answer);
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
