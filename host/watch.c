/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

guint watch_fd(int fd, GIOCondition condition, GUnixFDSourceFunc function, void *context)
{
	GSource *source = g_unix_fd_source_new(fd, condition);
	guint id;

	g_source_set_callback(source, G_SOURCE_FUNC(function), context, NULL);
	g_source_set_can_recurse(source, TRUE);
	id = g_source_attach(source, NULL);
	g_source_unref(source);
	return id;
}
