/** @file
  The first eight bytes tell a request from a response.  A request has (command << 32 | version) there, a response its
  status, which is zero or has its highest bit set.  They are written last, by either side, so that whoever finds them
  finds all that follows, too.  A store may write them in parts.

  Under Xen the store answers before the port write has come to its end.  Elsewhere the port is a character device of
  QEMU: it takes bytes, and the store answers while we wait.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include "Channel.h"

#include <Library/BaseLib.h>
#include <Library/BaseMemoryLib.h>
#include <Library/DebugLib.h>
#include <Library/IoLib.h>
#include <Library/MemoryAllocationLib.h>
#include <Library/TimerLib.h>
#include <Library/UefiBootServicesTableLib.h>
#include <Library/UefiRuntimeLib.h>
#include <Register/Intel/Cpuid.h>

#define DOORBELL_PORT     0x100
#define PROTOCOL_VERSION  1
#define HEAD(Command)  (LShiftU64 ((Command), 32) | PROTOCOL_VERSION)

//
// A store may take 20 s for a write whose backend is slow, and may be starting again just now.  It is told again after
// a while, at growing intervals.
//
#define WAIT_FIRST_MS     250
#define WAIT_LONGEST_MS   2000
#define WAIT_ALL_MS       30000
#define WAIT_ABSENT_MS    50
#define SETTLE_MS         1000
#define CALIBRATION_US    1000
#define CALIBRATIONS      8
#define TICKS_PER_MS_MIN  1000

STATIC UINT8    *mPages;
STATIC UINT32   mFrame;
STATIC BOOLEAN  mXen;
STATIC UINT64   mTicksPerMs;
STATIC UINTN    mPosition;
STATIC BOOLEAN  mFits;
STATIC UINT64   mHead;        // of the request that is being laid out
STATIC BOOLEAN  mAbandoned;   // a request that nobody has answered stands in the pages

/**
  Xen's leaves begin at 0x40000000, or further up where it passes for another hypervisor.
**/
STATIC
BOOLEAN
IsXen (
  VOID
  )
{
  UINT32  Leaf;
  UINT32  Signature[3];

  for (Leaf = 0x40000000; Leaf < 0x40010000; Leaf += 0x100) {
    AsmCpuid (Leaf, NULL, &Signature[0], &Signature[1], &Signature[2]);
    if (CompareMem (Signature, "XenVMMXenVMM", sizeof (Signature)) == 0) {
      return TRUE;
    }
  }

  return FALSE;
}

/**
  The time stamp counter can be read at any time; the timers of the boot services cannot.  A sample during which the host
  ran something else is too large, and none is too small: the least one counts.
**/
STATIC
VOID
Calibrate (
  VOID
  )
{
  UINT64  Begin;
  UINT64  Sample;
  UINT64  Least;
  UINTN   Count;

  Least = MAX_UINT64;
  for (Count = 0; Count < CALIBRATIONS; Count++) {
    Begin = AsmReadTsc ();
    MicroSecondDelay (CALIBRATION_US);
    Sample = AsmReadTsc () - Begin;
    Least  = MIN (Least, Sample);
  }

  mTicksPerMs = MAX (Least, TICKS_PER_MS_MIN);
}

/**
  A machine may be reset between two bytes.  Four of 0xFF are in no frame number: with the byte behind them they mean that
  one begins.
**/
STATIC
VOID
Resynchronise (
  VOID
  )
{
  UINTN  Index;

  if (mXen) {
    return;
  }

  for (Index = 0; Index < sizeof (mFrame); Index++) {
    IoWrite8 (DOORBELL_PORT, 0xFF);
  }

  IoWrite8 (DOORBELL_PORT, 0);
}

STATIC
VOID
Ring (
  VOID
  )
{
  UINTN  Index;

  MemoryFence ();
  if (mXen) {
    IoWrite32 (DOORBELL_PORT, mFrame);
  } else {
    for (Index = 0; Index < sizeof (mFrame); Index++) {
      IoWrite8 (DOORBELL_PORT, (UINT8)(mFrame >> (8 * Index)));
    }
  }

  MemoryFence ();
}

EFI_STATUS
ChannelOpen (
  VOID
  )
{
  mPages = AllocateRuntimePages (CHANNEL_PAGES);
  if (mPages == NULL) {
    return EFI_OUT_OF_RESOURCES;
  }

  ZeroMem (mPages, CHANNEL_SIZE);
  mFrame = (UINT32)((UINTN)mPages >> EFI_PAGE_SHIFT);
  mXen   = IsXen ();
  Calibrate ();
  Resynchronise ();
  DEBUG ((DEBUG_INFO, "%a: pages at frame 0x%x, %a\n", gEfiCallerBaseName, mFrame, mXen ? "Xen" : "no Xen"));
  return EFI_SUCCESS;
}

VOID
ChannelClose (
  VOID
  )
{
  FreePages (mPages, CHANNEL_PAGES);
}

VOID
ChannelConvert (
  VOID
  )
{
  EfiConvertPointer (0, (VOID **)&mPages);
}

EFI_TPL
ChannelBegin (
  VOID
  )
{
  //
  // Before the operating system takes over, a timer's event may come in between; the system itself makes one call
  // after the other.
  //
  return EfiAtRuntime () ? 0 : gBS->RaiseTPL (TPL_NOTIFY);
}

VOID
ChannelEnd (
  IN EFI_TPL  Tpl
  )
{
  if (!EfiAtRuntime ()) {
    gBS->RestoreTPL (Tpl);
  }
}

