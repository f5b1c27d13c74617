/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/backend.h"

#include <string.h>
#include <unistd.h>

#include "backend/ops.h"
#include "backend/savefile.h"
#include "error.h"

static const struct backend_ops *const kinds[] = { &backend_file, &backend_memory, &backend_xapidb };

const char *const *backend_names(void)
{
	static const char *names[G_N_ELEMENTS(kinds) + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		names[i] = kinds[i]->name;
	return names;
}

static const struct backend_ops *find_kind(const char *name, GError **error)
{
	GString *known;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	}
	known = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "", kinds[i]->name);
	error_set(error, EXIT_USAGE, "--backend: this build has no backend '%s' (it has: %s)", name, known->str);
	g_string_free(known, TRUE);
	return NULL;
}

/* Where the value of the argument with this name goes; NULL where the backend has none. */
static char **find_value(struct backend *backend, const char *name, size_t size)
{
	const struct backend_argument *arguments = backend->ops->arguments;

	if (size == strlen("save") && memcmp(name, "save", size) == 0)
		return &backend->save;
	if (size == strlen("resume") && memcmp(name, "resume", size) == 0)
		return &backend->resume;
	for (size_t i = 0; arguments[i].name; i++) {
		if (size == strlen(arguments[i].name) && memcmp(name, arguments[i].name, size) == 0)
			return &backend->values[i];
	}
	return NULL;
}

static bool take_argument(struct backend *backend, const char *argument, GError **error)
{
	const char *colon = strchr(argument, ':');
	size_t size = colon ? (size_t)(colon - argument) : 0;
	char **value;

	if (!colon || colon == argument)
		return error_set(error, EXIT_USAGE, "--arg '%s': NAME:VALUE was expected", argument);
	value = find_value(backend, argument, size);
	if (!value)
		return error_set(error, EXIT_USAGE, "--arg '%s': the backend %s has no argument '%.*s'", argument,
				 backend->ops->name, (int)size, argument);
	if (*value)
		return error_set(error, EXIT_USAGE, "--arg '%s': '%.*s' is given twice", argument, (int)size, argument);
	if (colon[1] == '\0')
		return error_set(error, EXIT_USAGE, "--arg '%s': a value was expected after the colon", argument);
	*value = g_strdup(colon + 1);
	return true;
}

static bool take_arguments(struct backend *backend, const char *const *arguments, GError **error)
{
	for (; arguments && *arguments; arguments++) {
		if (!take_argument(backend, *arguments, error))
			return false;
	}
	for (size_t i = 0; backend->ops->arguments[i].name; i++) {
		if (backend->ops->arguments[i].required && !backend->values[i])
			return error_set(error, EXIT_USAGE, "--backend %s needs --arg %s:VALUE", backend->ops->name,
					 backend->ops->arguments[i].name);
	}
	if (backend->start_from_resume && !backend->resume)
		return error_set(error, EXIT_USAGE, "--resume needs --arg resume:FILE");
	return true;
}

static GString *image(void *context, enum uefivars_view view)
{
	struct backend *backend = context;

	return backend->ops->image(backend, view);
}

static void write_image(void *context, GString *text)
{
	struct backend *backend = context;

	backend->ops->write(backend, text);
}

static bool abandon(void *context)
{
	struct backend *backend = context;

	return backend->ops->abandon(backend);
}

static void persisted(void *context, bool done)
{
	struct backend *backend = context;

	backend->done(backend->context, done);
}

struct backend *backend_new(const struct backend_options *options, GError **error)
{
	static const struct writer_ops writer_ops = { image, write_image, abandon, persisted };
	const struct backend_ops *ops = find_kind(options->name, error);
	struct backend *backend;

	if (!ops)
		return NULL;
	backend = g_new0(struct backend, 1);
	backend->ops = ops;
	backend->save_fd = -1;
	backend->resume_fd = -1;
	backend->start_from_resume = options->resume;
	backend->nonpersistent = options->nonpersistent;
	backend->interrupted = options->interrupted;
	writer_init(&backend->writer, &writer_ops, backend);
	if (take_arguments(backend, options->arguments, error))
		return backend;
	backend_free(backend);
	return NULL;
}

