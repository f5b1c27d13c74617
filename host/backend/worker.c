/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"
#include "watch.h"

/* Address space, of which a few pages are used. */
#define STACK_SIZE (256u << 10)

struct worker {
	void (*job)(void *context);
	void (*done)(void *context);
	void *context;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	pthread_cond_t ready;
	bool up;      /* under the lock: the thread has begun */
	bool run;     /* under the lock: a job is to be done */
	bool end;     /* under the lock: the thread is to end */
	bool running; /* as the main thread sees it */
	int finished; /* an eventfd: jobs that are done */
	guint source;
};

static void *work(void *pointer)
{
	struct worker *worker = pointer;
	const uint64_t one = 1;

	pthread_mutex_lock(&worker->lock);
	worker->up = true;
	pthread_cond_signal(&worker->ready);
	for (;;) {
		while (!worker->run && !worker->end)
			pthread_cond_wait(&worker->wanted, &worker->lock);
		if (worker->end)
			break;
		worker->run = false;
		pthread_mutex_unlock(&worker->lock);
		worker->job(worker->context);
		/* An eventfd takes any number that a job after job can add up to. */
		while (write(worker->finished, &one, sizeof one) < 0 && errno == EINTR)
			continue;
		pthread_mutex_lock(&worker->lock);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

static gboolean on_finished(gint fd, GIOCondition condition, gpointer pointer)
{
	struct worker *worker = pointer;
	uint64_t count;

	(void)condition;
	if (read(fd, &count, sizeof count) == sizeof count) {
		worker->running = false;
		worker->done(worker->context);
	}
	return G_SOURCE_CONTINUE;
}

static int start_thread(struct worker *worker)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&worker->thread, &attributes, work, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return result;
}

struct worker *worker_start(void (*job)(void *context), void (*done)(void *context), void *context, GError **error)
{
	struct worker *worker = g_new0(struct worker, 1);
	int result;

	worker->job = job;
	worker->done = done;
	worker->context = context;
	worker->finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->finished < 0) {
		error_set(error, EXIT_FAILED, "no event file can be made: %s", strerror(errno));
		g_free(worker);
		return NULL;
	}
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->wanted, NULL);
	pthread_cond_init(&worker->ready, NULL);
	result = start_thread(worker);
	if (result != 0) {
		error_set(error, EXIT_FAILED, "no thread can be started: %s", strerror(result));
		close(worker->finished);
		g_free(worker);
		return NULL;
	}
	pthread_mutex_lock(&worker->lock);
	while (!worker->up)
		pthread_cond_wait(&worker->ready, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	worker->source = watch_fd(worker->finished, G_IO_IN, on_finished, worker);
	return worker;
}

void worker_run(struct worker *worker)
{
	worker->running = true;
	pthread_mutex_lock(&worker->lock);
	worker->run = true;
	pthread_cond_signal(&worker->wanted);
	pthread_mutex_unlock(&worker->lock);
}

bool worker_stop(struct worker *worker)
{
	g_source_remove(worker->source);
	if (worker->running)
		return false;
	pthread_mutex_lock(&worker->lock);
	worker->end = true;
	pthread_cond_signal(&worker->wanted);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	pthread_cond_destroy(&worker->wanted);
	pthread_cond_destroy(&worker->ready);
	pthread_mutex_destroy(&worker->lock);
	close(worker->finished);
	g_free(worker);
	return true;
}
