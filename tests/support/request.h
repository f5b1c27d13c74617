/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests laid out by hand, for what tools/support/client.h would never send. */
#ifndef TESTS_REQUEST_H
#define TESTS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "tests/support/guest.h"

enum request_command { REQUEST_GET, REQUEST_SET, REQUEST_NEXT, REQUEST_QUERY, REQUEST_NOTIFY };

struct request {
	uint8_t bytes[UEFIVARS_PAGE_SIZE];
	size_t size;
};

/* Starts a request; the rest of it is all ones. */
void request_begin(struct request *request, uint32_t version, uint32_t command);
void request_u8(struct request *request, uint8_t value);
void request_u32(struct request *request, uint32_t value);
void request_u64(struct request *request, uint64_t value);
void request_bytes(struct request *request, const void *bytes, size_t size);
void request_guid(struct request *request, const struct efi_guid *guid);
/* A length and as many bytes; the second says a length that lies. */
void request_blob(struct request *request, const void *bytes, size_t size);
void request_lying_blob(struct request *request, const void *bytes, size_t size, uint64_t length);

/* Sends all 16 pages; returns the status, or CLIENT_NO_ANSWER. The response stands in guest->client.page. */
uint64_t request_send(struct request *request, struct guest *guest);

#endif
