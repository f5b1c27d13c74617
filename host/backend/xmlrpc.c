/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xmlrpc.h"

#include <string.h>

#include "error.h"

void xmlrpc_begin(GString *call, const char *method)
{
	g_string_append_printf(call, "<?xml version=\"1.0\"?><methodCall><methodName>%s</methodName><params>", method);
}

void xmlrpc_end(GString *call)
{
	g_string_append(call, "</params></methodCall>");
}

void xmlrpc_open_string(GString *call)
{
	g_string_append(call, "<param><value><string>");
}

void xmlrpc_close_string(GString *call)
{
	g_string_append(call, "</string></value></param>");
}

bool xmlrpc_add_string(GString *call, const char *text)
{
	char *escaped;

	for (const char *c = text; *c; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t' && *c != '\n') || *c == 0x7f)
			return false;
	}
	if (!g_utf8_validate(text, -1, NULL))
		return false;
	escaped = g_markup_escape_text(text, -1);
	xmlrpc_open_string(call);
	g_string_append(call, escaped);
	xmlrpc_close_string(call);
	g_free(escaped);
	return true;
}

void xmlrpc_add_integer(GString *call, int value)
{
	g_string_append_printf(call, "<param><value><int>%d</int></value></param>", value);
}

/* ---- Reading ---- */

enum element {
	METHOD_RESPONSE,
	PARAMS,
	PARAM,
	FAULT,
	VALUE,
	SCALAR,
	NIL,
	STRUCT,
	MEMBER,
	NAME,
	ARRAY,
	DATA,
};

#define IN(element) (1u << (element))

/* What there is, and in what it may stand; 0: nothing. */
static const struct {
	const char *name;
	enum element element;
	unsigned int within;
} elements[] = {
	{ "value", VALUE, IN(PARAM) | IN(FAULT) | IN(MEMBER) | IN(DATA) },
	{ "member", MEMBER, IN(STRUCT) },
	{ "name", NAME, IN(MEMBER) },
	{ "string", SCALAR, IN(VALUE) },
	{ "int", SCALAR, IN(VALUE) },
	{ "i4", SCALAR, IN(VALUE) },
	{ "i8", SCALAR, IN(VALUE) },
	{ "boolean", SCALAR, IN(VALUE) },
	{ "double", SCALAR, IN(VALUE) },
	{ "dateTime.iso8601", SCALAR, IN(VALUE) },
	{ "base64", SCALAR, IN(VALUE) },
	{ "nil", NIL, IN(VALUE) },
	{ "struct", STRUCT, IN(VALUE) },
	{ "array", ARRAY, IN(VALUE) },
	{ "data", DATA, IN(ARRAY) },
	{ "methodResponse", METHOD_RESPONSE, 0 },
	{ "params", PARAMS, IN(METHOD_RESPONSE) },
	{ "param", PARAM, IN(PARAMS) },
	{ "fault", FAULT, IN(METHOD_RESPONSE) },
};

/* A value whose end is not read yet. */
struct open_value {
	struct xmlrpc_value *value;
	GString *text;     /* what stands directly in it, or in its scalar */
	bool typed;        /* it has an element */
	char *member_name; /* the last name of its members that has no value yet */
};

struct reader {
	GArray *elements; /* enum element: those that are open */
	struct open_value open[XMLRPC_DEPTH_MAX];
	size_t depth; /* of `open` */
	size_t values;
	GString *name; /* of the member that is open */
	struct xmlrpc_value *root;
	bool fault;
};

void xmlrpc_free(struct xmlrpc_value *value)
{
	if (!value)
		return;
	/* Not deeper than XMLRPC_DEPTH_MAX. */
	for (guint i = 0; value->items && i < value->items->len; i++)
		xmlrpc_free(g_ptr_array_index(value->items, i));
	if (value->items)
		g_ptr_array_free(value->items, TRUE);
	g_free(value->name);
	g_free(value->text);
	g_free(value);
}

static void fail(GError **error, const char *what)
{
	error_set(error, EXIT_FAILED, "%s", what);
}

static int innermost(const struct reader *reader)
{
	if (reader->elements->len == 0)
		return -1;
	return (int)g_array_index(reader->elements, enum element, reader->elements->len - 1);
}

static void open_value(struct reader *reader, GError **error)
{
	if (reader->depth == XMLRPC_DEPTH_MAX)
		return fail(error, "values stand too deep in each other");
	if (++reader->values > XMLRPC_VALUES_MAX)
		return fail(error, "there are too many values");
	if (reader->depth == 0 && reader->root)
		return fail(error, "there is more than one value");
	if (innermost(reader) == MEMBER && !reader->open[reader->depth - 1].member_name)
		return fail(error, "a member has no name, or two values");
	reader->open[reader->depth++] = (struct open_value){
		.value = g_new0(struct xmlrpc_value, 1),
		.text = g_string_new(NULL),
	};
}

