/** @file
  The variable services of the runtime services' table, and the report of what Secure Boot denies.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#ifndef UEFISTORED_SERVICES_H_
#define UEFISTORED_SERVICES_H_

#include <PiDxe.h>

EFI_STATUS
EFIAPI
ForwardGetVariable (
  IN     CHAR16    *Name,
  IN     EFI_GUID  *Guid,
  OUT    UINT32    *Attributes OPTIONAL,
  IN OUT UINTN     *DataSize,
  OUT    VOID      *Data OPTIONAL
  );

EFI_STATUS
EFIAPI
ForwardSetVariable (
  IN CHAR16    *Name,
  IN EFI_GUID  *Guid,
  IN UINT32    Attributes,
  IN UINTN     DataSize,
  IN VOID      *Data
  );

EFI_STATUS
EFIAPI
ForwardGetNextVariableName (
  IN OUT UINTN     *NameSize,
  IN OUT CHAR16    *Name,
  IN OUT EFI_GUID  *Guid
  );

EFI_STATUS
EFIAPI
ForwardQueryVariableInfo (
  IN  UINT32  Attributes,
  OUT UINT64  *MaximumVariableStorageSize,
  OUT UINT64  *RemainingVariableStorageSize,
  OUT UINT64  *MaximumVariableSize
  );

/**
  Tells the store from now on that an image is denied.

  @retval EFI_SUCCESS  It will be told.
  @return              What the boot services said.
**/
EFI_STATUS
DenialWatch (
  VOID
  );

#endif
