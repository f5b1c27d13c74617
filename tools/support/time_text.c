/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/time_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool from_tm(const struct tm *tm, struct efi_time *out)
{
	if (tm->tm_year < 0 || tm->tm_year > 9999 - 1900)
		return false;
	*out = time_make((uint16_t)(tm->tm_year + 1900), (uint8_t)(tm->tm_mon + 1), (uint8_t)tm->tm_mday,
			 (uint8_t)tm->tm_hour, (uint8_t)tm->tm_min, (uint8_t)tm->tm_sec);
	return true;
}

static bool from_seconds(const char *text, struct efi_time *out)
{
	long long seconds;
	struct tm tm;
	char *end;

	if ((*text < '0' || *text > '9') && *text != '-')
		return false;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && gmtime_r(&(time_t){ seconds }, &tm) && from_tm(&tm, out);
}

/* Does the text look like the pattern, in which '0' stands for a digit and 'T' for itself or a blank? */
static bool has_shape(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == '0' ? *text < '0' || *text > '9' :
		    *pattern == 'T' ? *text != 'T' && *text != ' ' :
				      *text != *pattern)
			return false;
	}
	return *text == '\0' || strcmp(text, "Z") == 0;
}

static bool from_date(const char *text, struct efi_time *out)
{
	bool whole = has_shape(text, "0000-00-00T00:00:00");
	struct tm tm = { 0 }, normal;

	if (!whole && !(has_shape(text, "0000-00-00") && text[10] == '\0'))
		return false;
	tm.tm_year = atoi(text) - 1900;
	tm.tm_mon = atoi(text + 5) - 1;
	tm.tm_mday = atoi(text + 8);
	if (whole) {
		tm.tm_hour = atoi(text + 11);
		tm.tm_min = atoi(text + 14);
		tm.tm_sec = atoi(text + 17);
	}
	/* timegm() brings 31 February and the like to a day that exists: then it was none. */
	normal = tm;
	timegm(&normal);
	if (normal.tm_mon != tm.tm_mon || normal.tm_mday != tm.tm_mday || normal.tm_hour != tm.tm_hour ||
	    normal.tm_min != tm.tm_min || normal.tm_sec != tm.tm_sec)
		return false;
	return from_tm(&tm, out);
}

bool time_parse(const char *text, struct efi_time *time)
{
	return *text == '@' ? from_seconds(text + 1, time) : from_date(text, time);
}

struct efi_time time_now(void)
{
	struct efi_time now = { { 0 } };
	time_t seconds = time(NULL);
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		from_tm(&tm, &now);
	return now;
}
