/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_VARIABLE_AUTHENTICATION_2 (UEFI 2.10, 8.2.2): the head of the data of a time-based authenticated write. */
#ifndef AUTH_DESCRIPTOR_H
#define AUTH_DESCRIPTOR_H

#include <stdbool.h>

#include "efi/der.h"
#include "efi/time.h"

#define DESCRIPTOR_SIZE 40 /* with no certificate data */

struct auth_descriptor {
	struct efi_time time;
	struct der_bytes signature; /* the SignedData; may be empty */
	struct der_bytes payload;   /* the new data of the variable; may be empty */
};

/*
 * Reads the descriptor at the start of `data`; the slices point into it. Returns false where it is none: too short, a
 * length outside the data, another certificate type, or a part of the time that must be zero and is not.
 */
bool descriptor_read(const uint8_t *data, size_t size, struct auth_descriptor *descriptor);

#endif
