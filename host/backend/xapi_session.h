/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of a tool to XAPI's own socket, or to the guard on a machine's, each waited for. Both want the same: a login, a
 * reference to the machine, the calls, a logout. (To the guard all of these are dummies, and so is whom it is told to
 * be.)
 */
#ifndef BACKEND_XAPI_SESSION_H
#define BACKEND_XAPI_SESSION_H

#include <glib.h>
#include <stdbool.h>

#include "backend/xapi_answer.h"
#include "backend/xmlrpc.h"

#define XAPI_SOCKET "/var/lib/xcp/xapi"

struct xapi_session;

/*
 * Logs in as root, which XAPI takes from whoever may open its socket; originator is who XAPI's log says it was. Returns
 * NULL and sets *error (EXIT_FAILED, with the socket, the method and what was answered) where that failed.
 */
struct xapi_session *xapi_session_open(const char *socket, const char *originator, GError **error);

/* Logs out, without being sure of it, and frees; NULL is nothing. */
void xapi_session_close(struct xapi_session *session);

/* Is it the guard's? It does not know all methods. */
bool xapi_session_is_guard(const struct xapi_session *session);

/*
 * Calls a method with the session and these parameters (texts, ends with NULL). A XAPI or guard that cannot be reached,
 * or breaks the connection off, is tried again for some seconds: what is called must be the same when it is done twice.
 * Clear the answer in any case.
 */
void xapi_session_ask(struct xapi_session *session, const char *method, const char *const *parameters,
		      struct xapi_answer *answer);

/*
 * The same. Returns what `Value` is, an empty scalar where there is none, to be freed with xmlrpc_free(); NULL and
 * *error as above where it is no success.
 */
struct xmlrpc_value *xapi_session_call(struct xapi_session *session, const char *method, const char *const *parameters,
				       GError **error);

/* The same for an answer that is a text, to be freed with g_free(). */
char *xapi_session_text(struct xapi_session *session, const char *method, const char *const *parameters,
			GError **error);

/* Sets *error for an answer that is not what was asked for. Returns false. */
bool xapi_session_error(const struct xapi_session *session, const char *method, const struct xapi_answer *answer,
			GError **error);

#endif
