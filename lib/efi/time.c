/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/time.h"

#include "efi/bytes.h"

/* The six compared fields as one number: the order of the fields is the order of the numbers. */
static uint64_t time_number(const struct efi_time *time)
{
	const uint8_t *b = time->bytes;

	return (uint64_t)get_le16(b) << 40 | (uint64_t)b[2] << 32 | (uint64_t)b[3] << 24 | (uint64_t)b[4] << 16 |
	       (uint64_t)b[5] << 8 | b[6];
}

bool time_later(const struct efi_time *a, const struct efi_time *b)
{
	return time_number(a) > time_number(b);
}

bool time_unused_zero(const struct efi_time *time)
{
	return time->bytes[7] == 0 && get_le64(time->bytes + 8) == 0;
}

struct efi_time time_make(uint16_t year, uint8_t month, uint8_t day, uint8_t hour, uint8_t minute, uint8_t second)
{
	struct efi_time time = { { 0 } };

	put_le16(time.bytes, year);
	time.bytes[2] = month;
	time.bytes[3] = day;
	time.bytes[4] = hour;
	time.bytes[5] = minute;
	time.bytes[6] = second;
	return time;
}
