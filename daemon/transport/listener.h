/* SPDX-License-Identifier: GPL-2.0-only */
/* A listening Unix socket at a path. */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct publisher;

struct listener {
	int type; /* SOCK_SEQPACKET or SOCK_STREAM */
	int fd;
	/* The file that was made. */
	dev_t device;
	ino_t inode;
	struct publisher *publisher; /* NULL: we have made it ourselves */
};

/* Returns false and sets *error where somebody listens at the path, or what stands there is no socket. */
bool listener_check(const char *path, GError **error);

/*
 * Makes the socket, with mode 0600, over a stale one if there is one. It appears at the path when it already listens.
 * Returns false and sets *error where that failed.
 */
bool listener_open(struct listener *listener, const char *path, GError **error);

/*
 * The same in two steps, for a process that loses sight of the path between them: after the first nothing is to be seen
 * at it. The file cannot be removed at the end then: it is a stale one.
 */
bool listener_prepare(struct listener *listener, const char *path, GError **error);
bool listener_publish(struct listener *listener, GError **error);

/* Closes it, and removes the file where it is still ours. */
void listener_close(struct listener *listener, const char *path);

#endif
