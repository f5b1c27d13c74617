/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper that makes the daemon known at the end of its start, when the daemon itself is in its sandbox and can do it
 * no more. It is a small process, which waits for that one moment and ends with it, or with the daemon.
 */
#ifndef TRANSPORT_PUBLISHER_H
#define TRANSPORT_PUBLISHER_H

#include <glib.h>
#include <stdbool.h>

struct publisher;

/*
 * What the helper does, in its own process, with the daemon's memory as it was at the start and none of its open files.
 * wanted false: the daemon has ended, there is only to be tidied up. Returns false and sets *error where it failed.
 */
typedef bool publisher_job(void *context, bool wanted, GError **error);

/*
 * Starts the helper, while there is one thread. Returns NULL and sets *error (EXIT_FAILED) where there is no process to
 * be had.
 */
struct publisher *publisher_start(publisher_job *job, void *context, GError **error);

/* Has the helper do it, and waits for its end. Returns false and sets *error (EXIT_FAILED) where that failed. */
bool publisher_publish(struct publisher *publisher, GError **error);

/* Lets the helper go. NULL is nothing. */
void publisher_free(struct publisher *publisher);

#endif
