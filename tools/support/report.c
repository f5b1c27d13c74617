/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

static const char *place_path;
static unsigned int place_line;

void report_place(const char *path, unsigned int line)
{
	place_path = path;
	place_line = line;
}

static void print(const char *format, va_list arguments)
{
	fprintf(stderr, "%s: ", program_invocation_short_name);
	if (place_path)
		fprintf(stderr, "%s:%u: ", place_path, place_line);
	vfprintf(stderr, format, arguments);
}

void report(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void report_openssl(const char *format, ...)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	fprintf(stderr, ": %s\n", reason ? reason : "no reason given");
	ERR_clear_error();
}
