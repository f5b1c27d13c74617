/* SPDX-License-Identifier: GPL-2.0-only */
/* What XAPI, or its guard, has answered to a call, and what that says about whether the call was carried out. */
#ifndef BACKEND_XAPI_ANSWER_H
#define BACKEND_XAPI_ANSWER_H

#include <stdbool.h>

#include "backend/http_call.h"
#include "backend/xmlrpc.h"

/* XAPI itself takes no more than 300 KiB in a call; an answer may be somewhat larger than that. */
#define XAPI_ANSWER_MAX (1u << 20)

enum xapi_outcome {
	XAPI_SUCCESS,
	XAPI_REFUSED, /* it said that it did not do it, and did not begin with it: an unknown method, wrong parameters
		       */
	XAPI_FAILED,  /* it said that it failed. Parts of it may be done, though it is not at it any more */
	XAPI_UNREACHABLE, /* nobody got the whole request: certainly not done */
	XAPI_UNANSWERED,  /* the connection ended without an answer that can be understood: it may be done, or be under
			     way */
	XAPI_TIMED_OUT,   /* no answer in time: it may be done, or be under way */
};

struct xapi_answer {
	enum xapi_outcome outcome;
	struct xmlrpc_value *value; /* with XAPI_SUCCESS: what `Value` is; NULL where there is none. Part of `tree` */
	char *text;                 /* otherwise: what went wrong, for the operator */
	bool unknown_method;        /* with XAPI_REFUSED: the other side, or XAPI behind it, is too old for this call */
	bool wrong_count;           /* with XAPI_REFUSED: ... or for this number of parameters */
	struct xmlrpc_value *tree;
};

/* Reads what came back. Clear it with xapi_answer_clear(). */
void xapi_answer_read(struct xapi_answer *answer, const struct http_answer *http);
void xapi_answer_clear(struct xapi_answer *answer);

/* The answer's value as a text, or NULL. */
const char *xapi_answer_text(const struct xapi_answer *answer);

/* Takes the answer's value out of it, to be freed with xmlrpc_free(); an empty text where it has none. Only with
 * XAPI_SUCCESS. */
struct xmlrpc_value *xapi_answer_take(struct xapi_answer *answer);

/*
 * For an answer to VM.get_NVRAM: false where it is no map of texts. *value is the base64 of the variables without white
 * space, to be freed with g_free(), or NULL where the map has none.
 */
bool xapi_answer_variables(const struct xapi_answer *answer, char **value);

#endif
