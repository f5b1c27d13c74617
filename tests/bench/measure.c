/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/measure.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define SAMPLES 301
#define SAMPLE_NS 100000.0 /* a sample this long does not notice the clock's own cost */
#define WARM_UP_NS UINT64_C(20000000)

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void measure_pin(void)
{
	int processor = sched_getcpu();
	cpu_set_t set;

	if (processor < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	/* Where that is not allowed the figures are a little wider, and right all the same. */
	(void)sched_setaffinity(0, sizeof set, &set);
}

/* Takes one sample: nanoseconds for `operations`. */
static double sample(const struct work *work, size_t operations)
{
	uint64_t begin;

	if (work->prepare)
		work->prepare(work->context);
	begin = now_ns();
	work->run(work->context, operations);
	return (double)(now_ns() - begin);
}

/* Warms caches, branch predictor and allocator; returns how many operations make a sample. */
static size_t warm_up(const struct work *work)
{
	size_t operations = work->operations ? work->operations : 1;
	uint64_t end = now_ns() + WARM_UP_NS;
	double shortest = 0;

	do {
		double each = sample(work, operations) / (double)operations;

		if (shortest <= 0 || each < shortest)
			shortest = each;
		if (!work->operations && each * (double)operations < SAMPLE_NS)
			operations *= 2;
	} while (now_ns() < end);
	if (work->operations)
		return work->operations;
	return shortest < SAMPLE_NS ? (size_t)(SAMPLE_NS / (shortest + 0.1)) + 1 : 1;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct timing timing_of(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return (struct timing){
		.median = values[count / 2],
		.p10 = values[count / 10],
		.p90 = values[count - 1 - count / 10],
		.samples = count,
		.operations = 1,
	};
}

struct timing measure(const struct work *work)
{
	size_t operations = warm_up(work);
	double each[SAMPLES];
	struct timing timing;

	for (size_t i = 0; i < SAMPLES; i++)
		each[i] = sample(work, operations) / (double)operations;
	timing = timing_of(each, SAMPLES);
	timing.operations = operations;
	return timing;
}
