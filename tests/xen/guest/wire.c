/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire.h"

#include "bytes.h"
#include "io.h"
#include "xen.h"

#define GUID_SIZE 16u
#define VERSION 1

static uint8_t pages[2][WIRE_SIZE] __attribute__((aligned(XEN_PAGE)));
struct wire wires[2] = { { .pages = pages[0] }, { .pages = pages[1] } };

static const uint8_t vendor[GUID_SIZE] = { 0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0x78, 0x56,
					   0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78 };
/* Of the last name that wire_next() saw: others' variables are walked over. */
static uint8_t last_guid[2][GUID_SIZE];
static uint8_t last_name[2][WIRE_SIZE];
static uint32_t last_size[2];

void wire_begin(struct wire *wire, uint32_t version, uint32_t command)
{
	wire->at = 0;
	wire_u32(wire, version);
	wire_u32(wire, command);
}

void wire_bytes(struct wire *wire, const void *bytes, size_t size)
{
	memcpy(wire->pages + wire->at, bytes, size);
	wire->at += size;
}

void wire_u8(struct wire *wire, uint8_t value)
{
	wire_bytes(wire, &value, sizeof value);
}

void wire_u32(struct wire *wire, uint32_t value)
{
	wire_bytes(wire, &value, sizeof value);
}

void wire_u64(struct wire *wire, uint64_t value)
{
	wire_bytes(wire, &value, sizeof value);
}

void wire_name(struct wire *wire, const char *name)
{
	wire_u64(wire, text_size(name) * 2);
	for (; *name; name++) {
		wire_u8(wire, (uint8_t)*name);
		wire_u8(wire, 0);
	}
}

void wire_guid(struct wire *wire)
{
	wire_bytes(wire, vendor, sizeof vendor);
}

static void take(struct wire *wire, void *to, size_t size)
{
	memcpy(to, wire->pages + wire->at, size);
	wire->at += size;
}

static uint32_t take_u32(struct wire *wire)
{
	uint32_t value;

	take(wire, &value, sizeof value);
	return value;
}

static uint64_t take_u64(struct wire *wire)
{
	uint64_t value;

	take(wire, &value, sizeof value);
	return value;
}

void wire_ring(const struct wire *wire)
{
	outl(WIRE_PORT, (uint32_t)((uintptr_t)wire->pages / XEN_PAGE));
}

uint64_t wire_send(struct wire *wire)
{
	wire_ring(wire);
	wire->at = 0;
	return take_u64(wire);
}

bool wire_answered(uint64_t status)
{
	return status == EFI_SUCCESS || status >> 63;
}

uint64_t wire_get(struct wire *wire, const char *name, uint64_t room, struct wire_value *value)
{
	uint64_t status;

	wire_begin(wire, VERSION, WIRE_GET);
	wire_name(wire, name);
	wire_guid(wire);
	wire_u64(wire, room);
	wire_u8(wire, wire->at_runtime);
	status = wire_send(wire);
	value->attributes = 0;
	value->size = 0;
	value->data = NULL;
	if (status == EFI_SUCCESS) {
		value->attributes = take_u32(wire);
		value->size = (uint32_t)take_u64(wire);
		value->data = wire->pages + wire->at;
	} else if (status == EFI_BUFFER_TOO_SMALL) {
		value->size = (uint32_t)take_u64(wire);
		value->attributes = take_u32(wire);
	}
	return status;
}

uint64_t wire_set(struct wire *wire, const char *name, uint32_t attributes, const void *data, size_t size)
{
	wire_begin(wire, VERSION, WIRE_SET);
	wire_name(wire, name);
	wire_guid(wire);
	wire_u64(wire, size);
	wire_bytes(wire, data, size);
	wire_u32(wire, attributes);
	wire_u8(wire, wire->at_runtime);
	return wire_send(wire);
}

static void narrow(const uint8_t *wide, uint32_t size, char name[WIRE_NAME_MAX])
{
	uint32_t i;

	for (i = 0; i < size / 2 && i < WIRE_NAME_MAX - 1; i++)
		name[i] = (char)wide[i * 2];
	name[i] = '\0';
}

uint64_t wire_next(struct wire *wire, char name[WIRE_NAME_MAX])
{
	const size_t cpu = (size_t)(wire - wires);
	uint64_t status;

	if (!*name)
		last_size[cpu] = 0;
	do {
		wire_begin(wire, VERSION, WIRE_NEXT);
		wire_u64(wire, WIRE_SIZE);
		wire_u64(wire, last_size[cpu]);
		wire_bytes(wire, last_name[cpu], last_size[cpu]);
		wire_bytes(wire, last_guid[cpu], GUID_SIZE);
		wire_u8(wire, wire->at_runtime);
		status = wire_send(wire);
		if (status != EFI_SUCCESS)
			return status;
		last_size[cpu] = (uint32_t)take_u64(wire);
		if (last_size[cpu] > WIRE_SIZE / 2)
			return EFI_INVALID_PARAMETER;
		take(wire, last_name[cpu], last_size[cpu]);
		take(wire, last_guid[cpu], GUID_SIZE);
	} while (memcmp(last_guid[cpu], vendor, GUID_SIZE) != 0);
	narrow(last_name[cpu], last_size[cpu], name);
	return EFI_SUCCESS;
}

uint64_t wire_query(struct wire *wire, uint32_t attributes, uint64_t *total, uint64_t *remaining, uint64_t *largest)
{
	uint64_t status;

	wire_begin(wire, VERSION, WIRE_QUERY);
	wire_u32(wire, attributes);
	status = wire_send(wire);
	*total = *remaining = *largest = 0;
	if (status == EFI_SUCCESS) {
		*total = take_u64(wire);
		*remaining = take_u64(wire);
		*largest = take_u64(wire);
	}
	return status;
}

uint64_t wire_notify(struct wire *wire)
{
	wire_begin(wire, VERSION, WIRE_NOTIFY);
	return wire_send(wire);
}
