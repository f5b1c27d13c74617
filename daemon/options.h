/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "places.h"

#define OPTIONS_CONFIG_DEFAULT UEFISTORED_SYSCONFDIR "/uefistored/uefistored.conf"

struct options {
	const char *transport; /* the one that is asked for: a name of transport_names() */
	int domid;             /* -1: not given */
	char *socket;
	char *qemu_memory;
	char *doorbell;
	uint32_t qemu_below_4g; /* MiB; 0: not given */
	char *state;            /* NULL: the default place */
	char *backend;
	GPtrArray *arguments; /* char *: NAME:VALUE, ends with NULL */
	bool resume;
	bool nonpersistent;
	char *keys; /* NULL: the default directories */
	bool secure_boot;
	bool auth_enforce;
	/* The sandbox. */
	bool depriv;
	char *chroot;
	uint32_t uid; /* 0: not given */
	uint32_t gid;
	char *pidfile;
	char *config; /* NULL: the default, which may be missing */
	bool log_level_given;
	enum log_level log_level;
	/* Only this is asked for. */
	bool help;
	bool version;
	bool print_capabilities;
};

/*
 * Reads the command line. Returns false and sets *error (EXIT_USAGE) where an option, value or combination is wrong.
 * Clear the options in any case.
 */
bool options_parse(struct options *options, int argc, char **argv, GError **error);

/* Prints what --help asks for. Returns false where stdout does not take it (errno). */
bool options_print_help(void);
void options_clear(struct options *options);

#endif
