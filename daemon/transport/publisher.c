/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/publisher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"

/* Where the helper has its end of the pair; everything above is closed. */
#define HELPER_FD (STDERR_FILENO + 1)
/* The answer: this, or the text of an error. */
#define DONE "+"
#define ANSWER_SIZE 512

struct publisher {
	int fd;
};

/* The path may be relative, so it is looked at before its directory is entered. */
static bool finish(const char *path, const char *temporary, bool ok, GError **error)
{
	char *directory = g_path_get_dirname(path), *name = g_path_get_basename(path);

	if (chdir(directory) < 0 || (ok && rename(temporary, name) < 0))
		ok = error_set(error, EXIT_FAILED, "%s: cannot be made: %s", path, strerror(errno));
	else if (!ok)
		unlink(temporary);
	return ok;
}

/* The helper's life. It holds nothing of the daemon's but its end of the pair: neither locks nor sockets. */
static void help(int fd, const char *path, const char *temporary, bool (*check)(const char *path, GError **error))
{
	char byte;
	GError *error = NULL;
	bool ok;

	dup2(fd, HELPER_FD);
	closefrom(HELPER_FD + 1);
	/* The daemon may have ended. */
	ok = read(HELPER_FD, &byte, 1) == 1 && check(path, &error);
	if (finish(path, temporary, ok, error ? NULL : &error))
		_exit(write(HELPER_FD, DONE, strlen(DONE)) < 0);
	_exit(!error || write(HELPER_FD, error->message, strlen(error->message)) < 0);
}

struct publisher *publisher_start(const char *path, const char *temporary,
				  bool (*check)(const char *path, GError **error), GError **error)
{
	struct publisher *publisher;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		error_set(error, EXIT_FAILED, "no pair of sockets can be made: %s", strerror(errno));
		return NULL;
	}
	/* Nobody has to wait for its end. */
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		help(pair[1], path, temporary, check);
	close(pair[1]);
	if (pid < 0) {
		error_set(error, EXIT_FAILED, "no process can be made: %s", strerror(errno));
		close(pair[0]);
		return NULL;
	}
	publisher = g_new(struct publisher, 1);
	publisher->fd = pair[0];
	return publisher;
}

bool publisher_publish(struct publisher *publisher, GError **error)
{
	char answer[ANSWER_SIZE];
	size_t size = 0;
	ssize_t n;

	if (write(publisher->fd, DONE, 1) != 1)
		return error_set(error, EXIT_FAILED, "the helper that shows the socket has ended");
	/* To its end: only then the helper is gone. */
	while (size < sizeof answer - 1 && (n = read(publisher->fd, answer + size, sizeof answer - 1 - size)) != 0) {
		if (n > 0)
			size += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	answer[size] = '\0';
	if (strcmp(answer, DONE) == 0)
		return true;
	return error_set(error, EXIT_FAILED, "%s", size ? answer : "the helper that shows the socket has ended");
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	close(publisher->fd);
	g_free(publisher);
}
