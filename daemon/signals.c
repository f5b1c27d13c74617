/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "error.h"
#include "watch.h"

static const int ending[] = { SIGTERM, SIGINT, SIGHUP };

static void ending_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < G_N_ELEMENTS(ending); i++)
		sigaddset(set, ending[i]);
}

static bool noticed;

/* It has ended the iteration, and that is all: the signal stays pending, for signals_arrived(). */
static gboolean on_signal(gint fd, GIOCondition condition, gpointer pointer)
{
	(void)condition;
	(void)pointer;
	close(fd);
	noticed = true;
	return G_SOURCE_REMOVE;
}

bool signals_start(GError **error)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN }, take = { .sa_handler = SIG_DFL };
	sigset_t set;
	int fd;

	ending_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* A shell that starts us in the background has SIGINT ignored, and an ignored signal never becomes pending. */
	for (size_t i = 0; i < G_N_ELEMENTS(ending); i++)
		sigaction(ending[i], &take, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_set(error, EXIT_FAILED, "signals cannot be waited for: %s", strerror(errno));
	watch_fd(fd, G_IO_IN, on_signal, NULL);
	return true;
}

void signals_end(void)
{
	noticed = true;
}

bool signals_noticed(void)
{
	return noticed;
}

bool signals_arrived(void)
{
	sigset_t set;

	if (noticed)
		return true;
	sigpending(&set);
	for (size_t i = 0; i < G_N_ELEMENTS(ending); i++) {
		if (sigismember(&set, ending[i]) == 1)
			return true;
	}
	return false;
}
