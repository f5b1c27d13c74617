/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_answer.h"

#include <string.h>

#define VARIABLES_KEY "EFI-variables"
#define TEXT_MAX 300

static void put_texts(GString *text, const struct xmlrpc_value *value)
{
	if (!value || text->len > TEXT_MAX)
		return;
	if (xmlrpc_text(value))
		g_string_append_printf(text, "%s%.*s", text->len ? ": " : "", TEXT_MAX, xmlrpc_text(value));
	for (guint i = 0; value->items && i < value->items->len; i++)
		put_texts(text, g_ptr_array_index(value->items, i));
}

/* A description is a text, or a list of texts and lists; the first is a code. */
static char *describe(const struct xmlrpc_value *description)
{
	GString *text = g_string_new(NULL);

	put_texts(text, description);
	if (text->len == 0)
		g_string_assign(text, "it does not say why");
	/* A cut through the middle of a character is the log's to show. */
	g_string_truncate(text, MIN(text->len, TEXT_MAX));
	return g_string_free(text, FALSE);
}

/*
 * The guard prints the exceptions of its RPC layer, all of which come before the call is looked at; XAPI has codes. The
 * guard itself is of a version that knows the method, and XAPI perhaps not: then it prints XAPI's code.
 */
static void read_failure(struct xapi_answer *answer, const struct xmlrpc_value *description)
{
	static const char layer[] = "Internal_error: Idl.";

	answer->text = describe(description);
	answer->unknown_method = strstr(answer->text, "UnknownMethod") ||
				 strstr(answer->text, "MESSAGE_METHOD_UNKNOWN");
	answer->wrong_count = strstr(answer->text, "MESSAGE_PARAMETER_COUNT_MISMATCH") != NULL;
	if (answer->unknown_method || answer->wrong_count || strncmp(answer->text, layer, strlen(layer)) == 0)
		answer->outcome = XAPI_REFUSED;
	else
		answer->outcome = XAPI_FAILED;
}

static void read_tree(struct xapi_answer *answer, bool fault)
{
	const char *status = xmlrpc_text(xmlrpc_member(answer->tree, "Status"));

	if (fault) {
		answer->outcome = XAPI_FAILED;
		answer->text = describe(xmlrpc_member(answer->tree, "faultString"));
	} else if (g_strcmp0(status, "Success") == 0) {
		answer->outcome = XAPI_SUCCESS;
		answer->value = xmlrpc_member(answer->tree, "Value");
	} else if (g_strcmp0(status, "Failure") == 0) {
		read_failure(answer, xmlrpc_member(answer->tree, "ErrorDescription"));
	} else {
		answer->outcome = XAPI_UNANSWERED;
		answer->text = g_strdup("the answer has no status");
	}
}

static void read_body(struct xapi_answer *answer, const GString *body)
{
	GError *error = NULL;
	bool fault = false;

	answer->tree = xmlrpc_read(body->str, body->len, &fault, &error);
	if (answer->tree) {
		read_tree(answer, fault);
		return;
	}
	answer->outcome = XAPI_UNANSWERED;
	answer->text = g_strdup_printf("the answer cannot be read: %s", error->message);
	g_error_free(error);
}

void xapi_answer_read(struct xapi_answer *answer, const struct http_answer *http)
{
	*answer = (struct xapi_answer){ .outcome = XAPI_UNREACHABLE };
	switch (http->outcome) {
	case HTTP_ANSWERED:
		if (http->status == 200) {
			read_body(answer, http->body);
			return;
		}
		/* What is the request's fault (4xx) is found before anything is done. */
		answer->outcome = http->status < 500 ? XAPI_REFUSED : XAPI_FAILED;
		answer->text = g_strdup_printf("HTTP status %d", http->status);
		return;
	case HTTP_NOT_SENT:
		break;
	case HTTP_UNANSWERED:
		answer->outcome = XAPI_UNANSWERED;
		break;
	case HTTP_TIMED_OUT:
		answer->outcome = XAPI_TIMED_OUT;
		break;
	}
	answer->text = g_strdup(http->text);
}

void xapi_answer_clear(struct xapi_answer *answer)
{
	xmlrpc_free(answer->tree);
	g_free(answer->text);
	*answer = (struct xapi_answer){ .outcome = XAPI_UNREACHABLE };
}

const char *xapi_answer_text(const struct xapi_answer *answer)
{
	return answer->outcome == XAPI_SUCCESS ? xmlrpc_text(answer->value) : NULL;
}

struct xmlrpc_value *xapi_answer_take(struct xapi_answer *answer)
{
	struct xmlrpc_value *value = answer->value;

	answer->value = NULL;
	if (value) {
		g_ptr_array_remove(answer->tree->items, value);
		return value;
	}
	value = g_new0(struct xmlrpc_value, 1);
	value->text = g_strdup("");
	return value;
}

/* An administrator may have stored it with line breaks. */
static char *without_blanks(const char *text)
{
	char *out = g_malloc(strlen(text) + 1), *end = out;

	for (; *text; text++) {
		if (!g_ascii_isspace(*text))
			*end++ = *text;
	}
	*end = '\0';
	return out;
}

bool xapi_answer_variables(const struct xapi_answer *answer, char **value)
{
	const struct xmlrpc_value *map = answer->value, *member;

	*value = NULL;
	if (answer->outcome != XAPI_SUCCESS || !map || map->kind != XMLRPC_STRUCT)
		return false;
	member = xmlrpc_member(map, VARIABLES_KEY);
	if (!member)
		return true;
	if (!xmlrpc_text(member))
		return false;
	*value = without_blanks(xmlrpc_text(member));
	return true;
}
