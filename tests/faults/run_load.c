/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads stores as the daemon does, many in one run: each line of stdin is a path. For each a line is printed: "ok" and
 * NAME=DATA (hexadecimal) of each non-volatile variable, or "error" and why. A store that was loaded is loaded again
 * and has to be the same: whatever the first load cleaned up, nothing was lost by it.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "efi/attributes.h"
#include "efi/name.h"
#include "log.h"

static void ignore(void *context, bool done)
{
	(void)context;
	(void)done;
}

static GString *list(const struct uefivars *uv)
{
	GString *out = g_string_new("ok");
	struct uefivars_variable variable;
	const void *cursor = NULL;

	while (uefivars_next(uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		char name[256];

		if (!(variable.attributes & ATTR_NV))
			continue;
		name_to_utf8(variable.name, variable.name_size, name, sizeof name, NULL);
		g_string_append_printf(out, " %s=", name);
		for (size_t i = 0; i < variable.data_size; i++)
			g_string_append_printf(out, "%02x", variable.data[i]);
	}
	return out;
}

/* What is found at the path; *boot as far as that was found out. */
static GString *load(const char *path)
{
	g_autofree char *argument = g_strconcat("path:", path, NULL);
	const char *const arguments[] = { argument, NULL };
	const struct backend_options options = { .name = "file", .arguments = arguments };
	struct uefivars_policy policy;
	enum uefivars_boot boot;
	g_autoptr(GError) error = NULL;
	struct backend *backend = backend_new(&options, &error);
	struct uefivars *uv;
	GString *out;

	uefivars_policy_default(&policy);
	uv = uefivars_create(&policy, NULL);
	if (backend && backend_open(backend, ignore, NULL, &error) && backend_load(backend, uv, &boot, &error)) {
		out = list(uv);
	} else {
		out = g_string_new("error ");
		g_string_append(out, error->message);
	}
	backend_free(backend);
	uefivars_free(uv);
	return out;
}

int main(void)
{
	char path[4096];

	while (fgets(path, sizeof path, stdin)) {
		GString *first, *second;

		g_strchomp(path);
		first = load(path);
		second = load(path);
		if (strcmp(first->str, second->str) != 0)
			printf("error a second load differs: %s, then %s\n", first->str, second->str);
		else
			printf("%s\n", first->str);
		g_string_free(first, TRUE);
		g_string_free(second, TRUE);
	}
	return EXIT_SUCCESS;
}