bool backend_open(struct backend *backend, backend_done *done, void *context, GError **error)
{
	backend->done = done;
	backend->context = context;
	return !backend->ops->open || backend->ops->open(backend, error);
}

int backend_directory(const struct backend *backend)
{
	return backend->ops->directory ? backend->ops->directory(backend) : -1;
}

void backend_give(struct backend *backend, uid_t uid, gid_t gid)
{
	if (backend->ops->give)
		backend->ops->give(backend, uid, gid);
}

bool backend_open_files(struct backend *backend, GError **error)
{
	if (backend->start_from_resume) {
		backend->resume_fd = savefile_open(backend->resume, false, error);
		if (backend->resume_fd < 0)
			return false;
	}
	if (!backend->save)
		return true;
	backend->save_fd = savefile_open(backend->save, true, error);
	return backend->save_fd >= 0;
}

bool backend_check_save(const struct backend *backend, GError **error)
{
	return !backend->save || savefile_check(backend->save, error);
}

bool backend_start(struct backend *backend, GError **error)
{
	backend->running = true;
	return !backend->ops->start || backend->ops->start(backend, error);
}

/* `resume`: the variables come from elsewhere. */
static bool load_rest(struct backend *backend, struct uefivars *uv, bool resume, bool *found, GError **error)
{
	backend->uv = uv;
	if (!backend->running && !backend_start(backend, error))
		return false;
	return !backend->ops->load || backend->ops->load(backend, resume ? NULL : uv, found, error);
}

void backend_skip_resume(struct backend *backend)
{
	backend->start_from_resume = false;
}

bool backend_load(struct backend *backend, struct uefivars *uv, enum uefivars_boot *boot, GError **error)
{
	bool resume = backend->start_from_resume, found = false;

	if (!load_rest(backend, uv, resume, &found, error))
		return false;
	*boot = resume ? UEFIVARS_RESUME : found ? UEFIVARS_BOOT : UEFIVARS_FIRST_BOOT;
	return !resume || savefile_read(backend->resume, backend->resume_fd, uv, error);
}

bool backend_load_state(struct backend *backend, struct uefivars *uv, const char *path, const uint8_t *blob,
			size_t size, GError **error)
{
	bool found;

	return load_rest(backend, uv, true, &found, error) && savefile_load(path, blob, size, uv, error);
}

bool backend_update_is_wanted(struct backend *backend)
{
	return backend->ops->update_is_wanted && backend->ops->update_is_wanted(backend);
}

void backend_updated(struct backend *backend)
{
	if (backend->ops->updated)
		backend->ops->updated(backend);
}

bool backend_write_back(struct backend *backend)
{
	if (!backend->ops->write_back_later)
		return false;
	if (!backend->nonpersistent)
		writer_doubt(&backend->writer);
	return true;
}

enum uefivars_persisted backend_persist(struct backend *backend, int64_t deadline)
{
	if (backend->nonpersistent || !backend->ops->image)
		return UEFIVARS_PERSIST_DONE;
	return writer_persist(&backend->writer, deadline);
}

enum uefivars_persisted backend_secure_boot_failed(struct backend *backend, int64_t deadline)
{
	return backend->ops->secure_boot_failed ? backend->ops->secure_boot_failed(backend, deadline) :
						  UEFIVARS_PERSIST_DONE;
}

bool backend_save(struct backend *backend, GError **error)
{
	return !backend->save || savefile_write(backend->save, backend->save_fd, backend->uv, error);
}

const char *backend_save_path(const struct backend *backend)
{
	return backend->save;
}

bool backend_settle(struct backend *backend, int milliseconds)
{
	if (backend->ops->is_doubtful && backend->ops->is_doubtful(backend))
		writer_doubt(&backend->writer);
	return writer_settle(&backend->writer, milliseconds);
}

void backend_free(struct backend *backend)
{
	if (!backend)
		return;
	writer_clear(&backend->writer);
	if (backend->ops->close)
		backend->ops->close(backend);
	for (size_t i = 0; i < BACKEND_ARGUMENTS_MAX; i++)
		g_free(backend->values[i]);
	if (backend->save_fd >= 0)
		close(backend->save_fd);
	if (backend->resume_fd >= 0)
		close(backend->resume_fd);
	g_free(backend->save);
	g_free(backend->resume);
	g_free(backend);
}
