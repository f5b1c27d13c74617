/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_watch.h"

#include <string.h>

#include "backend/xapi_times.h"

void xapi_watch_stop(struct xapi_watch *watch)
{
	xapi_call_cancel(watch->call);
	watch->call = NULL;
	if (watch->timer)
		g_source_remove(watch->timer);
	watch->timer = 0;
}

static bool is_wrong(struct xapi_watch *watch, const char *stored)
{
	const size_t size = strlen(stored);
	GString *expected;
	bool wrong;

	if (!xapi_doubt_is_ghost(watch->doubt, stored, size, g_get_monotonic_time()))
		return false;
	expected = watch->expected(watch->context);
	wrong = expected->len != size || memcmp(expected->str, stored, size) != 0;
	g_string_free(expected, TRUE);
	return wrong;
}

static void on_read(void *context, const struct xapi_answer *answer)
{
	struct xapi_watch *watch = context;
	char *stored = NULL;
	bool wrong;

	watch->call = NULL;
	wrong = xapi_answer_variables(answer, &stored) && stored && is_wrong(watch, stored);
	g_free(stored);
	if (wrong) {
		watch->found(watch->context);
		return;
	}
	if (g_get_monotonic_time() >= watch->often_until)
		watch->step_ms = MIN(watch->step_ms * 2, xapi_ms(XAPI_WATCH_STEP_MAX_MS));
	xapi_watch_start(watch);
}

static gboolean on_timer(gpointer pointer)
{
	struct xapi_watch *watch = pointer;

	watch->timer = 0;
	watch->call = xapi_get_nvram(watch->client, xapi_ms(XAPI_READ_MS), on_read, watch);
	return G_SOURCE_REMOVE;
}

void xapi_watch_start(struct xapi_watch *watch)
{
	const int64_t now = g_get_monotonic_time(), newest = xapi_doubt_newest(watch->doubt);

	xapi_watch_stop(watch);
	if (!xapi_doubt_has_ghosts(watch->doubt, now))
		return;
	if (newest != watch->newest) {
		watch->newest = newest;
		watch->often_until = now + 1000 * (int64_t)xapi_ms(XAPI_AGAIN_MS);
		watch->step_ms = xapi_ms(XAPI_WATCH_STEP_MS);
	}
	watch->timer = g_timeout_add((guint)watch->step_ms, on_timer, watch);
}
