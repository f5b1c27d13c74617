/* SPDX-License-Identifier: GPL-2.0-only */
/* SetVariable (UEFI 2.10, 8.2). */
#ifndef SERVICE_SET_H
#define SERVICE_SET_H

#include "service/machine.h"

struct set_request {
	const uint8_t *name;
	size_t name_size;
	struct efi_guid guid;
	const uint8_t *data;
	size_t data_size;
	uint32_t attributes;
	bool at_runtime;
};

/*
 * Checks, authenticates, stages, persists and commits a write. Nothing may be pending. A refusal is told to the host,
 * then or when it becomes one: request->name must stay until a pending change is completed.
 */
struct verdict set_variable(struct uefivars *uv, const struct set_request *request);

#endif
