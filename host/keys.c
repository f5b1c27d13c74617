/* SPDX-License-Identifier: GPL-2.0-only */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file_io.h"

static const char *const default_directories[] = { "/var/lib/uefistored", "/var/lib/varstored" };

const char *const keys_names[UEFIVARS_KEYS] = {
	[UEFIVARS_PK] = "PK",
	[UEFIVARS_KEK] = "KEK",
	[UEFIVARS_DB] = "db",
	[UEFIVARS_DBX] = "dbx",
};

static bool read_file(int fd, const char *path, struct uefivars_auth_file *file, GError **error)
{
	struct stat status;

	if (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode))
		return error_set(error, EXIT_FAILED, "%s: is not a regular file", path);
	file->data = (uint8_t *)file_io_read_all(fd, KEYS_FILE_MAX, &file->size);
	if (file->data)
		return true;
	if (errno == EFBIG)
		return error_set(error, EXIT_FAILED, "%s: is larger than the %u bytes that a key file may have", path,
				 KEYS_FILE_MAX);
	return error_set(error, EXIT_FAILED, "%s: cannot be read: %s", path, strerror(errno));
}

/* Of all that went wrong the first counts. */
static bool read_key(struct keys *keys, size_t i, const char *directory, GError **error)
{
	char *path = g_strdup_printf("%s/%s.auth", directory, keys_names[i]);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok;

	g_free(keys->paths[i]);
	keys->paths[i] = path;
	if (fd < 0 && errno == ENOENT)
		return true;
	keys->directory = directory;
	if (error && *error)
		error = NULL;
	if (fd < 0) {
		ok = error_set(error, EXIT_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
	} else {
		ok = read_file(fd, path, &keys->files[i], error);
		close(fd);
	}
	keys->bad[i] = !ok;
	return ok;
}

static bool read_directory(struct keys *keys, const char *directory, GError **error)
{
	bool ok = true;

	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		ok = read_key(keys, i, directory, error) && ok;
	return ok;
}

bool keys_read(struct keys *keys, const char *directory, GError **error)
{
	bool ok = true;

	memset(keys, 0, sizeof *keys);
	if (directory)
		return read_directory(keys, directory, error);
	for (size_t i = 0; i < G_N_ELEMENTS(default_directories) && !keys->directory; i++)
		ok = read_directory(keys, default_directories[i], error);
	return ok;
}

void keys_drop(struct keys *keys, enum uefivars_key key)
{
	g_free((gpointer)keys->files[key].data);
	keys->files[key] = (struct uefivars_auth_file){ .data = NULL };
	keys->bad[key] = true;
}

void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		g_free((gpointer)keys->files[i].data);
		g_free(keys->paths[i]);
	}
	memset(keys, 0, sizeof *keys);
}
