/** @file
  Each service is one request.  What a caller gets is checked against what the caller has room for.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include "Services.h"

#include <Library/BaseLib.h>

#include "Channel.h"

//
// Longer names do not fit into the pages at all.
//
#define NAME_LENGTH_MAX  (CHANNEL_SIZE / sizeof (CHAR16))

STATIC
VOID
PutName (
  IN CONST CHAR16    *Name,
  IN CONST EFI_GUID  *Guid
  )
{
  ChannelPutBlob (Name, StrnLenS (Name, NAME_LENGTH_MAX) * sizeof (CHAR16));
  ChannelPut (Guid, sizeof (*Guid));
}

/**
  Asks for a variable, as for a buffer of Room bytes.
**/
STATIC
EFI_STATUS
Ask (
  IN CONST CHAR16    *Name,
  IN CONST EFI_GUID  *Guid,
  IN UINT64          Room
  )
{
  ChannelCompose (CommandGetVariable);
  PutName (Name, Guid);
  ChannelPut (&Room, sizeof (Room));
  ChannelPutAtRuntime ();
  return ChannelExchange ();
}

STATIC
EFI_STATUS
TakeVariable (
  IN  UINTN   Room,
  OUT UINT32  *Attributes OPTIONAL,
  OUT UINTN   *DataSize,
  OUT VOID    *Data
  )
{
  UINT32  Value;
  UINTN   Size;

  ChannelTake (&Value, sizeof (Value));
  if (!ChannelTakeLength (&Size, Room)) {
    return EFI_DEVICE_ERROR;
  }

  ChannelTake (Data, Size);
  *DataSize = Size;
  if (Attributes != NULL) {
    *Attributes = Value;
  }

  return EFI_SUCCESS;
}

/**
  The attributes are set together with EFI_BUFFER_TOO_SMALL, too.  Whether this store has sent them cannot be seen: the
  request's own bytes may stand there.  So the variable is asked for once more, with exactly the room it takes: some
  stores refuse larger ones.
**/
STATIC
EFI_STATUS
AskForAttributes (
  IN  CONST CHAR16    *Name,
  IN  CONST EFI_GUID  *Guid,
  IN  UINTN           Size,
  OUT UINT32          *Attributes
  )
{
  EFI_STATUS  Status;
  UINT32      Value;

  Status = Ask (Name, Guid, Size);
  if (EFI_ERROR (Status)) {
    //
    // It cannot have become larger: nothing else has run since.
    //
    return Status == EFI_BUFFER_TOO_SMALL ? EFI_DEVICE_ERROR : Status;
  }

  ChannelTake (&Value, sizeof (Value));
  *Attributes = Value;
  return EFI_SUCCESS;
}

STATIC
EFI_STATUS
TakeTooSmall (
  IN     CONST CHAR16    *Name,
  IN     CONST EFI_GUID  *Guid,
  OUT    UINT32          *Attributes OPTIONAL,
  IN OUT UINTN           *DataSize,
  IN     BOOLEAN         NoBuffer
  )
{
  EFI_STATUS  Status;
  UINT64      Size;
  UINTN       Room;

  Room = *DataSize;
  ChannelTake (&Size, sizeof (Size));
  if ((Size == 0) || (Size > CHANNEL_SIZE) || (!NoBuffer && (Size <= Room))) {
    return EFI_DEVICE_ERROR;
  }

  if (Attributes != NULL) {
    Status = AskForAttributes (Name, Guid, (UINTN)Size, Attributes);
    if (EFI_ERROR (Status)) {
      return Status;
    }
  }

  *DataSize = (UINTN)Size;
  //
  // A caller who says that there is room, and gives none, is wrong.
  //
  return NoBuffer && (Size <= Room) ? EFI_INVALID_PARAMETER : EFI_BUFFER_TOO_SMALL;
}

EFI_STATUS
EFIAPI
ForwardGetVariable (
  IN     CHAR16    *Name,
  IN     EFI_GUID  *Guid,
  OUT    UINT32    *Attributes OPTIONAL,
  IN OUT UINTN     *DataSize,
  OUT    VOID      *Data OPTIONAL
  )
{
  EFI_STATUS  Status;
  EFI_TPL     Tpl;
  UINTN       Room;

  if ((Name == NULL) || (Guid == NULL) || (DataSize == NULL)) {
    return EFI_INVALID_PARAMETER;
  }

  if (Name[0] == 0) {
    return EFI_NOT_FOUND;
  }

  Room   = (Data == NULL) ? 0 : *DataSize;
  Tpl    = ChannelBegin ();
  Status = Ask (Name, Guid, Room);
  if (Status == EFI_SUCCESS) {
    Status = TakeVariable (Room, Attributes, DataSize, Data);
  } else if (Status == EFI_BUFFER_TOO_SMALL) {
    Status = TakeTooSmall (Name, Guid, Attributes, DataSize, (BOOLEAN)(Data == NULL));
  }

  ChannelEnd (Tpl);
  return Status;
}

