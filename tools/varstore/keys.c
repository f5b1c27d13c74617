/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "efi/guid.h"
#include "efi/signature_list.h"
#include "efi/time.h"
#include "tools/support/file.h"
#include "tools/support/report.h"

#define KEY_FILE_MAX 65536u

/* EFI_VARIABLE_AUTHENTICATION_2: the time, then a certificate that begins with its length. */
#define CERTIFICATE_AT EFI_TIME_SIZE
#define CERTIFICATE_HEADER_SIZE 24

static const char *const default_directories[] = { "/var/lib/uefistored", "/var/lib/varstored" };

const char *const keys_names[UEFIVARS_KEYS] = {
	[UEFIVARS_PK] = "PK",
	[UEFIVARS_KEK] = "KEK",
	[UEFIVARS_DB] = "db",
	[UEFIVARS_DBX] = "dbx",
};

void keys_variable(enum uefivars_key key, struct variable_name *name)
{
	char *word = (char *)keys_names[key];

	variable_name_parse(name, 1, &word);
}

static bool read_file(struct keys *keys, size_t key, const char *path)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return true;
	if (!file_read(path, &keys->contents[key]))
		return false;
	if (keys->contents[key].size > KEY_FILE_MAX) {
		report("%s: is larger than the %u bytes that a key file may have", path, KEY_FILE_MAX);
		return false;
	}
	keys->present[key] = true;
	return true;
}

static bool read_directory(struct keys *keys, const char *directory)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		char *path;
		bool ok;

		if (asprintf(&path, "%s/%s.auth", directory, keys_names[i]) < 0) {
			report("out of memory");
			return false;
		}
		ok = read_file(keys, i, path);
		free(path);
		if (!ok)
			return false;
		if (keys->present[i])
			keys->directory = directory;
	}
	return true;
}

bool keys_read(struct keys *keys, const char *directory)
{
	memset(keys, 0, sizeof *keys);
	if (directory)
		return read_directory(keys, directory);
	for (size_t i = 0; i < sizeof default_directories / sizeof default_directories[0] && !keys->directory; i++) {
		if (!read_directory(keys, default_directories[i]))
			return false;
	}
	return true;
}

void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		buffer_free(&keys->contents[i]);
	memset(keys, 0, sizeof *keys);
}

void keys_files(const struct keys *keys, struct uefivars_auth_file files[UEFIVARS_KEYS])
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		/* An empty file is there all the same, and is refused. */
		files[i].data = keys->contents[i].data ? keys->contents[i].data : (const uint8_t *)"";
		files[i].size = keys->contents[i].size;
		if (!keys->present[i])
			files[i].data = NULL;
	}
}

const uint8_t *keys_lists(const struct keys *keys, enum uefivars_key key, size_t *size)
{
	const struct buffer *content = &keys->contents[key];
	uint32_t length;

	if (!keys->present[key] || content->size < CERTIFICATE_AT + CERTIFICATE_HEADER_SIZE)
		return NULL;
	length = get_le32(content->data + CERTIFICATE_AT);
	if (length < CERTIFICATE_HEADER_SIZE || length > content->size - CERTIFICATE_AT)
		return NULL;
	*size = content->size - CERTIFICATE_AT - length;
	return siglist_check(content->data + CERTIFICATE_AT + length, *size, NULL) ?
		       content->data + CERTIFICATE_AT + length :
		       NULL;
}
