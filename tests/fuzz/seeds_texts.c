/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/seeds.h"

#include <string.h>

#define ANSWER(value)                                                                                                  \
	"<?xml version=\"1.0\"?><methodResponse><params><param>" value "</param></params></methodResponse>"
#define MEMBER(name, value) "<member><name>" name "</name>" value "</member>"
#define TEXT(text) "<value>" text "</value>"
#define SUCCESS(value)                                                                                                 \
	ANSWER("<value><struct>" MEMBER("Status", TEXT("Success")) MEMBER("Value", value) "</struct></value>")
#define VARIABLE                                                                                                       \
	"{\"guid\": \"12345678-9abc-def0-1122-334455667788\", \"name\": \"Demo\", \"attr\": 7, \"data\": \"68656c\"}"
#define ZERO_TIME "00000000000000000000000000000000"

static const struct {
	const char *target, *name, *text;
} texts[] = {
	{ "fuzz_json", "empty", "" },
	{ "fuzz_json", "none", "{\"version\": 2, \"variables\": []}" },
	{ "fuzz_json", "one", "{\"version\": 2, \"variables\": [" VARIABLE "]}" },
	{ "fuzz_json", "twice", "{\"version\": 2, \"variables\": [" VARIABLE "," VARIABLE "]}" },
	{ "fuzz_json", "unknown",
	  "{\"version\": 2, \"x\": {\"y\": [1, -2.5e3, null]}, \"variables\": [{\"guid\": \"12345678-9ABC-def0-1122-"
	  "334455667788\", \"name\": \"D\\u00e9\", \"attr\": 7, \"data\": \"68\", \"z\": [true]}]}" },
	{ "fuzz_json", "utf16",
	  "{\"version\": 2, \"variables\": [{\"guid\": \"12345678-9abc-def0-1122-334455667788\", \"name\": \"?\", "
	  "\"name-utf16\": \"00d84100\", \"attr\": 39, \"data\": \"AA\", \"time\": \"" ZERO_TIME
	  "\", \"digest\": \"" ZERO_TIME ZERO_TIME "\"}, 7]}" },
	{ "fuzz_json", "timestamp",
	  "{\"version\":2,\"variables\":[{\"guid\":\"12345678-9abc-def0-1122-334455667788\",\"name\":\"a\",\"attr\":39,"
	  "\"data\":\"00\",\"timestamp\":\"" ZERO_TIME "\"}]}" },
	{ "fuzz_xmlrpc", "session", ANSWER(TEXT("DUMMYSESSION")) },
	{ "fuzz_xmlrpc", "nothing", SUCCESS("<value><struct></struct></value>") },
	{ "fuzz_xmlrpc", "variables",
	  SUCCESS("<value><struct>" MEMBER("EFI-variables", TEXT("VkFSUwEAAAA=")) "</struct></value>") },
	{ "fuzz_xmlrpc", "failure",
	  ANSWER("<value><struct>" MEMBER("Status", TEXT("Failure")) MEMBER(
		  "ErrorDescription", "<value><array><data><value>a</value><value>b(&quot;x&quot;)</value></data>"
				      "</array></value>") "</struct></value>") },
	{ "fuzz_xmlrpc", "fault",
	  "<methodResponse><fault><value><struct>" MEMBER("faultCode", "<value><int>4</int></value>")
		  MEMBER("faultString", TEXT("Too many")) "</struct></value></fault></methodResponse>" },
	{ "fuzz_xmlrpc", "types",
	  ANSWER("<value><array><data><value><i4>5</i4></value><value><boolean>1</boolean></value><value><nil/></value>"
		 "<value>&lt;&#65;&#x42;<![CDATA[<b>]]><!-- c --></value></data></array></value>") },
	{ "fuzz_http", "guard", "\xf3HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello" },
	{ "fuzz_http", "to-the-end", "\xf1HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nhello" },
	{ "fuzz_http", "too-long", "\x1fHTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\nhello" },
	{ "fuzz_http", "chunked", "\xf0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
	{ "fuzz_http", "wraps", "\xf2HTTP/1.1 500 X\r\nContent-Length: \t 18446744073709551621 \r\n\r\nhello" },
	{ "fuzz_http", "interim", "\xf2HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" },
	{ "fuzz_settings", "all",
	  "# a comment\n[default]\nloglevel=DEBUG\nsecureboot_unmet=warn\ndeployed=false\nrequire_signed_pk=true\n"
	  "allow_names=Name, 12345678-9abc-def0-1122-334455667788 An other\ntpm=true\n" },
	{ "fuzz_settings", "wrong-key", "[default]\nlogs=true\n" },
	{ "fuzz_settings", "wrong-value", "[default]\ntpm=yes\n" },
	{ "fuzz_settings", "no-group", "tpm=true\n" },
	{ "fuzz_settings", "escapes",
	  "[default]\nallow_names=a\\sb,\xc3\xa9,\xf0\x9f\x98\x80\n[default]\ntpm = true\n" },
};

void seeds_texts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		seeds_write(texts[i].target, texts[i].name, texts[i].text, strlen(texts[i].text));
}
