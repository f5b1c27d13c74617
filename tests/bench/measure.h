/* SPDX-License-Identifier: GPL-2.0-only */
/* Timing: many samples of one piece of work, as median and spread. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

struct timing {
	double median, p10, p90; /* nanoseconds for each operation; a tenth of the samples is below p10, a tenth above
				    p90 */
	size_t samples;
	size_t operations; /* in each sample */
};

struct work {
	void *context;
	void (*prepare)(void *context);                /* before each sample, not timed; may be NULL */
	void (*run)(void *context, size_t operations); /* does that many operations */
	size_t operations; /* in each sample; 0: as many as make it long enough to be timed */
};

/* Does the work some times without looking, then times it. */
struct timing measure(const struct work *work);

/* Median and spread of numbers; sorts them. */
struct timing timing_of(double *values, size_t count);

/* Keeps this process on the processor on which it runs now: samples are of one cache and one clock. */
void measure_pin(void);

/* Monotonic time in nanoseconds. */
uint64_t now_ns(void);

#endif
