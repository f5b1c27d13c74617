/* SPDX-License-Identifier: GPL-2.0-only */
/* The variables that a clone of a machine must not have, as the host's administrator lists them. */
#ifndef VARSTORE_CLONE_H
#define VARSTORE_CLONE_H

#include <glib.h>

#include "tools/support/variable_name.h"

/*
 * Reads all files of the directory, in the order of their names: a line for each variable, empty lines and those that
 * begin with '#' aside. Returns struct variable_name's; NULL, reported with file
 * and line, where something cannot be read. NULL for the directory: that of the host, which may be missing. Free with
 * g_ptr_array_free(..., TRUE).
 */
GPtrArray *clone_read(const char *directory);

#endif
