/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's half of the protocol (docs/protocol.md): requests are laid out in 16 pages, field by field, so that a
 * test can also lay out wrong ones; the usual ones are functions. Names are ASCII here, all under one vendor's GUID.
 */
#ifndef XEN_GUEST_WIRE_H
#define XEN_GUEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PORT 0x100
#define PPI_INDEX_PORT 0x104
#define PPI_DATA_PORT 0x108

#define WIRE_SIZE 65536u
#define WIRE_NAME_MAX 64u

enum wire_command { WIRE_GET, WIRE_SET, WIRE_NEXT, WIRE_QUERY, WIRE_NOTIFY };
enum wire_attributes { NV = 1, BS = 2, RT = 4, APPEND = 0x40 };

#define EFI_SUCCESS 0ull
#define EFI_ERROR(number) (1ull << 63 | (number))
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_UNSUPPORTED EFI_ERROR(3)
#define EFI_BUFFER_TOO_SMALL EFI_ERROR(5)
#define EFI_NOT_FOUND EFI_ERROR(14)

/* The pages of one vCPU, and where the next field of a request goes or that of a response stands. */
struct wire {
	uint8_t *pages;
	size_t at;
	bool at_runtime; /* what the requests say of it */
};

/* A variable as the guest was told; the data stands in the pages until the next request. */
struct wire_value {
	uint32_t attributes;
	const uint8_t *data;
	uint32_t size;
};

/* Those of vCPU 0 and 1. */
extern struct wire wires[2];

void wire_begin(struct wire *wire, uint32_t version, uint32_t command);
void wire_u8(struct wire *wire, uint8_t value);
void wire_u32(struct wire *wire, uint32_t value);
void wire_u64(struct wire *wire, uint64_t value);
void wire_bytes(struct wire *wire, const void *bytes, size_t size);
void wire_name(struct wire *wire, const char *name);
void wire_guid(struct wire *wire);

/* Rings, and returns the status of the response; or what else stands there, where nobody answered. */
uint64_t wire_send(struct wire *wire);
/* Whether a status is one: the first bytes of a request that nobody served are none. */
bool wire_answered(uint64_t status);
/* Rings and looks at nothing. */
void wire_ring(const struct wire *wire);

uint64_t wire_get(struct wire *wire, const char *name, uint64_t room, struct wire_value *value);
uint64_t wire_set(struct wire *wire, const char *name, uint32_t attributes, const void *data, size_t size);
/* Takes the name last returned, or "", and returns the next of our vendor; names are cut to WIRE_NAME_MAX - 1. */
uint64_t wire_next(struct wire *wire, char name[WIRE_NAME_MAX]);
uint64_t wire_query(struct wire *wire, uint32_t attributes, uint64_t *total, uint64_t *remaining, uint64_t *largest);
uint64_t wire_notify(struct wire *wire);

#endif
