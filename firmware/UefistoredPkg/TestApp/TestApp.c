/** @file
  Says that it runs, under which Secure Boot, and what is left of the variables that it has written before.  Then it
  switches the machine off, or resets it as often as the variable TestResets says.  Where there is a variable TestCalls,
  it makes calls that a store may answer wrongly, and prints what the driver makes of the answers.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include <Uefi.h>

#include <Guid/GlobalVariable.h>
#include <Library/UefiLib.h>
#include <Library/UefiRuntimeServicesTableLib.h>

#include "TestApp.h"

EFI_GUID  mTestGuid = {
  0x6d0a8b56, 0x2a0f, 0x4c7e, { 0x9b, 0x41, 0x35, 0xd2, 0x0c, 0x7f, 0x11, 0xe8 }
};

/**
  The byte that a variable holds, and zero where there is none.
**/
STATIC
UINT8
Read (
  IN CHAR16    *Name,
  IN EFI_GUID  *Guid
  )
{
  UINT8  Value;
  UINTN  Size;

  Size = sizeof (Value);
  return EFI_ERROR (gRT->GetVariable (Name, Guid, NULL, &Size, &Value)) ? 0 : Value;
}

STATIC
VOID
Write (
  IN CHAR16  *Name,
  IN UINT32  Attributes,
  IN UINT8   Value
  )
{
  EFI_STATUS  Status;

  Status = gRT->SetVariable (Name, &mTestGuid, Attributes, sizeof (Value), &Value);
  if (EFI_ERROR (Status)) {
    Print (L"TestApp: %s: %r\n", Name, Status);
  }
}

EFI_STATUS
EFIAPI
TestEntry (
  IN EFI_HANDLE        ImageHandle,
  IN EFI_SYSTEM_TABLE  *SystemTable
  )
{
  UINT8  Runs;
  UINT8  Resets;

  Runs   = Read (L"TestRuns", &mTestGuid) + 1;
  Resets = Read (L"TestResets", &mTestGuid);
  Print (
    L"TestApp runs, SecureBoot %d, run %d, volatile %d\n",
    Read (EFI_SECURE_BOOT_MODE_NAME, &gEfiGlobalVariableGuid),
    Runs,
    Read (L"TestVolatile", &mTestGuid)
    );
  Write (L"TestRuns", KEPT, Runs);
  Write (L"TestVolatile", EFI_VARIABLE_BOOTSERVICE_ACCESS, Runs);
  if (Read (L"TestCalls", &mTestGuid) > 0) {
    TestCalls ();
  }

  if (Resets > 0) {
    Write (L"TestResets", KEPT, Resets - 1);
    gRT->ResetSystem (EfiResetCold, EFI_SUCCESS, 0, NULL);
  }

  gRT->ResetSystem (EfiResetShutdown, EFI_SUCCESS, 0, NULL);
  return EFI_SUCCESS;
}