static void close_value(struct reader *reader)
{
	struct open_value *open = &reader->open[--reader->depth];
	struct xmlrpc_value *value = open->value;
	struct open_value *parent = reader->depth ? &reader->open[reader->depth - 1] : NULL;

	if (value->kind == XMLRPC_SCALAR)
		value->text = g_string_free(open->text, FALSE);
	else
		g_string_free(open->text, TRUE);
	g_free(open->member_name);
	if (!parent) {
		reader->root = value;
		return;
	}
	value->name = g_steal_pointer(&parent->member_name);
	g_ptr_array_add(parent->value->items, value);
}

/* The element that tells a value's type. */
static void open_type(struct reader *reader, enum element element, GError **error)
{
	struct open_value *open = &reader->open[reader->depth - 1];
	const char *blanks = open->text->str;

	if (open->typed || blanks[strspn(blanks, " \t\r\n")] != '\0')
		return fail(error, "a value has more than one content");
	open->typed = true;
	g_string_truncate(open->text, 0);
	if (element == NIL)
		open->value->kind = XMLRPC_NIL;
	if (element == STRUCT || element == ARRAY) {
		open->value->kind = element == STRUCT ? XMLRPC_STRUCT : XMLRPC_ARRAY;
		open->value->items = g_ptr_array_new();
	}
}

static void on_start(GMarkupParseContext *context, const char *name, const char **names, const char **values,
		     gpointer pointer, GError **error)
{
	struct reader *reader = pointer;
	const int within = innermost(reader);
	size_t i = 0;

	(void)context;
	(void)names;
	(void)values;
	while (i < G_N_ELEMENTS(elements) && strcmp(name, elements[i].name) != 0)
		i++;
	if (i == G_N_ELEMENTS(elements) || !(within < 0 ? elements[i].within == 0 : elements[i].within & IN(within)))
		return fail(error, "there is an element that does not belong there");
	if (elements[i].element == VALUE)
		open_value(reader, error);
	else if (elements[i].within == IN(VALUE))
		open_type(reader, elements[i].element, error);
	else if (elements[i].element == NAME)
		g_string_truncate(reader->name, 0);
	else if (elements[i].element == FAULT)
		reader->fault = true;
	g_array_append_val(reader->elements, elements[i].element);
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer pointer, GError **error)
{
	struct reader *reader = pointer;
	const int element = innermost(reader);

	(void)context;
	(void)name;
	g_array_set_size(reader->elements, reader->elements->len - 1);
	if (element == VALUE) {
		close_value(reader);
	} else if (element == NAME) {
		struct open_value *open = &reader->open[reader->depth - 1];

		g_free(open->member_name);
		open->member_name = g_strdup(reader->name->str);
	} else if (element == MEMBER && reader->open[reader->depth - 1].member_name) {
		fail(error, "a member has no value");
	}
}

static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer pointer, GError **error)
{
	struct reader *reader = pointer;
	const int within = innermost(reader);

	(void)context;
	if (within == NAME) {
		g_string_append_len(reader->name, text, (gssize)size);
		return;
	}
	if (within == SCALAR || (within == VALUE && !reader->open[reader->depth - 1].typed)) {
		g_string_append_len(reader->open[reader->depth - 1].text, text, (gssize)size);
		return;
	}
	for (gsize i = 0; i < size; i++) {
		if (!g_ascii_isspace(text[i]))
			return fail(error, "there is text that does not belong there");
	}
}

static void reader_clear(struct reader *reader)
{
	while (reader->depth) {
		struct open_value *open = &reader->open[--reader->depth];

		xmlrpc_free(open->value);
		g_string_free(open->text, TRUE);
		g_free(open->member_name);
	}
	g_array_free(reader->elements, TRUE);
	g_string_free(reader->name, TRUE);
}

struct xmlrpc_value *xmlrpc_read(const char *xml, size_t size, bool *fault, GError **error)
{
	static const GMarkupParser parser = { .start_element = on_start, .end_element = on_end, .text = on_text };
	struct reader reader = {
		.elements = g_array_new(FALSE, FALSE, sizeof(enum element)),
		.name = g_string_new(NULL),
	};
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
	bool ok;

	/* GMarkup leaves out a CDATA section that is not, sets an error and goes on: that would be a value cut short.
	 */
	if (g_utf8_validate(xml, (gssize)size, NULL))
		ok = g_markup_parse_context_parse(context, xml, (gssize)size, error) &&
		     g_markup_parse_context_end_parse(context, error);
	else
		ok = error_set(error, EXIT_FAILED, "it is not UTF-8");
	g_markup_parse_context_free(context);
	if (ok && !reader.root)
		ok = error_set(error, EXIT_FAILED, "there is no value");
	reader_clear(&reader);
	*fault = reader.fault;
	if (ok)
		return reader.root;
	xmlrpc_free(reader.root);
	return NULL;
}

struct xmlrpc_value *xmlrpc_member(const struct xmlrpc_value *value, const char *name)
{
	if (!value || value->kind != XMLRPC_STRUCT)
		return NULL;
	for (guint i = 0; i < value->items->len; i++) {
		struct xmlrpc_value *member = g_ptr_array_index(value->items, i);

		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

const char *xmlrpc_text(const struct xmlrpc_value *value)
{
	return value && value->kind == XMLRPC_SCALAR ? value->text : NULL;
}
