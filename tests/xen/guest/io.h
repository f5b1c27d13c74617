/* SPDX-License-Identifier: GPL-2.0-only */
/* The processor's instructions that C has no words for. */
#ifndef XEN_GUEST_IO_H
#define XEN_GUEST_IO_H

#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* The string instructions: `count` elements from or to memory. */
#define GUEST_STRING_OUT(name, instruction)                                                                            \
	static inline void name(uint16_t port, const void *from, uint32_t count)                                       \
	{                                                                                                              \
		__asm__ volatile("rep " instruction : "+S"(from), "+c"(count) : "d"(port) : "memory");                 \
	}
#define GUEST_STRING_IN(name, instruction)                                                                             \
	static inline void name(uint16_t port, void *to, uint32_t count)                                               \
	{                                                                                                              \
		__asm__ volatile("rep " instruction : "+D"(to), "+c"(count) : "d"(port) : "memory");                   \
	}
GUEST_STRING_OUT(outsb, "outsb")
GUEST_STRING_OUT(outsw, "outsw")
GUEST_STRING_OUT(outsl, "outsl")
GUEST_STRING_IN(insb, "insb")
GUEST_STRING_IN(insw, "insw")
GUEST_STRING_IN(insl, "insl")

static inline uint64_t rdtsc(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

#endif
