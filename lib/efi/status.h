/* SPDX-License-Identifier: GPL-2.0-only */
/* EFI_STATUS codes (UEFI 2.10, appendix D) that the variable services return. */
#ifndef EFI_STATUS_H
#define EFI_STATUS_H

#include <stdint.h>

#define EFI_ERROR_BIT (UINT64_C(1) << 63)

#define EFI_SUCCESS UINT64_C(0)
#define EFI_INVALID_PARAMETER (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)
#define EFI_DEVICE_ERROR (EFI_ERROR_BIT | 7)
#define EFI_WRITE_PROTECTED (EFI_ERROR_BIT | 8)
#define EFI_OUT_OF_RESOURCES (EFI_ERROR_BIT | 9)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)
#define EFI_ACCESS_DENIED (EFI_ERROR_BIT | 15)
#define EFI_SECURITY_VIOLATION (EFI_ERROR_BIT | 26)

/* The specification's name of a status ("EFI_NOT_FOUND"); "EFI_STATUS(?)" for any other value. Never NULL. */
const char *efi_status_name(uint64_t status);

#endif
