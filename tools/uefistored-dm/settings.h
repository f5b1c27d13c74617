/* SPDX-License-Identifier: GPL-2.0-only */
/* The wrapper's configuration: group [dm], and a group [vm NAME] for what is different for one machine. */
#ifndef DM_SETTINGS_H
#define DM_SETTINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "places.h"

#define DM_CONFIG UEFISTORED_SYSCONFDIR "/uefistored/dm.conf"
/* For tests: another file. */
#define DM_CONFIG_VARIABLE "UEFISTORED_DM_CONFIG"

struct dm_settings {
	char *device_model; /* the program that we become */
	char *daemon;
	char *directory; /* of the machines' directories */
	char *user;      /* the daemon's: a name, or the name of the first of a range, to which the domid is added */
	bool range;
	bool sandbox;
	bool secure_boot;
	unsigned int wait; /* seconds until the daemon must be ready */
};

/*
 * Reads the settings for a machine (NULL: those of [dm], as far as no daemon is to be started). Returns false where
 * something is wrong, and has reported it. Clear them in any case.
 */
bool dm_settings_read(struct dm_settings *settings, const char *machine);
void dm_settings_clear(struct dm_settings *settings);

#endif
