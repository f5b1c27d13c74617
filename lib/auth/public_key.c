/* SPDX-License-Identifier: GPL-2.0-only */
#include "auth/public_key.h"

#include <openssl/x509.h>
#include <string.h>

/* 1.2.840.113549.1.1.1 */
static const uint8_t rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

/*
 * An RSA key is taken from its bit string directly: the general decoder of OpenSSL 3 tries every decoder that it has,
 * which takes four times as long as the verification itself.
 */
static EVP_PKEY *read_rsa(const struct der_bytes *info)
{
	struct der_bytes rest = *info, content, algorithm, oid, bits;
	const uint8_t *key;

	if (!der_take(&rest, DER_SEQUENCE, NULL, &content) || !der_take(&content, DER_SEQUENCE, NULL, &algorithm) ||
	    !der_take(&algorithm, DER_OBJECT_IDENTIFIER, NULL, &oid) ||
	    !der_take(&content, DER_BIT_STRING, NULL, &bits))
		return NULL;
	if (oid.size != sizeof rsa_encryption || memcmp(oid.data, rsa_encryption, oid.size) != 0 || bits.size < 2 ||
	    bits.data[0] != 0)
		return NULL;
	key = bits.data + 1;
	return d2i_PublicKey(EVP_PKEY_RSA, NULL, &key, (long)bits.size - 1);
}

EVP_PKEY *public_key_read(const struct der_bytes *info)
{
	EVP_PKEY *key = read_rsa(info);

	if (!key) {
		const uint8_t *at = info->data;

		key = d2i_PUBKEY(NULL, &at, (long)info->size);
	}
	if (key && EVP_PKEY_base_id(key) != EVP_PKEY_RSA && EVP_PKEY_base_id(key) != EVP_PKEY_EC) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* The digest of a certificate's signature algorithm for keys of this kind; NULL where it is not taken. */
static const EVP_MD *digest_for(const struct der_bytes *algorithm_identifier, const EVP_PKEY *key)
{
	const uint8_t *at = algorithm_identifier->data;
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)algorithm_identifier->size);
	int digest = NID_undef, kind = NID_undef;

	if (algorithm)
		OBJ_find_sigid_algs(OBJ_obj2nid(algorithm->algorithm), &digest, &kind);
	X509_ALGOR_free(algorithm);
	if (kind != (EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey))
		return NULL;
	switch (digest) {
	case NID_sha1:
		return EVP_sha1();
	case NID_sha224:
		return EVP_sha224();
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

bool public_key_signed(EVP_PKEY *key, const struct der_certificate *certificate)
{
	const EVP_MD *digest = digest_for(&certificate->algorithm, key);
	EVP_MD_CTX *context;
	bool valid;

	if (!digest || !der_equal(&certificate->algorithm, &certificate->stated_algorithm))
		return false;
	context = EVP_MD_CTX_new();
	valid = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		EVP_DigestVerify(context, certificate->signature.data, certificate->signature.size,
				 certificate->tbs.data, certificate->tbs.size) == 1;
	EVP_MD_CTX_free(context);
	return valid;
}
