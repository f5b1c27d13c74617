/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XAPI's guard, as fast as one can be: a process that takes whatever it is sent and says at once that all is well. It
 * keeps nothing: get_NVRAM tells of a machine that was never started.
 */
#ifndef BENCH_GUARD_H
#define BENCH_GUARD_H

#include <stdint.h>
#include <sys/types.h>

struct guard {
	pid_t pid;
	/* Written by that process. */
	volatile struct guard_counts {
		uint64_t calls;
		uint64_t bytes; /* of the last call, its head included */
		uint64_t text;  /* of these, the longest text in the XML: the blob */
	} * counts;
};

/* Starts it on a socket at `path`; what cannot be set up ends the program. */
void guard_start(struct guard *guard, const char *path);
void guard_stop(struct guard *guard);

#endif
