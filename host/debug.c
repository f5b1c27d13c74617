/* SPDX-License-Identifier: GPL-2.0-only */
#include "debug.h"

#ifdef UEFISTORED_DEBUG

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool obey(const char *action, int milliseconds)
{
	if (strcmp(action, "delay") == 0 && milliseconds > 0)
		usleep((useconds_t)milliseconds * 1000);
	if (strcmp(action, "exit") == 0)
		_exit(99);
	if (strcmp(action, "fail") != 0)
		return true;
	errno = EIO;
	return false;
}

bool debug_point(const char *point)
{
	const char *path = getenv("UEFISTORED_DEBUG_POINTS");
	FILE *file = path ? fopen(path, "re") : NULL;
	char line[128];
	bool result = true;

	if (!file)
		return true;
	while (fgets(line, sizeof line, file)) {
		char name[32], action[16];
		int milliseconds = 0;

		if (sscanf(line, "%31s %15s %d", name, action, &milliseconds) >= 2 && strcmp(name, point) == 0)
			result = obey(action, milliseconds) && result;
	}
	fclose(file);
	if (!result)
		errno = EIO;
	return result;
}

int debug_milliseconds(const char *variable, int milliseconds)
{
	const char *text = getenv(variable);

	return text ? atoi(text) : milliseconds;
}

#endif
