/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of variables (UEFI 2.10, 8.2.1) and the combinations that are never valid. */
#ifndef EFI_ATTRIBUTES_H
#define EFI_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#define EFI_VARIABLE_NON_VOLATILE 0x01u
#define EFI_VARIABLE_BOOTSERVICE_ACCESS 0x02u
#define EFI_VARIABLE_RUNTIME_ACCESS 0x04u
#define EFI_VARIABLE_HARDWARE_ERROR_RECORD 0x08u
#define EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS 0x10u
#define EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS 0x20u
#define EFI_VARIABLE_APPEND_WRITE 0x40u
#define EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS 0x80u

/* Short names for the tables of this program. */
#define ATTR_NV EFI_VARIABLE_NON_VOLATILE
#define ATTR_BS EFI_VARIABLE_BOOTSERVICE_ACCESS
#define ATTR_RT EFI_VARIABLE_RUNTIME_ACCESS
#define ATTR_HR EFI_VARIABLE_HARDWARE_ERROR_RECORD
#define ATTR_AW EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS
#define ATTR_AT EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS
#define ATTR_APPEND EFI_VARIABLE_APPEND_WRITE
#define ATTR_ENHANCED EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS
#define ATTR_DEFINED 0xffu
/* What a stored variable can carry. */
#define ATTR_STORED (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)

/* EFI_SUCCESS, or the status of SetVariable for attributes that no variable can have. 0 is valid here (a deletion). */
uint64_t attributes_check_set(uint32_t attributes);

/* The same for QueryVariableInfo. */
uint64_t attributes_check_query(uint32_t attributes);

/* Can a stored variable have these attributes? */
bool attributes_storable(uint32_t attributes);

#endif
