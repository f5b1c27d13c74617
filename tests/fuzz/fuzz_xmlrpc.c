/* SPDX-License-Identifier: GPL-2.0-only */
/* XML-RPC: an answer's tree keeps its bounds, and its texts come back through a call that carries them. */
#include <string.h>

#include "backend/xapi_answer.h"
#include "backend/xmlrpc.h"
#include "tests/fuzz/fuzz.h"

static size_t walk(const struct xmlrpc_value *value, unsigned int depth)
{
	size_t values = 1;

	if (depth > XMLRPC_DEPTH_MAX)
		fuzz_broken("a value %u levels deep", depth);
	if ((value->kind == XMLRPC_SCALAR) != (xmlrpc_text(value) != NULL))
		fuzz_broken("a scalar without a text");
	if (value->text && !g_utf8_validate(value->text, -1, NULL))
		fuzz_broken("a text that is no UTF-8");
	if (!value->items)
		return values;
	for (guint i = 0; i < value->items->len; i++) {
		const struct xmlrpc_value *item = g_ptr_array_index(value->items, i);

		if (value->kind == XMLRPC_STRUCT && (!item->name || !xmlrpc_member(value, item->name)))
			fuzz_broken("a member that cannot be found");
		values += walk(item, depth + 1);
	}
	return values;
}

/* What XML can carry arrives: the text as a parameter of a call reads back when that is turned into an answer. */
static void check_text(const char *text)
{
	GString *call = g_string_new("<methodResponse><params>");
	struct xmlrpc_value *value;
	bool fault;

	if (strchr(text, '\r') || !xmlrpc_add_string(call, text)) {
		g_string_free(call, TRUE);
		return;
	}
	g_string_append(call, "</params></methodResponse>");
	value = xmlrpc_read(call->str, call->len, &fault, NULL);
	if (!value || !xmlrpc_text(value) || strcmp(xmlrpc_text(value), text) != 0)
		fuzz_broken("a text does not come back: %s", call->str);
	xmlrpc_free(value);
	g_string_free(call, TRUE);
}

static void check_answer(const char *xml, size_t size)
{
	const GString body = { .str = (char *)xml, .len = size, .allocated_len = size };
	struct xapi_answer answer;
	char *variables = NULL;

	memset(&answer, 0, sizeof answer);
	xapi_answer_read(&answer, &(struct http_answer){ .outcome = HTTP_ANSWERED, .status = 200, .body = &body });
	if (answer.outcome == XAPI_SUCCESS) {
		if (xapi_answer_variables(&answer, &variables) && variables && strpbrk(variables, " \t\r\n"))
			fuzz_broken("variables with white space");
		g_free(variables);
	} else if (!answer.text) {
		fuzz_broken("a failure without a text");
	}
	xapi_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *xml = g_strndup((const char *)data, size);
	struct xmlrpc_value *value;
	GError *error = NULL;
	bool fault = false;

	value = xmlrpc_read(xml, size, &fault, &error);
	if (!value == !error || (error && !*error->message))
		fuzz_broken("an error that says nothing");
	if (value && walk(value, 1) > XMLRPC_VALUES_MAX)
		fuzz_broken("more values than there may be");
	if (value && value->text)
		check_text(value->text);
	check_answer(xml, size);
	g_clear_error(&error);
	xmlrpc_free(value);
	g_free(xml);
	return 0;
}
