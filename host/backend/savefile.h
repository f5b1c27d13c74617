/* SPDX-License-Identifier: GPL-2.0-only */
/* The save and resume files: a VARS blob with everything that the running guest can see. */
#ifndef BACKEND_SAVEFILE_H
#define BACKEND_SAVEFILE_H

#include <glib.h>
#include <stdbool.h>

#include "uefivars.h"

/*
 * Opens a save file for writing (made where it is missing, and not changed yet) or a resume file for reading. Returns
 * the descriptor, or -1 with *error set.
 */
int savefile_open(const char *path, bool writing, GError **error);

/* Could the file be written now? It is neither made nor changed. Returns false and sets *error where not. */
bool savefile_check(const char *path, GError **error);

/* fd, below: the file of that path, open, which stays so; or -1: it is opened. */

/*
 * Writes the committed state in place: the file may be the only thing that we can write in its directory. It is not
 * synced, so that a busy disk cannot hold up a migration: the reader takes it from the page cache. Returns false and
 * sets *error where that failed.
 */
bool savefile_write(const char *path, int fd, const struct uefivars *uv, GError **error);

/* Loads a resume file, which is not changed. Records that cannot be right are logged and left out. */
bool savefile_read(const char *path, int fd, struct uefivars *uv, GError **error);

/* The same for what was read from that file. */
bool savefile_load(const char *path, const uint8_t *blob, size_t size, struct uefivars *uv, GError **error);

#endif
