/* SPDX-License-Identifier: GPL-2.0-only */
/* XML-RPC: calls as they are written, answers as XAPI, its guard and others give them. */
#include <string.h>

#include "backend/xmlrpc.h"
#include "tests/support/check.h"

#define ANSWER(value)                                                                                                  \
	"<?xml version=\"1.0\"?><methodResponse><params><param>" value "</param></params></methodResponse>"
#define STRUCT(members) "<value><struct>" members "</struct></value>"
#define MEMBER(name, value) "<member><name>" name "</name>" value "</member>"
#define TEXT(text) "<value>" text "</value>"

/* Shows a tree as text: "x" scalar, nil, {name=...,}, [...,]. */
static void show(GString *out, const struct xmlrpc_value *value)
{
	if (value->name)
		g_string_append_printf(out, "%s=", value->name);
	if (value->kind == XMLRPC_NIL)
		g_string_append(out, "nil");
	if (value->kind == XMLRPC_SCALAR)
		g_string_append_printf(out, "\"%s\"", value->text);
	if (!value->items)
		return;
	g_string_append(out, value->kind == XMLRPC_STRUCT ? "{" : "[");
	for (guint i = 0; i < value->items->len; i++) {
		show(out, g_ptr_array_index(value->items, i));
		g_string_append_c(out, ',');
	}
	g_string_append(out, value->kind == XMLRPC_STRUCT ? "}" : "]");
}

struct answer {
	const char *name;
	const char *xml;
	const char *shown; /* NULL: it is none */
};

