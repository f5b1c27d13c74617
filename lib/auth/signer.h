/* SPDX-License-Identifier: GPL-2.0-only */
/* Who a verified signer is: the platform key, somebody under a key exchange key, the owner of a private variable. */
#ifndef AUTH_SIGNER_H
#define AUTH_SIGNER_H

#include "auth/pkcs7.h"

#define SIGNER_DIGEST_SIZE 32

/* Is the certificate, byte for byte, an X.509 entry of these signature lists? */
bool signer_is_listed(const struct der_certificate *signer, const struct der_bytes *lists);

/*
 * Does a chain lead from the signer to an X.509 entry of these lists, over certificates of the bundle? The entry is
 * trusted as it stands: its own signature, dates, usages and extensions do not matter, nor do anybody's dates.
 */
bool signer_is_under(const struct pkcs7 *pkcs7, const struct der_certificate *signer, const struct der_bytes *lists);

/*
 * The owner of a private authenticated variable that this signer creates: SHA-256 over the signer's common name and the
 * tbsCertificate of the top of its chain within the bundle (8.2.2). Returns false when out of memory or the certificate
 * is not readable.
 */
bool signer_owner(const struct pkcs7 *pkcs7, const struct der_certificate *signer, uint8_t digest[SIGNER_DIGEST_SIZE]);

/* Is this signer the owner that the digest names, in our form or in that of edk2, varstored or QEMU? */
bool signer_is_owner(const struct pkcs7 *pkcs7, const struct der_certificate *signer,
		     const uint8_t digest[SIGNER_DIGEST_SIZE]);

#endif
