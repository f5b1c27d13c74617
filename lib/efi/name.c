/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/name.h"

#include <string.h>

#include "efi/bytes.h"

#define REPLACEMENT 0xfffdu

bool name_valid(const uint8_t *name, size_t size)
{
	if (size == 0 || size % 2)
		return false;
	for (size_t i = 0; i < size; i += 2) {
		if (get_le16(name + i) == 0)
			return false;
	}
	return true;
}

bool name_is(const uint8_t *name, size_t size, const char *ascii)
{
	size_t i;

	for (i = 0; i + 1 < size; i += 2, ascii++) {
		if (*ascii == '\0' || get_le16(name + i) != (unsigned char)*ascii)
			return false;
	}
	return i == size && *ascii == '\0';
}

static bool is_hex_digit(uint16_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

bool name_matches(const uint8_t *name, size_t size, const char *pattern)
{
	size_t i;

	for (i = 0; i + 1 < size; i += 2, pattern++) {
		uint16_t c = get_le16(name + i);

		if (*pattern == '\0' || (*pattern == '#' ? !is_hex_digit(c) : c != (unsigned char)*pattern))
			return false;
	}
	return i == size && *pattern == '\0';
}

/* Reads one code point at *at and steps over it; an unpaired surrogate reads as itself. */
static uint32_t next_code_point(const uint8_t *name, size_t size, size_t *at)
{
	uint32_t high = get_le16(name + *at), low;

	*at += 2;
	if (high < 0xd800 || high > 0xdbff || *at + 2 > size)
		return high;
	low = get_le16(name + *at);
	if (low < 0xdc00 || low > 0xdfff)
		return high;
	*at += 2;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t encode_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* One pass of the conversion; counts only where out is NULL. */
static size_t put_utf8(const uint8_t *name, size_t size, char *out, bool *lossless)
{
	size_t total = 0;

	*lossless = size % 2 == 0;
	for (size_t at = 0; at + 2 <= size;) {
		uint32_t c = next_code_point(name, size, &at);
		char bytes[4];
		size_t n;

		if (c == 0 || (c >= 0xd800 && c <= 0xdfff)) {
			c = REPLACEMENT;
			*lossless = false;
		}
		n = encode_utf8(c, bytes);
		if (out)
			memcpy(out + total, bytes, n);
		total += n;
	}
	return total;
}

size_t name_to_utf8(const uint8_t *name, size_t size, char *out, size_t room, bool *lossless)
{
	bool exact;
	size_t needed = put_utf8(name, size, NULL, &exact) + 1;

	if (lossless)
		*lossless = exact;
	if (needed > room)
		return needed;
	put_utf8(name, size, out, &exact);
	out[needed - 1] = '\0';
	return needed;
}

/* Reads one code point of UTF-8 and steps over it. Returns false for anything that is not shortest-form UTF-8. */
static bool decode_utf8(const uint8_t **text, uint32_t *code_point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = *text;
	size_t length = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	uint32_t c;

	if (length == 0)
		return false;
	c = length == 1 ? *p : *p & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	*text = p + length;
	*code_point = c;
	return true;
}

static size_t encode_utf16(uint32_t c, uint8_t out[4])
{
	if (c < 0x10000) {
		put_le16(out, (uint16_t)c);
		return 2;
	}
	c -= 0x10000;
	put_le16(out, (uint16_t)(0xd800 + (c >> 10)));
	put_le16(out + 2, (uint16_t)(0xdc00 + (c & 0x3ff)));
	return 4;
}

size_t name_from_utf8(const char *text, uint8_t *out, size_t room)
{
	size_t total = 0;

	for (int pass = 0; pass < 2; pass++) {
		const uint8_t *p = (const uint8_t *)text;

		if (pass == 1 && total > room)
			return total;
		total = 0;
		while (*p) {
			uint8_t units[4];
			uint32_t c;
			size_t n;

			if (!decode_utf8(&p, &c))
				return 0;
			n = encode_utf16(c, units);
			if (pass == 1)
				memcpy(out + total, units, n);
			total += n;
		}
	}
	return total;
}
