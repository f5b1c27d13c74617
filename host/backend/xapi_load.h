/* SPDX-License-Identifier: GPL-2.0-only */
/* What XAPI has for a machine when its daemon starts. Everything here iterates the default main context until it is
 * over. */
#ifndef BACKEND_XAPI_LOAD_H
#define BACKEND_XAPI_LOAD_H

#include <glib.h>
#include <stdbool.h>

#include "backend/xapi_client.h"
#include "kept.h"
#include "uefivars.h"

/*
 * Reads the value, trying again for XAPI_LOAD_MS: *value is base64 without white space, or NULL where nothing was ever
 * stored (free it with g_free()). Returns false and sets *error where that cannot be found out, or `interrupted` (may
 * be NULL) says that the program is to end.
 */
bool xapi_load_value(struct xapi_client *client, bool (*interrupted)(void), char **value, GError **error);

/* Does the operator want the machine's certificates brought up to date? Where it cannot be found out: no, and a
 * warning. */
bool xapi_load_wants_update(struct xapi_client *client, bool (*interrupted)(void));

/*
 * Loads the variables of a value (not empty), which is used up. Records that cannot be right are told to the operator
 * and added to `kept`, as far as there is room. Returns false and sets *error where it is no store.
 */
bool xapi_load_variables(struct uefivars *uv, char *value, struct kept *kept, GError **error);

#endif
