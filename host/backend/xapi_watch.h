/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks from time to time, while nothing is being written, whether a write that was taken to be lost, or a second
 * landing of one that was not, has replaced what should be stored (the ghosts of backend/xapi_doubt.h). Costs nothing
 * where there are none.
 */
#ifndef BACKEND_XAPI_WATCH_H
#define BACKEND_XAPI_WATCH_H

#include <glib.h>
#include <stdbool.h>

#include "backend/xapi_client.h"
#include "backend/xapi_doubt.h"

struct xapi_watch {
	struct xapi_client *client;
	struct xapi_doubt *doubt;
	GString *(*expected)(void *context); /* what should be stored; freed by the watch */
	void (*found)(void *context);        /* a ghost's value is stored instead */
	void *context;
	struct xapi_call *call;
	guint timer;
	int64_t newest;      /* ghost that is known */
	int64_t often_until; /* by the monotonic clock */
	int step_ms;
};

/* Something is about to be written: no look meanwhile. */
void xapi_watch_stop(struct xapi_watch *watch);

/* Nothing is being written. Where there is a new ghost the next look comes soon. */
void xapi_watch_start(struct xapi_watch *watch);

#endif
