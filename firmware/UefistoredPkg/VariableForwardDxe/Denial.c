/** @file
  Whether an image may run is asked of two protocols, which the core calls through.  They are called through here, and
  what they deny is told to the store, whose operator wants to know.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include "Services.h"

#include <Library/UefiBootServicesTableLib.h>
#include <Library/UefiLib.h>
#include <Protocol/Security.h>
#include <Protocol/Security2.h>

#include "Channel.h"

STATIC EFI_SECURITY_FILE_AUTHENTICATION_STATE  mFileAuthenticationState;
STATIC EFI_SECURITY2_FILE_AUTHENTICATION       mFileAuthentication;

STATIC
EFI_STATUS
Report (
  IN EFI_STATUS  Status
  )
{
  EFI_TPL  Tpl;

  if ((Status == EFI_SECURITY_VIOLATION) || (Status == EFI_ACCESS_DENIED)) {
    Tpl = ChannelBegin ();
    ChannelCompose (CommandNotifySecureBootFailed);
    ChannelExchange ();
    ChannelEnd (Tpl);
  }

  return Status;
}

STATIC
EFI_STATUS
EFIAPI
FileAuthenticationState (
  IN CONST EFI_SECURITY_ARCH_PROTOCOL  *This,
  IN UINT32                            AuthenticationStatus,
  IN CONST EFI_DEVICE_PATH_PROTOCOL    *File
  )
{
  return Report (mFileAuthenticationState (This, AuthenticationStatus, File));
}

STATIC
EFI_STATUS
EFIAPI
FileAuthentication (
  IN CONST EFI_SECURITY2_ARCH_PROTOCOL  *This,
  IN CONST EFI_DEVICE_PATH_PROTOCOL     *File,
  IN VOID                               *FileBuffer,
  IN UINTN                              FileSize,
  IN BOOLEAN                            BootPolicy
  )
{
  return Report (mFileAuthentication (This, File, FileBuffer, FileSize, BootPolicy));
}

STATIC
VOID
EFIAPI
OnSecurity (
  IN EFI_EVENT  Event,
  IN VOID       *Context
  )
{
  EFI_SECURITY_ARCH_PROTOCOL   *Security;
  EFI_SECURITY2_ARCH_PROTOCOL  *Security2;

  if ((mFileAuthenticationState == NULL) &&
      !EFI_ERROR (gBS->LocateProtocol (&gEfiSecurityArchProtocolGuid, NULL, (VOID **)&Security)))
  {
    mFileAuthenticationState          = Security->FileAuthenticationState;
    Security->FileAuthenticationState = FileAuthenticationState;
  }

  if ((mFileAuthentication == NULL) &&
      !EFI_ERROR (gBS->LocateProtocol (&gEfiSecurity2ArchProtocolGuid, NULL, (VOID **)&Security2)))
  {
    mFileAuthentication           = Security2->FileAuthentication;
    Security2->FileAuthentication = FileAuthentication;
  }
}

EFI_STATUS
DenialWatch (
  VOID
  )
{
  VOID  *Registration;

  //
  // The event is signalled at once where the protocols are there already; and they are installed together.
  //
  return EfiCreateProtocolNotifyEvent (
           &gEfiSecurity2ArchProtocolGuid,
           TPL_CALLBACK,
           OnSecurity,
           NULL,
           &Registration
           ) == NULL ? EFI_OUT_OF_RESOURCES : EFI_SUCCESS;
}
