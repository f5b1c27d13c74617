/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The public key of a certificate, and whether it signed another one. Certificates are not decoded for that, which
 * takes OpenSSL longer than the verification itself, and nothing depends on which algorithms the host's OpenSSL has
 * registered.
 */
#ifndef AUTH_PUBLIC_KEY_H
#define AUTH_PUBLIC_KEY_H

#include <openssl/evp.h>

#include "efi/der.h"

/* Reads a SubjectPublicKeyInfo: RSA or EC. Returns the key (EVP_PKEY_free()), or NULL where it is neither or not
 * readable. */
EVP_PKEY *public_key_read(const struct der_bytes *subject_public_key_info);

/* Was the certificate signed with this key: RSA (PKCS#1 v1.5) or ECDSA, with SHA-1 or SHA-2? */
bool public_key_signed(EVP_PKEY *key, const struct der_certificate *certificate);

#endif
