/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "bytes.h"
#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define OPERATIONS 500u
#define NAMES 8u
#define DATA_MAX 120u

static struct wire *const wire = &wires[0];

static void list(unsigned int number)
{
	char name[WIRE_NAME_MAX] = "";
	struct wire_value value;
	uint32_t all = 0;
	unsigned int count = 0;

	while (wire_next(wire, name) == EFI_SUCCESS) {
		all = hash(all, name, text_size(name));
		if (wire_get(wire, name, WIRE_SIZE, &value) == EFI_SUCCESS)
			all = hash(all, value.data, value.size);
		count++;
	}
	say("%u list: %u names, %x", number, count, all);
}

static void get(unsigned int number, const char *name)
{
	struct wire_value value;
	const uint64_t status = wire_get(wire, name, WIRE_SIZE, &value);

	say("%u get %s: %llx, %x, %u bytes, %x", number, name, (unsigned long long)status, value.attributes, value.size,
	    status == EFI_SUCCESS ? hash(0, value.data, value.size) : 0);
}

static void query(unsigned int number)
{
	uint64_t total;
	uint64_t remaining;
	uint64_t largest;
	const uint64_t status = wire_query(wire, NV | BS, &total, &remaining, &largest);

	say("%u query: %llx, %llx of %llx", number, (unsigned long long)status, (unsigned long long)remaining,
	    (unsigned long long)total);
}

/* A write that shows if it was done twice: an append, a deletion, a new one after it. */
static void set(unsigned int number, const char *name, uint32_t attributes, uint32_t seed)
{
	uint8_t data[DATA_MAX];
	const uint32_t size = seed % 5 == 0 && !(attributes & APPEND) ? 0 : 1 + seed % DATA_MAX;
	uint64_t status;

	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)random_next(&seed);
	status = wire_set(wire, name, attributes, data, size);
	say("%u set %s %x, %u bytes: %llx", number, name, attributes, size, (unsigned long long)status);
}

static void registers(unsigned int number, uint32_t value)
{
	outl(PPI_INDEX_PORT, value % 0x2d + 0x100);
	outl(PPI_DATA_PORT, value);
	outl(PPI_INDEX_PORT, value % 0x40);
	say("%u registers: %x", number, inl(PPI_DATA_PORT));
	outl(PPI_DATA_PORT, value);
}

void mode_transcript(void)
{
	uint32_t random = 2463534242u;
	char name[] = "V?";
	uint32_t attributes;

	for (unsigned int number = 1; number <= OPERATIONS; number++) {
		random_next(&random);
		name[1] = (char)('0' + random / 16 % NAMES);
		attributes = name[1] % 2 ? BS | RT : NV | BS | RT;
		switch (random % 16) {
		case 0:
			list(number);
			break;
		case 1:
			query(number);
			break;
		case 2:
			registers(number, random);
			break;
		case 3:
		case 4:
		case 5:
			get(number, name);
			break;
		case 6:
		case 7:
		case 8:
		case 9:
			set(number, name, attributes | APPEND, random);
			break;
		default:
			set(number, name, attributes, random);
		}
	}
	list(OPERATIONS + 1);
}
