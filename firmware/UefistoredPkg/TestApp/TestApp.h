/** @file
  What the parts of the test application share.

  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#ifndef UEFISTORED_TEST_APP_H_
#define UEFISTORED_TEST_APP_H_

#include <Uefi.h>

#define KEPT  (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS)

extern EFI_GUID  mTestGuid;

/**
  Makes each of the calls, and prints a line with its status and what it has returned.
**/
VOID
TestCalls (
  VOID
  );

#endif
