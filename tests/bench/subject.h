/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon as a process of its own, in a directory of its own. Whatever cannot be set up ends the program. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <sys/types.h>

#include "tests/support/trace.h"
#include "tools/support/socket_client.h"

#define SUBJECT_PATH_ROOM 256
#define SUBJECT_ARGUMENTS_MAX 8

struct subject {
	const char *program;
	char directory[SUBJECT_PATH_ROOM / 2];
	char socket[SUBJECT_PATH_ROOM], config[SUBJECT_PATH_ROOM], keys[SUBJECT_PATH_ROOM], log[SUBJECT_PATH_ROOM];
	const char *backend[SUBJECT_ARGUMENTS_MAX]; /* --backend and its --arg, up to NULL; they are the caller's */
	pid_t pid;
	struct socket_client guest;
};

/* Makes the directory, with a configuration that says nothing and no keys. Free it with subject_free(). */
struct subject *subject_new(const char *program);
void subject_free(struct subject *subject);

/* The directory as it was first: no store. */
void subject_reset(const struct subject *subject);

/* Starts the daemon and waits for its first answer; returns how long that took, in nanoseconds. */
double subject_start(struct subject *subject);

/* Ends the daemon by SIGTERM. */
void subject_stop(struct subject *subject);

/* A line of /proc/PID/smaps_rollup, in bytes. */
double subject_memory(const struct subject *subject, const char *field);

/* The processor time that the daemon has had, in nanoseconds. */
double subject_processor_ns(const struct subject *subject);

/* Sends the recorded boot to the daemon; returns how long that took, in nanoseconds. */
double subject_play(struct subject *subject, const struct trace *trace);

#endif