static const struct answer answers[] = {
	{ "untyped", ANSWER(TEXT("DUMMYSESSION")), "\"DUMMYSESSION\"" },
	{ "typed", ANSWER(TEXT("<string>DUMMYSESSION</string>")), "\"DUMMYSESSION\"" },
	{ "empty", ANSWER(TEXT("")), "\"\"" },
	{ "empty-element", ANSWER("<value/>"), "\"\"" },
	{ "empty-string", ANSWER(TEXT("<string></string>")), "\"\"" },
	{ "blanks-are-text", ANSWER(TEXT(" a ")), "\" a \"" },
	{ "blanks-around-a-type", ANSWER(TEXT("\n <i4>5</i4>\n")), "\"5\"" },
	{ "entities", ANSWER(TEXT("&lt;a b=&quot;c&quot;&gt; &amp;amp; &apos;&#65;&#x42;")),
	  "\"<a b=\"c\"> &amp; 'AB\"" },
	{ "character-data", ANSWER(TEXT("a<![CDATA[<b>]]>c")), "\"a<b>c\"" },
	{ "comment", ANSWER(TEXT("a<!-- <b> -->c")), "\"ac\"" },
	{ "nil", ANSWER(TEXT("<nil/>")), "nil" },
	{ "boolean", ANSWER(TEXT("<boolean>1</boolean>")), "\"1\"" },
	{ "beyond-ascii", ANSWER(TEXT("Größe")), "\"Größe\"" },
	{ "no-declaration", "<methodResponse><params><param><value>a</value></param></params></methodResponse>",
	  "\"a\"" },
	{ "white-space",
	  "\n<methodResponse>\n <params>\n <param>\n <value>a</value>\n </param>\n</params>\n</methodResponse>\n",
	  "\"a\"" },
	{ "empty-map",
	  ANSWER(STRUCT(MEMBER("Status", TEXT("Success")) MEMBER("Value", "<value><struct></struct></value>"))),
	  "{Status=\"Success\",Value={},}" },
	{ "map",
	  ANSWER(STRUCT(MEMBER("Status", TEXT("Success"))
				MEMBER("Value", STRUCT(MEMBER("EFI-variables", TEXT("VkFS")))))),
	  "{Status=\"Success\",Value={EFI-variables=\"VkFS\",},}" },
	{ "members-turned-round", ANSWER(STRUCT(MEMBER("Value", TEXT("<nil/>")) MEMBER("Status", TEXT("Success")))),
	  "{Value=nil,Status=\"Success\",}" },
	{ "character-data-not-utf-8", ANSWER(TEXT("a<![CDATA[\xff]]>")), NULL },
	{ "value-before-name", ANSWER(STRUCT("<member><value>a</value><name>b</name></member>")), NULL },
	{ "failure",
	  ANSWER(STRUCT(MEMBER("Status", TEXT("Failure")) MEMBER(
		  "ErrorDescription",
		  "<value><array><data><value>a</value><value>b(&quot;x&quot;)</value></data></array></value>"))),
	  "{Status=\"Failure\",ErrorDescription=[\"a\",\"b(\"x\")\",],}" },
	{ "bare-failure",
	  ANSWER(STRUCT(MEMBER("Status", TEXT("Failure")) MEMBER("ErrorDescription", TEXT("Not allowed")))),
	  "{Status=\"Failure\",ErrorDescription=\"Not allowed\",}" },
	{ "nested-arrays",
	  ANSWER("<value><array><data><value>a</value><value><array><data><value>b</value><value><array><data>"
		 "</data></array></value></data></array></value></data></array></value>"),
	  "[\"a\",[\"b\",[],],]" },
	{ "array-without-data", ANSWER("<value><array></array></value>"), "[]" },
	{ "fault",
	  "<methodResponse><fault>" STRUCT(MEMBER("faultCode", TEXT("<int>4</int>"))
						   MEMBER("faultString", TEXT("no"))) "</fault></methodResponse>",
	  "fault {faultCode=\"4\",faultString=\"no\",}" },
	{ "nothing", "", NULL },
	{ "no-xml", "Internal error", NULL },
	{ "html", "<html><body>500</body></html>", NULL },
	{ "call", "<methodCall><methodName>a</methodName></methodCall>", NULL },
	{ "cut", "<?xml version=\"1.0\"?><methodResponse><params><param><value>a</value></param></params>", NULL },
	{ "cut-in-an-entity", ANSWER(TEXT("a&lt")), NULL },
	{ "wrong-end", "<methodResponse><params><param><value>a</param></value></params></methodResponse>", NULL },
	{ "unknown-entity", ANSWER(TEXT("&bomb;")), NULL },
	{ "declared-entity", "<!DOCTYPE a [<!ENTITY bomb \"a\">]>" ANSWER(TEXT("&bomb;")), NULL },
	{ "control-character", ANSWER(TEXT("&#0;")), NULL },
	{ "not-utf8", ANSWER(TEXT("\xff")), NULL },
	{ "unknown-element", ANSWER(TEXT("<blob>a</blob>")), NULL },
	{ "no-value", "<methodResponse><params><param></param></params></methodResponse>", NULL },
	{ "no-params", "<methodResponse></methodResponse>", NULL },
	{ "two-params",
	  "<methodResponse><params><param><value>a</value></param><param><value>b</value></param></params>"
	  "</methodResponse>",
	  NULL },
	{ "two-values", ANSWER("<value>a</value><value>b</value>"), NULL },
	{ "two-types", ANSWER(TEXT("<i4>1</i4><i4>2</i4>")), NULL },
	{ "text-and-type", ANSWER(TEXT("a<i4>1</i4>")), NULL },
	{ "type-and-text", ANSWER(TEXT("<i4>1</i4>a")), NULL },
	{ "text-in-a-struct", ANSWER("<value><struct>a</struct></value>"), NULL },
	{ "text-beside", ANSWER("a"), NULL },
	{ "nameless-member", ANSWER(STRUCT("<member><value>a</value></member>")), NULL },
	{ "member-with-two-values", ANSWER(STRUCT("<member><name>n</name><value>a</value><value>b</value></member>")),
	  NULL },
	{ "member-without-value", ANSWER(STRUCT("<member><name>n</name></member>")), NULL },
	{ "value-in-a-struct", ANSWER("<value><struct><value>a</value></struct></value>"), NULL },
	{ "value-in-an-array", ANSWER("<value><array><value>a</value></array></value>"), NULL },
	{ "value-in-a-value", ANSWER("<value><value>a</value></value>"), NULL },
	{ "element-in-a-scalar", ANSWER(TEXT("<string>a<nil/></string>")), NULL },
	{ "element-in-a-name", ANSWER(STRUCT("<member><name>a<nil/></name><value>a</value></member>")), NULL },
	{ "nested-response", "<methodResponse>" ANSWER(TEXT("a")) "</methodResponse>", NULL },
};

