/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes values to XAPI through its guard, one after the other, and finds out what has become of each. It is what a
 * struct writer (backend/writer.h) has done: that one decides what is written, and when a write is given up for the
 * guest.
 *
 * In the ordinary case a write is one call. What else can happen to it:
 *
 *   - the guard cannot be reached (it is being restarted): tried again for XAPI_RETRY_MS;
 *   - a Failure, or another HTTP status than 200: at once WRITE_FAILED, where the call was not even looked at, or
 * WRITE_UNKNOWN;
 *   - no answer: what is stored is read. The value is there: WRITE_DONE. It is not, and the connection was broken off:
 * the same value is sent again. It is not, and the time is over: the call may still be under way, and what is stored is
 * read again and again until the writer gives up.
 *
 * After a write of unknown outcome (backend/xapi_doubt.h) each newer one begins by reading what is stored. Where that
 * cannot be read nothing is sent, and the newer write has failed. After one that was sent twice, and of which one has
 * landed, the newer one waits for as long as the other may be under way.
 *
 * A credit (backend/xapi_pace.h) is what a call that writes takes, and what a write takes that begins by reading.
 */
#ifndef BACKEND_XAPI_WRITER_H
#define BACKEND_XAPI_WRITER_H

#include <glib.h>
#include <stdbool.h>

#include "backend/result.h"
#include "backend/xapi_client.h"
#include "backend/xapi_doubt.h"
#include "backend/xapi_image.h"
#include "backend/xapi_pace.h"
#include "log.h"

struct xapi_writer {
	struct xapi_client *client;
	struct xapi_image *images;                                 /* where what was written is given back */
	void (*returned)(void *context, enum write_result result); /* from the main loop, never from within */
	void *context;
	struct xapi_doubt doubt;
	struct xapi_pace pace;
	struct log_limit failures;
	bool certificates_updated; /* the next write that succeeds tells XAPI so */
	bool old_guard;            /* it does not know the newer call */
	bool look_first;           /* the next write begins by reading what is stored */
	bool timed_out;            /* the open write of `doubt` may be under way in a guard that answers no more */
	bool repeated;             /* the open write was sent more than once */
	int64_t quiet_until;       /* an earlier sending of what has landed may be under way: nothing is sent */
	/* The write under way. */
	GString *image;  /* NULL: there is none */
	bool paid;       /* a credit was taken for the next call */
	bool told;       /* the log has what is wrong with it */
	bool late;       /* nobody waits for it any more, and it may land */
	bool abandoned;  /* nobody waits for it any more, and it will not land */
	int64_t give_up; /* trying again has an end */
	int read_ms;
	bool sending; /* the call under way is the write itself */
	struct xapi_call *call;
	guint timer;
};

void xapi_writer_init(struct xapi_writer *writer, struct xapi_client *client, struct xapi_image *images,
		      void (*returned)(void *context, enum write_result result), void *context);

/* Drops the write under way, without `returned`. */
void xapi_writer_clear(struct xapi_writer *writer);

/* These are write and abandon of struct writer_ops. The image is base64 and is owned by the writer now. */
void xapi_writer_begin(struct xapi_writer *writer, GString *image);
bool xapi_writer_abandon(struct xapi_writer *writer);

#endif
