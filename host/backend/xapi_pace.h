/* SPDX-License-Identifier: GPL-2.0-only */
/* Protects XAPI from a guest that writes without end: 100 writes at once, and 2 a second after that. */
#ifndef BACKEND_XAPI_PACE_H
#define BACKEND_XAPI_PACE_H

#include <stdint.h>

struct xapi_pace {
	int64_t spent; /* microseconds in which the credits that were taken come back */
	int64_t at;    /* when that was so */
};

/*
 * Takes a credit at `now` (microseconds of the monotonic clock) and returns 0, or returns how many milliseconds have to
 * pass before there is one. Zeroed memory has all credits.
 */
int xapi_pace_take(struct xapi_pace *pace, int64_t now);

#endif
