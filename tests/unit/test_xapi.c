/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the XAPI backend that need no XAPI: what an answer says, how fast a guest may write, what is doubtful.
 */
#include <string.h>

#include "backend/xapi_answer.h"
#include "backend/xapi_doubt.h"
#include "backend/xapi_pace.h"
#include "tests/support/check.h"

/* ---- Answers ---- */

#define RESPONSE(members)                                                                                              \
	"<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>" members                                \
	"</struct></value></param></params></methodResponse>"
#define MEMBER(name, value) "<member><name>" name "</name><value>" value "</value></member>"
#define SUCCESS(value) RESPONSE(MEMBER("Status", "Success") MEMBER("Value", value))
#define FAILURE(description) RESPONSE(MEMBER("Status", "Failure") MEMBER("ErrorDescription", description))
#define LIST(values) "<array><data>" values "</data></array>"
#define INTERNAL(text) FAILURE(LIST("<value>Internal_error</value><value>" text "</value>"))

static const struct answer {
	const char *name;
	enum http_outcome http;
	int status;
	const char *body; /* or what is wrong */
	enum xapi_outcome outcome;
	const char *text; /* of the value, or part of the error */
	bool unknown_method;
} answers[] = {
	{ "success", HTTP_ANSWERED, 200, SUCCESS("ok"), XAPI_SUCCESS, "ok", false },
	{ "success-turned-round", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Value", "ok") MEMBER("Status", "Success")),
	  XAPI_SUCCESS, "ok", false },
	{ "xapi-unit", HTTP_ANSWERED, 200, SUCCESS(""), XAPI_SUCCESS, "", false },
	{ "guard-unit", HTTP_ANSWERED, 200, SUCCESS("<nil/>"), XAPI_SUCCESS, NULL, false },
	{ "no-value", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Status", "Success")), XAPI_SUCCESS, NULL, false },
	{ "unknown-method", HTTP_ANSWERED, 200,
	  INTERNAL("Idl.UnknownMethod(&quot;VM.set_NVRAM_EFI_variables_v2&quot;)"), XAPI_REFUSED,
	  "Internal_error: Idl.UnknownMethod(\"VM.set", true },
	{ "unknown-to-xapi", HTTP_ANSWERED, 200, INTERNAL("Server_error(MESSAGE_METHOD_UNKNOWN, [ x ])"), XAPI_REFUSED,
	  "MESSAGE_METHOD_UNKNOWN", true },
	{ "unknown-to-xapi-itself", HTTP_ANSWERED, 200,
	  FAILURE(LIST("<value>MESSAGE_METHOD_UNKNOWN</value><value>x</value>")), XAPI_REFUSED,
	  "MESSAGE_METHOD_UNKNOWN: x", true },
	{ "too-few-parameters", HTTP_ANSWERED, 200, INTERNAL("Idl.MarshalError(&quot;Incorrect number&quot;)"),
	  XAPI_REFUSED, "MarshalError", false },
	{ "xapi-error", HTTP_ANSWERED, 200, INTERNAL("Server_error(HANDLE_INVALID, [ VM; OpaqueRef:x ])"), XAPI_FAILED,
	  "HANDLE_INVALID", false },
	{ "xapi-down", HTTP_ANSWERED, 200, INTERNAL("Unix.Unix_error(Unix.ECONNREFUSED, &quot;connect&quot;)"),
	  XAPI_FAILED, "ECONNREFUSED", false },
	{ "bare", HTTP_ANSWERED, 200, FAILURE("Unknown_error"), XAPI_FAILED, "Unknown_error", false },
	{ "nested", HTTP_ANSWERED, 200, FAILURE(LIST("<value>a</value><value>" LIST("<value>b</value>") "</value>")),
	  XAPI_FAILED, "a: b", false },
	{ "no-description", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Status", "Failure")), XAPI_FAILED, "does not say",
	  false },
	{ "empty-description", HTTP_ANSWERED, 200, FAILURE(LIST("")), XAPI_FAILED, "does not say", false },
	{ "fault", HTTP_ANSWERED, 200,
	  "<methodResponse><fault><value><struct>" MEMBER("faultString",
							  "no") "</struct></value></fault></methodResponse>",
	  XAPI_FAILED, "no", false },
	{ "no-status", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Value", "ok")), XAPI_UNANSWERED, "no status", false },
	{ "other-status", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Status", "Perhaps")), XAPI_UNANSWERED, "no status",
	  false },
	{ "no-struct", HTTP_ANSWERED, 200,
	  "<methodResponse><params><param><value>a</value></param></params></methodResponse>", XAPI_UNANSWERED,
	  "no status", false },
	{ "empty-body", HTTP_ANSWERED, 200, "", XAPI_UNANSWERED, "cannot be read", false },
	{ "no-xml", HTTP_ANSWERED, 200, "Internal error", XAPI_UNANSWERED, "cannot be read", false },
	{ "http-500", HTTP_ANSWERED, 500, "Error: Not_found", XAPI_FAILED, "HTTP status 500", false },
	{ "http-405", HTTP_ANSWERED, 405, FAILURE("Not allowed"), XAPI_REFUSED, "HTTP status 405", false },
	{ "success-with-500", HTTP_ANSWERED, 500, SUCCESS("ok"), XAPI_FAILED, "HTTP status 500", false },
	{ "not-sent", HTTP_NOT_SENT, 0, "refused", XAPI_UNREACHABLE, "refused", false },
	{ "unanswered", HTTP_UNANSWERED, 0, "closed", XAPI_UNANSWERED, "closed", false },
	{ "timed-out", HTTP_TIMED_OUT, 0, "silent", XAPI_TIMED_OUT, "silent", false },
};

static void read_answer(const struct answer *row, struct xapi_answer *answer)
{
	g_autoptr(GString) body = g_string_new(row->body);
	const struct http_answer http = { row->http, row->status, body, row->http == HTTP_ANSWERED ? NULL : row->body };

	xapi_answer_read(answer, &http);
}

static void test_answer(gconstpointer data)
{
	const struct answer *row = data;
	struct xapi_answer answer;

	read_answer(row, &answer);
	g_assert_cmpint(answer.outcome, ==, row->outcome);
	g_assert_true(answer.unknown_method == row->unknown_method);
	if (row->outcome == XAPI_SUCCESS)
		g_assert_cmpstr(xapi_answer_text(&answer), ==, row->text);
	else
		g_assert_nonnull(strstr(answer.text, row->text));
	xapi_answer_clear(&answer);
	xapi_answer_clear(&answer);
}

/* What somebody else wrote into a description does not fill the log. */
static void test_long_description(void)
{
	g_autofree char *text = g_strnfill(100000, 'x');
	g_autofree char *xml = g_strdup_printf(INTERNAL("%s"), text);
	const struct answer row = { "long", HTTP_ANSWERED, 200, xml, XAPI_FAILED, "", false };
	struct xapi_answer answer;

	read_answer(&row, &answer);
	g_assert_cmpuint(strlen(answer.text), <=, 400);
	xapi_answer_clear(&answer);
}

static void check_variables(const char *value, bool ok, const char *expected)
{
	g_autofree char *xml = g_strdup_printf(SUCCESS("%s"), value);
	const struct answer row = { "variables", HTTP_ANSWERED, 200, xml, XAPI_SUCCESS, "", false };
	struct xapi_answer answer;
	g_autofree char *found = NULL;

	read_answer(&row, &answer);
	g_assert_true(xapi_answer_variables(&answer, &found) == ok);
	g_assert_cmpstr(found, ==, expected);
	xapi_answer_clear(&answer);
}

static void test_variables(void)
{
	check_variables("<struct></struct>", true, NULL);
	check_variables("<struct>" MEMBER("EFI-variables-on-boot", "reset") "</struct>", true, NULL);
	check_variables("<struct>" MEMBER("a", "b") MEMBER("EFI-variables", "VkFS") "</struct>", true, "VkFS");
	check_variables("<struct>" MEMBER("EFI-variables", "") "</struct>", true, "");
	check_variables("<struct>" MEMBER("EFI-variables", "\n Vk\n FS\t\r\n") "</struct>", true, "VkFS");
	check_variables("<struct>" MEMBER("EFI-variables", "<nil/>") "</struct>", false, NULL);
	check_variables("VkFS", false, NULL);
	check_variables("<nil/>", false, NULL);
	check_variables("<array><data></data></array>", false, NULL);
}

/* A failed answer never looks like an empty map: that would be a first boot. */
static void test_no_variables(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		struct xapi_answer answer;
		char *value = (char *)"untouched";

		read_answer(&answers[i], &answer);
		g_assert_false(xapi_answer_variables(&answer, &value));
		g_assert_null(value);
		xapi_answer_clear(&answer);
	}
}

static void test_take(void)
{
	const struct answer empty = { "empty", HTTP_ANSWERED, 200, RESPONSE(MEMBER("Status", "Success")), XAPI_SUCCESS,
				      "",      false };
	struct xapi_answer answer;
	struct xmlrpc_value *value;

	read_answer(&answers[0], &answer);
	value = xapi_answer_take(&answer);
	xapi_answer_clear(&answer);
	g_assert_cmpstr(xmlrpc_text(value), ==, "ok");
	xmlrpc_free(value);
	read_answer(&empty, &answer);
	value = xapi_answer_take(&answer);
	xapi_answer_clear(&answer);
	g_assert_cmpstr(xmlrpc_text(value), ==, "");
	xmlrpc_free(value);
}

/* ---- Pace ---- */

#define SECOND 1000000

/* 100 writes at once, then one each half second, and all of them again after a rest. */
static void test_pace(void)
{
	struct xapi_pace pace = { 0 };
	int64_t now = 12345 * (int64_t)SECOND;

	for (unsigned int rounds = 0; rounds < 2; rounds++) {
		for (unsigned int i = 0; i < 100; i++)
			g_assert_cmpint(xapi_pace_take(&pace, now), ==, 0);
		g_assert_cmpint(xapi_pace_take(&pace, now), ==, 500);
		g_assert_cmpint(xapi_pace_take(&pace, now + SECOND / 10), ==, 400);
		for (unsigned int i = 0; i < 10; i++) {
			now += SECOND / 2;
			g_assert_cmpint(xapi_pace_take(&pace, now), ==, 0);
			g_assert_cmpint(xapi_pace_take(&pace, now), ==, 500);
		}
		now += 1000 * (int64_t)SECOND;
	}
}

/* ---- Doubt ---- */

static bool is_ghost(struct xapi_doubt *doubt, const char *value, int64_t now)
{
	return xapi_doubt_is_ghost(doubt, value, strlen(value), now);
}

static bool is_open(const struct xapi_doubt *doubt, const char *value)
{
	return xapi_doubt_is_open(doubt, value, strlen(value));
}

static void test_open(void)
{
	struct xapi_doubt doubt = { .open = NULL };
	g_autoptr(GString) a = g_string_new("a"), b = g_string_new("b");

	g_assert_false(is_open(&doubt, ""));
	xapi_doubt_open(&doubt, a, 10, 100);
	g_assert_true(is_open(&doubt, "a"));
	g_assert_false(is_open(&doubt, "ab"));
	g_assert_cmpint(doubt.open_until, ==, 10);
	/* Sent again: as long as the longer of both. */
	xapi_doubt_open(&doubt, a, 5, 100);
	g_assert_cmpint(doubt.open_until, ==, 10);
	xapi_doubt_open(&doubt, b, 5, 0);
	g_assert_cmpint(doubt.open_until, ==, 5);
	g_assert_false(is_open(&doubt, "a"));
	xapi_doubt_settle(&doubt);
	g_assert_false(is_open(&doubt, "b"));
	g_assert_true(is_ghost(&doubt, "a", 50));
	g_assert_false(is_ghost(&doubt, "b", 50));
	xapi_doubt_clear(&doubt);
	g_assert_false(is_ghost(&doubt, "a", 50));
}

static void test_ghosts(void)
{
	struct xapi_doubt doubt = { .open = NULL };

	for (unsigned int i = 0; i < 600; i++) {
		g_autoptr(GString) value = g_string_new(NULL);

		g_string_printf(value, "%u", i);
		xapi_doubt_open(&doubt, value, 0, 100 + i);
	}
	/* None is forgotten. */
	g_assert_true(is_ghost(&doubt, "0", 1));
	g_assert_true(is_ghost(&doubt, "599", 1));
	g_assert_cmpint(xapi_doubt_newest(&doubt), ==, 699);
	/* And each goes with its time. */
	g_assert_false(is_ghost(&doubt, "1", 101));
	g_assert_true(is_ghost(&doubt, "2", 101));
	g_assert_true(xapi_doubt_has_ghosts(&doubt, 698));
	g_assert_false(xapi_doubt_has_ghosts(&doubt, 699));
	g_assert_cmpint(xapi_doubt_newest(&doubt), ==, 0);
	xapi_doubt_clear(&doubt);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *path = g_strdup_printf("/xapi/answer/%s", answers[i].name);

		g_test_add_data_func(path, &answers[i], test_answer);
	}
	g_test_add_func("/xapi/long-description", test_long_description);
	g_test_add_func("/xapi/variables", test_variables);
	g_test_add_func("/xapi/no-variables", test_no_variables);
	g_test_add_func("/xapi/take", test_take);
	g_test_add_func("/xapi/pace", test_pace);
	g_test_add_func("/xapi/doubt/open", test_open);
	g_test_add_func("/xapi/doubt/ghosts", test_ghosts);
	return g_test_run();
}
