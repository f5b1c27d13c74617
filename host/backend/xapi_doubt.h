/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of writes that nobody has answered for. The guard carries a call out even if the caller has gone, and
 * an older call that is slow overwrites a newer one that was quick. So such a write is, in this order:
 *
 *   - open: it may land at any moment. What is stored is looked at before anything else is written: it has landed when
 * its value is there. While it has not, nothing newer is written (the same value may be), until a time after which it
 * is taken to be lost;
 *   - a ghost: landed or taken to be lost, and watched for all the same until the guard must have given it up.
 *     Should its value appear again, the right one is written again.
 *
 * Only one write is open at a time, since nothing newer is sent meanwhile. Times are microseconds of the monotonic
 * clock.
 */
#ifndef BACKEND_XAPI_DOUBT_H
#define BACKEND_XAPI_DOUBT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define XAPI_DIGEST_SIZE 32

struct xapi_doubt {
	GString *open; /* the value, or NULL */
	int64_t open_until;
	GArray *ghosts; /* struct xapi_ghost, the newest last; NULL: none so far. The pace of writes bounds it. */
};

struct xapi_ghost {
	uint8_t digest[XAPI_DIGEST_SIZE];
	int64_t until;
};

void xapi_doubt_clear(struct xapi_doubt *doubt);

/* A write of this value is open, in place of one of the same value. ghost_until 0: it cannot haunt us. */
void xapi_doubt_open(struct xapi_doubt *doubt, const GString *value, int64_t open_until, int64_t ghost_until);

/* It has landed, or is taken to be lost. */
void xapi_doubt_settle(struct xapi_doubt *doubt);

/* Is a write of this value the open one? */
bool xapi_doubt_is_open(const struct xapi_doubt *doubt, const char *value, size_t size);

/* Until when the newest ghost is watched for; 0: there is none. */
int64_t xapi_doubt_newest(const struct xapi_doubt *doubt);

/* Is there anything to be watched for? */
bool xapi_doubt_has_ghosts(struct xapi_doubt *doubt, int64_t now);

/* Is this the value of a ghost? */
bool xapi_doubt_is_ghost(struct xapi_doubt *doubt, const char *value, size_t size, int64_t now);

#endif
