/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file: group [default]. */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "log.h"
#include "uefivars.h"

struct settings {
	enum log_level log_level;
	bool secureboot_unmet_warn; /* start all the same where Secure Boot is wanted and impossible */
	bool deployed;
	bool require_signed_pk;
	bool tpm;
	GArray *allow_names; /* struct uefivars_allowed_name, names owned */
};

/* The settings without any file. Clear them with settings_clear(). */
void settings_init(struct settings *settings);
void settings_clear(struct settings *settings);

/*
 * Reads the file over the settings. Returns false and sets *error (EXIT_USAGE: it names file, key and what is expected)
 * where it cannot be read, or a key or value is wrong. may_be_missing: then there is nothing to read.
 */
bool settings_read(struct settings *settings, const char *path, bool may_be_missing, GError **error);

/* The same for the file's text; path is for messages. */
bool settings_parse(struct settings *settings, const char *text, size_t size, const char *path, GError **error);

#endif
