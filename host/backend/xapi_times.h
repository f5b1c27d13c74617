/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The times of the XAPI backend, in milliseconds. They follow from three facts: a guest's write is answered within 20
 * s; the guard waits for XAPI up to 240 s, whether or not somebody still waits for the guard; and it tries a call that
 * XAPI broke off again for 30 s.
 */
#ifndef BACKEND_XAPI_TIMES_H
#define BACKEND_XAPI_TIMES_H

#include <glib.h>

#include "debug.h"

#define XAPI_LOAD_MS 22000 /* of the 30 s that a toolstack waits for us at the start, for the variables */
#define XAPI_STATE_MS 3000 /* ... for the state of the certificates */
#define XAPI_SEND_MS 5000  /* for a request to be taken by the guard */
#define XAPI_SET_MS 14000  /* for the answer to a write: what is left of the 20 s is for looking whether it was done */
#define XAPI_READ_MS 5000  /* for a look at what is stored; doubled each time that it was not enough, up to */
#define XAPI_READ_MAX_MS 60000 /* this */
#define XAPI_RETRY_MS 10000    /* a guard that cannot be reached, or closes the connection, is tried again so long */
#define XAPI_RETRY_STEP_MS 200
#define XAPI_POLL_MS 500         /* between looks whether a write that nobody answered for was done */
#define XAPI_BROKEN_MS 2000      /* a write whose connection was broken off is not waited for longer than this, */
#define XAPI_UNANSWERED_MS 35000 /* ... and one that timed out not longer than this after it was sent */
#define XAPI_QUIET_MS 10000  /* nothing is sent beside another sending of what has landed, but not longer than this */
#define XAPI_WATCH_MS 250000 /* but until then it is watched for */
#define XAPI_AGAIN_MS 30000  /* in which the guard tries again what XAPI broke off: */
#define XAPI_WATCH_STEP_MS 1000 /* so long it is looked for so often; then the step is doubled each time, up to */
#define XAPI_WATCH_STEP_MAX_MS 16000
#define XAPI_ALERT_MS 19000 /* for the alert, all in all */
#define XAPI_CREDIT_MS 500  /* a write costs a credit, and this is what it takes to get one back */
#define XAPI_CREDITS 100

/* Tests cannot wait so long: in the debug build all of them are divided by what UEFISTORED_DEBUG_XAPI_HASTE says. */
static inline int xapi_ms(int milliseconds)
{
	const int haste = debug_milliseconds("UEFISTORED_DEBUG_XAPI_HASTE", 1);

	return MAX(milliseconds / MAX(haste, 1), 1);
}

#endif
