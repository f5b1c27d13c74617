/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backend that keeps a machine's variables in a JSON file: backend/json.h is its text, backend/store_file.h the
 * file, and a thread of its own (backend/worker.h) waits for the disk.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "backend/json.h"
#include "backend/ops.h"
#include "backend/store_file.h"
#include "backend/worker.h"
#include "error.h"
#include "log.h"

#define REJECTED_SUFFIX ".rejected"

/* How far the write under way is, between its thread and the one that may abandon it. */
enum stage {
	STAGE_WRITING,    /* nothing of the store was touched */
	STAGE_COMMITTING, /* it can no longer be stopped */
	STAGE_ABANDONED,  /* it will stop before it touches the store */
};

struct file_store {
	struct backend *backend;
	struct store_file *file;
	struct json_store *json;
	struct worker *worker; /* NULL: nonpersistent */
	struct log_limit failures;
	GPtrArray *rejected; /* char *: lines for the file of records that were set aside, until they are in it */
	GPtrArray *records;  /* char *: the records themselves */
	GPtrArray *reports;  /* char *: what the operator is told of them */
	/* The write under way: the thread's from worker_run() until it is done. */
	GString *image;
	unsigned int generation; /* of the image */
	_Atomic int stage;
	enum write_result result;
	GError *error;
};

/* The thread asks this just before the store is touched. */
static bool pass_gate(void *context)
{
	struct file_store *store = context;
	int expected = STAGE_WRITING;

	if (atomic_compare_exchange_strong(&store->stage, &expected, STAGE_COMMITTING) || expected == STAGE_COMMITTING)
		return true;
	errno = ECANCELED;
	return false;
}

static void job(void *context)
{
	struct file_store *store = context;
	const struct write_gate gate = { pass_gate, store };

	store->result = store_file_write(store->file, store->image->str, store->image->len, &gate, &store->error);
}

/* Gives freed memory back: a daemon mostly waits, and there is one for each machine. */
static void give_back(void)
{
	malloc_trim(0);
}

static void job_done(void *context)
{
	struct file_store *store = context;

	/* Of a write that was abandoned the writer has told. */
	if (store->error && atomic_load(&store->stage) != STAGE_ABANDONED)
		log_limited(&store->failures, LEVEL_ERROR, "%s", store->error->message);
	g_clear_error(&store->error);
	if (store->result == WRITE_DONE)
		json_store_written(store->json, store->generation);
	g_string_free(store->image, TRUE);
	store->image = NULL;
	give_back();
	writer_returned(&store->backend->writer, store->result);
}

static void close_store(struct backend *backend)
{
	struct file_store *store = backend->store;

	if (!store)
		return;
	backend->store = NULL;
	log_limit_end(&store->failures);
	/* A thread that still waits for the disk goes on using all this until the program ends. */
	if (store->worker && !worker_stop(store->worker))
		return;
	g_ptr_array_free(store->rejected, TRUE);
	g_ptr_array_free(store->records, TRUE);
	g_ptr_array_free(store->reports, TRUE);
	json_store_free(store->json);
	store_file_close(store->file);
	g_free(store);
}

static bool open_store(struct backend *backend, GError **error)
{
	struct file_store *store = g_new0(struct file_store, 1);

	store->backend = backend;
	store->failures.what = "failed writes";
	store->json = json_store_new();
	store->rejected = g_ptr_array_new_with_free_func(g_free);
	store->records = g_ptr_array_new_with_free_func(g_free);
	store->reports = g_ptr_array_new_with_free_func(g_free);
	backend->store = store;
	store->file = store_file_open(backend->values[0], !backend->nonpersistent, error);
	if (!store->file)
		return false;
	store_file_open_beside(store->file, REJECTED_SUFFIX);
	return true;
}

static int directory(const struct backend *backend)
{
	const struct file_store *store = backend->store;

	return store_file_directory(store->file);
}

static void give(struct backend *backend, uid_t uid, gid_t gid)
{
	const struct file_store *store = backend->store;

	store_file_give(store->file, uid, gid);
}

static bool start(struct backend *backend, GError **error)
{
	struct file_store *store = backend->store;

	if (backend->nonpersistent)
		return true;
	store->worker = worker_start(job, job_done, store, error);
	return store->worker != NULL;
}

/*
 * Puts the records that were set aside where they survive the next write of the store: into the file beside it, or,
 * where that cannot be, back into the store. They are told to the operator when they are new there.
 */
