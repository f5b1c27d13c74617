/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways for tests to make the host slow or faulty. They exist in the debug build only; in the release build each call is
 * its harmless answer.
 */
#ifndef HOST_DEBUG_H
#define HOST_DEBUG_H

#include <stdbool.h>

#ifdef UEFISTORED_DEBUG
/*
 * A point that the program passes. The environment variable UEFISTORED_DEBUG_POINTS names a file of lines "POINT delay
 * MILLISECONDS", "POINT fail" or "POINT exit"; it is read at each point, so a test can change it at any time. Returns
 * false for "fail", and EIO in errno.
 */
bool debug_point(const char *point);

/* A time in milliseconds, or what the environment variable says it is. */
int debug_milliseconds(const char *variable, int milliseconds);
#else
static inline bool debug_point(const char *point)
{
	(void)point;
	return true;
}

static inline int debug_milliseconds(const char *variable, int milliseconds)
{
	(void)variable;
	return milliseconds;
}
#endif

#endif
