/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

GSource *watch_source(int fd, GIOCondition condition, GUnixFDSourceFunc function, void *context)
{
	GSource *source = g_unix_fd_source_new(fd, condition);

	/* GSourceFunc stands for the type of function that the source's own kind calls. */
	g_source_set_callback(source, (GSourceFunc)(void (*)(void))function, context, NULL);
	return source;
}

guint watch_fd(int fd, GIOCondition condition, GUnixFDSourceFunc function, void *context)
{
	GSource *source = watch_source(fd, condition, function, context);
	guint id;

	g_source_set_can_recurse(source, TRUE);
	id = g_source_attach(source, NULL);
	g_source_unref(source);
	return id;
}
