/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's calls to the guard of XAPI on a machine's own socket (docs: who we are is known by the socket; session
 * and machine are dummies that nobody looks at, so there is no login). One connection at a time: further calls wait in
 * their order. Driven by the default main context.
 */
#ifndef BACKEND_XAPI_CLIENT_H
#define BACKEND_XAPI_CLIENT_H

#include <glib.h>
#include <stdbool.h>

#include "backend/xapi_answer.h"

struct xapi_client;
struct xapi_call;

/* socket: path, copied. */
struct xapi_client *xapi_client_new(const char *socket);

/* Drops all calls; their `done` does not follow. */
void xapi_client_free(struct xapi_client *client);

/* The answer is good during the call of it; further calls may be begun from there. */
typedef void xapi_done(void *context, const struct xapi_answer *answer);

/*
 * Each begins a call, with a limit in milliseconds from the moment when the whole request is sent. `done` follows from
 * the main context, never from within; the call is gone then.
 */
struct xapi_call *xapi_get_nvram(struct xapi_client *client, int limit_ms, xapi_done *done, void *context);
struct xapi_call *xapi_get_certificates_state(struct xapi_client *client, int limit_ms, xapi_done *done, void *context);
struct xapi_call *xapi_create_message(struct xapi_client *client, const char *name, int priority, const char *uuid,
				      const char *body, int limit_ms, xapi_done *done, void *context);

/* What a write says about the state of the machine's Secure Boot certificates. */
enum xapi_update {
	XAPI_UPDATE_NO,      /* it stays */
	XAPI_UPDATE_YES,     /* they are up to date now */
	XAPI_UPDATE_UNKNOWN, /* the call of old guards, after which XAPI has it found out */
};

/* value: base64, stays in place until the call has ended. */
struct xapi_call *xapi_set_variables(struct xapi_client *client, const GString *value, enum xapi_update update,
				     int limit_ms, xapi_done *done, void *context);

/* Has the whole request been written? */
bool xapi_call_is_sent(const struct xapi_call *call);

/* Drops the call; `done` does not follow. NULL is nothing. */
void xapi_call_cancel(struct xapi_call *call);

#endif
