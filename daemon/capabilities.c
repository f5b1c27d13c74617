/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/capabilities.h"

#include <glib.h>
#include <unistd.h>

#include "backend/backend.h"
#include "daemon/transport/transport.h"
#include "file_io.h"
#include "uefivars.h"

/* What signatures of authenticated writes may be made with (lib/auth). */
static const char *const signature_digests[] = { "sha256", "sha384", "sha512", NULL };
static const char *const signature_keys[] = { "rsa", "ec", NULL };
static const char *const stores[] = { "json-2", NULL };
static const char *const saves_read[] = { "vars-1", "vars-2", NULL };
static const char *const saves_written[] = { "vars-2", NULL };

/* All names are plain ASCII: nothing is to be escaped. */
static void put_list(GString *out, const char *key, const char *const *names, const char *end)
{
	g_string_append_printf(out, "\"%s\": [", key);
	for (size_t i = 0; names[i]; i++)
		g_string_append_printf(out, "%s\"%s\"", i ? ", " : "", names[i]);
	g_string_append_printf(out, "]%s", end);
}

static void put_number(GString *out, const char *key, size_t value, const char *end)
{
	g_string_append_printf(out, "    \"%s\": %zu%s", key, value, end);
}

bool capabilities_print(void)
{
	GString *out = g_string_new("{\n  \"type\": \"uefistored\",\n  \"version\": \"" UEFISTORED_VERSION "\",\n  ");
	bool ok;

	put_list(out, "transports", transport_names(), ",\n  ");
	put_list(out, "backends", backend_names(), ",\n  \"formats\": {\n    ");
	put_list(out, "store", stores, ",\n    ");
	put_list(out, "resume", saves_read, ",\n    ");
	put_list(out, "save", saves_written, "\n  },\n  \"limits\": {\n");
	put_number(out, "name", UEFIVARS_NAME_MAX, ",\n");
	put_number(out, "name-loaded", UEFIVARS_NAME_LOAD_MAX, ",\n");
	put_number(out, "data", UEFIVARS_DATA_MAX, ",\n");
	put_number(out, "data-loaded", UEFIVARS_DATA_LOAD_MAX, ",\n");
	put_number(out, "nonvolatile-total", UEFIVARS_NONVOLATILE_TOTAL, ",\n");
	put_number(out, "volatile-total", UEFIVARS_VOLATILE_TOTAL, ",\n");
	put_number(out, "overhead", UEFIVARS_OVERHEAD, "\n  },\n  \"signatures\": {\n    ");
	put_list(out, "digests", signature_digests, ",\n    ");
	put_list(out, "keys", signature_keys, "\n  }\n}\n");
	ok = file_io_write_all(STDOUT_FILENO, out->str, out->len);
	g_string_free(out, TRUE);
	return ok;
}
