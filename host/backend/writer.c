/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/writer.h"

#include "log.h"

#define RETRY_MS 1000u
#define RETRY_MAX_MS 60000u

/* A guest can make a store that fails fail often. */
static struct log_limit failures = { .what = "writes that were given up or made again" };

static void next(struct writer *writer);

void writer_init(struct writer *writer, const struct writer_ops *ops, void *context)
{
	*writer = (struct writer){ .ops = ops, .context = context, .retry_ms = RETRY_MS };
}

static void remove_source(guint *source)
{
	if (*source)
		g_source_remove(*source);
	*source = 0;
}

/* Answers the one who waits. That may lead to the next writer_persist() at once. */
static void answer(struct writer *writer, bool done)
{
	remove_source(&writer->deadline);
	writer->ops->persisted(writer->context, done);
}

static void begin(struct writer *writer, GString *image, bool repair)
{
	writer->running = repair ? WRITER_REPAIR : WRITER_WANTED;
	writer->ops->write(writer->context, image);
}

/* The time of the one who waits is over. */
static void give_up(struct writer *writer)
{
	if (writer->queued) {
		g_string_free(writer->queued, TRUE);
		writer->queued = NULL;
		log_limited(&failures, LEVEL_ERROR, "a write is given up: an earlier one still holds up the store");
	} else {
		bool certain = writer->ops->abandon(writer->context);

		writer->running = WRITER_LATE;
		log_limited(&failures, LEVEL_ERROR, "a write takes too long and is answered as failed (%s)",
			    certain ? "it was stopped in time" : "the store will be written again after it");
	}
	answer(writer, false);
}

static gboolean on_deadline(gpointer pointer)
{
	struct writer *writer = pointer;

	writer->deadline = 0;
	give_up(writer);
	return G_SOURCE_REMOVE;
}

enum uefivars_persisted writer_persist(struct writer *writer, int64_t deadline)
{
	int64_t left = (deadline - g_get_monotonic_time()) / 1000;
	GString *image;

	if (left <= 0)
		return UEFIVARS_PERSIST_FAILED;
	image = writer->ops->image(writer->context, UEFIVARS_STAGED);
	writer->deadline = g_timeout_add((guint)MIN(left, G_MAXINT), on_deadline, writer);
	if (writer->running == WRITER_IDLE)
		begin(writer, image, false);
	else
		writer->queued = image;
	return UEFIVARS_PERSIST_PENDING;
}

static gboolean on_retry(gpointer pointer)
{
	struct writer *writer = pointer;

	writer->retry = 0;
	next(writer);
	return G_SOURCE_REMOVE;
}

/* Begins what is to be done next, if the backend is free. */
static void next(struct writer *writer)
{
	if (writer->running != WRITER_IDLE)
		return;
	if (writer->queued) {
		GString *image = writer->queued;

		writer->queued = NULL;
		begin(writer, image, false);
	} else if (writer->uncertain && !writer->retry) {
		begin(writer, writer->ops->image(writer->context, UEFIVARS_COMMITTED), true);
	}
}

void writer_doubt(struct writer *writer)
{
	writer->uncertain = true;
	next(writer);
}

static void repaired(struct writer *writer, bool done)
{
	if (done) {
		log_limited(&failures, LEVEL_INFO, "what is stored is what the guest was told");
		return;
	}
	log_limited(&failures, LEVEL_ERROR,
		    "the store may hold a write that the guest was told had failed; trying again in %u s",
		    writer->retry_ms / 1000);
	writer->retry = g_timeout_add(writer->retry_ms, on_retry, writer);
	writer->retry_ms = MIN(writer->retry_ms * 2, RETRY_MAX_MS);
}

void writer_returned(struct writer *writer, enum write_result result)
{
	const enum writer_work was = writer->running;

	writer->running = WRITER_IDLE;
	if (was == WRITER_LATE)
		writer->uncertain |= result != WRITE_FAILED;
	else if (result == WRITE_UNKNOWN)
		writer->uncertain = true;
	else if (result == WRITE_DONE)
		writer->uncertain = false;
	if (!writer->uncertain) {
		writer->retry_ms = RETRY_MS;
		remove_source(&writer->retry);
	}
	if (was == WRITER_WANTED)
		answer(writer, result == WRITE_DONE);
	else if (was == WRITER_REPAIR)
		repaired(writer, result == WRITE_DONE);
	next(writer);
}

static gboolean on_settle_timeout(gpointer pointer)
{
	*(bool *)pointer = true;
	return G_SOURCE_REMOVE;
}

static bool settled(const struct writer *writer)
{
	return writer->running == WRITER_IDLE && !writer->queued && !writer->uncertain;
}

bool writer_settle(struct writer *writer, int milliseconds)
{
	bool timeout = false;
	guint source;

	if (settled(writer))
		return true;
	/* The end waits for no back-off. */
	remove_source(&writer->retry);
	next(writer);
	source = g_timeout_add((guint)milliseconds, on_settle_timeout, &timeout);
	while (!settled(writer) && !timeout)
		g_main_context_iteration(NULL, TRUE);
	if (!timeout)
		g_source_remove(source);
	else if (writer->deadline)
		give_up(writer);
	return settled(writer);
}

void writer_clear(struct writer *writer)
{
	remove_source(&writer->deadline);
	remove_source(&writer->retry);
	if (writer->queued)
		g_string_free(writer->queued, TRUE);
	writer->queued = NULL;
	log_limit_end(&failures);
}
