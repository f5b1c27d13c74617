/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_load.h"

#include <string.h>

#include "backend/xapi_times.h"
#include "error.h"
#include "log.h"

/* What the main loop is iterated for. */
struct waiting {
	bool ended;
	bool ok;
	char *value; /* of the answer */
	char *text;  /* what is wrong with it */
	bool unknown_method;
};

static void waiting_clear(struct waiting *waiting)
{
	g_free(waiting->value);
	g_free(waiting->text);
	*waiting = (struct waiting){ .ended = false };
}

static bool is_interrupted(bool (*interrupted)(void))
{
	return interrupted && interrupted();
}

/* Returns false where the program is to end before the call has. */
static bool wait_for(struct waiting *waiting, struct xapi_call *call, bool (*interrupted)(void))
{
	while (!waiting->ended && !is_interrupted(interrupted))
		g_main_context_iteration(NULL, TRUE);
	if (!waiting->ended)
		xapi_call_cancel(call);
	return waiting->ended;
}

static gboolean on_pause_over(gpointer pointer)
{
	*(bool *)pointer = true;
	return G_SOURCE_REMOVE;
}

static void pause_for(int milliseconds, bool (*interrupted)(void))
{
	bool over = false;
	guint source = g_timeout_add((guint)milliseconds, on_pause_over, &over);

	while (!over && !is_interrupted(interrupted))
		g_main_context_iteration(NULL, TRUE);
	if (!over)
		g_source_remove(source);
}

static void on_nvram(void *context, const struct xapi_answer *answer)
{
	struct waiting *waiting = context;

	waiting->ended = true;
	waiting->ok = xapi_answer_variables(answer, &waiting->value);
	if (!waiting->ok)
		waiting->text = g_strdup(answer->text ? answer->text : "the answer is not what was asked for");
}

static int left_ms(int64_t end)
{
	return (int)((end - g_get_monotonic_time()) / 1000);
}

bool xapi_load_value(struct xapi_client *client, bool (*interrupted)(void), char **value, GError **error)
{
	const int64_t end = g_get_monotonic_time() + 1000 * (int64_t)xapi_ms(XAPI_LOAD_MS);
	struct waiting waiting = { .ended = false };
	bool told = false;

	for (;;) {
		struct xapi_call *call = xapi_get_nvram(client, MAX(left_ms(end), 1), on_nvram, &waiting);

		if (!wait_for(&waiting, call, interrupted))
			return error_set(error, EXIT_FAILED, "ended before the variables were read");
		if (waiting.ok)
			break;
		if (left_ms(end) <= 0)
			break;
		if (!told)
			log_write(LEVEL_WARNING, "the variables cannot be read yet: %s", waiting.text);
		told = true;
		waiting_clear(&waiting);
		pause_for(xapi_ms(XAPI_POLL_MS), interrupted);
	}
	if (!waiting.ok)
		error_set(error, EXIT_FAILED, "the variables cannot be read: %s", waiting.text);
	else
		*value = g_steal_pointer(&waiting.value);
	told = waiting.ok;
	waiting_clear(&waiting);
	return told;
}

static void on_state(void *context, const struct xapi_answer *answer)
{
	struct waiting *waiting = context;

	waiting->ended = true;
	waiting->value = g_strdup(xapi_answer_text(answer));
	waiting->ok = waiting->value != NULL;
	waiting->text = g_strdup(answer->text);
	waiting->unknown_method = answer->outcome == XAPI_REFUSED && answer->unknown_method;
}

bool xapi_load_wants_update(struct xapi_client *client, bool (*interrupted)(void))
{
	struct waiting waiting = { .ended = false };
	struct xapi_call *call = xapi_get_certificates_state(client, xapi_ms(XAPI_STATE_MS), on_state, &waiting);
	bool wanted;

	if (wait_for(&waiting, call, interrupted) && !waiting.ok && !waiting.unknown_method)
		log_write(LEVEL_WARNING, "the state of the certificates cannot be read, they stay as they are: %s",
			  waiting.text ? waiting.text : "the answer is not what was asked for");
	wanted = g_strcmp0(waiting.value, "update_on_boot") == 0;
	waiting_clear(&waiting);
	return wanted;
}

/* GLib's decoder skips whatever it does not know, and would make a store of nearly anything. */
static bool is_base64(const char *text)
{
	size_t size = strlen(text), digits = 0;

	while (g_ascii_isalnum(text[digits]) || text[digits] == '+' || text[digits] == '/')
		digits++;
	return size % 4 == 0 && size - digits <= 2 && strspn(text + digits, "=") == size - digits;
}

static void set_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record,
		      size_t record_size, enum uefivars_reason reason)
{
	const bool room = kept_add(context, variable, record, record_size);
	char name[LOG_NAME_SIZE];

	log_write(LEVEL_WARNING, "the record of %s (%zu bytes) is set aside%s: %s",
		  variable ? log_name(variable->name, variable->name_size, name) : "an unnamed variable", record_size,
		  room ? " and kept in the store" : " and is lost with the next write", uefivars_reason_text(reason));
}

bool xapi_load_variables(struct uefivars *uv, char *value, struct kept *kept, GError **error)
{
	enum uefivars_reason reason;
	gsize size = 0;

	if (!is_base64(value))
		return error_set(error, EXIT_FAILED,
				 "the variables that XAPI has are not base64; they were not touched");
	g_base64_decode_inplace(value, &size);
	reason = uefivars_load_blob(uv, (const uint8_t *)value, size, false, set_aside, kept);
	if (reason == UEFIVARS_OK)
		return true;
	return error_set(error, EXIT_FAILED,
			 "the variables that XAPI has are no VARS blob of version 1 or 2, and were not touched: %s",
			 uefivars_reason_text(reason));
}
