/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend: where a machine's variables are kept. One is made from the operator's options, opened, loaded into a
 * struct uefivars, and from then on makes each change durable. Everything happens in the main loop's thread; what may
 * block is done elsewhere and told when it is over.
 *
 * Whatever the kind, a backend knows two arguments: `save`, a file to which the whole state of the running guest is
 * written at the end, and `resume`, such a file to begin with.
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "uefivars.h"

struct backend;

struct backend_options {
	const char *name;             /* of the kind: "file" */
	const char *const *arguments; /* NAME:VALUE, ends with NULL; NULL: none */
	bool resume;                  /* start from the file of the argument `resume` */
	bool nonpersistent;           /* never write to where the variables are kept */
	/* Asked while a load takes long: is the program to end? May be NULL. */
	bool (*interrupted)(void);
};

/* The names of the kinds that this build has, ends with NULL. */
const char *const *backend_names(void);

/*
 * Checks the options and makes a backend of them; touches nothing. Returns NULL and sets *error (EXIT_USAGE) where a
 * name is unknown, an argument is unknown, given twice, empty or missing. Free it with backend_free().
 */
struct backend *backend_new(const struct backend_options *options, GError **error);

/* The answer to what was UEFIVARS_PERSIST_PENDING. */
typedef void backend_done(void *context, bool done);

/* Opens and locks. Returns false and sets *error where that failed (EXIT_FAILED); nothing was changed then. */
bool backend_open(struct backend *backend, backend_done *done, void *context, GError **error);

/*
 * For a program that is about to give up the rights to open files and start threads, between backend_open() and
 * backend_load(), in this order:
 *
 *   backend_directory   the directory, open, in which the backend will go on to make and replace files; -1: none
 *   backend_give        a store that backend_open() has made becomes this user's, who will go on with it
 *   backend_open_files  opens the files of `save` and `resume`, which are found from the root of that moment
 *   backend_start       starts the threads
 *
 * Where the last two are not called the files are opened, and the threads started, when they are needed.
 *
 * Those that can fail return false and set *error (EXIT_FAILED).
 */
int backend_directory(const struct backend *backend);
void backend_give(struct backend *backend, uid_t uid, gid_t gid);
bool backend_open_files(struct backend *backend, GError **error);
bool backend_start(struct backend *backend, GError **error);

/* For one that keeps its rights: could the file of `save` be written? Returns false and sets *error where not. */
bool backend_check_save(const struct backend *backend, GError **error);

/* Has backend_load() load what is stored even where there is a file of `resume`: the guest has gone on since. */
void backend_skip_resume(struct backend *backend);

/*
 * Loads what is stored into uv, which must live as long as the backend, and tells in *boot whether nothing was ever
 * stored, or the guest runs already. May iterate the main loop. Returns false and sets *error where there is something
 * that cannot be read: that is never a first boot. Single records that cannot be right are set aside and logged.
 */
bool backend_load(struct backend *backend, struct uefivars *uv, enum uefivars_boot *boot, GError **error);

/*
 * Instead of backend_load(), for a guest that runs already and whose whole state is `blob`, from the file `path`. What
 * is stored is only asked for what a later image needs.
 */
bool backend_load_state(struct backend *backend, struct uefivars *uv, const char *path, const uint8_t *blob,
			size_t size, GError **error);

/*
 * After backend_load(): does the operator want the certificates of this machine brought up to date with the host's, by
 * uefivars_refresh()? And: that is done, and the next thing that is persisted has them (it is to be persisted even if
 * nothing changed).
 */
bool backend_update_is_wanted(struct backend *backend);
void backend_updated(struct backend *backend);

/*
 * After a resume, whose state may be newer than what is stored: sees to it that the committed variables are written,
 * without waiting for it and as long as it takes. Returns false where this kind of backend leaves it to
 * backend_persist().
 */
bool backend_write_back(struct backend *backend);

/*
 * Makes the staged view durable, by `deadline` (microseconds of the monotonic clock); see backend/writer.h for what
 * happens past it. Only while no other one is pending.
 */
enum uefivars_persisted backend_persist(struct backend *backend, int64_t deadline);

/*
 * Tells the operator that the machine failed Secure Boot, where the kind of backend has another way than the log. It is
 * told by `deadline` (microseconds of the monotonic clock), or it has failed.
 */
enum uefivars_persisted backend_secure_boot_failed(struct backend *backend, int64_t deadline);

/*
 * Writes the committed state to the file of the argument `save`, without waiting for anything else; no such argument:
 * nothing to do. Returns false and sets *error where that failed.
 */
bool backend_save(struct backend *backend, GError **error);

/* The file of the argument `save`, or NULL. */
const char *backend_save_path(const struct backend *backend);

/*
 * Iterates the main loop until nothing is under way and what is stored is what the guest was told, at most
 * `milliseconds`. Returns whether that was reached.
 */
bool backend_settle(struct backend *backend, int milliseconds);

/* Closes, unlocks and frees; NULL is nothing. */
void backend_free(struct backend *backend);

#endif
