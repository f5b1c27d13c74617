/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/subject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/machine.h"
#include "tests/bench/measure.h"

#define READY_TIMEOUT_NS UINT64_C(5000000000)
#define ANSWER_TIMEOUT_MS 5000
#define LOOK_AGAIN_US 50
#define FIXED_ARGUMENTS 7

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

void subject_reset(const struct subject *subject)
{
	FILE *config;

	empty(subject->directory);
	config = fopen(subject->config, "w");
	if (!config || fclose(config))
		die("%s: %s", subject->config, strerror(errno));
}

/* A program that was linked a moment ago is not on the disk yet, and its pages count as dirty memory of who runs it. */
static void write_back(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || fsync(file) || close(file))
		die("%s: %s", path, strerror(errno));
}

struct subject *subject_new(const char *program)
{
	struct subject *subject = calloc(1, sizeof *subject);
	const char *temporary = getenv("TMPDIR");

	if (!subject)
		die("out of memory");
	subject->program = program;
	if (!temporary || strlen(temporary) > 64)
		temporary = "/tmp";
	snprintf(subject->directory, sizeof subject->directory, "%s/uefistored-bench-XXXXXX", temporary);
	if (!mkdtemp(subject->directory))
		die("%s: %s", subject->directory, strerror(errno));
	snprintf(subject->socket, SUBJECT_PATH_ROOM, "%s/socket", subject->directory);
	snprintf(subject->config, SUBJECT_PATH_ROOM, "%s/config", subject->directory);
	snprintf(subject->keys, SUBJECT_PATH_ROOM, "%s/no-keys", subject->directory);
	snprintf(subject->log, SUBJECT_PATH_ROOM, "%s/log", subject->directory);
	subject_reset(subject);
	write_back(program);
	return subject;
}

void subject_free(struct subject *subject)
{
	empty(subject->directory);
	rmdir(subject->directory);
	free(subject);
}

/* Starts the daemon; what it says goes to a file. */
static void spawn(struct subject *subject)
{
	const char *arguments[FIXED_ARGUMENTS + SUBJECT_ARGUMENTS_MAX + 1] = {
		"uefistored", "--socket", subject->socket, "--keys", subject->keys, "--config", subject->config
	};
	posix_spawn_file_actions_t actions;
	int error;

	memcpy(arguments + FIXED_ARGUMENTS, subject->backend, sizeof subject->backend);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, subject->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawn(&subject->pid, subject->program, &actions, NULL, (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		die("%s: %s", subject->program, strerror(error));
}

double subject_start(struct subject *subject)
{
	uint64_t begin = now_ns();
	struct client_space space;

	spawn(subject);
	while (!socket_client_open(&subject->guest, subject->socket, 0, ANSWER_TIMEOUT_MS)) {
		if (waitpid(subject->pid, NULL, WNOHANG) != 0)
			die("%s ended before it served; what it said is in %s", subject->program, subject->log);
		if (now_ns() - begin > READY_TIMEOUT_NS)
			die("%s does not serve: %s", subject->program, subject->guest.error);
		usleep(LOOK_AGAIN_US);
	}
	if (client_query(&subject->guest.client, 7, &space) != EFI_SUCCESS)
		die("%s does not answer: %s", subject->program, subject->guest.error);
	return (double)(now_ns() - begin);
}

void subject_stop(struct subject *subject)
{
	int status;

	socket_client_close(&subject->guest);
	kill(subject->pid, SIGTERM);
	if (waitpid(subject->pid, &status, 0) != subject->pid || !WIFEXITED(status) || WEXITSTATUS(status))
		die("%s does not end with exit status 0 after SIGTERM", subject->program);
}

double subject_memory(const struct subject *subject, const char *field)
{
	char path[64], line[256];
	size_t length = strlen(field);
	double bytes = -1;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)subject->pid);
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

double subject_processor_ns(const struct subject *subject)
{
	uint64_t spent;
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)subject->pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%" SCNu64, &spent) != 1)
		die("%s cannot be read", path);
	fclose(file);
	return (double)spent;
}

double subject_play(struct subject *subject, const struct trace *trace)
{
	uint64_t begin = now_ns();

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *record = &trace->records[i];

		if (client_raw(&subject->guest.client, record->request, record->request_size) == CLIENT_NO_ANSWER)
			die("request %zu of the recording is not answered: %s", i, subject->guest.error);
	}
	return (double)(now_ns() - begin);
}
