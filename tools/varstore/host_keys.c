/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/host_keys.h"

#include "efi/bytes.h"
#include "efi/guid.h"
#include "efi/signature_list.h"
#include "efi/time.h"
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

bool host_keys_read_readable(struct keys *keys, const char *directory)
{
	GError *error = NULL;

	if (!check_directory(directory))
		return false;
	if (!keys_read(keys, directory, &error))
		report("%s; it is not looked at", error->message);
	g_clear_error(&error);
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
