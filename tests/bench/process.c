/* SPDX-License-Identifier: GPL-2.0-only */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/cases.h"
#include "tests/support/trace.h"
#include "tools/support/socket_client.h"

#define STARTS 20
#define BOOTS 9 /* each from an empty store */
#define READY_TIMEOUT_NS UINT64_C(5000000000)
#define ANSWER_TIMEOUT_MS 5000
#define LOOK_AGAIN_US 50
#define PATH_ROOM 256

/* One directory for store, socket and configuration, and the daemon that works in it. */
struct scratch {
	const char *daemon;
	char directory[PATH_ROOM / 2];
	char socket[PATH_ROOM], store[PATH_ROOM + 8], config[PATH_ROOM], keys[PATH_ROOM], log[PATH_ROOM];
	pid_t pid;
	struct socket_client guest;
};

/* Removes what is in the directory: stores, socket, log. */
static void empty(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
}

/* An empty store, no keys and a configuration that says nothing. */
static void reset(const struct scratch *scratch)
{
	FILE *config;

	empty(scratch->directory);
	config = fopen(scratch->config, "w");
	if (!config || fclose(config))
		die("%s: %s", scratch->config, strerror(errno));
}

static void make_scratch(struct scratch *scratch)
{
	const char *temporary = getenv("TMPDIR");

	if (!temporary || strlen(temporary) > 64)
		temporary = "/tmp";
	snprintf(scratch->directory, sizeof scratch->directory, "%s/uefistored-bench-XXXXXX", temporary);
	if (!mkdtemp(scratch->directory))
		die("%s: %s", scratch->directory, strerror(errno));
	snprintf(scratch->socket, PATH_ROOM, "%s/socket", scratch->directory);
	snprintf(scratch->store, sizeof scratch->store, "path:%s/store.json", scratch->directory);
	snprintf(scratch->config, PATH_ROOM, "%s/config", scratch->directory);
	snprintf(scratch->keys, PATH_ROOM, "%s/no-keys", scratch->directory);
	snprintf(scratch->log, PATH_ROOM, "%s/log", scratch->directory);
	reset(scratch);
}

/* Starts the daemon; what it says goes to a file. */
static void spawn(struct scratch *scratch)
{
	char *arguments[] = { (char *)"uefistored", (char *)"--socket", scratch->socket, (char *)"--backend",
			      (char *)"file",       (char *)"--arg",    scratch->store,  (char *)"--keys",
			      scratch->keys,        (char *)"--config", scratch->config, NULL };
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, scratch->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawn(&scratch->pid, scratch->daemon, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		die("%s: %s", scratch->daemon, strerror(error));
}

/* Starts the daemon and waits for its first answer; returns how long that took, in nanoseconds. */
static double start(struct scratch *scratch)
{
	uint64_t begin = now_ns();
	struct client_space space;

	spawn(scratch);
	while (!socket_client_open(&scratch->guest, scratch->socket, 0, ANSWER_TIMEOUT_MS)) {
		if (waitpid(scratch->pid, NULL, WNOHANG) != 0)
			die("%s ended before it served; what it said is in %s", scratch->daemon, scratch->log);
		if (now_ns() - begin > READY_TIMEOUT_NS)
			die("%s does not serve: %s", scratch->daemon, scratch->guest.error);
		usleep(LOOK_AGAIN_US);
	}
	if (client_query(&scratch->guest.client, 7, &space) != EFI_SUCCESS)
		die("%s does not answer: %s", scratch->daemon, scratch->guest.error);
	return (double)(now_ns() - begin);
}

static void stop(struct scratch *scratch)
{
	int status;

	socket_client_close(&scratch->guest);
	kill(scratch->pid, SIGTERM);
	if (waitpid(scratch->pid, &status, 0) != scratch->pid || !WIFEXITED(status) || WEXITSTATUS(status))
		die("%s does not end with exit status 0 after SIGTERM", scratch->daemon);
}

/* Reads a line of /proc/PID/smaps_rollup, in bytes. */
static double memory(pid_t pid, const char *field)
{
	char path[64], line[256];
	size_t length = strlen(field);
	double bytes = -1;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "r");
	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof line, file)) {
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			bytes = 1024.0 * strtod(line + length + 1, NULL);
	}
	fclose(file);
	if (bytes < 0)
		die("%s has no %s", path, field);
	return bytes;
}

static void add(struct report *report, const char *name, const char *text, enum unit unit, double *values, size_t count)
{
	report_add(report,
		   &(struct row){ .name = name, .text = text, .unit = unit, .timing = timing_of(values, count) });
}

/* Sends the recorded boot to the daemon; returns how long that took. */
static double play(struct scratch *scratch, const struct trace *trace)
{
	uint64_t begin = now_ns();

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *record = &trace->records[i];

		if (client_raw(&scratch->guest.client, record->request, record->request_size) == CLIENT_NO_ANSWER)
			die("request %zu of the recording is not answered: %s", i, scratch->guest.error);
	}
	return (double)(now_ns() - begin);
}

/* A program that was linked a moment ago is not on the disk yet, and its pages count as dirty memory of who runs it. */
static void write_back(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || fsync(file) || close(file))
		die("%s: %s", path, strerror(errno));
}

static void bench_memory(struct report *report, struct scratch *scratch)
{
	char path[512], error[TRACE_ERROR_SIZE];
	double took[BOOTS], resident[BOOTS], dirty[BOOTS];
	struct trace trace;

	if (!trace_find("ovmf-first-boot", path, sizeof path)) {
		fprintf(stderr, "bench: %s: no such recording, memory is not measured\n", path);
		return;
	}
	if (!trace_read(&trace, path, error))
		die("%s", error);
	for (size_t i = 0; i < BOOTS; i++) {
		reset(scratch);
		start(scratch);
		took[i] = play(scratch, &trace);
		resident[i] = memory(scratch->pid, "Rss");
		dirty[i] = memory(scratch->pid, "Private_Dirty");
		stop(scratch);
	}
	add(report, "boot-socket", "OVMF's first boot over the socket, file store", UNIT_NS, took, BOOTS);
	add(report, "resident", "daemon after that boot: resident", UNIT_BYTES, resident, BOOTS);
	add(report, "private-dirty", "daemon after that boot: private dirty", UNIT_BYTES, dirty, BOOTS);
	trace_free(&trace);
}

void bench_process(struct report *report, const char *daemon)
{
	struct scratch *scratch;
	double ready[STARTS];

	if (!report_wants(report, "ready") && !report_wants(report, "resident") &&
	    !report_wants(report, "private-dirty") && !report_wants(report, "boot-socket"))
		return;
	if (access(daemon, X_OK)) {
		fprintf(stderr, "bench: %s: %s; the daemon is not measured\n", daemon, strerror(errno));
		return;
	}
	scratch = calloc(1, sizeof *scratch);
	if (!scratch)
		die("out of memory");
	scratch->daemon = daemon;
	make_scratch(scratch);
	write_back(daemon);
	bench_memory(report, scratch);
	for (size_t i = 0; i < STARTS; i++) {
		ready[i] = start(scratch);
		stop(scratch);
	}
	add(report, "ready", "daemon: exec to first answer", UNIT_NS, ready, STARTS);
	empty(scratch->directory);
	rmdir(scratch->directory);
	free(scratch);
}
