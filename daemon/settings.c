/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "efi/guid.h"
#include "efi/name.h"
#include "error.h"
#include "file_io.h"

#define GROUP "default"
#define FILE_MAX (64u << 10)
#define GUID_TEXT_LENGTH (GUID_TEXT_SIZE - 1)

static void clear_name(gpointer pointer)
{
	const struct uefivars_allowed_name *name = pointer;

	g_free((gpointer)name->name);
}

void settings_init(struct settings *settings)
{
	struct uefivars_policy policy;

	uefivars_policy_default(&policy);
	*settings = (struct settings){
		.log_level = LEVEL_INFO,
		.deployed = policy.deployed,
		.require_signed_pk = policy.require_signed_pk,
		.tpm = policy.tpm,
		.allow_names = g_array_new(FALSE, TRUE, sizeof(struct uefivars_allowed_name)),
	};
	g_array_set_clear_func(settings->allow_names, clear_name);
}

void settings_clear(struct settings *settings)
{
	g_array_free(settings->allow_names, TRUE);
}

static bool take_truth(const char *value, bool *out)
{
	*out = strcmp(value, "true") == 0;
	return *out || strcmp(value, "false") == 0;
}

static bool take_unmet(const char *value, bool *warn)
{
	*warn = strcmp(value, "warn") == 0;
	return *warn || strcmp(value, "refuse") == 0;
}

/* One entry: "Name", or "guid name", which may have blanks in the name. */
static bool take_name(GArray *names, const char *text)
{
	struct uefivars_allowed_name name = { .any_guid = true };
	char guid_text[GUID_TEXT_SIZE] = "";
	struct efi_guid guid;
	uint8_t *bytes;

	if (strchr(text, ' ')) {
		if (strlen(text) <= GUID_TEXT_SIZE || text[GUID_TEXT_LENGTH] != ' ')
			return false;
		memcpy(guid_text, text, GUID_TEXT_LENGTH);
		if (!guid_parse(guid_text, &guid))
			return false;
		memcpy(name.guid, guid.bytes, sizeof name.guid);
		name.any_guid = false;
		text += GUID_TEXT_SIZE;
	} else if (guid_parse(text, &guid)) {
		return false;
	}
	bytes = g_malloc(strlen(text) * 2 + 1);
	name.name = bytes;
	name.name_size = name_from_utf8(text, bytes, strlen(text) * 2);
	if (name.name_size == 0 || name.name_size > UEFIVARS_NAME_MAX) {
		g_free(bytes);
		return false;
	}
	g_array_append_val(names, name);
	return true;
}

static bool take_names(const char *value, GArray *names)
{
	char **entries = g_strsplit_set(value, ",;", -1);
	bool ok = true;

	for (size_t i = 0; entries[i] && ok; i++) {
		g_strstrip(entries[i]);
		ok = entries[i][0] == '\0' || take_name(names, entries[i]);
	}
	g_strfreev(entries);
	return ok;
}

/* Returns what would have been right, or NULL where the value is; *known: is there such a key? */
static const char *take(struct settings *settings, const char *key, const char *value, bool *known)
{
	static const char truth[] = "true or false";

	*known = true;
	if (strcmp(key, "loglevel") == 0)
		return log_level_parse(value, &settings->log_level) ? NULL : "DEBUG, INFO, WARNING or ERROR";
	if (strcmp(key, "secureboot_unmet") == 0)
		return take_unmet(value, &settings->secureboot_unmet_warn) ? NULL : "refuse or warn";
	if (strcmp(key, "deployed") == 0)
		return take_truth(value, &settings->deployed) ? NULL : truth;
	if (strcmp(key, "require_signed_pk") == 0)
		return take_truth(value, &settings->require_signed_pk) ? NULL : truth;
	if (strcmp(key, "tpm") == 0)
		return take_truth(value, &settings->tpm) ? NULL : truth;
	if (strcmp(key, "allow_names") == 0)
		return take_names(value, settings->allow_names) ? NULL :
								  "a list of NAME or GUID NAME, with commas between";
	*known = false;
	return NULL;
}

static bool take_key(struct settings *settings, GKeyFile *file, const char *key, const char *path, GError **error)
{
	char *value = g_key_file_get_string(file, GROUP, key, NULL);
	const char *expected;
	bool known, ok;

	if (!value)
		return error_set(error, EXIT_USAGE, "%s: %s: a text in UTF-8 was expected", path, key);
	expected = take(settings, key, value, &known);
	ok = known && !expected;
	if (!known)
		error_set(error, EXIT_USAGE,
			  "%s: '%s' is no setting (there are loglevel, secureboot_unmet, deployed, "
			  "require_signed_pk, allow_names, tpm)",
			  path, key);
	else if (expected)
		error_set(error, EXIT_USAGE, "%s: %s: %s was expected, not '%s'", path, key, expected, value);
	g_free(value);
	return ok;
}

static bool check_groups(GKeyFile *file, const char *path, GError **error)
{
	char **groups = g_key_file_get_groups(file, NULL);
	bool ok = true;

	for (size_t i = 0; groups[i] && ok; i++) {
		if (strcmp(groups[i], GROUP) != 0)
			ok = error_set(error, EXIT_USAGE, "%s: group [%s]: only [" GROUP "] was expected", path,
				       groups[i]);
	}
	g_strfreev(groups);
	return ok;
}

static bool take_all(struct settings *settings, GKeyFile *file, const char *path, GError **error)
{
	char **keys;
	bool ok = check_groups(file, path, error);

	if (!ok || !g_key_file_has_group(file, GROUP))
		return ok;
	keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
	for (size_t i = 0; keys[i] && ok; i++)
		ok = take_key(settings, file, keys[i], path, error);
	g_strfreev(keys);
	return ok;
}

bool settings_parse(struct settings *settings, const char *text, size_t size, const char *path, GError **error)
{
	GKeyFile *file;
	GError *wrong = NULL;
	bool ok;

	if (size == 0)
		return true;
	file = g_key_file_new();
	if (g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, &wrong))
		ok = take_all(settings, file, path, error);
	else
		ok = error_set(error, EXIT_USAGE, "%s: not a configuration file: %s", path, wrong->message);
	g_clear_error(&wrong);
	g_key_file_free(file);
	return ok;
}

bool settings_read(struct settings *settings, const char *path, bool may_be_missing, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text;
	size_t size;
	bool ok;

	if (fd < 0) {
		if (errno == ENOENT && may_be_missing)
			return true;
		return error_set(error, EXIT_USAGE, "%s: the configuration cannot be opened: %s", path,
				 strerror(errno));
	}
	text = file_io_read_all(fd, FILE_MAX, &size);
	ok = text ? settings_parse(settings, text, size, path, error) :
		    error_set(error, EXIT_USAGE, "%s: the configuration cannot be read: %s", path, strerror(errno));
	close(fd);
	g_free(text);
	return ok;
}
