/* SPDX-License-Identifier: GPL-2.0-only */
/* What is special about a variable: one table, by vendor GUID and name. */
#ifndef SERVICE_POLICY_H
#define SERVICE_POLICY_H

#include "service/machine.h"

/* Who may change a variable. */
enum policy_writer {
	WRITER_ANYBODY,       /* or, for an authenticated one, its own signer */
	WRITER_FIRMWARE,      /* nobody but this program */
	WRITER_PK,            /* who has the platform key */
	WRITER_PK_OR_KEK,     /* or a key exchange key */
	WRITER_PK_KEK_OR_DBR, /* or a key of the OS recovery database */
};

/* What data it can have. */
enum policy_format {
	FORMAT_ANY,          /* of the row's sizes */
	FORMAT_ORDER,        /* an array of 16-bit numbers */
	FORMAT_LOAD_OPTION,  /* EFI_LOAD_OPTION (3.1.3) */
	FORMAT_KEY_OPTION,   /* EFI_KEY_OPTION (3.1.6) */
	FORMAT_SIGNATURES,   /* EFI_SIGNATURE_LISTs */
	FORMAT_PLATFORM_KEY, /* one list with one X.509 certificate */
};

/* Variables with a protocol of their own. */
enum policy_protocol {
	PROTOCOL_NONE,
	PROTOCOL_MOR,       /* MemoryOverwriteRequestControl */
	PROTOCOL_MOR_LOCK,  /* MemoryOverwriteRequestControlLock */
	PROTOCOL_PPI_FLAGS, /* Tcg2PhysicalPresenceFlags */
	PROTOCOL_PPI_LOCK,  /* Tcg2PhysicalPresenceFlagsLock */
	PROTOCOL_INTERNAL,  /* a record of this program that no guest sees */
};

struct policy_row {
	const char *pattern;         /* '#' is an upper-case hexadecimal digit; NULL: every name */
	uint32_t attributes;         /* that it must have, APPEND aside; 0: any */
	uint32_t size_min, size_max; /* of its data; both 0: any */
	enum policy_writer writer;
	enum policy_format format;
	enum policy_protocol protocol;
	bool host_keys; /* a change by the guest means that VendorKeys are no more */
};

/*
 * The row for a variable. Never NULL: variables that are nothing special have a row that says so. *allowed tells
 * whether a variable of this name may be created: false for undefined names in the specification's vendor GUIDs.
 */
const struct policy_row *policy_find(const struct uefivars *uv, const uint8_t *name, size_t name_size,
				     const struct efi_guid *guid, bool *allowed);

/* Can the variable of this row have these data (not empty)? */
bool policy_format_fits(const struct policy_row *row, const uint8_t *data, size_t size);

/* Is the row's variable one that only PK, KEK or dbr may change? */
static inline bool policy_is_secure_boot(const struct policy_row *row)
{
	return row->writer == WRITER_PK || row->writer == WRITER_PK_OR_KEK || row->writer == WRITER_PK_KEK_OR_DBR;
}

#endif
