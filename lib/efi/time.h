/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_TIME (UEFI 2.10, 8.3) as 16 opaque bytes: what authenticated writes compare. */
#ifndef EFI_TIME_H
#define EFI_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define EFI_TIME_SIZE 16

struct efi_time {
	uint8_t bytes[EFI_TIME_SIZE];
};

/* Is `a` later than `b`, by year, month, day, hour, minute, second? Ranges are not checked. */
bool time_later(const struct efi_time *a, const struct efi_time *b);

/* Are the fields zero that an authentication descriptor must leave zero (8.2.2: Pad1, Nanosecond, TimeZone, Daylight,
 * Pad2)? */
bool time_unused_zero(const struct efi_time *time);

/* Builds a time from its six fields. */
struct efi_time time_make(uint16_t year, uint8_t month, uint8_t day, uint8_t hour, uint8_t minute, uint8_t second);

#endif
