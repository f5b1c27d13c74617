/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One variable: immutable once made. A write makes a new one that takes the old one's place, so that readers, a write
 * that is being persisted and a failed write never see half of anything.
 */
#ifndef STORE_VARIABLE_H
#define STORE_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "efi/time.h"

#define VARIABLE_DIGEST_SIZE 32

struct variable {
	/* the store's: bucket, creation order, hash of name and GUID */
	struct variable *chain, *previous, *next;
	uint64_t hash;

	uint32_t attributes;
	uint32_t name_size, data_size;
	bool uncharged; /* made by the store itself: costs the guest no room */
	struct efi_guid guid;
	struct efi_time time;
	uint8_t digest[VARIABLE_DIGEST_SIZE];
	uint8_t bytes[]; /* the name, then the data */
};

static inline const uint8_t *variable_name(const struct variable *variable)
{
	return variable->bytes;
}

static inline const uint8_t *variable_data(const struct variable *variable)
{
	return variable->bytes + variable->name_size;
}

/* What a new variable is made of; everything is copied. time and digest may be NULL: zeros. */
struct variable_content {
	const uint8_t *name;
	size_t name_size;
	const struct efi_guid *guid;
	uint32_t attributes;
	const uint8_t *data;
	size_t data_size;
	const struct efi_time *time;
	const uint8_t *digest;
	bool uncharged;
};

/* Returns a new variable, in no store, or NULL when out of memory. Freed with variable_free(), or by the store that
 * takes it. */
struct variable *variable_new(const struct variable_content *content);
void variable_free(struct variable *variable);

/* Is a variable with this content the same to everybody who can look? */
bool variable_equal(const struct variable *variable, const struct variable_content *content);

/* The hash by which a store finds a name in a GUID. */
uint64_t variable_hash(const uint8_t *name, size_t name_size, const struct efi_guid *guid);

/* What the variable costs of its pool, in bytes. */
size_t variable_charge(const struct variable *variable);

#endif