static void test_answer(gconstpointer data)
{
	const struct answer *answer = data;
	g_autoptr(GString) shown = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	bool fault = false;
	struct xmlrpc_value *value = xmlrpc_read(answer->xml, strlen(answer->xml), &fault, &error);

	if (!answer->shown) {
		g_assert_null(value);
		g_assert_nonnull(error);
		return;
	}
	g_assert_no_error(error);
	if (fault)
		g_string_append(shown, "fault ");
	show(shown, value);
	g_assert_cmpstr(shown->str, ==, answer->shown);
	xmlrpc_free(value);
}

static bool reads(const char *xml, size_t size)
{
	bool fault;
	struct xmlrpc_value *value = xmlrpc_read(xml, size, &fault, NULL);

	xmlrpc_free(value);
	return value != NULL;
}

static char *nested(size_t depth)
{
	GString *xml = g_string_new("<methodResponse><params><param>");

	for (size_t i = 1; i < depth; i++)
		g_string_append(xml, "<value><array><data>");
	g_string_append(xml, "<value/>");
	for (size_t i = 1; i < depth; i++)
		g_string_append(xml, "</data></array></value>");
	g_string_append(xml, "</param></params></methodResponse>");
	return g_string_free(xml, FALSE);
}

static void test_depth(void)
{
	g_autofree char *deep = nested(XMLRPC_DEPTH_MAX), *deeper = nested(XMLRPC_DEPTH_MAX + 1);
	g_autofree char *deepest = nested(20000);

	g_assert_true(reads(deep, strlen(deep)));
	g_assert_false(reads(deeper, strlen(deeper)));
	g_assert_false(reads(deepest, strlen(deepest)));
}

static char *many(size_t count)
{
	GString *xml = g_string_new("<methodResponse><params><param><value><array><data>");

	for (size_t i = 0; i < count; i++)
		g_string_append(xml, "<value/>");
	g_string_append(xml, "</data></array></value></param></params></methodResponse>");
	return g_string_free(xml, FALSE);
}

static void test_number(void)
{
	g_autofree char *most = many(XMLRPC_VALUES_MAX - 1), *more = many(XMLRPC_VALUES_MAX);

	g_assert_true(reads(most, strlen(most)));
	g_assert_false(reads(more, strlen(more)));
}

static void test_members(void)
{
	static const char xml[] =
		ANSWER(STRUCT(MEMBER("a", TEXT("1")) MEMBER("b", TEXT("<nil/>")) MEMBER("a", TEXT("2"))));
	bool fault = true;
	struct xmlrpc_value *value = xmlrpc_read(xml, strlen(xml), &fault, NULL);

	g_assert_false(fault);
	g_assert_cmpstr(xmlrpc_text(xmlrpc_member(value, "a")), ==, "1");
	g_assert_nonnull(xmlrpc_member(value, "b"));
	g_assert_null(xmlrpc_text(xmlrpc_member(value, "b")));
	g_assert_null(xmlrpc_member(value, "c"));
	g_assert_null(xmlrpc_text(value));
	g_assert_null(xmlrpc_member(xmlrpc_member(value, "a"), "a"));
	g_assert_null(xmlrpc_text(xmlrpc_member(NULL, "a")));
	xmlrpc_free(value);
}

