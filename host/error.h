/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors that end a program: one line for the operator and the exit status. They travel as GErrors whose code is the
 * status.
 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

#include <glib.h>
#include <stdbool.h>

enum exit_status {
	EXIT_FAILED = 1, /* at run time */
	EXIT_USAGE = 2,  /* a wrong option, value or combination: nothing was touched */
};

/*
 * Sets *error and returns false, so that callers can return it. The message names the file, option or field and what
 * was expected.
 */
bool error_set(GError **error, enum exit_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
