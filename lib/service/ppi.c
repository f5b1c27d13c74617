/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/ppi.h"

#include "efi/bytes.h"

#define PORT_INDEX 0x104
#define PORT_DATA 0x108
#define ACCESS_SIZE 4

/* Where an access to the data port goes. */
enum region { REGION_NONE, REGION_FUNCTION, REGION_BUFFER };

static struct variable *find_buffer(const struct uefivars *uv)
{
	return machine_find(uv, "PPIBuffer", &guid_ppi_xen);
}

/* An access must lie wholly in one region. *offset is the place in it. */
static enum region find_region(const struct uefivars *uv, size_t *offset)
{
	const struct variable *buffer;
	uint32_t index = uv->ppi_index;

	if (index <= PPI_FUNCTION_SIZE - ACCESS_SIZE) {
		*offset = index;
		return REGION_FUNCTION;
	}
	if (index < PPI_FUNCTION_SIZE)
		return REGION_NONE;
	*offset = index - PPI_FUNCTION_SIZE;
	buffer = find_buffer(uv);
	return buffer && buffer->data_size >= ACCESS_SIZE && *offset <= buffer->data_size - ACCESS_SIZE ?
		       REGION_BUFFER :
		       REGION_NONE;
}

uint32_t ppi_read(const struct uefivars *uv, uint16_t port, unsigned int width)
{
	size_t offset;

	if (!uv->policy.tpm || width != ACCESS_SIZE)
		return 0;
	if (port == PORT_INDEX)
		return uv->ppi_index;
	if (port != PORT_DATA)
		return 0;
	switch (find_region(uv, &offset)) {
	case REGION_FUNCTION:
		return get_le32(uv->ppi_function + offset);
	case REGION_BUFFER:
		return get_le32(variable_data(find_buffer(uv)) + offset);
	case REGION_NONE:
		break;
	}
	return 0;
}

bool ppi_write_changes_store(const struct uefivars *uv, uint16_t port, unsigned int width)
{
	size_t offset;

	return uv->policy.tpm && port == PORT_DATA && width == ACCESS_SIZE && find_region(uv, &offset) == REGION_BUFFER;
}

static struct verdict write_buffer(struct uefivars *uv, size_t offset, uint32_t value)
{
	struct variable *old = find_buffer(uv);
	struct machine_change *change = machine_begin(uv);
	struct variable_content content = {
		.name = variable_name(old),
		.name_size = old->name_size,
		.guid = &old->guid,
		.attributes = old->attributes,
		.data = variable_data(old),
		.data_size = old->data_size,
		.uncharged = old->uncharged,
	};
	struct uefivars_event event = { .attributes = old->attributes, .data_size = sizeof value };
	struct variable *variable;
	struct verdict verdict;

	if (get_le32(variable_data(old) + offset) == value)
		return verdict_success();
	variable = variable_new(&content);
	if (!variable)
		return verdict_refuse(EFI_OUT_OF_RESOURCES, UEFIVARS_NO_MEMORY);
	/* Nobody else has seen the new variable yet. */
	put_le32(variable->bytes + variable->name_size + offset, value);
	store_stage(&change->store, old, variable);
	memcpy(event.guid, old->guid.bytes, sizeof event.guid);
	verdict = machine_apply(uv);
	machine_tell_refusal(uv, &event, &verdict);
	return verdict;
}

struct verdict ppi_write(struct uefivars *uv, uint16_t port, unsigned int width, uint32_t value)
{
	size_t offset;

	if (!uv->policy.tpm || width != ACCESS_SIZE)
		return verdict_success();
	if (port == PORT_INDEX) {
		uv->changes += uv->ppi_index != value;
		uv->ppi_index = value;
	}
	if (port != PORT_DATA)
		return verdict_success();
	switch (find_region(uv, &offset)) {
	case REGION_FUNCTION:
		uv->changes += get_le32(uv->ppi_function + offset) != value;
		put_le32(uv->ppi_function + offset, value);
		break;
	case REGION_BUFFER:
		return write_buffer(uv, offset, value);
	case REGION_NONE:
		break;
	}
	return verdict_success();
}
