/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/vm_xapi.h"

#include <glib.h>
#include <string.h>

#include "backend/xapi_session.h"
#include "backend/xapi_times.h"
#include "tools/support/report.h"

/* Behind the guard XAPI may be being restarted: it answers then, with a failure. */
#define PATIENCE_MS 5000
#define PATIENCE_STEP_MS 250

struct vm_xapi {
	struct xapi_session *session;
	char *machine;
	bool patient;
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

/* What is asked is the same when it is done twice. */
static void ask(struct vm_xapi *xapi, const char *method, const char *const *parameters, struct xapi_answer *answer)
{
	int64_t end;

	xapi_session_ask(xapi->session, method, parameters, answer);
	end = g_get_monotonic_time() + 1000 * (int64_t)xapi_ms(PATIENCE_MS);
	while (xapi->patient && answer->outcome == XAPI_FAILED && g_get_monotonic_time() < end) {
		xapi_answer_clear(answer);
		g_usleep((gulong)xapi_ms(PATIENCE_STEP_MS) * 1000);
		xapi_session_ask(xapi->session, method, parameters, answer);
	}
}

struct vm_xapi *vm_xapi_open(const char *socket, const char *uuid, bool patient)
{
	struct vm_xapi *xapi = g_new0(struct vm_xapi, 1);
	GError *error = NULL;

	xapi->patient = patient;
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

	ask(xapi, method, WITH(xapi->machine), &answer);
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

	ask(xapi, method, WITH(xapi->machine, text, keep ? "no" : NULL), &answer);
	if (keep && answer.unknown_method) {
		xapi_answer_clear(&answer);
		method = set;
		ask(xapi, method, WITH(xapi->machine, text), &answer);
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
