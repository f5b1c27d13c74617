/* SPDX-License-Identifier: GPL-2.0-only */
/* Authenticated writes and the mode of the platform (UEFI 2.10, 8.2.2 and 32.3). */
#ifndef SERVICE_SECURE_BOOT_H
#define SERVICE_SECURE_BOOT_H

#include "auth/descriptor.h"
#include "service/policy.h"

/* An authenticated write as far as its authentication is concerned. */
struct secure_boot_write {
	const struct policy_row *row;
	const struct variable *old; /* NULL: the variable is not there */
	const uint8_t *name;
	size_t name_size;
	const struct efi_guid *guid;
	uint32_t attributes; /* as sent, APPEND included: they are signed */
	struct auth_descriptor descriptor;
};

/*
 * May this write be done? Returns UEFIVARS_OK, with the owner's digest of a private variable (zeros for others), or why
 * not.
 */
enum uefivars_reason secure_boot_authenticate(const struct uefivars *uv, const struct secure_boot_write *write,
					      uint8_t owner[VARIABLE_DIGEST_SIZE]);

/*
 * Adds to the change what follows from a change of PK, KEK or a database: SetupMode and DeployedMode follow PK,
 * VendorKeys fall. `exists` tells whether the variable will be there. Returns false when out of memory.
 */
bool secure_boot_stage_modes(struct uefivars *uv, struct machine_change *change, const struct policy_row *row,
			     bool exists);

#endif
