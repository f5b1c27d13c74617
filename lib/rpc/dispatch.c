/* SPDX-License-Identifier: GPL-2.0-only */
#include "rpc/dispatch.h"

#include "rpc/wire.h"
#include "service/get.h"
#include "service/set.h"

#define PROTOCOL_VERSION 1

/* A request on its way; `size` is the response's, once the request is answered. */
struct exchange {
	struct uefivars *uv;
	uint8_t *page;
	struct wire_reader reader;
	size_t size;
};

static enum uefivars_served answer(struct exchange *exchange, uint64_t status)
{
	exchange->size = wire_put_status(exchange->page, status);
	return UEFIVARS_ANSWERED;
}

static enum uefivars_served malformed(struct exchange *exchange, uint64_t status, enum uefivars_reason reason)
{
	machine_tell(exchange->uv,
		     &(struct uefivars_event){ .kind = UEFIVARS_EVENT_MALFORMED, .reason = reason, .status = status });
	return answer(exchange, status);
}

static enum uefivars_served run_past_end(struct exchange *exchange)
{
	return malformed(exchange, EFI_INVALID_PARAMETER, UEFIVARS_MALFORMED_REQUEST);
}

/* Is the guest past ExitBootServices? Once it was, it stays so for this boot, whatever a request says. */
static bool latch_runtime(struct uefivars *uv, uint8_t at_runtime)
{
	if (at_runtime && !uv->runtime) {
		uv->runtime = true;
		uv->changes++;
		machine_tell(uv, &(struct uefivars_event){ .kind = UEFIVARS_EVENT_RUNTIME });
	}
	return uv->runtime;
}

static enum uefivars_served get_variable(struct exchange *exchange)
{
	struct wire_reader *reader = &exchange->reader;
	const struct variable *variable;
	size_t name_size;
	const uint8_t *name = wire_read_blob(reader, &name_size);
	struct efi_guid guid = wire_read_guid(reader);
	uint64_t buffer_size = wire_read_u64(reader);
	uint8_t at_runtime = wire_read_u8(reader);

	if (reader->failed)
		return run_past_end(exchange);
	variable = get_visible(exchange->uv, name, name_size, &guid, latch_runtime(exchange->uv, at_runtime));
	if (!variable)
		return answer(exchange, EFI_NOT_FOUND);
	exchange->size =
		variable->data_size > buffer_size ?
			wire_put_too_small_with_attributes(exchange->page, variable->data_size, variable->attributes) :
			wire_put_variable(exchange->page, variable->attributes, variable_data(variable),
					  variable->data_size);
	return UEFIVARS_ANSWERED;
}

static enum uefivars_served get_next_variable_name(struct exchange *exchange)
{
	struct wire_reader *reader = &exchange->reader;
	const struct variable *next;
	uint64_t status, buffer_size = wire_read_u64(reader), needed;
	size_t name_size;
	const uint8_t *name = wire_read_blob(reader, &name_size);
	struct efi_guid guid = wire_read_guid(reader);
	uint8_t at_runtime = wire_read_u8(reader);

	if (reader->failed)
		return run_past_end(exchange);
	status = get_next(exchange->uv, name, name_size, &guid, latch_runtime(exchange->uv, at_runtime), &next);
	if (status != EFI_SUCCESS)
		return answer(exchange, status);
	/* The guest's buffer takes the NUL, too. */
	needed = (uint64_t)next->name_size + 2;
	exchange->size = needed > buffer_size ?
				 wire_put_too_small(exchange->page, needed) :
				 wire_put_name(exchange->page, variable_name(next), next->name_size, &next->guid);
	return UEFIVARS_ANSWERED;
}

static enum uefivars_served query_variable_info(struct exchange *exchange)
{
	uint32_t attributes = wire_read_u32(&exchange->reader);
	struct get_space space;
	uint64_t status = get_space(exchange->uv, attributes, &space);

