/* SPDX-License-Identifier: GPL-2.0-only */
/* GetVariable, GetNextVariableName and QueryVariableInfo (UEFI 2.10, 8.2): they change nothing. */
#ifndef SERVICE_GET_H
#define SERVICE_GET_H

#include "service/machine.h"

/* The variable, where the guest can see it now. NULL otherwise. */
const struct variable *get_visible(const struct uefivars *uv, const uint8_t *name, size_t name_size,
				   const struct efi_guid *guid, bool at_runtime);

/*
 * The visible variable after the named one in *next; a name that is empty, or one NUL, starts the walk. Returns
 * EFI_SUCCESS, EFI_NOT_FOUND at the end, or EFI_INVALID_PARAMETER where the name is of no visible variable.
 */
uint64_t get_next(const struct uefivars *uv, const uint8_t *name, size_t name_size, const struct efi_guid *guid,
		  bool at_runtime, const struct variable **next);

struct get_space {
	uint64_t maximum_storage;
	uint64_t remaining_storage;
	uint64_t maximum_variable;
};

/* Returns EFI_SUCCESS with *space, EFI_INVALID_PARAMETER or EFI_UNSUPPORTED. */
uint64_t get_space(const struct uefivars *uv, uint32_t attributes, struct get_space *space);

#endif
