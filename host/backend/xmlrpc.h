/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XML-RPC: calls are written, answers are read into a tree of values. An answer may leave its strings untyped, as
 * XAPI's does. What is read is bounded in depth and number of values; its size is bounded by whoever received it.
 */
#ifndef BACKEND_XMLRPC_H
#define BACKEND_XMLRPC_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- Writing a call ---- */

/* xmlrpc_begin(), one xmlrpc_add_*() for each parameter, xmlrpc_end(). */
void xmlrpc_begin(GString *call, const char *method);
void xmlrpc_end(GString *call);

/*
 * Returns false, nothing added, where XML cannot carry the text: control characters other than tab and line feed, or no
 * UTF-8. (A carriage return would arrive as a line feed.)
 */
bool xmlrpc_add_string(GString *call, const char *text);
void xmlrpc_add_integer(GString *call, int value);

/* The two ends of a string parameter whose text is put between them elsewhere: it must need no escape. */
void xmlrpc_open_string(GString *call);
void xmlrpc_close_string(GString *call);

/* ---- Reading an answer ---- */

#define XMLRPC_DEPTH_MAX 32u
#define XMLRPC_VALUES_MAX 10000u

enum xmlrpc_kind { XMLRPC_SCALAR, XMLRPC_NIL, XMLRPC_STRUCT, XMLRPC_ARRAY };

struct xmlrpc_value {
	enum xmlrpc_kind kind;
	char *name;       /* of the member that it is, or NULL */
	char *text;       /* XMLRPC_SCALAR, of whatever type: as it stands, entities resolved */
	GPtrArray *items; /* XMLRPC_STRUCT and XMLRPC_ARRAY: struct xmlrpc_value * */
};

/*
 * Reads a methodResponse. *fault tells whether it is a <fault>. Returns NULL and sets *error (a message for the
 * operator) where it is none. Free the result with xmlrpc_free().
 */
struct xmlrpc_value *xmlrpc_read(const char *xml, size_t size, bool *fault, GError **error);
void xmlrpc_free(struct xmlrpc_value *value);

/* The member of this name (the first one); NULL where there is none, or value is no struct or NULL. */
struct xmlrpc_value *xmlrpc_member(const struct xmlrpc_value *value, const char *name);

/* The text of a scalar; NULL for anything else, NULL included. */
const char *xmlrpc_text(const struct xmlrpc_value *value);

#endif
