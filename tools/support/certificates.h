/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates and EFI signature lists from files. Failures are reported. */
#ifndef TOOLS_CERTIFICATES_H
#define TOOLS_CERTIFICATES_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "efi/guid.h"
#include "tools/support/buffer.h"

/*
 * Reads all certificates of a file, PEM (any number, other PEM blocks are passed over) or DER (one), in their order.
 * Returns NULL where there is none or one is malformed. Free with sk_X509_pop_free(..., X509_free).
 */
STACK_OF(X509) * certificates_read(const char *path);

/*
 * Appends EFI signature lists: those of the file as they are, or one EFI_CERT_X509 list for each of its certificates,
 * byte for byte, with `owner` as SignatureOwner. What the file holds is found out from its content. Returns false,
 * `lists` untouched, for anything else.
 */
bool signature_lists_read(const char *path, const struct efi_guid *owner, struct buffer *lists);

/* The same from what was read elsewhere; `source` is its name in reports. */
bool signature_lists_parse(const char *source, const struct buffer *content, const struct efi_guid *owner,
			   struct buffer *lists);

#endif
