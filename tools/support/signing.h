/* SPDX-License-Identifier: GPL-2.0-only */
/* Time-based authenticated writes (UEFI 2.10, 8.2.2): what is signed, the signature, and the descriptor around it. */
#ifndef TOOLS_SIGNING_H
#define TOOLS_SIGNING_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "efi/time.h"
#include "tools/support/buffer.h"
#include "tools/support/variable_name.h"

/* Who signs. Zeroed memory is nobody. */
struct signer {
	EVP_PKEY *key;
	STACK_OF(X509) * certificates; /* the key's own first, then those that lead to its root */
};

/*
 * Reads an RSA or EC private key (PEM, or DER unencrypted; OpenSSL asks for a passphrase at the terminal) and its
 * certificates. Returns false, reported, nothing kept, where one is missing or they do not belong together.
 */
bool signer_read(struct signer *signer, const char *key_path, const char *certificate_path);
void signer_free(struct signer *signer);

/*
 * Appends an EFI_VARIABLE_AUTHENTICATION_2 and the payload: the data of a SetVariable with these attributes. `signer`
 * NULL makes an empty signature. Returns false, reported, where OpenSSL could not sign.
 */
bool signing_make_update(struct buffer *out, const struct variable_name *name, uint32_t attributes,
			 const struct efi_time *time, const struct buffer *payload, const struct signer *signer);

#endif
