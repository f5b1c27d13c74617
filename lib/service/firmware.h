/* SPDX-License-Identifier: GPL-2.0-only */
/* The firmware's own variables: made at start, never by a guest. */
#ifndef SERVICE_FIRMWARE_H
#define SERVICE_FIRMWARE_H

#include "service/machine.h"

/* Those of one byte that says yes or no. */
enum firmware_flag {
	FIRMWARE_SECURE_BOOT,
	FIRMWARE_SETUP_MODE,
	FIRMWARE_AUDIT_MODE,
	FIRMWARE_DEPLOYED_MODE,
	FIRMWARE_VENDOR_KEYS,
	FIRMWARE_VENDOR_KEYS_NV,
	FIRMWARE_MOR,
	FIRMWARE_MOR_LOCK,
	FIRMWARE_PPI_LOCK,
	FIRMWARE_FLAGS,
};

/* Stages the flag with this value; nothing where it has the value already. Returns false when out of memory. */
bool firmware_stage_flag(const struct uefivars *uv, struct store_change *change, enum firmware_flag flag,
			 uint8_t value);

/* The flag's value; 0 where the variable is absent or empty. */
uint8_t firmware_flag(const struct uefivars *uv, enum firmware_flag flag);

/* Was this variable made by the store itself, at no charge to the guest? For variables that are loaded. */
bool firmware_is_uncharged(const struct uefivars *uv, const uint8_t *name, size_t name_size,
			   const struct efi_guid *guid);

/* What a start makes of them. */
struct firmware_start {
	bool resume;      /* the guest runs: what it can see stays */
	bool vendor_keys; /* the host's keys were enrolled just now */
	struct {
		const uint8_t *data; /* signature lists; NULL: the host has none */
		size_t size;
	} defaults[UEFIVARS_KEYS];
};

/* Makes or resets all of them and decides SecureBoot. Returns false when out of memory. */
bool firmware_make(struct uefivars *uv, const struct firmware_start *start);

#endif
