/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kind of backend has to be: the other side of backend/backend.h, which does the rest for all of them. */
#ifndef BACKEND_OPS_H
#define BACKEND_OPS_H

#include "backend/backend.h"
#include "backend/result.h"
#include "backend/writer.h"

#define BACKEND_ARGUMENTS_MAX 8

struct backend_argument {
	const char *name;
	bool required;
};

struct backend_ops {
	const char *name;
	/* Besides save and resume; ends with a NULL name. */
	struct backend_argument arguments[BACKEND_ARGUMENTS_MAX];
	/* Finds and locks what is needed and sets backend->store. NULL: nothing to do. */
	bool (*open)(struct backend *backend, GError **error);
	/* As in backend.h; NULL: there is nothing of the kind. */
	int (*directory)(const struct backend *backend);
	void (*give)(struct backend *backend, uid_t uid, gid_t gid);
	/* Starts threads. NULL: there are none. */
	bool (*start)(struct backend *backend, GError **error);
	/*
	 * Loads into uv; *found tells whether anything was ever stored. uv NULL: the variables come from elsewhere, and
	 * only what a later image needs is to be found out. May iterate the main loop. NULL: nothing is ever stored.
	 */
	bool (*load)(struct backend *backend, struct uefivars *uv, bool *found, GError **error);
	/*
	 * As in struct writer_ops; write must end in writer_returned(&backend->writer). image NULL: a write is done
	 * when it is asked for.
	 */
	GString *(*image)(struct backend *backend, enum uefivars_view view);
	void (*write)(struct backend *backend, GString *image);
	bool (*abandon)(struct backend *backend);
	/* As in backend.h; NULL: never wanted. */
	bool (*update_is_wanted)(struct backend *backend);
	void (*updated)(struct backend *backend);
	/* Asked at the end: should the committed image be written again, or looked for, to be sure? NULL: no. */
	bool (*is_doubtful)(struct backend *backend);
	/* A guest that is resumed does not wait for its variables to be written back. */
	bool write_back_later;
	/* NULL: the log of the caller is all that tells it. PENDING ends in backend->done. */
	enum uefivars_persisted (*secure_boot_failed)(struct backend *backend, int64_t deadline);
	/* Frees backend->store (which may be NULL). A write that is under way is not waited for. */
	void (*close)(struct backend *backend);
};

struct backend {
	const struct backend_ops *ops;
	char *values[BACKEND_ARGUMENTS_MAX]; /* of ops->arguments, NULL where not given */
	char *save;
	char *resume;
	int save_fd; /* -1: not open */
	int resume_fd;
	bool running; /* backend_start() was called */
	bool start_from_resume;
	bool nonpersistent;
	bool (*interrupted)(void); /* or NULL */
	backend_done *done;
	void *context; /* for done */
	struct uefivars *uv;
	struct writer writer;
	void *store; /* the kind's own */
};

extern const struct backend_ops backend_file;
extern const struct backend_ops backend_memory;
extern const struct backend_ops backend_xapidb;

#endif
