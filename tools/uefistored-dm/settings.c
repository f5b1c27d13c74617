/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-dm/settings.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "tools/support/report.h"

#define GROUP "dm"
#define WAIT_DEFAULT 20
#define WAIT_MAX 50 /* libxl waits 60 s for a device model */
#define RANGE_SUFFIX "+domid"

/* Where distributions have them. */
static const char *const device_models[] = {
	"/usr/libexec/xen-qemu-system-i386",
	"/usr/lib/xen/bin/qemu-system-i386",
	"/usr/lib64/xen/bin/qemu-system-i386",
	"/usr/libexec/xen/bin/qemu-system-i386",
	"/usr/local/lib/xen/bin/qemu-system-i386",
	"/usr/bin/qemu-system-x86_64",
	NULL,
};

static const char *const daemons[] = { "/usr/sbin/uefistored", "/usr/local/sbin/uefistored", NULL };

static char *find_program(const char *const *paths)
{
	for (size_t i = 0; paths[i]; i++) {
		if (access(paths[i], X_OK) == 0)
			return g_strdup(paths[i]);
	}
	return NULL;
}

struct reading {
	GKeyFile *file;
	const char *path;
	char *machine_group; /* or NULL */
	bool ok;
};

/* The value, of the machine or of all; NULL where neither has one. */
static char *read_text(struct reading *reading, const char *key)
{
	char *value = NULL;

	if (reading->machine_group)
		value = g_key_file_get_string(reading->file, reading->machine_group, key, NULL);
	return value ? value : g_key_file_get_string(reading->file, GROUP, key, NULL);
}

static void wrong(struct reading *reading, const char *key, const char *expected, const char *value)
{
	report("%s: %s: %s was expected, not '%s'", reading->path, key, expected, value);
	reading->ok = false;
}

static void take_program(struct reading *reading, const char *key, const char *const *defaults, char **out)
{
	*out = read_text(reading, key);
	if (!*out) {
		*out = find_program(defaults);
		if (!*out)
			report("%s: %s: a path was expected, as there is no %s", reading->path, key, defaults[0]);
	} else if (access(*out, X_OK) < 0) {
		wrong(reading, key, "a program", *out);
	}
	reading->ok = reading->ok && *out;
}

static void take_truth(struct reading *reading, const char *key, bool *out)
{
	char *value = read_text(reading, key);

	if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		wrong(reading, key, "true or false", value);
	else if (value)
		*out = strcmp(value, "true") == 0;
	g_free(value);
}

static void take_wait(struct reading *reading, unsigned int *out)
{
	char *value = read_text(reading, "wait");
	guint64 number = WAIT_DEFAULT;

	if (value && !g_ascii_string_to_unsigned(value, 10, 1, WAIT_MAX, &number, NULL))
		wrong(reading, "wait", "a number of seconds from 1 to 50", value);
	*out = (unsigned int)number;
	g_free(value);
}

static void take_user(struct reading *reading, struct dm_settings *settings)
{
	settings->user = read_text(reading, "user");
	if (!settings->user)
		return;
	settings->range = g_str_has_suffix(settings->user, RANGE_SUFFIX);
	if (settings->range)
		settings->user[strlen(settings->user) - strlen(RANGE_SUFFIX)] = '\0';
}

static void check_keys(struct reading *reading, const char *group, const char *const *known)
{
	char **keys = g_key_file_get_keys(reading->file, group, NULL, NULL);

	for (size_t i = 0; keys && keys[i]; i++) {
		if (g_strv_contains(known, keys[i]))
			continue;
		report("%s: [%s]: '%s' is no setting", reading->path, group, keys[i]);
		reading->ok = false;
	}
	g_strfreev(keys);
}

static void check_groups(struct reading *reading)
{
	static const char *const all[] = { "device_model", "daemon", "directory",   "user",
					   "sandbox",      "wait",   "secure_boot", NULL };
	static const char *const machines[] = { "device_model", "secure_boot", NULL };
	char **groups = g_key_file_get_groups(reading->file, NULL);

	for (size_t i = 0; groups[i]; i++) {
		if (strcmp(groups[i], GROUP) == 0) {
			check_keys(reading, groups[i], all);
		} else if (g_str_has_prefix(groups[i], "vm ")) {
			check_keys(reading, groups[i], machines);
		} else {
			report("%s: group [%s]: [" GROUP "] or [vm NAME] was expected", reading->path, groups[i]);
			reading->ok = false;
		}
	}
	g_strfreev(groups);
}

static void take_all(struct reading *reading, struct dm_settings *settings, bool serves)
{
	check_groups(reading);
	take_program(reading, "device_model", device_models, &settings->device_model);
	if (serves)
		take_program(reading, "daemon", daemons, &settings->daemon);
	take_truth(reading, "sandbox", &settings->sandbox);
	take_truth(reading, "secure_boot", &settings->secure_boot);
	take_wait(reading, &settings->wait);
	take_user(reading, settings);
	settings->directory = read_text(reading, "directory");
	if (!settings->directory)
		settings->directory = g_strdup("/var/lib/uefistored/vm");
}

bool dm_settings_read(struct dm_settings *settings, const char *machine)
{
	const char *other = g_getenv(DM_CONFIG_VARIABLE);
	struct reading reading = { g_key_file_new(), other ? other : DM_CONFIG, NULL, true };
	GError *error = NULL;

	*settings = (struct dm_settings){ .sandbox = true };
	if (machine)
		reading.machine_group = g_strdup_printf("vm %s", machine);
	if (!g_key_file_load_from_file(reading.file, reading.path, G_KEY_FILE_NONE, &error) &&
	    (other || !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))) {
		report("%s: %s", reading.path, error->message);
		reading.ok = false;
	} else {
		take_all(&reading, settings, machine != NULL);
	}
	g_clear_error(&error);
	g_free(reading.machine_group);
	g_key_file_free(reading.file);
	return reading.ok;
}

void dm_settings_clear(struct dm_settings *settings)
{
	g_free(settings->device_model);
	g_free(settings->daemon);
	g_free(settings->directory);
	g_free(settings->user);
}
