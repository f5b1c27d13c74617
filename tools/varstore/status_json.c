/* SPDX-License-Identifier: GPL-2.0-only */
/* status for programs: docs/tools.md has the keys. */
#include <inttypes.h>
#include <stdio.h>

#include "tools/varstore/certcheck.h"
#include "tools/varstore/status.h"

/* UTF-8 of which nothing is known but that: what JSON does not take as it is, is escaped. */
static void print_string(const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);

	putchar('"');
	for (const char *c = valid; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			printf("\\u%04x", *c);
		else if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else
			putchar(*c);
	}
	putchar('"');
	g_free(valid);
}

static void print_key_string(const char *key, const char *text)
{
	printf("\"%s\": ", key);
	if (text && *text)
		print_string(text);
	else
		fputs("null", stdout);
}

static const char *boolean(bool value)
{
	return value ? "true" : "false";
}

static void print_lines(const char *key, const GPtrArray *lines)
{
	printf("\"%s\": [", key);
	for (guint i = 0; i < lines->len; i++) {
		if (i)
			fputs(", ", stdout);
		print_string(g_ptr_array_index(lines, i));
	}
	putchar(']');
}

static void print_certificate(const struct certificate_info *info)
{
	fputs("{", stdout);
	print_key_string("name", info->name);
	fputs(", ", stdout);
	print_key_string("subject", info->subject);
	fputs(", ", stdout);
	print_key_string("not_before", info->not_before);
	fputs(", ", stdout);
	print_key_string("not_after", info->not_after);
	printf(", \"expired\": %s, \"sha256\": \"", boolean(info->expired));
	for (size_t i = 0; i < sizeof info->sha256; i++)
		printf("%02x", info->sha256[i]);
	fputs("\"}", stdout);
}

static void print_key(const char *name, const struct status_key *key)
{
	printf("\"%s\": {\"present\": %s, \"bytes\": %zu, ", name, boolean(key->present), key->size);
	print_key_string("signed", key->time);
	printf(", \"hashes\": %zu, \"certificates\": [", key->others);
	for (guint i = 0; i < key->certificates->len; i++) {
		if (i)
			fputs(", ", stdout);
		print_certificate(&g_array_index(key->certificates, struct certificate_info, i));
	}
	fputs("]}", stdout);
}

static void print_secure_boot(const struct status *status)
{
	static const char *const wanted[] = { "false", "true", "null" };
	const char *effective = status->running ? boolean(status->secure_boot) :
				status->wanted == WANTED_UNKNOWN ?
						  status->possible || !status->stored ? "null" : "false" :
				status->wanted == WANTED_YES ? status->stored ? boolean(status->possible) : "null" :
							       "false";

	printf("\"secure_boot\": {\"wanted\": %s, \"effective\": %s, \"possible\": %s, ", wanted[status->wanted],
	       effective, boolean(status->possible));
	print_lines("why_not", status->why_not);
	printf("},\n \"setup_mode\": %s", boolean(!status->keys[UEFIVARS_PK].present));
}

static void print_host(const struct status *status)
{
	fputs("\"host_keys\": {", stdout);
	print_key_string("directory", status->host_keys);
	printf(", \"update_required\": %s, \"missing\": [", boolean(status->missing->len > 0));
	for (guint i = 0; i < status->missing->len; i++) {
		const struct certcheck_missing *missing = g_ptr_array_index(status->missing, i);

		printf("%s{\"variable\": \"%s\", ", i ? ", " : "", keys_names[missing->key]);
		print_key_string("certificate", missing->name);
		putchar('}');
	}
	fputs("]}", stdout);
}

void status_print_json(const struct status *status)
{
	static const char *const kek[] = { "anybody", "microsoft", "owner" };

	fputs("{", stdout);
	print_key_string("store", status->source);
	fputs(", ", stdout);
	print_key_string("form", status->form);
	printf(", \"stored\": %s, \"saved_state\": %s,\n ", boolean(status->stored), boolean(status->running));
	print_secure_boot(status);
	fputs(",\n \"keys\": {", stdout);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		fputs(i ? ",\n  " : "\n  ", stdout);
		print_key(keys_names[i], &status->keys[i]);
	}
	fputs("},\n ", stdout);
	print_lines("outdated", status->outdated);
	printf(",\n \"kek_updates_by\": \"%s\",\n ", kek[status->kek]);
	print_host(status);
	printf(",\n \"variables\": %zu, \"set_aside\": %zu,\n", status->variables, status->set_aside);
	printf(" \"space\": {\"total\": %" PRIu64 ", \"used\": %" PRIu64 ", \"free\": %" PRIu64
	       ", \"largest_variable\": %" PRIu64 "}}\n",
	       status->space.maximum, status->space.maximum - status->space.remaining, status->space.remaining,
	       status->space.maximum_variable);
}
