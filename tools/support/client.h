/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's side of the wire protocol: lays requests into the 16 pages and reads the responses, over any transport.
 */
#ifndef TOOLS_CLIENT_H
#define TOOLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "efi/status.h"
#include "uefivars.h"

/* No answer: the transport failed, or what came back is not a response. No EFI_STATUS has this value. */
#define CLIENT_NO_ANSWER UINT64_C(0x7fffffffffffffff)

struct client {
	/*
	 * Has the request in page (its first request_size bytes) served and the response written over it. Returns false
	 * where the transport failed.
	 */
	bool (*exchange)(void *context, uint8_t *page);
	void *context;
	bool at_runtime;                  /* sent with each request that carries the flag */
	size_t request_size;              /* set for each call of exchange; a transport may copy no more than that */
	uint8_t page[UEFIVARS_PAGE_SIZE]; /* the guest's memory */
};

/* What a response carried besides its status; data points into client->page and is valid until the next call. */
struct client_value {
	uint32_t attributes;
	const uint8_t *data;
	size_t data_size;
	uint64_t needed; /* with EFI_BUFFER_TOO_SMALL */
};

struct client_space {
	uint64_t maximum;
	uint64_t remaining;
	uint64_t maximum_variable;
};

/* GetVariable with a caller's buffer of `buffer_size` bytes. With EFI_BUFFER_TOO_SMALL value->needed and
 * value->attributes are set. */
uint64_t client_get(struct client *client, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		    uint64_t buffer_size, struct client_value *value);

/* SetVariable. A request that does not fit the pages is not sent: CLIENT_NO_ANSWER. */
uint64_t client_set(struct client *client, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		    uint32_t attributes, const uint8_t *data, size_t data_size);

/*
 * GetNextVariableName: name (room for `room` bytes with the guest's NUL, *name_size without it) and guid are replaced
 * by the next variable's. *needed, if not NULL, is set with EFI_BUFFER_TOO_SMALL.
 */
uint64_t client_next(struct client *client, uint8_t *name, size_t *name_size, size_t room, struct efi_guid *guid,
		     uint64_t *needed);

uint64_t client_query(struct client *client, uint32_t attributes, struct client_space *space);

/* NotifySecureBootFailure. */
uint64_t client_notify(struct client *client);

/*
 * Sends `size` bytes as a request, whatever they are, and returns the first 8 bytes of the answer. All of the pages is
 * handed over, the rest of them as the caller left it.
 */
uint64_t client_raw(struct client *client, const uint8_t *bytes, size_t size);

#endif
