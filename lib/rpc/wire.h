/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading requests from a private copy of the guest's pages and writing responses there (docs/protocol.md). A read past
 * the end gives zeros and is remembered: the request is looked at as a whole, once.
 */
#ifndef RPC_WIRE_H
#define RPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"

/* A request begins with its protocol version and its command, u32 both. */
#define WIRE_HEAD_SIZE 8

enum wire_command {
	WIRE_GET_VARIABLE,
	WIRE_SET_VARIABLE,
	WIRE_GET_NEXT_VARIABLE_NAME,
	WIRE_QUERY_VARIABLE_INFO,
	WIRE_NOTIFY_SECURE_BOOT_FAILURE,
};

struct wire_reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

void wire_read_begin(struct wire_reader *reader, const uint8_t *page);
uint8_t wire_read_u8(struct wire_reader *reader);
uint32_t wire_read_u32(struct wire_reader *reader);
uint64_t wire_read_u64(struct wire_reader *reader);
struct efi_guid wire_read_guid(struct wire_reader *reader);

/* A u64 length and so many bytes; returns where they stand in the page. */
const uint8_t *wire_read_blob(struct wire_reader *reader, size_t *size);

/* Each returns the size of the response. What is written must not come from the page itself. */
size_t wire_put_status(uint8_t *page, uint64_t status);
size_t wire_put_too_small(uint8_t *page, uint64_t needed);
size_t wire_put_too_small_with_attributes(uint8_t *page, uint64_t needed, uint32_t attributes);
size_t wire_put_variable(uint8_t *page, uint32_t attributes, const uint8_t *data, size_t size);
size_t wire_put_name(uint8_t *page, const uint8_t *name, size_t size, const struct efi_guid *guid);
size_t wire_put_space(uint8_t *page, uint64_t maximum, uint64_t remaining, uint64_t maximum_variable);

#endif
