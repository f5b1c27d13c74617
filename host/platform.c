/* SPDX-License-Identifier: GPL-2.0-only */
#include "platform.h"

#include <glib.h>
#include <string.h>

bool platform_is_true(const char *value)
{
	return g_ascii_strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
}
