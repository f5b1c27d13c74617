/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread that does what may block, one job at a time, and tells the main loop when it is done. */
#ifndef BACKEND_WORKER_H
#define BACKEND_WORKER_H

#include <glib.h>
#include <stdbool.h>

struct worker;

/*
 * Starts the thread, with all signals blocked; what the C library does first in a thread is behind it on return. `job`
 * runs in it, `done` in the main loop after each job; they get `context`. Returns NULL and sets *error where there is
 * no thread to be had.
 */
struct worker *worker_start(void (*job)(void *context), void (*done)(void *context), void *context, GError **error);

/* Has the job run. Only while none is running: after worker_start(), or since `done` was called. */
void worker_run(struct worker *worker);

/*
 * Ends the thread and returns true. Where a job is still running nothing is waited for: the thread and what it uses
 * stay until the program ends, and the answer is false.
 */
bool worker_stop(struct worker *worker);

#endif