EFI_STATUS
EFIAPI
ForwardSetVariable (
  IN CHAR16    *Name,
  IN EFI_GUID  *Guid,
  IN UINT32    Attributes,
  IN UINTN     DataSize,
  IN VOID      *Data
  )
{
  EFI_STATUS  Status;
  EFI_TPL     Tpl;

  if ((Name == NULL) || (Name[0] == 0) || (Guid == NULL) || ((DataSize != 0) && (Data == NULL))) {
    return EFI_INVALID_PARAMETER;
  }

  Tpl = ChannelBegin ();
  ChannelCompose (CommandSetVariable);
  PutName (Name, Guid);
  ChannelPutBlob (Data, DataSize);
  ChannelPut (&Attributes, sizeof (Attributes));
  ChannelPutAtRuntime ();
  Status = ChannelExchange ();
  ChannelEnd (Tpl);
  return Status;
}

STATIC
EFI_STATUS
TakeName (
  IN OUT UINTN     *NameSize,
  OUT    CHAR16    *Name,
  OUT    EFI_GUID  *Guid
  )
{
  UINTN  Size;

  if (!ChannelTakeLength (&Size, *NameSize - sizeof (CHAR16)) || (Size == 0) || (Size % sizeof (CHAR16) != 0)) {
    return EFI_DEVICE_ERROR;
  }

  ChannelTake (Name, Size);
  ChannelTake (Guid, sizeof (*Guid));
  Name[Size / sizeof (CHAR16)] = 0;
  *NameSize                    = Size + sizeof (CHAR16);
  return ChannelFits () ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

EFI_STATUS
EFIAPI
ForwardGetNextVariableName (
  IN OUT UINTN     *NameSize,
  IN OUT CHAR16    *Name,
  IN OUT EFI_GUID  *Guid
  )
{
  EFI_STATUS  Status;
  EFI_TPL     Tpl;
  UINT64      Size;
  UINTN       Length;

  if ((NameSize == NULL) || (Name == NULL) || (Guid == NULL)) {
    return EFI_INVALID_PARAMETER;
  }

  //
  // The name has to end within the buffer.
  //
  Length = StrnLenS (Name, *NameSize / sizeof (CHAR16));
  if (Length == *NameSize / sizeof (CHAR16)) {
    return EFI_INVALID_PARAMETER;
  }

  Tpl  = ChannelBegin ();
  Size = *NameSize;
  ChannelCompose (CommandGetNextVariableName);
  ChannelPut (&Size, sizeof (Size));
  ChannelPutBlob (Name, Length * sizeof (CHAR16));
  ChannelPut (Guid, sizeof (*Guid));
  ChannelPutAtRuntime ();
  Status = ChannelExchange ();
  if (Status == EFI_SUCCESS) {
    Status = TakeName (NameSize, Name, Guid);
  } else if (Status == EFI_BUFFER_TOO_SMALL) {
    ChannelTake (&Size, sizeof (Size));
    if ((Size <= *NameSize) || (Size > CHANNEL_SIZE)) {
      Status = EFI_DEVICE_ERROR;
    } else {
      *NameSize = (UINTN)Size;
    }
  }

  ChannelEnd (Tpl);
  return Status;
}

EFI_STATUS
EFIAPI
ForwardQueryVariableInfo (
  IN  UINT32  Attributes,
  OUT UINT64  *MaximumVariableStorageSize,
  OUT UINT64  *RemainingVariableStorageSize,
  OUT UINT64  *MaximumVariableSize
  )
{
  EFI_STATUS  Status;
  EFI_TPL     Tpl;

  if ((MaximumVariableStorageSize == NULL) || (RemainingVariableStorageSize == NULL) ||
      (MaximumVariableSize == NULL) || (Attributes == 0))
  {
    return EFI_INVALID_PARAMETER;
  }

  Tpl = ChannelBegin ();
  ChannelCompose (CommandQueryVariableInfo);
  ChannelPut (&Attributes, sizeof (Attributes));
  Status = ChannelExchange ();
  if (Status == EFI_SUCCESS) {
    ChannelTake (MaximumVariableStorageSize, sizeof (UINT64));
    ChannelTake (RemainingVariableStorageSize, sizeof (UINT64));
    ChannelTake (MaximumVariableSize, sizeof (UINT64));
  }

  ChannelEnd (Tpl);
  return Status;
}
