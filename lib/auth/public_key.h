/* SPDX-License-Identifier: GPL-2.0-only */
/* The public key of a certificate, read without decoding the rest of it. */
#ifndef AUTH_PUBLIC_KEY_H
#define AUTH_PUBLIC_KEY_H

#include <openssl/evp.h>

#include "efi/der.h"

/* Reads a SubjectPublicKeyInfo: RSA or EC. Returns the key (EVP_PKEY_free()), or NULL where it is neither or not readable. */
EVP_PKEY *public_key_read(const struct der_bytes *subject_public_key_info);

#endif
