/* SPDX-License-Identifier: GPL-2.0-only */
/* The variables that a clone of a machine must not have, as the host's administrator lists them. */
#ifndef VARSTORE_CLONE_H
#define VARSTORE_CLONE_H

#include <glib.h>

#include "tools/support/variable_name.h"

/*
 * Reads all files of the directory, in the order of their names: a line for each variable, empty lines and those that
 * begin with '#' aside. Returns struct variable_name's, none where there is no such directory; NULL, reported with file
 * and line, where something cannot be read. Free with g_ptr_array_free(..., TRUE).
 */
GPtrArray *clone_read(const char *directory);

#endif
