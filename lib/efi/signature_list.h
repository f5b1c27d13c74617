/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_SIGNATURE_LISTs (UEFI 2.10, 32.4.1): the contents of PK, KEK, db, dbx, dbt and dbr. */
#ifndef EFI_SIGNATURE_LIST_H
#define EFI_SIGNATURE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"

#define SIGLIST_HEADER_SIZE 28 /* SignatureType, SignatureListSize, SignatureHeaderSize, SignatureSize */
#define SIGLIST_OWNER_SIZE 16  /* SignatureOwner in front of each entry's data */

extern const struct efi_guid guid_cert_x509;
extern const struct efi_guid guid_cert_sha256;

/* One kind of signature that is accepted. */
struct siglist_type {
	struct efi_guid guid;
	const char *name;   /* as the specification calls it, without EFI_CERT_ and _GUID */
	uint32_t data_size; /* of one entry without its owner; 0: any */
};

/* All accepted kinds, in the order in which SignatureSupport lists them. */
extern const struct siglist_type siglist_types[];
extern const size_t siglist_types_count;

const struct siglist_type *siglist_find_type(const struct efi_guid *guid);

/* A walk over all entries of all lists. Lists that are not well-formed end the walk. */
struct siglist_walk {
	const uint8_t *next_list;
	size_t left;
	const uint8_t *next_entry;
	size_t entries;
	/* the entry that siglist_next() stands on */
	struct efi_guid type;
	const uint8_t *entry; /* owner and data */
	size_t entry_size;
	const uint8_t *data; /* without the owner */
	size_t data_size;
};

void siglist_begin(struct siglist_walk *walk, const uint8_t *lists, size_t size);
bool siglist_next(struct siglist_walk *walk);

/*
 * Are the lists well-formed: known types, sizes that fit, at least one entry a list, X.509 entries that are one DER
 * certificate by their outer form, nothing left over? No bytes at all are well-formed. *entries, if not NULL, is their
 * number.
 */
bool siglist_check(const uint8_t *lists, size_t size, size_t *entries);

/*
 * Appends those entries of `more` that neither `base` nor an earlier part of `more` has (type, owner and data
 * compared), list by list. Both must pass siglist_check(). Writes base and the new lists to `out` (room for size +
 * more_size) and returns the number of bytes: `size` where nothing was new.
 */
size_t siglist_append(const uint8_t *base, size_t size, const uint8_t *more, size_t more_size, uint8_t *out);

/* Writes the header of one list with `entries` entries of entry_size bytes (owner included); returns the list's whole
 * size. */
size_t siglist_put_header(uint8_t out[SIGLIST_HEADER_SIZE], const struct efi_guid *type, size_t entry_size,
			  size_t entries);

#endif
