/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"

#define FILL_DATA_SIZE 64

const struct efi_guid guid_bench =
	EFI_GUID_INIT(0x2b3d5c71u, 0x0f6e, 0x4a9d, 0x8c, 0x25, 0x61, 0x3e, 0x94, 0x07, 0xbd, 0x58);

void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

static void *allocated(void *block)
{
	if (!block)
		die("out of memory");
	return block;
}

void script_add(struct script *script, const uint8_t *bytes, size_t size, uint64_t status)
{
	struct request *request;

	if (script->count == script->room) {
		script->room = script->room ? 2 * script->room : 64;
		script->requests = allocated(realloc(script->requests, script->room * sizeof *script->requests));
	}
	request = &script->requests[script->count++];
	request->bytes = allocated(malloc(size));
	request->size = size;
	request->status = status;
	memcpy(request->bytes, bytes, size);
}

void script_clear(struct script *script)
{
	for (size_t i = 0; i < script->count; i++)
		free(script->requests[i].bytes);
	free(script->requests);
	memset(script, 0, sizeof *script);
}

static uint64_t serve(struct machine *machine)
{
	size_t response_size;

	if (uefivars_serve(machine->uv, machine->client.page, &response_size) != UEFIVARS_ANSWERED)
		return CLIENT_NO_ANSWER;
	return get_le64(machine->client.page);
}

static bool exchange(void *context, uint8_t *page)
{
	struct machine *machine = context;
	struct request *recorded = NULL;
	uint64_t status;

	if (machine->recording) {
		script_add(machine->recording, page, machine->client.request_size, 0);
		recorded = &machine->recording->requests[machine->recording->count - 1];
	}
	status = serve(machine);
	if (recorded)
		recorded->status = status;
	return status != CLIENT_NO_ANSWER;
}

void machine_play(struct machine *machine, const struct script *script, size_t first, size_t count)
{
	for (const struct request *request = &script->requests[first]; count > 0; count--, request++) {
		memcpy(machine->client.page, request->bytes, request->size);
		machine->surprises += serve(machine) != request->status;
	}
}

static enum uefivars_persisted persist(void *context, const struct uefivars *uv)
{
	(void)context;
	(void)uv;
	return UEFIVARS_PERSIST_DONE;
}

void machine_start(struct machine *machine, const uint8_t *blob, size_t size)
{
	static const struct uefivars_host host = { .persist = persist };
	struct uefivars_policy policy;
	enum uefivars_key failed;

	if (machine->uv)
		uefivars_free(machine->uv);
	uefivars_policy_default(&policy);
	machine->uv = allocated(uefivars_create(&policy, &host));
	if (size && uefivars_load_blob(machine->uv, blob, size, false, NULL, NULL) != UEFIVARS_OK)
		die("the store does not load what it saved");
	if (uefivars_start(machine->uv, size ? UEFIVARS_BOOT : UEFIVARS_FIRST_BOOT, NULL, &failed) != UEFIVARS_OK)
		die("the store does not start");
}

struct machine *machine_new(void)
{
	struct machine *machine = allocated(calloc(1, sizeof *machine));

	machine->client.exchange = exchange;
	machine->client.context = machine;
	machine_start(machine, NULL, 0);
	return machine;
}

void machine_free(struct machine *machine)
{
	uefivars_free(machine->uv);
	free(machine);
}

uint8_t *machine_stored(const struct machine *machine, size_t *size)
{
	uint8_t *blob;

	*size = uefivars_save(machine->uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, NULL, 0);
	blob = allocated(malloc(*size));
	uefivars_save(machine->uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, blob, *size);
	return blob;
}

size_t bench_name(const char *text, uint8_t name[2 * FILL_NAME_ROOM])
{
	size_t size = 0;

	for (; *text && size < 2 * FILL_NAME_ROOM; text++, size += 2)
		put_le16(name + size, (unsigned char)*text);
	return size;
}

void machine_set(struct machine *machine, const char *text, uint32_t attributes, const void *data, size_t size)
{
	uint8_t name[2 * FILL_NAME_ROOM];
	uint64_t status =
		client_set(&machine->client, name, bench_name(text, name), &guid_bench, attributes, data, size);

	if (status != EFI_SUCCESS)
		die("%s cannot be set: %s", text, efi_status_name(status));
}

void fill_name(char name[FILL_NAME_ROOM], size_t index)
{
	snprintf(name, FILL_NAME_ROOM, "Variable%04zu", index);
}

void machine_fill(struct machine *machine, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t data[FILL_DATA_SIZE];
		char name[FILL_NAME_ROOM];

		memset(data, (int)i, sizeof data);
		fill_name(name, i);
		machine_set(machine, name, ATTR_NV | ATTR_BS | ATTR_RT, data, sizeof data);
	}
}