/* The text of a store of 60 variables: nothing of it is lost however the parser cuts it. */
static void test_large_text(void)
{
	g_autofree char *text = g_strnfill(300000, 'A');
	g_autofree char *xml = g_strdup_printf(ANSWER(TEXT("%s")), text);
	bool fault;
	struct xmlrpc_value *value = xmlrpc_read(xml, strlen(xml), &fault, NULL);

	g_assert_cmpstr(xmlrpc_text(value), ==, text);
	xmlrpc_free(value);
}

/* Whatever comes, it is read or refused (the sanitizers look on). */
static void test_mutations(void)
{
	static const char pieces[][12] = { "<value>", "</value>",  "<struct>", "</struct>", "<member>", "<name>",
					   "</name>", "<array>",   "<data>",   "<nil/>",    "&lt;",     "<!--",
					   "-->",     "<![CDATA[", "]]>",      "" };
	char bytes[700];

	for (unsigned int round = 0; round < 20000; round++) {
		const struct answer *answer = &answers[g_test_rand_int_range(0, G_N_ELEMENTS(answers))];
		size_t size = strlen(answer->xml);

		g_assert_cmpuint(size, <, sizeof bytes - 100);
		memcpy(bytes, answer->xml, size);
		for (int changes = g_test_rand_int_range(1, 5); changes; changes--) {
			const char *piece = pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))];
			size_t at = (size_t)g_test_rand_int_range(0, (gint32)size + 1);

			memmove(bytes + at + strlen(piece), bytes + at, size - at);
			memcpy(bytes + at, piece, strlen(piece));
			size += strlen(piece);
			bytes[g_test_rand_int_range(0, (gint32)size + 1)] = (char)g_test_rand_int_range(0, 256);
		}
		reads(bytes, size);
	}
}

static void test_call(void)
{
	g_autoptr(GString) call = g_string_new(NULL);

	xmlrpc_begin(call, "VM.get_NVRAM");
	g_assert_true(xmlrpc_add_string(call, "DUMMYSESSION"));
	xmlrpc_add_integer(call, 5);
	xmlrpc_open_string(call);
	g_string_append(call, "QUJD");
	xmlrpc_close_string(call);
	xmlrpc_end(call);
	g_assert_cmpstr(call->str, ==,
			"<?xml version=\"1.0\"?><methodCall><methodName>VM.get_NVRAM</methodName><params>"
			"<param><value><string>DUMMYSESSION</string></value></param>"
			"<param><value><int>5</int></value></param>"
			"<param><value><string>QUJD</string></value></param></params></methodCall>");
}

static void test_strings(void)
{
	static const char *const refused[] = { "\001", "a\r\n", "\033[0m", "\177", "\xff", "\xc3", "\xed\xa0\x80" };
	g_autoptr(GString) call = g_string_new(NULL);

	g_assert_true(xmlrpc_add_string(call, "<a> & \"b\" 'c'\t\nGröße"));
	g_assert_cmpstr(call->str, ==,
			"<param><value><string>&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;\t\nGröße"
			"</string></value></param>");
	g_string_truncate(call, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		g_assert_false(xmlrpc_add_string(call, refused[i]));
	g_assert_cmpuint(call->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *path = g_strdup_printf("/xmlrpc/answer/%s", answers[i].name);

		g_test_add_data_func(path, &answers[i], test_answer);
	}
	g_test_add_func("/xmlrpc/depth", test_depth);
	g_test_add_func("/xmlrpc/number", test_number);
	g_test_add_func("/xmlrpc/members", test_members);
	g_test_add_func("/xmlrpc/large-text", test_large_text);
	g_test_add_func("/xmlrpc/mutations", test_mutations);
	g_test_add_func("/xmlrpc/call", test_call);
	g_test_add_func("/xmlrpc/strings", test_strings);
	return g_test_run();
}
