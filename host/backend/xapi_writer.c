/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_writer.h"

#include <string.h>

#include "backend/xapi_times.h"

static void go(struct xapi_writer *writer);

void xapi_writer_init(struct xapi_writer *writer, struct xapi_client *client, struct xapi_image *images,
		      void (*returned)(void *context, enum write_result result), void *context)
{
	*writer = (struct xapi_writer){
		.client = client,
		.images = images,
		.returned = returned,
		.context = context,
	};
	writer->failures.what = "failed writes";
}

static void stop(struct xapi_writer *writer)
{
	xapi_call_cancel(writer->call);
	writer->call = NULL;
	writer->sending = false;
	if (writer->timer)
		g_source_remove(writer->timer);
	writer->timer = 0;
}

void xapi_writer_clear(struct xapi_writer *writer)
{
	stop(writer);
	if (writer->image)
		xapi_image_give_back(writer->images, writer->image);
	writer->image = NULL;
	xapi_doubt_clear(&writer->doubt);
	log_limit_end(&writer->failures);
}

static int64_t after(int milliseconds)
{
	return g_get_monotonic_time() + 1000 * (int64_t)xapi_ms(milliseconds);
}

static gboolean on_timer(gpointer pointer)
{
	struct xapi_writer *writer = pointer;

	writer->timer = 0;
	go(writer);
	return G_SOURCE_REMOVE;
}

static void wait_for(struct xapi_writer *writer, int milliseconds)
{
	writer->timer = g_timeout_add((guint)milliseconds, on_timer, writer);
}

/* One of the times of backend/xapi_times.h. */
static void go_later(struct xapi_writer *writer, int milliseconds)
{
	wait_for(writer, xapi_ms(milliseconds));
}

static void finish(struct xapi_writer *writer, enum write_result result)
{
	xapi_image_give_back(writer->images, writer->image);
	writer->image = NULL;
	writer->returned(writer->context, result);
}

/* Is the write of unknown outcome this one, or one of the same value? */
static bool may_have_landed(const struct xapi_writer *writer)
{
	return xapi_doubt_is_open(&writer->doubt, writer->image->str, writer->image->len);
}

/* The open write has landed, or is taken to be lost. */
static void settle(struct xapi_writer *writer)
{
	if (writer->doubt.open && writer->repeated)
		writer->quiet_until = MIN(writer->doubt.open_until, after(XAPI_QUIET_MS));
	writer->repeated = false;
	xapi_doubt_settle(&writer->doubt);
}

/* One line a write says what is wrong; the further attempts would only repeat it. */
static void tell_failure(struct xapi_writer *writer, const char *what, const struct xapi_answer *answer)
{
	if (!writer->told)
		log_limited(&writer->failures, LEVEL_ERROR, "%s: %s", what,
			    answer->text ? answer->text : "the answer is not what was asked for");
	writer->told = true;
}

/* How a write ends that was not seen to land. */
static void end_unseen(struct xapi_writer *writer)
{
	finish(writer, may_have_landed(writer) ? WRITE_UNKNOWN : WRITE_FAILED);
}

/* Another attempt in a moment, or the end of it. */
static void try_again(struct xapi_writer *writer)
{
	if (!writer->late && g_get_monotonic_time() < writer->give_up)
		go_later(writer, XAPI_RETRY_STEP_MS);
	else
		end_unseen(writer);
}

static void send(struct xapi_writer *writer);

static void on_refused(struct xapi_writer *writer, const struct xapi_answer *answer)
{
	/* The guard is an old one, or a XAPI behind it that counts the parameters. */
	if ((answer->unknown_method || answer->wrong_count) && !writer->old_guard && !writer->late) {
		log_write(LEVEL_INFO, "the guard, or XAPI, is an old one: %s", answer->text);
		writer->old_guard = true;
		send(writer);
		return;
	}
	tell_failure(writer, "the variables cannot be stored", answer);
	end_unseen(writer);
}

/* The call came to an end, but nobody has told what became of it. */
static void on_unknown(struct xapi_writer *writer, enum xapi_outcome outcome)
{
	writer->timed_out = outcome == XAPI_TIMED_OUT;
	if (outcome == XAPI_FAILED) {
		xapi_doubt_open(&writer->doubt, writer->image, 0, 0);
		finish(writer, WRITE_UNKNOWN);
	} else if (outcome == XAPI_UNANSWERED) {
		xapi_doubt_open(&writer->doubt, writer->image, after(XAPI_BROKEN_MS), after(XAPI_WATCH_MS));
		go_later(writer, XAPI_RETRY_STEP_MS);
	} else {
		xapi_doubt_open(&writer->doubt, writer->image, after(XAPI_UNANSWERED_MS - XAPI_SET_MS),
				after(XAPI_WATCH_MS));
		writer->give_up = after(XAPI_RETRY_MS);
		go(writer);
	}
}

