/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * strike PID FILE: kill -9 the process at the moment at which FILE, or what takes its place, was written. It runs
 * before all others: what was written is durable, and the guest has not been told.
 */
#include <errno.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "strike: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	const struct sched_param first = { .sched_priority = 50 };
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int watch = inotify_init();
	char *path;
	char *directory;
	pid_t victim;

	if (argc != 3) {
		fputs("strike: expected PID FILE\n", stderr);
		return 2;
	}
	victim = (pid_t)strtol(argv[1], NULL, 10);
	path = strdup(argv[2]);
	directory = path ? dirname(path) : NULL;
	if (watch < 0 || !directory || inotify_add_watch(watch, directory, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
		return failed(argv[2]);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		return failed("sched_setscheduler");
	if (read(watch, events, sizeof events) < 0 || kill(victim, SIGKILL))
		return failed("kill");
	free(path);
	return 0;
}
