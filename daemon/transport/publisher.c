/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/publisher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptors.h"
#include "error.h"

/* Where the helper has its end of the pair; everything above is closed. */
#define HELPER_FD (STDERR_FILENO + 1)
/* The answer: this, or the text of an error. */
#define DONE "+"
#define ANSWER_SIZE 512

struct publisher {
	int fd;
};

/* The helper's life. It holds nothing of the daemon's but its end of the pair: neither locks nor sockets. */
static void help(int fd, publisher_job *job, void *context)
{
	GError *error = NULL;
	bool wanted, done;
	char byte;

	dup2(fd, HELPER_FD);
	done = descriptors_close_from(HELPER_FD + 1, &error);
	/* The daemon may have ended. */
	wanted = read(HELPER_FD, &byte, 1) == 1;
	if (done && job(context, wanted, &error))
		_exit(write(HELPER_FD, DONE, strlen(DONE)) < 0);
	_exit(!error || write(HELPER_FD, error->message, strlen(error->message)) < 0);
}

struct publisher *publisher_start(publisher_job *job, void *context, GError **error)
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
		help(pair[1], job, context);
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
		return error_set(error, EXIT_FAILED, "the helper that makes the daemon known has ended");
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
	return error_set(error, EXIT_FAILED, "%s", size ? answer : "the helper that makes the daemon known has ended");
}

void publisher_free(struct publisher *publisher)
{
	if (!publisher)
		return;
	close(publisher->fd);
	g_free(publisher);
}
