/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be said of a machine's Secure Boot, gathered for people and for programs. */
#ifndef VARSTORE_STATUS_H
#define VARSTORE_STATUS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/support/certificate_info.h"
#include "tools/support/client.h"
#include "tools/varstore/host_keys.h"
#include "uefivars.h"

#define STATUS_TIME_SIZE 32

/* One of PK, KEK, db and dbx. */
struct status_key {
	bool present;
	size_t size;                 /* bytes */
	char time[STATUS_TIME_SIZE]; /* of the last signed change, or "" */
	GArray *certificates;        /* struct certificate_info */
	size_t others;               /* entries that are no certificates: hashes, mostly */
};

enum status_wanted { WANTED_NO, WANTED_YES, WANTED_UNKNOWN };

/* Who can change KEK from inside the machine. */
enum status_kek {
	KEK_ANYBODY,   /* setup mode */
	KEK_MICROSOFT, /* Microsoft's own platform key: it signs updates */
	KEK_OWNER,     /* only who has the platform key's private half */
};

struct status {
	const char *source;
	const char *form;
	bool stored;      /* there is something at all */
	bool running;     /* a guest's saved state */
	size_t variables; /* that survive a boot */
	size_t set_aside;
	enum status_wanted wanted; /* the host's setting platform:secureboot */
	bool secure_boot;          /* running: on now */
	bool possible;             /* it is on after a start, where it is wanted */
	GPtrArray *why_not;        /* char *: "there is no PK: setup mode", ... */
	struct status_key keys[UEFIVARS_KEYS];
	enum status_kek kek;
	GPtrArray *outdated;   /* char *: sentences about certificates of 2011 without their successors */
	const char *host_keys; /* directory, or NULL: the host has none */
	GPtrArray *missing;    /* struct certcheck_missing: that the host's keys have */
	struct client_space space;
};

void status_print_text(const struct status *status);
void status_print_json(const struct status *status);

#endif
