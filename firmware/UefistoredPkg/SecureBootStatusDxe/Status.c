/** @file
  The texts of the page.  What Secure Boot is does not change before the next boot, and the page is made once a boot.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include <PiDxe.h>

#include <Guid/GlobalVariable.h>
#include <Guid/ImageAuthentication.h>
#include <Library/DebugLib.h>
#include <Library/HiiLib.h>
#include <Library/PrintLib.h>
#include <Library/UefiBootServicesTableLib.h>
#include <Library/UefiLib.h>
#include <Library/UefiRuntimeServicesTableLib.h>
#include <Protocol/DevicePath.h>

#include "Status.h"

#define TEXT_LENGTH  64

#pragma pack (1)
typedef struct {
  VENDOR_DEVICE_PATH          Vendor;
  EFI_DEVICE_PATH_PROTOCOL    End;
} STATUS_DEVICE_PATH;
#pragma pack ()

extern UINT8  PageBin[];

STATIC STATUS_DEVICE_PATH  mDevicePath = {
  {
    {
      HARDWARE_DEVICE_PATH,
      HW_VENDOR_DP,
      { (UINT8)sizeof (VENDOR_DEVICE_PATH), 0 }
    },
    STATUS_FORMSET_GUID
  },
  {
    END_DEVICE_PATH_TYPE,
    END_ENTIRE_DEVICE_PATH_SUBTYPE,
    { (UINT8)sizeof (EFI_DEVICE_PATH_PROTOCOL), 0 }
  }
};

STATIC EFI_HII_HANDLE  mPages;

STATIC
BOOLEAN
IsOne (
  IN CHAR16  *Name
  )
{
  UINT8  Value;
  UINTN  Size;

  Value = 0;
  Size  = sizeof (Value);
  return !EFI_ERROR (gRT->GetVariable (Name, &gEfiGlobalVariableGuid, NULL, &Size, &Value)) && (Value == 1);
}

//
// What takes any number of arguments has to be called as the interfaces of UEFI are.
//
STATIC
VOID
EFIAPI
SetText (
  IN EFI_STRING_ID  Id,
  IN CONST CHAR16   *Format,
  ...
  )
{
  CHAR16   Text[TEXT_LENGTH];
  VA_LIST  Arguments;

  VA_START (Arguments, Format);
  UnicodeVSPrint (Text, sizeof (Text), Format, Arguments);
  VA_END (Arguments);
  HiiSetString (mPages, Id, Text, NULL);
}

STATIC
VOID
ShowKey (
  IN EFI_STRING_ID  Id,
  IN CHAR16         *Name,
  IN EFI_GUID       *Guid
  )
{
  UINTN  Size;

  Size = 0;
  if (gRT->GetVariable (Name, Guid, NULL, &Size, NULL) == EFI_BUFFER_TOO_SMALL) {
    SetText (Id, L"%lu bytes", (UINT64)Size);
  } else {
    SetText (Id, L"none");
  }
}

STATIC
CONST CHAR16 *
Mode (
  VOID
  )
{
  if (IsOne (L"AuditMode")) {
    return L"Audit";
  }

  if (IsOne (EFI_SETUP_MODE_NAME)) {
    return L"Setup";
  }

  return IsOne (L"DeployedMode") ? L"Deployed" : L"User";
}

STATIC
VOID
ShowStore (
  VOID
  )
{
  UINT64  All;
  UINT64  Free;
  UINT64  Largest;

  if (EFI_ERROR (
        gRT->QueryVariableInfo (
               EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS,
               &All,
               &Free,
               &Largest
               )
        ))
  {
    SetText (STRING_TOKEN (STR_STORE_VALUE), L"does not answer");
  } else {
    SetText (STRING_TOKEN (STR_STORE_VALUE), L"%lu of %lu bytes", All - Free, All);
  }
}

EFI_STATUS
EFIAPI
StatusEntry (
  IN EFI_HANDLE        ImageHandle,
  IN EFI_SYSTEM_TABLE  *SystemTable
  )
{
  EFI_HANDLE  Handle;
  EFI_STATUS  Status;
  EFI_GUID    FormSet = STATUS_FORMSET_GUID;

  Handle = NULL;
  Status = gBS->InstallMultipleProtocolInterfaces (&Handle, &gEfiDevicePathProtocolGuid, &mDevicePath, NULL);
  if (EFI_ERROR (Status)) {
    return Status;
  }

  mPages = HiiAddPackages (&FormSet, Handle, SecureBootStatusDxeStrings, PageBin, NULL);
  if (mPages == NULL) {
    gBS->UninstallMultipleProtocolInterfaces (Handle, &gEfiDevicePathProtocolGuid, &mDevicePath, NULL);
    return EFI_OUT_OF_RESOURCES;
  }

  SetText (STRING_TOKEN (STR_TITLE), L"Secure Boot: %s", IsOne (EFI_SECURE_BOOT_MODE_NAME) ? L"On" : L"Off");
  SetText (STRING_TOKEN (STR_MODE_VALUE), L"%s", Mode ());
  ShowKey (STRING_TOKEN (STR_PK_VALUE), EFI_PLATFORM_KEY_NAME, &gEfiGlobalVariableGuid);
  ShowKey (STRING_TOKEN (STR_KEK_VALUE), EFI_KEY_EXCHANGE_KEY_NAME, &gEfiGlobalVariableGuid);
  ShowKey (STRING_TOKEN (STR_DB_VALUE), EFI_IMAGE_SECURITY_DATABASE, &gEfiImageSecurityDatabaseGuid);
  ShowKey (STRING_TOKEN (STR_DBX_VALUE), EFI_IMAGE_SECURITY_DATABASE1, &gEfiImageSecurityDatabaseGuid);
  ShowStore ();
  return EFI_SUCCESS;
}
