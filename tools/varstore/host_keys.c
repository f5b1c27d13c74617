/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/host_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "efi/guid.h"
#include "efi/signature_list.h"
#include "efi/time.h"
#include "file_io.h"
#include "tools/support/report.h"

/* EFI_VARIABLE_AUTHENTICATION_2: the time, then a certificate that begins with its length. */
#define CERTIFICATE_AT EFI_TIME_SIZE
#define CERTIFICATE_HEADER_SIZE 24

/* A host may have no keys; a directory that was named by hand is meant to be one. */
static bool check_directory(const char *directory)
{
	if (!directory || g_file_test(directory, G_FILE_TEST_IS_DIR))
		return true;
	report("--keys: there is no directory %s", directory);
	return false;
}

bool host_keys_read(struct keys *keys, const char *directory)
{
	GError *error = NULL;

	if (!check_directory(directory))
		return false;
	if (keys_read(keys, directory, &error))
		return true;
	report("%s", error->message);
	g_error_free(error);
	return false;
}

static void read_readable(const char *path, struct uefivars_auth_file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || fstat(fd, &status) < 0)
		report("%s: is not looked at: it cannot be opened: %s", path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		report("%s: is not looked at: it is not a regular file", path);
	else if (!(file->data = (uint8_t *)file_io_read_all(fd, KEYS_FILE_MAX, &file->size)))
		report("%s: is not looked at: it cannot be read: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

bool host_keys_read_readable(struct keys *keys, const char *directory)
{
	GError *error = NULL;
	char *found;

	if (!check_directory(directory))
		return false;
	if (keys_read(keys, directory, &error))
		return true;
	g_error_free(error);
	/* Where it stopped: each file by itself now. */
	found = g_path_get_dirname(keys->paths[0]);
	keys_clear(keys);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		keys->paths[i] = g_strdup_printf("%s/%s.auth", found, keys_names[i]);
		read_readable(keys->paths[i], &keys->files[i]);
	}
	g_free(found);
	return true;
}

void host_keys_variable(enum uefivars_key key, struct variable_name *name)
{
	char *word = (char *)keys_names[key];

	variable_name_parse(name, 1, &word);
}

const uint8_t *host_keys_lists(const struct keys *keys, enum uefivars_key key, size_t *size)
{
	const struct uefivars_auth_file *file = &keys->files[key];
	uint32_t length;

	if (!file->data || file->size < CERTIFICATE_AT + CERTIFICATE_HEADER_SIZE)
		return NULL;
	length = get_le32(file->data + CERTIFICATE_AT);
	if (length < CERTIFICATE_HEADER_SIZE || length > file->size - CERTIFICATE_AT)
		return NULL;
	*size = file->size - CERTIFICATE_AT - length;
	return siglist_check(file->data + CERTIFICATE_AT + length, *size, NULL) ? file->data + CERTIFICATE_AT + length :
										  NULL;
}
