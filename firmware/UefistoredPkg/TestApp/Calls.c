/** @file
  Calls of the variable services, and what they return.  The names say what the store that this is tested with makes of
  them; they mean nothing here.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include "TestApp.h"

#include <Library/BaseLib.h>
#include <Library/BaseMemoryLib.h>
#include <Library/UefiLib.h>
#include <Library/UefiRuntimeServicesTableLib.h>

#define ROOM       16
#define UNTOUCHED  0xA5
#define SIZE       5
#define NAME_ROOM  64
//
// Each takes the driver at least 50 ms where there is still no answer.
//
#define TRIES  2000

STATIC
VOID
Set (
  IN CHAR16  *Name
  )
{
  Print (L"SetVariable %s: %r\n", Name, gRT->SetVariable (Name, &mTestGuid, KEPT, SIZE, "hello"));
}

/**
  Asks for a variable with a buffer of Room bytes, and looks whether anything was put behind these.
**/
STATIC
VOID
Get (
  IN CHAR16  *Name,
  IN UINTN   Room
  )
{
  EFI_STATUS  Status;
  UINT8       Data[2 * ROOM];
  UINT32      Attributes;
  UINTN       Size;
  UINTN       Index;

  SetMem (Data, sizeof (Data), UNTOUCHED);
  Attributes = 0;
  Size       = Room;
  Status     = gRT->GetVariable (Name, &mTestGuid, &Attributes, &Size, Data);
  Print (L"GetVariable %s %d: %r, size %d, attributes %x", Name, Room, Status, Size, Attributes);
  for (Index = EFI_ERROR (Status) ? 0 : SIZE; Index < sizeof (Data); Index++) {
    if (Data[Index] != UNTOUCHED) {
      Print (L", byte %d written", Index);
      break;
    }
  }

  Print (L"\n");
}

/**
  Asks which variable comes behind Name, with a buffer of Room bytes.

  @return The size that the call has returned.
**/
STATIC
UINTN
GetNext (
  IN CONST CHAR16  *Name,
  IN UINTN         Room
  )
{
  EFI_STATUS  Status;
  EFI_GUID    Guid;
  CHAR16      Buffer[NAME_ROOM / sizeof (CHAR16)];
  UINTN       Size;

  StrCpyS (Buffer, ARRAY_SIZE (Buffer), Name);
  CopyGuid (&Guid, &mTestGuid);
  Size   = Room;
  Status = gRT->GetNextVariableName (&Size, Buffer, &Guid);
  Print (L"GetNextVariableName %s %d: %r, size %d, %s\n", Name, Room, Status, Size, Buffer);
  return MIN (Size, sizeof (Buffer));
}

/**
  What nobody has answered stands in the driver's way until somebody does.
**/
STATIC
VOID
WaitForAnswer (
  IN CHAR16  *Name
  )
{
  EFI_STATUS  Status;
  UINTN       Tries;
  UINTN       Size;

  Tries = 0;
  do {
    Size   = 0;
    Status = gRT->GetVariable (Name, &mTestGuid, NULL, &Size, NULL);
  } while ((Status == EFI_DEVICE_ERROR) && (++Tries < TRIES));

  Print (L"GetVariable %s in the end: %r\n", Name, Status);
}

VOID
TestCalls (
  VOID
  )
{
  Set (L"TestPlain");
  Set (L"TestFollowing");
  Get (L"TestPlain", 0);
  Get (L"TestPlain", ROOM);
  GetNext (L"TestPlain", GetNext (L"TestPlain", StrSize (L"TestPlain")));
  Set (L"TestHalves");
  Set (L"TestBare");
  Get (L"TestBare", 0);
  Get (L"TestEmpty", 0);
  Get (L"TestLong", ROOM);
  Get (L"TestMore", ROOM);
  Get (L"TestStatus", ROOM);
  GetNext (L"TestLong", NAME_ROOM);
  GetNext (L"TestOdd", NAME_ROOM);
  Set (L"TestSilent");
  WaitForAnswer (L"TestSilent");
  Get (L"TestPlain", ROOM);
}
