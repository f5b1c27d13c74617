/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/get.h"

#include "efi/attributes.h"
#include "efi/bytes.h"

static bool is_visible(const struct variable *variable, bool at_runtime)
{
	return !at_runtime || (variable->attributes & ATTR_RT);
}

const struct variable *get_visible(const struct uefivars *uv, const uint8_t *name, size_t name_size,
				   const struct efi_guid *guid, bool at_runtime)
{
	const struct variable *variable = store_find(&uv->store, name, name_size, guid);

	return variable && is_visible(variable, at_runtime) ? variable : NULL;
}

uint64_t get_next(const struct uefivars *uv, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		  bool at_runtime, const struct variable **next)
{
	const struct variable *variable = NULL;

	if (name_size && !(name_size == 2 && get_le16(name) == 0)) {
		variable = get_visible(uv, name, name_size, guid, at_runtime);
		if (!variable)
			return EFI_INVALID_PARAMETER;
	}
	do
		variable = store_next(&uv->store, NULL, variable);
	while (variable && !is_visible(variable, at_runtime));
	*next = variable;
	return variable ? EFI_SUCCESS : EFI_NOT_FOUND;
}

uint64_t get_space(const struct uefivars *uv, uint32_t attributes, struct get_space *space)
{
	bool nonvolatile = attributes & ATTR_NV;
	size_t total = nonvolatile ? UEFIVARS_NONVOLATILE_TOTAL : UEFIVARS_VOLATILE_TOTAL;
	size_t used = nonvolatile ? uv->store.nonvolatile_used : uv->store.volatile_used;
	uint64_t status = attributes_check_query(attributes);

	if (status != EFI_SUCCESS)
		return status;
	space->maximum_storage = total;
	space->remaining_storage = used < total ? total - used : 0;
	space->maximum_variable = space->remaining_storage < UEFIVARS_DATA_MAX ? space->remaining_storage :
										 UEFIVARS_DATA_MAX;
	return EFI_SUCCESS;
}
