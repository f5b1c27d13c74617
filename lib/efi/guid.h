/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_GUIDs: 16 bytes as EFI keeps them in memory, and their 36-character text. */
#ifndef EFI_GUID_H
#define EFI_GUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define GUID_TEXT_SIZE 37 /* with the NUL */

struct efi_guid {
	uint8_t bytes[16];
};

/* The initializer of a GUID from the three integers and eight bytes in which the specification writes it. */
#define EFI_GUID_INIT(a, b, c, ...)                                                                                    \
	{                                                                                                              \
		{                                                                                                      \
			(a) & 0xff, ((a) >> 8) & 0xff, ((a) >> 16) & 0xff, (a) >> 24, (b)&0xff, (b) >> 8, (c)&0xff,    \
				(c) >> 8, __VA_ARGS__                                                                  \
		}                                                                                                      \
	}

extern const struct efi_guid guid_global_variable;         /* EFI_GLOBAL_VARIABLE */
extern const struct efi_guid guid_image_security_database; /* EFI_IMAGE_SECURITY_DATABASE_GUID: db, dbx, dbt, dbr */
extern const struct efi_guid guid_hardware_error;          /* EFI_HARDWARE_ERROR_VARIABLE */
extern const struct efi_guid guid_mor_control;             /* MemoryOverwriteRequestControl */
extern const struct efi_guid guid_mor_lock;                /* MemoryOverwriteRequestControlLock */
extern const struct efi_guid guid_ppi_xen;                 /* Xen's TPM physical presence variables */
extern const struct efi_guid guid_vendor_keys_nv;          /* EFI_VENDOR_KEYS_NV_VARIABLE's */
extern const struct efi_guid guid_secure_boot_enable;      /* edk2's SecureBootEnable */
extern const struct efi_guid guid_store_state;             /* our own: internal records of a saved store */
extern const struct efi_guid guid_cert_pkcs7;              /* EFI_CERT_TYPE_PKCS7_GUID */

static inline bool guid_equal(const struct efi_guid *a, const struct efi_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Writes the lower-case text (8-4-4-4-12) and a NUL. */
void guid_format(const struct efi_guid *guid, char text[GUID_TEXT_SIZE]);

/* Reads 36 characters of either case. Returns false, *guid untouched, where the text is not exactly a GUID. */
bool guid_parse(const char *text, struct efi_guid *guid);

#endif
