/* SPDX-License-Identifier: GPL-2.0-only */
#include "log.h"

#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "efi/name.h"

#define LINE_SIZE 2048
#define REFILL_MS 1000

static struct {
	const char *program;
	enum log_level lowest;
	bool journal;
} state = { .program = "uefistored", .lowest = LEVEL_INFO };

static const struct {
	const char *option;   /* as the operator writes it */
	const char *text;     /* in a line */
	const char *priority; /* of syslog */
} levels[] = {
	[LEVEL_DEBUG] = { "DEBUG", "debug: ", "<7>" },
	[LEVEL_INFO] = { "INFO", "", "<6>" },
	[LEVEL_WARNING] = { "WARNING", "warning: ", "<4>" },
	[LEVEL_ERROR] = { "ERROR", "error: ", "<3>" },
};

/*
 * systemd tells which file the journal is (JOURNAL_STREAM); where it does not, an old one is recognised by the unit's
 * invocation. A stderr that was led elsewhere gets plain lines.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	uintmax_t device, inode;

	if (!stream)
		return getenv("INVOCATION_ID") != NULL;
	return sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 && fstat(STDERR_FILENO, &status) == 0 &&
	       device == status.st_dev && inode == status.st_ino;
}

void log_start(const char *program)
{
	state.program = program;
	state.journal = stderr_is_journal();
}

void log_set_level(enum log_level lowest)
{
	state.lowest = lowest;
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
		if (strcmp(text, levels[i].option) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* A line of its own, whatever was formatted into it, and whole in one write. */
static void put_line(enum log_level level, const char *format, va_list arguments)
{
	char line[LINE_SIZE];
	int head = snprintf(line, sizeof line, "%s%s: %s", state.journal ? levels[level].priority : "", state.program,
			    levels[level].text);
	size_t size = head > 0 ? MIN((size_t)head, sizeof line - 2) : 0;
	int body = vsnprintf(line + size, sizeof line - 1 - size, format, arguments);
	size_t end = size + (body > 0 ? MIN((size_t)body, sizeof line - 2 - size) : 0);

	for (size_t i = size; i < end; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[end++] = '\n';
	/* Nobody is left to tell where this fails. */
	if (write(STDERR_FILENO, line, end) < 0)
		return;
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (level < state.lowest)
		return;
	va_start(arguments, format);
	put_line(level, format, arguments);
	va_end(arguments);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes one line out of the limit's bucket. */
static bool take(struct log_limit *limit)
{
	int64_t now = now_ms(), refill = (now - limit->refilled) / REFILL_MS;

	if (refill >= (int64_t)limit->used) {
		limit->used = 0;
		limit->refilled = now;
	} else {
		limit->used -= (uint32_t)refill;
		limit->refilled += refill * REFILL_MS;
	}
	if (limit->used >= LOG_BURST)
		return false;
	limit->used++;
	return true;
}

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
{
	va_list arguments;

	if (level < state.lowest)
		return;
	if (!take(limit)) {
		limit->suppressed++;
		return;
	}
	log_limit_end(limit);
	va_start(arguments, format);
	put_line(level, format, arguments);
	va_end(arguments);
}

void log_limit_end(struct log_limit *limit)
{
	if (limit->suppressed)
		log_write(LEVEL_WARNING, "%s: %" PRIu64 " more suppressed", limit->what, limit->suppressed);
	limit->suppressed = 0;
}

/* Writes one character that can be printed, or an escape for it; returns the bytes written, at most 10. */
static size_t put_character(char *out, gunichar c)
{
	if (c != '\\' && g_unichar_isprint(c))
		return (size_t)g_unichar_to_utf8(c, out);
	if (c == '\\')
		return (size_t)sprintf(out, "\\\\");
	if (c < 0x100)
		return (size_t)sprintf(out, "\\x%02x", c);
	if (c < 0x10000)
		return (size_t)sprintf(out, "\\u%04x", c);
	return (size_t)sprintf(out, "\\U%08x", c);
}

const char *log_text(const char *text, char out[LOG_NAME_SIZE])
{
	size_t at = 0;

	for (size_t n = 0; *text; n++) {
		gunichar c = g_utf8_get_char_validated(text, -1);

		if (n == LOG_NAME_CHARACTERS) {
			memcpy(out + at, "...", 3);
			at += 3;
			break;
		}
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			at += (size_t)sprintf(out + at, "\\x%02x", (unsigned char)*text++);
			continue;
		}
		at += put_character(out + at, c);
		text = g_utf8_next_char(text);
	}
	out[at] = '\0';
	return out;
}

const char *log_name(const uint8_t *name, size_t size, char out[LOG_NAME_SIZE])
{
	/* A name can be long: one more unit than is shown, with its pair, is enough to show that there is more. */
	enum { UNITS = 2 * LOG_NAME_CHARACTERS + 2 };
	char utf8[UNITS * 3 + 1];

	if (size > UNITS * 2)
		size = UNITS * 2;
	name_to_utf8(name, size, utf8, sizeof utf8, NULL);
	return log_text(utf8, out);
}