	if (status != EFI_SUCCESS)
		return answer(exchange, status);
	exchange->size =
		wire_put_space(exchange->page, space.maximum_storage, space.remaining_storage, space.maximum_variable);
	return UEFIVARS_ANSWERED;
}

static enum uefivars_served end(struct exchange *exchange, const struct verdict *verdict)
{
	if (!verdict->pending)
		return answer(exchange, verdict->status);
	exchange->uv->pending.page = exchange->page;
	return UEFIVARS_PENDING;
}

static enum uefivars_served set_variable_command(struct exchange *exchange)
{
	struct wire_reader *reader = &exchange->reader;
	struct set_request request = { .data = NULL };
	struct verdict verdict;
	uint8_t at_runtime;

	request.name = wire_read_blob(reader, &request.name_size);
	request.guid = wire_read_guid(reader);
	request.data = wire_read_blob(reader, &request.data_size);
	request.attributes = wire_read_u32(reader);
	at_runtime = wire_read_u8(reader);
	if (reader->failed)
		return run_past_end(exchange);
	if (exchange->uv->pending.waiting)
		return UEFIVARS_BUSY;
	request.at_runtime = latch_runtime(exchange->uv, at_runtime);
	verdict = set_variable(exchange->uv, &request);
	return end(exchange, &verdict);
}

/* The operator hears of it once: a guest can repeat it at will. */
static enum uefivars_served notify_secure_boot_failure(struct exchange *exchange)
{
	struct uefivars *uv = exchange->uv;
	enum uefivars_persisted told = UEFIVARS_PERSIST_DONE;

	if (uv->reported)
		return answer(exchange, EFI_ACCESS_DENIED);
	if (uv->pending.waiting)
		return UEFIVARS_BUSY;
	uv->reported = true;
	uv->changes++;
	machine_tell(uv, &(struct uefivars_event){ .kind = UEFIVARS_EVENT_SECURE_BOOT_FAILED });
	if (uv->host.secure_boot_failed)
		told = uv->host.secure_boot_failed(uv->host.context);
	if (told == UEFIVARS_PERSIST_PENDING) {
		uv->pending.waiting = WAITING_FOR_REPORT;
		uv->pending.page = exchange->page;
		return UEFIVARS_PENDING;
	}
	return answer(exchange, told == UEFIVARS_PERSIST_DONE ? EFI_SUCCESS : EFI_DEVICE_ERROR);
}

static enum uefivars_served serve(struct exchange *exchange)
{
	uint32_t version, command;

	wire_read_begin(&exchange->reader, exchange->page);
	version = wire_read_u32(&exchange->reader);
	command = wire_read_u32(&exchange->reader);
	if (version != PROTOCOL_VERSION)
		return malformed(exchange, EFI_UNSUPPORTED, UEFIVARS_UNKNOWN_COMMAND);
	switch (command) {
	case WIRE_GET_VARIABLE:
		return get_variable(exchange);
	case WIRE_SET_VARIABLE:
		return set_variable_command(exchange);
	case WIRE_GET_NEXT_VARIABLE_NAME:
		return get_next_variable_name(exchange);
	case WIRE_QUERY_VARIABLE_INFO:
		return query_variable_info(exchange);
	case WIRE_NOTIFY_SECURE_BOOT_FAILURE:
		return notify_secure_boot_failure(exchange);
	default:
		return malformed(exchange, EFI_UNSUPPORTED, UEFIVARS_UNKNOWN_COMMAND);
	}
}

enum uefivars_served dispatch_serve(struct uefivars *uv, uint8_t *page, size_t *response_size)
{
	struct exchange exchange = { .uv = uv, .page = page };
	enum uefivars_served served = serve(&exchange);

	*response_size = exchange.size;
	return served;
}

uint8_t *dispatch_complete(struct uefivars *uv, bool persisted, size_t *response_size)
{
	uint8_t *page = uv->pending.page;
	struct verdict verdict = machine_complete(uv, persisted);

	uv->pending.page = NULL;
	*response_size = page ? wire_put_status(page, verdict.status) : 0;
	return page;
}
