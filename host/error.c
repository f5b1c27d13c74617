/* SPDX-License-Identifier: GPL-2.0-only */
#include "error.h"

#include <stdarg.h>

bool error_set(GError **error, enum exit_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(g_quark_from_static_string("uefistored"), (gint)status, format, arguments);
	va_end(arguments);
	return false;
}