STATIC
UINT64
ReadHead (
  VOID
  )
{
  return *(volatile UINT64 *)mPages;
}

STATIC
VOID
WriteHead (
  IN UINT64  Head
  )
{
  MemoryFence ();
  *(volatile UINT64 *)mPages = Head;
}

STATIC
BOOLEAN
IsStatus (
  IN UINT64  Head
  )
{
  return (Head == EFI_SUCCESS) || EFI_ERROR (Head);
}

/**
  What is no status may be half of one: the other half is waited for.  What never becomes one is left to the caller.
**/
STATIC
VOID
Settle (
  VOID
  )
{
  UINT64  Begin;
  UINT64  Ticks;

  Begin = AsmReadTsc ();
  Ticks = MultU64x64 (mTicksPerMs, SETTLE_MS);
  while (!IsStatus (ReadHead ()) && (AsmReadTsc () - Begin <= Ticks)) {
    CpuPause ();
  }
}

/**
  Waits until something else than Head stands in the pages, and is whole.
**/
STATIC
BOOLEAN
Wait (
  IN UINT64  Head,
  IN UINTN   Milliseconds
  )
{
  UINT64  Begin;
  UINT64  Ticks;

  Begin = AsmReadTsc ();
  Ticks = MultU64x64 (mTicksPerMs, Milliseconds);
  while (ReadHead () == Head) {
    if (AsmReadTsc () - Begin > Ticks) {
      return FALSE;
    }

    CpuPause ();
  }

  Settle ();
  MemoryFence ();
  return TRUE;
}

/**
  Hands in what stands in the pages, again and again for a bounded time.
**/
STATIC
BOOLEAN
HandIn (
  IN UINT64  Head
  )
{
  UINTN  Waited;
  UINTN  Next;

  Next = WAIT_FIRST_MS;
  Ring ();
  for (Waited = 0; !Wait (Head, Next); ) {
    Waited += Next;
    if (Waited >= WAIT_ALL_MS) {
      return FALSE;
    }

    Next = MIN (2 * Next, WAIT_LONGEST_MS);
    Resynchronise ();
    Ring ();
  }

  return TRUE;
}

/**
  A request that was given up may still be taken up, and its late response must not be taken for that of the next one.
  So it was made one that changes nothing, and has to be answered before there is another.
**/
STATIC
VOID
Abandon (
  VOID
  )
{
  DEBUG ((DEBUG_ERROR, "%a: no variable store answers\n", gEfiCallerBaseName));
  WriteHead (HEAD (CommandQueryVariableInfo));
  mAbandoned = TRUE;
}

STATIC
BOOLEAN
IsFree (
  VOID
  )
{
  if (!mAbandoned) {
    return TRUE;
  }

  Resynchronise ();
  Ring ();
  mAbandoned = !Wait (HEAD (CommandQueryVariableInfo), WAIT_ABSENT_MS);
  return !mAbandoned;
}

VOID
ChannelCompose (
  IN CHANNEL_COMMAND  Command
  )
{
  mFits     = TRUE;
  mHead     = HEAD (Command);
  mPosition = sizeof (mHead);
  if (!IsFree ()) {
    //
    // The pages belong to the other request: nothing is put, and ChannelExchange() tells.
    //
    mPosition = CHANNEL_SIZE;
  }
}

VOID
ChannelPut (
  IN CONST VOID  *Bytes,
  IN UINTN       Size
  )
{
  if (Size > CHANNEL_SIZE - mPosition) {
    mFits = FALSE;
    return;
  }

  CopyMem (mPages + mPosition, Bytes, Size);
  mPosition += Size;
}

VOID
ChannelPutBlob (
  IN CONST VOID  *Bytes,
  IN UINTN       Size
  )
{
  UINT64  Length;

  Length = Size;
  ChannelPut (&Length, sizeof (Length));
  ChannelPut (Bytes, Size);
}

VOID
ChannelPutAtRuntime (
  VOID
  )
{
  UINT8  AtRuntime;

  AtRuntime = EfiAtRuntime () ? 1 : 0;
  ChannelPut (&AtRuntime, sizeof (AtRuntime));
}

EFI_STATUS
ChannelExchange (
  VOID
  )
{
  UINT64  Status;

  if (mAbandoned) {
    return EFI_DEVICE_ERROR;
  }

  if (!mFits) {
    return EFI_INVALID_PARAMETER;
  }

  WriteHead (mHead);
  if (!HandIn (mHead)) {
    Abandon ();
    return EFI_DEVICE_ERROR;
  }

  mPosition = 0;
  ChannelTake (&Status, sizeof (Status));
  return IsStatus (Status) ? (EFI_STATUS)Status : EFI_DEVICE_ERROR;
}

VOID
ChannelTake (
  OUT VOID   *Bytes,
  IN  UINTN  Size
  )
{
  if (Size > CHANNEL_SIZE - mPosition) {
    mFits = FALSE;
    ZeroMem (Bytes, Size);
    return;
  }

  CopyMem (Bytes, mPages + mPosition, Size);
  mPosition += Size;
}

BOOLEAN
ChannelTakeLength (
  OUT UINTN  *Size,
  IN  UINTN  Limit
  )
{
  UINT64  Length;

  ChannelTake (&Length, sizeof (Length));
  if (!mFits || (Length > Limit) || (Length > CHANNEL_SIZE - mPosition)) {
    return FALSE;
  }

  *Size = (UINTN)Length;
  return TRUE;
}

BOOLEAN
ChannelFits (
  VOID
  )
{
  return mFits;
}
