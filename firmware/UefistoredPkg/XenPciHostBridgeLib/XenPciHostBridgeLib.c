/** @file
  The PCI root bridge of an HVM guest of Xen.  hvmloader, which runs before the firmware, gives addresses to the devices
  of bus 0 and to no others, so that bus is all that there is to look at.  Each look at another one is an exchange with
  the device model, and the 255 of them are 8000 exchanges.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#include <PiDxe.h>

#include <IndustryStandard/Pci.h>
#include <Library/BaseLib.h>
#include <Library/MemoryAllocationLib.h>
#include <Library/PciHostBridgeLib.h>
#include <Library/PciHostBridgeUtilityLib.h>
#include <Library/PciLib.h>
#include <Protocol/PciRootBridgeIo.h>

#define ATTRIBUTES  (EFI_PCI_ATTRIBUTE_ISA_MOTHERBOARD_IO |\
                     EFI_PCI_ATTRIBUTE_ISA_IO | EFI_PCI_ATTRIBUTE_ISA_IO_16 |\
                     EFI_PCI_ATTRIBUTE_VGA_MEMORY |\
                     EFI_PCI_ATTRIBUTE_VGA_IO | EFI_PCI_ATTRIBUTE_VGA_IO_16 |\
                     EFI_PCI_ATTRIBUTE_VGA_PALETTE_IO | EFI_PCI_ATTRIBUTE_VGA_PALETTE_IO_16 |\
                     EFI_PCI_ATTRIBUTE_IDE_PRIMARY_IO | EFI_PCI_ATTRIBUTE_IDE_SECONDARY_IO)

#define BAR_IS_IO      BIT0
#define BAR_IS_64_BIT  BIT2
#define BRIDGE_BARS    2

//
// What the devices of the bus decode.
//
typedef struct {
  PCI_ROOT_BRIDGE_APERTURE    Io;
  PCI_ROOT_BRIDGE_APERTURE    Memory;
  PCI_ROOT_BRIDGE_APERTURE    MemoryAbove4G;
} DECODED;

STATIC CONST PCI_ROOT_BRIDGE_APERTURE  mNothing = { MAX_UINT64, 0 };

STATIC
VOID
Widen (
  IN OUT PCI_ROOT_BRIDGE_APERTURE  *Aperture,
  IN     UINT64                    Base,
  IN     UINT64                    Size
  )
{
  if ((Base == 0) || (Size == 0)) {
    return;
  }

  Aperture->Base  = MIN (Aperture->Base, Base);
  Aperture->Limit = MAX (Aperture->Limit, Base + Size - 1);
}

/**
  Which bits of a register can be set: they tell a region's size.
**/
STATIC
UINT32
ProbeBar (
  IN  UINTN   Address,
  OUT UINT32  *Value
  )
{
  UINT32  Settable;

  *Value = PciRead32 (Address);
  PciWrite32 (Address, MAX_UINT32);
  Settable = PciRead32 (Address);
  PciWrite32 (Address, *Value);
  return Settable;
}

/**
  Returns how many registers the region takes.
**/
STATIC
UINTN
AddRegion (
  IN     UINTN    Address,
  IN     UINT16   Command,
  IN     BOOLEAN  Last,
  IN OUT DECODED  *Decoded
  )
{
  UINT32   Low;
  UINT32   High;
  UINT32   Settable;
  UINT64   Base;
  UINT64   Mask;
  BOOLEAN  Is64Bit;

  Settable = ProbeBar (Address, &Low);
  if (Settable == 0) {
    return 1;
  }

  if ((Settable & BAR_IS_IO) != 0) {
    if ((Command & EFI_PCI_COMMAND_IO_SPACE) != 0) {
      Widen (&Decoded->Io, Low & 0xfffc, (~(UINT64)(Settable & 0xfffc) + 1) & MAX_UINT16);
    }

    return 1;
  }

  Base    = Low & ~0xfU;
  Mask    = LShiftU64 (MAX_UINT32, 32) | (Settable & ~0xfU);
  Is64Bit = (Settable & BAR_IS_64_BIT) != 0 && !Last;
  if (Is64Bit) {
    Settable = ProbeBar (Address + sizeof (UINT32), &High);
    Base    |= LShiftU64 (High, 32);
    Mask     = LShiftU64 (Settable, 32) | (UINT32)Mask;
  }

  if ((Command & EFI_PCI_COMMAND_MEMORY_SPACE) != 0) {
    Widen (Base < BASE_4GB ? &Decoded->Memory : &Decoded->MemoryAbove4G, Base, ~Mask + 1);
  }

  return Is64Bit ? 2 : 1;
}

