/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PKCS#7 SignedData of authenticated writes: read with OpenSSL's ASN.1 parser, each SignerInfo verified by itself
 * against the message that UEFI defines (8.2.2). Who may sign is auth/signer's question.
 */
#ifndef AUTH_PKCS7_H
#define AUTH_PKCS7_H

#include "efi/der.h"
#include "uefivars.h"

#define PKCS7_MESSAGE_PARTS 5 /* VariableName, VendorGuid, Attributes, TimeStamp, Data */
#define PKCS7_CERTIFICATES_MAX 32
#define PKCS7_SIGNERS_MAX 8

/* What was signed: the parts one after the other. */
struct pkcs7_message {
	struct der_bytes parts[PKCS7_MESSAGE_PARTS];
};

struct pkcs7;

/*
 * Reads a SignedData, bare or in a ContentInfo; `bytes` must outlive the result. Returns it (pkcs7_free()), or NULL
 * where it is not well-formed or has what UEFI forbids (content inside) or more certificates or signers than the limits
 * above.
 */
struct pkcs7 *pkcs7_read(const struct der_bytes *bytes);
void pkcs7_free(struct pkcs7 *pkcs7);

/* The certificates that came with it; well-formed by their outer form. */
size_t pkcs7_certificates(const struct pkcs7 *pkcs7, const struct der_certificate **certificates);

size_t pkcs7_signers(const struct pkcs7 *pkcs7);

/*
 * Verifies one signer's signature of the message with the certificate that the SignerInfo names. Returns UEFIVARS_OK
 * with *signer set, or UEFIVARS_BAD_PKCS7 (no such certificate, unusable key), UEFIVARS_BAD_DIGEST or
 * UEFIVARS_BAD_SIGNATURE.
 */
enum uefivars_reason pkcs7_verify(const struct pkcs7 *pkcs7, size_t index, const struct pkcs7_message *message,
				  const struct der_certificate **signer);

#endif