static void on_set(void *context, const struct xapi_answer *answer)
{
	struct xapi_writer *writer = context;

	writer->call = NULL;
	writer->sending = false;
	writer->paid = writer->paid && answer->outcome == XAPI_UNREACHABLE;
	if (answer->outcome == XAPI_SUCCESS) {
		settle(writer);
		writer->certificates_updated = false;
		finish(writer, WRITE_DONE);
		return;
	}
	if (answer->outcome == XAPI_REFUSED) {
		on_refused(writer, answer);
		return;
	}
	tell_failure(writer, "the variables cannot be stored", answer);
	/* Without an answer it may be another guard by now. */
	if (answer->outcome != XAPI_FAILED)
		writer->old_guard = false;
	if (answer->outcome == XAPI_UNREACHABLE)
		try_again(writer);
	else
		on_unknown(writer, answer->outcome);
}

static void send(struct xapi_writer *writer)
{
	enum xapi_update update = writer->certificates_updated ? XAPI_UPDATE_YES : XAPI_UPDATE_NO;

	if (writer->old_guard)
		update = XAPI_UPDATE_UNKNOWN;
	writer->repeated = may_have_landed(writer);
	writer->sending = true;
	writer->call = xapi_set_variables(writer->client, writer->image, update, xapi_ms(XAPI_SET_MS), on_set, writer);
}

/* Has a credit for the next call; false: in a moment, and go() comes again then. */
static bool pay(struct xapi_writer *writer)
{
	int milliseconds;

	if (writer->paid)
		return true;
	milliseconds = xapi_pace_take(&writer->pace, g_get_monotonic_time());
	if (milliseconds > 0)
		wait_for(writer, milliseconds);
	else
		writer->paid = true;
	return writer->paid;
}

static void pay_and_send(struct xapi_writer *writer)
{
	const int64_t quiet = writer->quiet_until - g_get_monotonic_time();

	if (quiet > 0)
		wait_for(writer, (int)(quiet / 1000) + 1);
	else if (pay(writer))
		send(writer);
}

/* The value of the open write is not what is stored. */
static void on_not_landed(struct xapi_writer *writer, bool is_stored)
{
	const int64_t now = g_get_monotonic_time();
	const bool lost = now >= writer->doubt.open_until, same = may_have_landed(writer);

	if (same && (writer->late || now >= writer->give_up)) {
		finish(writer, WRITE_UNKNOWN);
	} else if (!lost && (!same || writer->timed_out)) {
		go_later(writer, XAPI_POLL_MS);
	} else if (same) {
		pay_and_send(writer);
	} else {
		settle(writer);
		if (is_stored)
			finish(writer, WRITE_DONE);
		else
			pay_and_send(writer);
	}
}

static void on_stored(struct xapi_writer *writer, const char *stored)
{
	const size_t size = strlen(stored);
	const bool is_stored = size == writer->image->len && memcmp(stored, writer->image->str, size) == 0;

	writer->look_first = false;
	writer->read_ms = 0;
	if (writer->doubt.open && !xapi_doubt_is_open(&writer->doubt, stored, size)) {
		on_not_landed(writer, is_stored);
		return;
	}
	settle(writer);
	if (is_stored)
		finish(writer, WRITE_DONE);
	else
		pay_and_send(writer);
}

static void on_read(void *context, const struct xapi_answer *answer)
{
	struct xapi_writer *writer = context;
	char *stored = NULL;

	writer->call = NULL;
	if (xapi_answer_variables(answer, &stored)) {
		on_stored(writer, stored ? stored : "");
		g_free(stored);
		return;
	}
	tell_failure(writer, "it cannot be seen what is stored", answer);
	if (answer->outcome == XAPI_TIMED_OUT)
		writer->read_ms = MIN(writer->read_ms * 2, xapi_ms(XAPI_READ_MAX_MS));
	/* Of a write that was begun the outcome is wanted; one that was not begun ends here. */
	if (may_have_landed(writer) || (answer->outcome != XAPI_FAILED && answer->outcome != XAPI_REFUSED))
		try_again(writer);
	else
		finish(writer, WRITE_FAILED);
}

/* The next step of the write. */
static void go(struct xapi_writer *writer)
{
	if (writer->abandoned) {
		finish(writer, WRITE_FAILED);
	} else if (writer->late) {
		finish(writer, WRITE_UNKNOWN);
	} else if (!writer->doubt.open && !writer->look_first) {
		pay_and_send(writer);
	} else if (pay(writer)) {
		if (writer->read_ms == 0)
			writer->read_ms = xapi_ms(XAPI_READ_MS);
		writer->call = xapi_get_nvram(writer->client, writer->read_ms, on_read, writer);
	}
}

void xapi_writer_begin(struct xapi_writer *writer, GString *image)
{
	writer->image = image;
	writer->paid = false;
	writer->told = false;
	writer->late = false;
	writer->abandoned = false;
	writer->give_up = after(XAPI_RETRY_MS);
	go(writer);
}

bool xapi_writer_abandon(struct xapi_writer *writer)
{
	const bool may_land = may_have_landed(writer) || (writer->sending && xapi_call_is_sent(writer->call));

	if (may_land) {
		writer->late = true;
		/* What is waited for now is not worth it any more. */
		if (writer->timer) {
			stop(writer);
			wait_for(writer, 0);
		}
		return false;
	}
	stop(writer);
	writer->abandoned = true;
	wait_for(writer, 0);
	return true;
}
