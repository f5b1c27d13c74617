/* SPDX-License-Identifier: GPL-2.0-only */
/* Structures that the data of defined variables must have. */
#ifndef SERVICE_FORMAT_H
#define SERVICE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * EFI_LOAD_OPTION (3.1.3): attributes, a path list of the stated length inside the data, a description with its NUL,
 * device path nodes that walk to an end of the path. Node types and optional data behind are the firmware's business.
 */
bool format_is_load_option(const uint8_t *data, size_t size);

/* The size of an EFI_KEY_OPTION (3.1.6) with whole keys behind it, three at most. */
bool format_is_key_option(size_t size);

/* EFI_SIGNATURE_LISTs (32.4.1). */
bool format_is_signatures(const uint8_t *data, size_t size);

/* Exactly one X.509 certificate in EFI_SIGNATURE_LIST form. */
bool format_is_platform_key(const uint8_t *data, size_t size);

#endif
