/** @file
  SPDX-License-Identifier: BSD-2-Clause-Patent
**/

#ifndef UEFISTORED_STATUS_H_
#define UEFISTORED_STATUS_H_

#define STATUS_FORMSET_GUID  { 0x6d1c1f5a, 0x0e0b, 0x4f43, { 0x9c, 0x52, 0x3b, 0x3e, 0x5d, 0x0a, 0x77, 0x18 } }
#define STATUS_FORM          1

#endif
