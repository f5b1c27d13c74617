/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the guest's writes and a backend's: the time limit, and the rule that what is stored never ends up different
 * from what the guest was told (semantics.md, decision 8).
 *
 * A write that is not durable by its deadline is answered as failed. What becomes of it then:
 *
 *   - it is abandoned: a backend that can still stop it for certain does so (struct backend_ops, abandon), and
 *     nothing more is to be done;
 *   - otherwise it is late. No newer write is begun while a late one is under way, since it could land on top of the
 *     newer one: the next change of the guest waits for it, within its own deadline. As soon as the late write returns,
 * the next change is written if one waits, and else what is committed (all that the guest was told has happened) is
 *     written again: a repair. The same is done after a write whose outcome nobody knows;
 *   - a repair that fails is tried again, after 1 s, 2 s, ... 60 s, until one write, a repair or the guest's next,
 * succeeds;
 *   - at the end of the program the same is waited for, within a bound (writer_settle).
 *
 * Only a program that is killed between the return of a late write and the end of its repair leaves what the guest was
 * not told. With files the window is what lies between a rename and the end of its sync.
 */
#ifndef BACKEND_WRITER_H
#define BACKEND_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/result.h"
#include "uefivars.h"

/* What the writer has done; in the main loop. */
struct writer_ops {
	/* The bytes to be stored for a view, owned by the caller. */
	GString *(*image)(void *context, enum uefivars_view view);
	/*
	 * Begins to store them, and owns them now. writer_returned() must follow, from the main loop, never from
	 * within.
	 */
	void (*write)(void *context, GString *image);
	/*
	 * Nobody waits for the write under way any more. True: it is certain never to land, and will return
	 * WRITE_FAILED.
	 */
	bool (*abandon)(void *context);
	/* The answer to a writer_persist() that was pending. */
	void (*persisted)(void *context, bool done);
};

/* What a backend can be at: what the guest waits for, what it no longer waits for, or a repair. */
enum writer_work { WRITER_IDLE, WRITER_WANTED, WRITER_LATE, WRITER_REPAIR };

struct writer {
	const struct writer_ops *ops;
	void *context;
	enum writer_work running; /* what the backend is at */
	GString *queued;          /* wanted, and waits for the backend */
	bool uncertain;           /* what is stored may differ from what the guest was told */
	guint deadline;           /* source: of the one wanted */
	guint retry;              /* source: the next repair */
	unsigned int retry_ms;
};

void writer_init(struct writer *writer, const struct writer_ops *ops, void *context);

/*
 * Stores the staged view. deadline: microseconds of the monotonic clock. Returns UEFIVARS_PERSIST_PENDING, or
 * UEFIVARS_PERSIST_FAILED where the deadline has passed. Only while no other one is pending.
 */
enum uefivars_persisted writer_persist(struct writer *writer, int64_t deadline);

/* What is stored may differ from what the guest was told: it is written again as soon as nothing else is under way. */
void writer_doubt(struct writer *writer);

/* The backend's write has come to an end. */
void writer_returned(struct writer *writer, enum write_result result);

/*
 * Iterates the main loop until nothing is under way and what is stored is what the guest was told, or until the time is
 * over: then a write that is waited for is answered as failed. Returns whether all is settled.
 */
bool writer_settle(struct writer *writer, int milliseconds);

/* Frees what the writer holds. A write that is still under way must not return any more. */
void writer_clear(struct writer *writer);

#endif
