/** @file
  A runtime driver in the place of the variable driver that keeps variables in the firmware's flash.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include <PiDxe.h>

#include <Guid/EventGroup.h>
#include <Library/UefiBootServicesTableLib.h>
#include <Protocol/Variable.h>
#include <Protocol/VariableWrite.h>

#include "Channel.h"
#include "Services.h"

STATIC EFI_EVENT  mAddressChange;

STATIC
VOID
EFIAPI
OnAddressChange (
  IN EFI_EVENT  Event,
  IN VOID       *Context
  )
{
  ChannelConvert ();
}

EFI_STATUS
EFIAPI
ForwardEntry (
  IN EFI_HANDLE        ImageHandle,
  IN EFI_SYSTEM_TABLE  *SystemTable
  )
{
  EFI_RUNTIME_SERVICES  *Services;
  EFI_STATUS            Status;

  Status = ChannelOpen ();
  if (EFI_ERROR (Status)) {
    return Status;
  }

  Status = gBS->CreateEventEx (
                  EVT_NOTIFY_SIGNAL,
                  TPL_NOTIFY,
                  OnAddressChange,
                  NULL,
                  &gEfiEventVirtualAddressChangeGuid,
                  &mAddressChange
                  );
  if (EFI_ERROR (Status)) {
    ChannelClose ();
    return Status;
  }

  //
  // From here on nothing is taken back: a machine whose denials are not told has its variables all the same.
  //
  DenialWatch ();
  Services                      = SystemTable->RuntimeServices;
  Services->GetVariable         = ForwardGetVariable;
  Services->GetNextVariableName = ForwardGetNextVariableName;
  Services->SetVariable         = ForwardSetVariable;
  Services->QueryVariableInfo   = ForwardQueryVariableInfo;

  //
  // With these the core takes the services for there, and brings the checksum of the table up to date.
  //
  return gBS->InstallMultipleProtocolInterfaces (
                &ImageHandle,
                &gEfiVariableArchProtocolGuid,
                NULL,
                &gEfiVariableWriteArchProtocolGuid,
                NULL,
                NULL
                );
}