STATIC
VOID
AddFunction (
  IN     UINTN    Address,
  IN OUT DECODED  *Decoded
  )
{
  UINT16   Command;
  UINTN    Bars;
  UINTN    Bar;
  BOOLEAN  Enabled;

  switch (PciRead8 (Address + PCI_HEADER_TYPE_OFFSET) & HEADER_LAYOUT_CODE) {
    case HEADER_TYPE_DEVICE:
      Bars = PCI_MAX_BAR;
      break;
    case HEADER_TYPE_PCI_TO_PCI_BRIDGE:
      Bars = BRIDGE_BARS;
      break;
    default:
      return;
  }

  //
  // A device must not decode what is written here.  It is switched on again by whoever starts it.
  //
  Command = PciRead16 (Address + PCI_COMMAND_OFFSET);
  PciWrite16 (
    Address + PCI_COMMAND_OFFSET,
    (UINT16)(Command & ~(EFI_PCI_COMMAND_IO_SPACE | EFI_PCI_COMMAND_MEMORY_SPACE))
    );
  Enabled = SaveAndDisableInterrupts ();
  for (Bar = 0; Bar < Bars; ) {
    Bar += AddRegion (
             Address + PCI_BASE_ADDRESSREG_OFFSET + Bar * sizeof (UINT32),
             Command,
             Bar + 1 == Bars,
             Decoded
             );
  }

  SetInterruptState (Enabled);
}

STATIC
VOID
AddBus (
  IN OUT DECODED  *Decoded
  )
{
  UINTN  Device;
  UINTN  Function;
  UINTN  Functions;
  UINTN  Address;

  for (Device = 0; Device <= PCI_MAX_DEVICE; Device++) {
    Functions = 1;
    for (Function = 0; Function < Functions; Function++) {
      Address = PCI_LIB_ADDRESS (0, Device, Function, 0);
      if (PciRead16 (Address + PCI_VENDOR_ID_OFFSET) == MAX_UINT16) {
        continue;
      }

      if ((Function == 0) && ((PciRead8 (Address + PCI_HEADER_TYPE_OFFSET) & HEADER_TYPE_MULTI_FUNCTION) != 0)) {
        Functions = PCI_MAX_FUNC + 1;
      }

      AddFunction (Address, Decoded);
    }
  }
}

PCI_ROOT_BRIDGE *
EFIAPI
PciHostBridgeGetRootBridges (
  OUT UINTN  *Count
  )
{
  PCI_ROOT_BRIDGE           *Bridge;
  PCI_ROOT_BRIDGE_APERTURE  None;
  DECODED                   Decoded;
  EFI_STATUS                Status;

  *Count = 0;
  Bridge = AllocatePool (sizeof (*Bridge));
  if (Bridge == NULL) {
    return NULL;
  }

  None                  = mNothing;
  Decoded.Io            = mNothing;
  Decoded.Memory        = mNothing;
  Decoded.MemoryAbove4G = mNothing;
  AddBus (&Decoded);
  Status = PciHostBridgeUtilityInitRootBridge (
             ATTRIBUTES,
             ATTRIBUTES,
             0,
             FALSE,
             TRUE,
             0,
             0,
             &Decoded.Io,
             &Decoded.Memory,
             &Decoded.MemoryAbove4G,
             &None,
             &None,
             Bridge
             );
  if (EFI_ERROR (Status)) {
    FreePool (Bridge);
    return NULL;
  }

  Bridge->ResourceAssigned = TRUE;
  *Count                   = 1;
  return Bridge;
}

VOID
EFIAPI
PciHostBridgeFreeRootBridges (
  IN PCI_ROOT_BRIDGE  *Bridges,
  IN UINTN            Count
  )
{
  PciHostBridgeUtilityFreeRootBridges (Bridges, Count);
}

/**
  Nothing is assigned here, so that nothing can be in conflict.
**/
VOID
EFIAPI
PciHostBridgeResourceConflict (
  IN EFI_HANDLE  HostBridgeHandle,
  IN VOID        *Configuration
  )
{
  PciHostBridgeUtilityResourceConflict (Configuration);
}
