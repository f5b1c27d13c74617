/* SPDX-License-Identifier: GPL-2.0-only */
#include "store/variable.h"

#include <stdlib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "uefivars.h"

struct variable *variable_new(const struct variable_content *content)
{
	struct variable *variable = malloc(sizeof *variable + content->name_size + content->data_size);

	if (!variable)
		return NULL;
	variable->chain = variable->previous = variable->next = NULL;
	variable->hash = variable_hash(content->name, content->name_size, content->guid);
	variable->attributes = content->attributes;
	variable->name_size = (uint32_t)content->name_size;
	variable->data_size = (uint32_t)content->data_size;
	variable->uncharged = content->uncharged;
	variable->guid = *content->guid;
	memset(&variable->time, 0, sizeof variable->time);
	if (content->time)
		variable->time = *content->time;
	memset(variable->digest, 0, sizeof variable->digest);
	if (content->digest)
		memcpy(variable->digest, content->digest, sizeof variable->digest);
	memcpy(variable->bytes, content->name, content->name_size);
	if (content->data_size)
		memcpy(variable->bytes + content->name_size, content->data, content->data_size);
	return variable;
}

void variable_free(struct variable *variable)
{
	free(variable);
}

bool variable_equal(const struct variable *variable, const struct variable_content *content)
{
	static const uint8_t zeros[VARIABLE_DIGEST_SIZE];
	const uint8_t *time = content->time ? content->time->bytes : zeros;
	const uint8_t *digest = content->digest ? content->digest : zeros;

	return variable->attributes == content->attributes && variable->data_size == content->data_size &&
	       variable->uncharged == content->uncharged &&
	       memcmp(variable_data(variable), content->data, content->data_size) == 0 &&
	       memcmp(variable->time.bytes, time, EFI_TIME_SIZE) == 0 &&
	       memcmp(variable->digest, digest, VARIABLE_DIGEST_SIZE) == 0;
}

/* Folds the 128-bit product of two words: each bit of the result depends on all bits of both. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t variable_hash(const uint8_t *name, size_t name_size, const struct efi_guid *guid)
{
	const uint64_t k0 = UINT64_C(0x9e3779b97f4a7c15), k1 = UINT64_C(0xc2b2ae3d27d4eb4f);
	uint64_t hash = mix(get_le64(guid->bytes) ^ k0, get_le64(guid->bytes + 8) ^ k1 ^ name_size);

	for (; name_size >= 8; name += 8, name_size -= 8)
		hash = mix(hash ^ get_le64(name), k0);
	if (name_size) {
		uint64_t tail = 0;

		memcpy(&tail, name, name_size);
		hash = mix(hash ^ tail, k1);
	}
	return hash;
}

size_t variable_charge(const struct variable *variable)
{
	if (variable->uncharged)
		return 0;
	return (size_t)variable->name_size + variable->data_size + UEFIVARS_OVERHEAD;
}
