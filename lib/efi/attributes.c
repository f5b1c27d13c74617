/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/attributes.h"

#include "efi/status.h"

uint64_t attributes_check_set(uint32_t attributes)
{
	uint32_t access = attributes & (ATTR_NV | ATTR_BS | ATTR_RT);

	if (attributes & ~ATTR_DEFINED)
		return EFI_INVALID_PARAMETER;
	if (attributes & ATTR_AW)
		return EFI_UNSUPPORTED;
	if (attributes & ATTR_ENHANCED)
		return attributes & ATTR_AT ? EFI_INVALID_PARAMETER : EFI_UNSUPPORTED;
	if (attributes & ATTR_HR)
		return EFI_INVALID_PARAMETER;
	if (attributes == 0)
		return EFI_SUCCESS;
	return access & ATTR_BS ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

uint64_t attributes_check_query(uint32_t attributes)
{
	uint32_t known = ATTR_NV | ATTR_BS | ATTR_RT | ATTR_HR | ATTR_AT | ATTR_APPEND;

	if (attributes == 0)
		return EFI_INVALID_PARAMETER;
	if ((attributes & ATTR_DEFINED) == 0)
		return EFI_UNSUPPORTED;
	if (attributes & (ATTR_AW | ATTR_ENHANCED))
		return EFI_UNSUPPORTED;
	if (attributes & ~known)
		return EFI_INVALID_PARAMETER;
	if (attributes & ATTR_HR)
		return attributes & ATTR_NV ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER;
	return attributes & ATTR_BS ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

bool attributes_storable(uint32_t attributes)
{
	return (attributes & ~ATTR_STORED) == 0 && (attributes & ATTR_BS);
}
