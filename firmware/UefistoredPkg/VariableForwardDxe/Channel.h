/** @file
  One request to the variable store and its response: 16 pages that the store reads and writes, and a port that tells
  it that there is something to read.

  A request is begun, its fields are put one after the other, it is exchanged for the response, whose fields are then
  taken one after the other, and it is ended.  Putting and taking remember what did not fit: it is enough to ask once.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#ifndef UEFISTORED_CHANNEL_H_
#define UEFISTORED_CHANNEL_H_

#include <PiDxe.h>

#define CHANNEL_PAGES  16
#define CHANNEL_SIZE   EFI_PAGES_TO_SIZE (CHANNEL_PAGES)

typedef enum {
  CommandGetVariable            = 0,
  CommandSetVariable            = 1,
  CommandGetNextVariableName    = 2,
  CommandQueryVariableInfo      = 3,
  CommandNotifySecureBootFailed = 4
} CHANNEL_COMMAND;

/**
  Allocates the pages, and finds out how the store is told of a request.  For the driver's entry.

  @retval EFI_SUCCESS           Requests can be made.
  @retval EFI_OUT_OF_RESOURCES  There is no memory.
**/
EFI_STATUS
ChannelOpen (
  VOID
  );

/**
  Releases the pages, for an entry that fails.
**/
VOID
ChannelClose (
  VOID
  );

/**
  From now on the pages are used by their virtual address.  For EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE.
**/
VOID
ChannelConvert (
  VOID
  );

/**
  Begins a request.  While the boot services are there, nothing else that makes requests runs before ChannelEnd().

  @return What ChannelEnd() is to be given.
**/
EFI_TPL
ChannelBegin (
  VOID
  );

VOID
ChannelEnd (
  IN EFI_TPL  Tpl
  );

/**
  Begins to lay out a request; within ChannelBegin() and ChannelEnd() there may be several.
**/
VOID
ChannelCompose (
  IN CHANNEL_COMMAND  Command
  );

VOID
ChannelPut (
  IN CONST VOID  *Bytes,
  IN UINTN       Size
  );

VOID
ChannelPutBlob (
  IN CONST VOID  *Bytes,
  IN UINTN       Size
  );

/**
  Puts whether the operating system has taken over.
**/
VOID
ChannelPutAtRuntime (
  VOID
  );

/**
  Hands the request in, and waits for the response.

  @retval EFI_INVALID_PARAMETER  The request does not fit into the pages.  Nothing was handed in.
  @retval EFI_DEVICE_ERROR       Nobody answers, or what was answered is no status.
  @return                        Otherwise the status that the response begins with; what follows it can be taken.
**/
EFI_STATUS
ChannelExchange (
  VOID
  );

/**
  Takes the next bytes of the response.  Where it has not as many left, they are zero.
**/
VOID
ChannelTake (
  OUT VOID   *Bytes,
  IN  UINTN  Size
  );

/**
  Takes the length of the blob that comes next.

  @retval TRUE   That many bytes are left, and at most Limit: they can be taken.
  @retval FALSE  The response is not what it should be.
**/
BOOLEAN
ChannelTakeLength (
  OUT UINTN  *Size,
  IN  UINTN  Limit
  );

/**
  Did all that was put or taken fit?
**/
BOOLEAN
ChannelFits (
  VOID
  );

#endif
