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

#include "backend/xapi_client.h"
#include "backend/xmlrpc.h"

#define XAPI_SOCKET "/var/lib/xcp/xapi"

struct xapi_session;

/* All below return false or NULL and set *error (EXIT_FAILED, with the socket, the method and what was answered) where
 * they fail. */

/* Logs in as root, which XAPI takes from whoever may open its socket. */
struct xapi_session *xapi_session_open(const char *socket, GError **error);

/* Logs out, without being sure of it, and frees; NULL is nothing. */
void xapi_session_close(struct xapi_session *session);

/*
 * Calls a method with the session and these parameters (texts, ends with NULL). Returns what `Value` is, an empty
 * scalar where there is none, to be freed with xmlrpc_free().
 */
struct xmlrpc_value *xapi_session_call(struct xapi_session *session, const char *method, const char *const *parameters,
				       GError **error);

/* The reference to a machine, to be freed with g_free(). */
char *xapi_session_machine(struct xapi_session *session, const char *uuid, GError **error);

/* *value: base64 without white space, to be freed with g_free(); NULL where nothing was ever stored. */
bool xapi_session_get_variables(struct xapi_session *session, const char *machine, char **value, GError **error);

/*
 * Stores a value in one call that the other side knows: with `update` where it can be told, without where it is too
 * old. XAPI_UPDATE_UNKNOWN has XAPI look at the certificates.
 */
bool xapi_session_set_variables(struct xapi_session *session, const char *machine, const char *value,
				enum xapi_update update, GError **error);

#endif
