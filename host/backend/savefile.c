/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/journal.h"
#include "file_io.h"
#include "error.h"
#include "log.h"

/* No limit of what a guest can store comes near: what is larger is some other file. */
#define RESUME_MAX (16u << 20)

static bool fail(const char *path, const char *what, GError **error)
{
	return error_set(error, EXIT_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

int savefile_open(const char *path, bool writing, GError **error)
{
	int fd = open(path, (writing ? O_WRONLY | O_CREAT : O_RDONLY | O_NONBLOCK) | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		fail(path, writing ? "the state cannot be saved" : "the resume file cannot be opened", error);
	return fd;
}

bool savefile_check(const char *path, GError **error)
{
	struct stat status;
	char *directory;
	int ok;

	if (stat(path, &status) == 0) {
		ok = access(path, W_OK);
		if (ok == 0 && S_ISDIR(status.st_mode)) {
			errno = EISDIR;
			ok = -1;
		}
	} else {
		directory = g_path_get_dirname(path);
		ok = errno == ENOENT ? access(directory, W_OK | X_OK) : -1;
		g_free(directory);
	}
	return ok == 0 || fail(path, "the state cannot be saved", error);
}

bool savefile_write(const char *path, int fd, const struct uefivars *uv, GError **error)
{
	size_t size = uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, NULL, 0);
	int opened = fd < 0 ? savefile_open(path, true, error) : fd;
	uint8_t *blob;
	bool ok;

	if (opened < 0)
		return false;
	blob = g_malloc(size);
	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, blob, size);
	/* What is no regular file (EINVAL) has no length. */
	ok = (ftruncate(opened, 0) == 0 || errno == EINVAL) && journal_file.write(&opened, blob, size, 0) == 0;
	if (fd < 0)
		ok = close(opened) == 0 && ok;
	if (!ok)
		fail(path, "the state cannot be saved", error);
	g_free(blob);
	return ok;
}

static void tell_left_out(void *context, const struct uefivars_variable *variable, const uint8_t *record,
			  size_t record_size, enum uefivars_reason reason)
{
	char name[LOG_NAME_SIZE];

	(void)record;
	log_write(LEVEL_WARNING, "%s: the record of %s (%zu bytes) is left out: %s", (const char *)context,
		  variable ? log_name(variable->name, variable->name_size, name) : "an unnamed variable", record_size,
		  uefivars_reason_text(reason));
}

bool savefile_load(const char *path, const uint8_t *blob, size_t size, struct uefivars *uv, GError **error)
{
	enum uefivars_reason reason = uefivars_load_blob(uv, blob, size, true, tell_left_out, (void *)path);

	if (reason == UEFIVARS_OK)
		return true;
	return error_set(error, EXIT_FAILED,
			 "%s: cannot be resumed from, a VARS file of version 1 or 2 was expected: %s", path,
			 uefivars_reason_text(reason));
}

bool savefile_read(const char *path, int fd, struct uefivars *uv, GError **error)
{
	int opened = fd < 0 ? savefile_open(path, false, error) : fd;
	char *blob = NULL;
	size_t size = 0;
	bool ok;

	if (opened < 0)
		return false;
	blob = file_io_read_all(opened, RESUME_MAX, &size);
	if (!blob)
		fail(path, "the resume file cannot be read", error);
	if (fd < 0)
		close(opened);
	if (!blob)
		return false;
	ok = savefile_load(path, (const uint8_t *)blob, size, uv, error);
	g_free(blob);
	return ok;
}
