/* SPDX-License-Identifier: GPL-2.0-only */
/* Little-endian integers in byte buffers of any alignment. */
#ifndef EFI_BYTES_H
#define EFI_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "guest integers are little-endian: a big-endian host needs byte swaps here"
#endif

static inline uint16_t get_le16(const void *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

static inline uint32_t get_le32(const void *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

static inline uint64_t get_le64(const void *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

static inline void put_le16(void *to, uint16_t value)
{
	memcpy(to, &value, sizeof value);
}

static inline void put_le32(void *to, uint32_t value)
{
	memcpy(to, &value, sizeof value);
}

static inline void put_le64(void *to, uint64_t value)
{
	memcpy(to, &value, sizeof value);
}

#endif
