/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a store: found, locked against a second writer, read, and replaced as a whole.
 *
 * The lock is flock() on the store itself, so it needs no file beside it. A rename replaces the locked file; so a new
 * file is locked before it is renamed, and whoever gets a lock looks again whether the path still leads to the file
 * that it locked. A reader takes no lock: it sees the old or the new text whole.
 *
 * A text is written to a new file beside the old one with the old one's mode and owner, synced, renamed over it, and
 * the directory is synced. Where that is not possible (the directory cannot be written, the owner cannot be kept, the
 * file is a mount of its own), it is written in place, see backend/journal.h.
 */
#ifndef BACKEND_STORE_FILE_H
#define BACKEND_STORE_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backend/result.h"

/* The largest file that is read: a full store takes 300 KiB, written by others perhaps some times that. */
#define STORE_FILE_MAX (16u << 20)

struct store_file;

/*
 * Opens the store. A symbolic link is followed: the file that it leads to is the store. With `writable` a missing file
 * is made (empty) and the lock is taken; otherwise nothing is changed and a missing file reads as empty. Returns NULL
 * and sets *error where it cannot be opened, is no regular file, or is locked by another. Close it with
 * store_file_close().
 */
struct store_file *store_file_open(const char *path, bool writable, GError **error);

/* An empty file that store_file_open() made and nobody wrote to is removed again. */
void store_file_close(struct store_file *file);

/* The path, for messages. */
const char *store_file_path(const struct store_file *file);

/* The directory in which the file stands, open: new files are made and renamed there. */
int store_file_directory(const struct store_file *file);

/* A file that store_file_open() made becomes this user's. Where it cannot, it is written in place. */
void store_file_give(const struct store_file *file, uid_t uid, gid_t gid);

/*
 * Reads the text; a blank one has no bytes. *at_rest tells whether the file holds nothing else (false: an interrupted
 * write in place is to be cleaned up by writing the text again). Returns NULL and sets *error where that failed. Free
 * the result with g_free().
 */
char *store_file_read(struct store_file *file, size_t *size, bool *at_rest, GError **error);

/*
 * Replaces the text; may take as long as the disk does, and be called from another thread than the other functions
 * while none of them runs. gate (may be NULL) is asked before the point of no return. Sets *error unless WRITE_DONE;
 * *error is also set on WRITE_DONE where the text is durable but something is left to be told.
 */
enum write_result store_file_write(struct store_file *file, const char *text, size_t size,
				   const struct write_gate *gate, GError **error);

/*
 * Appends whole lines to the file "<store>.<suffix>" beside the store, those that it does not have yet, and syncs it.
 * *added (room for one flag a line) tells which these were. Returns false with errno set where they are not all there
 * durably.
 *
 * store_file_open_beside() opens that file, where there is one, for a program that soon may only open files that it
 * makes itself.
 */
void store_file_open_beside(struct store_file *file, const char *suffix);
bool store_file_append_beside(struct store_file *file, const char *suffix, const char *const *lines, size_t count,
			      bool *added);

#endif
