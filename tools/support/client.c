/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/client.h"

#include <string.h>

#include "efi/bytes.h"

enum { GET_VARIABLE, SET_VARIABLE, GET_NEXT_VARIABLE_NAME, QUERY_VARIABLE_INFO, NOTIFY_SECURE_BOOT_FAILURE };

/* A request being laid out; `at` runs past the end where it does not fit. */
struct request {
	uint8_t *page;
	size_t at;
};

static void put(struct request *request, const void *bytes, size_t size)
{
	if (request->at <= UEFIVARS_PAGE_SIZE && size <= UEFIVARS_PAGE_SIZE - request->at) {
		if (size)
			memcpy(request->page + request->at, bytes, size);
		request->at += size;
	} else {
		request->at = UEFIVARS_PAGE_SIZE + 1;
	}
}

static void put_u8(struct request *request, uint8_t value)
{
	put(request, &value, 1);
}

static void put_u32(struct request *request, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	put(request, bytes, sizeof bytes);
}

static void put_u64(struct request *request, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	put(request, bytes, sizeof bytes);
}

static void put_blob(struct request *request, const void *bytes, size_t size)
{
	put_u64(request, size);
	put(request, bytes, size);
}

static struct request begin(struct client *client, uint32_t command)
{
	struct request request = { .page = client->page };

	put_u32(&request, 1);
	put_u32(&request, command);
	return request;
}

/* Sends the request; returns the status, or CLIENT_NO_ANSWER where what stands in the page is no response. */
static uint64_t finish(struct client *client, const struct request *request)
{
	uint64_t status;

	client->request_size = request->at;
	if (request->at > UEFIVARS_PAGE_SIZE || !client->exchange(client->context, client->page))
		return CLIENT_NO_ANSWER;
	status = get_le64(client->page);
	return status == EFI_SUCCESS || (status & EFI_ERROR_BIT) ? status : CLIENT_NO_ANSWER;
}

uint64_t client_get(struct client *client, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		    uint64_t buffer_size, struct client_value *value)
{
	struct request request = begin(client, GET_VARIABLE);
	const uint8_t *page = client->page;
	uint64_t status, size;

	put_blob(&request, name, name_size);
	put(&request, guid->bytes, sizeof guid->bytes);
	put_u64(&request, buffer_size);
	put_u8(&request, client->at_runtime);
	status = finish(client, &request);
	memset(value, 0, sizeof *value);
	if (status == EFI_BUFFER_TOO_SMALL) {
		value->needed = get_le64(page + 8);
		value->attributes = get_le32(page + 16);
	}
	if (status != EFI_SUCCESS)
		return status;
	size = get_le64(page + 12);
	if (size > UEFIVARS_PAGE_SIZE - 20)
		return CLIENT_NO_ANSWER;
	value->attributes = get_le32(page + 8);
	value->data = page + 20;
	value->data_size = (size_t)size;
	return status;
}

uint64_t client_set(struct client *client, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		    uint32_t attributes, const uint8_t *data, size_t data_size)
{
	struct request request = begin(client, SET_VARIABLE);

	put_blob(&request, name, name_size);
	put(&request, guid->bytes, sizeof guid->bytes);
	put_blob(&request, data, data_size);
	put_u32(&request, attributes);
	put_u8(&request, client->at_runtime);
	return finish(client, &request);
}

uint64_t client_next(struct client *client, uint8_t *name, size_t *name_size, size_t room, struct efi_guid *guid,
		     uint64_t *needed)
{
	struct request request = begin(client, GET_NEXT_VARIABLE_NAME);
	const uint8_t *page = client->page;
	uint64_t status, size;

	put_u64(&request, room);
	put_blob(&request, name, *name_size);
	put(&request, guid->bytes, sizeof guid->bytes);
	put_u8(&request, client->at_runtime);
	status = finish(client, &request);
	if (status == EFI_BUFFER_TOO_SMALL && needed)
		*needed = get_le64(page + 8);
	if (status != EFI_SUCCESS)
		return status;
	size = get_le64(page + 8);
	if (size > room || size > UEFIVARS_PAGE_SIZE - 32)
		return CLIENT_NO_ANSWER;
	memcpy(name, page + 16, (size_t)size);
	*name_size = (size_t)size;
	memcpy(guid->bytes, page + 16 + size, sizeof guid->bytes);
	return status;
}

uint64_t client_query(struct client *client, uint32_t attributes, struct client_space *space)
{
	struct request request = begin(client, QUERY_VARIABLE_INFO);
	uint64_t status;

	put_u32(&request, attributes);
	status = finish(client, &request);
	memset(space, 0, sizeof *space);
	if (status != EFI_SUCCESS)
		return status;
	space->maximum = get_le64(client->page + 8);
	space->remaining = get_le64(client->page + 16);
	space->maximum_variable = get_le64(client->page + 24);
	return status;
}

uint64_t client_notify(struct client *client)
{
	struct request request = begin(client, NOTIFY_SECURE_BOOT_FAILURE);

	return finish(client, &request);
}

uint64_t client_raw(struct client *client, const uint8_t *bytes, size_t size)
{
	struct request request = { .page = client->page };

	put(&request, bytes, size);
	client->request_size = UEFIVARS_PAGE_SIZE;
	if (request.at > UEFIVARS_PAGE_SIZE || !client->exchange(client->context, client->page))
		return CLIENT_NO_ANSWER;
	return get_le64(client->page);
}
