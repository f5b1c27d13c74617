/* SPDX-License-Identifier: GPL-2.0-only */
/* The exchange in docs/protocol.md, replayed: each request is served and its response compared, byte for byte. */
#include <glib.h>
#include <string.h>

#include "tests/support/check.h"
#include "uefivars.h"

/* Reads the hexadecimal bytes of a fenced block, comments left out. */
static GByteArray *read_block(char *const *lines)
{
	GByteArray *bytes = g_byte_array_new();

	for (; *lines && strcmp(*lines, "```") != 0; lines++) {
		for (const char *at = *lines; *at && *at != '#'; at++) {
			uint8_t byte;

			if (*at == ' ')
				continue;
			g_assert_true(g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1]));
			byte = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
			g_byte_array_append(bytes, &byte, 1);
			at++;
		}
	}
	return bytes;
}

static void test_exchange(void)
{
	g_autofree char *text = NULL;
	g_autofree uint8_t *page = g_malloc0(UEFIVARS_PAGE_SIZE);
	g_auto(GStrv) lines = NULL;
	struct uefivars_host host = { 0 };
	struct uefivars_policy policy;
	struct uefivars *uv;
	size_t size = 0;
	int compared = 0;

	uefivars_policy_default(&policy);
	uv = uefivars_create(&policy, &host);
	g_assert_nonnull(uv);
	g_assert_cmpint(uefivars_start(uv, UEFIVARS_FIRST_BOOT, NULL, NULL), ==, UEFIVARS_OK);
	g_assert_true(g_file_get_contents("docs/protocol.md", &text, NULL, NULL));
	lines = g_strsplit(text, "\n", 0);
	for (char **line = lines; *line; line++) {
		bool request = strcmp(*line, "```request") == 0, response = strcmp(*line, "```response") == 0;
		GByteArray *bytes;

		if (!request && !response)
			continue;
		bytes = read_block(line + 1);
		if (request) {
			memcpy(page, bytes->data, bytes->len);
			g_assert_cmpint(uefivars_serve(uv, page, &size), ==, UEFIVARS_ANSWERED);
		} else {
			g_test_message("the response at line %d", (int)(line - lines) + 1);
			check_bytes(page, size, bytes->data, bytes->len);
			compared++;
		}
		g_byte_array_unref(bytes);
	}
	g_assert_cmpint(compared, >=, 5);
	uefivars_free(uv);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/protocol/documented-exchange", test_exchange);
	return g_test_run();
}
