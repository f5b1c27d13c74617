/* SPDX-License-Identifier: GPL-2.0-only */
/* What is measured; each adds its rows to the report. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "tests/bench/machine.h"
#include "tests/bench/report.h"

/*
 * Times one script: an operation is `step` requests of it, its end followed by its start. With a blob each sample
 * begins with the machine started from it (not timed).
 */
struct replay {
	struct machine *machine;
	const struct script *script;
	size_t step;
	const uint8_t *blob;
	size_t blob_size;
	size_t operations; /* in each sample; 0: chosen */
	size_t at;         /* where in the script it stands */
};
struct timing replay_measure(struct replay *replay, const char *name);

/* Get, Set, GetNext and Query at 20, 100 and 400 variables. */
void bench_services(struct report *report);

/* Appends to db and dbx, signed by a key exchange key. */
void bench_signed(struct report *report);

/* A made-up boot, and the recorded ones where they are. */
void bench_boots(struct report *report);

/*
 * The daemon as a process, with a file store: how soon it serves, what memory it takes after the recorded first boot.
 * Memory is left out, with a line on stderr, where the recording is not there.
 */
void bench_process(struct report *report, const char *daemon);

/* The same with XAPI's backend: a write's latency with a guard that answers at once, its bytes, memory after the boot.
 */
void bench_xapi(struct report *report, const char *daemon);

#endif