static void keep_rejected(struct file_store *store)
{
	const char *path = store_file_path(store->file);
	guint count = store->rejected->len;
	bool *added, kept;

	if (count == 0)
		return;
	added = g_new0(bool, count);
	kept = !store->backend->nonpersistent &&
	       store_file_append_beside(store->file, REJECTED_SUFFIX, (const char *const *)store->rejected->pdata,
					count, added);
	if (!kept && !store->backend->nonpersistent)
		log_write(LEVEL_WARNING, "%s%s: cannot be written, records that are set aside stay in the store: %s",
			  path, REJECTED_SUFFIX, strerror(errno));
	for (guint i = 0; i < count; i++) {
		if (!kept)
			json_store_keep(store->json, g_ptr_array_index(store->records, i));
		log_write(kept && !added[i] ? LEVEL_DEBUG : LEVEL_WARNING, "%s: %s", path,
			  (const char *)g_ptr_array_index(store->reports, i));
	}
	g_free(added);
	g_ptr_array_set_size(store->rejected, 0);
	g_ptr_array_set_size(store->records, 0);
	g_ptr_array_set_size(store->reports, 0);
}

/* json_reader has one context for both of its calls. */
struct reading {
	struct file_store *store;
	struct uefivars *uv;
};

static enum uefivars_reason reading_take(void *context, const struct uefivars_variable *variable)
{
	return uefivars_load(((struct reading *)context)->uv, variable, false);
}

static void reading_set_aside(void *context, const char *record, const char *name, const char *reason)
{
	struct file_store *store = ((struct reading *)context)->store;

	g_ptr_array_add(store->rejected, g_strdup_printf("{\"reason\": \"%s\", \"record\": %s}", reason, record));
	g_ptr_array_add(store->records, g_strdup(record));
	g_ptr_array_add(store->reports, g_strdup_printf("the record of %s is set aside: %s", name, reason));
}

static bool read_text(struct file_store *store, struct uefivars *uv, const char *text, size_t size, GError **error)
{
	struct reading reading = { store, uv };
	const struct json_reader reader = { &reading, reading_take, reading_set_aside };

	if (json_store_read(store->json, text, size, &reader, error))
		return true;
	g_prefix_error(error, "%s: ", store_file_path(store->file));
	return false;
}

/* Makes a plain store again of a file that holds an interrupted write. */
static bool clean_up(struct file_store *store, const char *text, size_t size, GError **error)
{
	log_write(LEVEL_WARNING, "%s: the last write to it was interrupted; what counts was found and is written again",
		  store_file_path(store->file));
	return store->backend->nonpersistent || store_file_write(store->file, text, size, NULL, error) == WRITE_DONE;
}

static bool load_store(struct backend *backend, struct uefivars *uv, bool *found, GError **error)
{
	struct file_store *store = backend->store;
	struct uefivars *other = NULL;
	bool at_rest, ok;
	size_t size;
	char *text = store_file_read(store->file, &size, &at_rest, error);

	if (!text)
		return false;
	/*
	 * On resume the text is read all the same: for its unknown keys, and to refuse what is no store before it is
	 * replaced.
	 */
	if (!uv) {
		struct uefivars_policy policy;

		uefivars_policy_default(&policy);
		uv = other = uefivars_create(&policy, NULL);
	}
	ok = uv ? read_text(store, uv, text, size, error) : error_set(error, EXIT_FAILED, "out of memory");
	ok = ok && (at_rest || clean_up(store, text, size, error));
	*found = store->json->records > 0;
	uefivars_free(other);
	g_free(text);
	if (ok)
		keep_rejected(store);
	give_back();
	return ok;
}

static GString *image(struct backend *backend, enum uefivars_view view)
{
	struct file_store *store = backend->store;

	return json_store_write(store->json, backend->uv, view);
}

static void write_image(struct backend *backend, GString *text)
{
	struct file_store *store = backend->store;

	store->image = text;
	/* It is the last one that was made: a new one is made only when no other waits. */
	store->generation = store->json->generation;
	atomic_store(&store->stage, STAGE_WRITING);
	worker_run(store->worker);
}

static bool abandon(struct backend *backend)
{
	struct file_store *store = backend->store;
	int expected = STAGE_WRITING;

	return atomic_compare_exchange_strong(&store->stage, &expected, STAGE_ABANDONED);
}

const struct backend_ops backend_file = {
	.name = "file",
	.arguments = { { "path", true } },
	.open = open_store,
	.directory = directory,
	.give = give,
	.start = start,
	.load = load_store,
	.image = image,
	.write = write_image,
	.abandon = abandon,
	.close = close_store,
};
