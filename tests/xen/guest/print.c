/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stddef.h>

#include "io.h"
#include "print.h"

#define DEBUG_PORT 0xe9

static bool failed;

static void put(char c)
{
	outb(DEBUG_PORT, (uint8_t)c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

static void put_decimal(uint32_t value)
{
	char digits[11];
	size_t i = sizeof digits - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put_text(digits + i);
}

/* Leading zeros are left out. */
static void put_hex(uint64_t value)
{
	unsigned int shift = 64;

	do
		shift -= 4;
	while (shift && !(value >> shift));
	put_text("0x");
	for (;; shift -= 4) {
		put("0123456789abcdef"[value >> shift & 15]);
		if (!shift)
			break;
	}
}

/* One conversion: *kind is behind the '%'. Returns where the text goes on. */
static const char *put_argument(const char *kind, va_list *arguments)
{
	if (*kind == 's') {
		put_text(va_arg(*arguments, const char *));
	} else if (*kind == 'u') {
		put_decimal(va_arg(*arguments, unsigned int));
	} else if (*kind == 'x') {
		put_hex(va_arg(*arguments, unsigned int));
	} else {
		put_hex(va_arg(*arguments, unsigned long long));
		kind += 2;
	}
	return kind + 1;
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	while (*format) {
		if (*format == '%')
			format = put_argument(format + 1, &arguments);
		else
			put(*format++);
	}
	va_end(arguments);
	put('\n');
}

bool verdict(const char *name, uint64_t got, uint64_t expected)
{
	if (got == expected) {
		say("ok %s", name);
		return true;
	}
	failed = true;
	say("not ok %s: got %llx, expected %llx", name, (unsigned long long)got, (unsigned long long)expected);
	return false;
}

bool verdicts_good(void)
{
	return !failed;
}
