/* SPDX-License-Identifier: GPL-2.0-only */
#include "auth/signer.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "auth/public_key.h"
#include "efi/signature_list.h"

/* A guest chooses the bundle: this bounds what it can have verified with one write. */
#define VERIFICATIONS_MAX 64
#define EDK2_COMMON_NAME_MAX 127 /* edk2 and varstored cut the name to a buffer of 128 */

/* Steps to the next entry of the lists that is a certificate. */
static bool next_certificate(struct siglist_walk *walk, struct der_certificate *certificate)
{
	while (siglist_next(walk)) {
		if (guid_equal(&walk->type, &guid_cert_x509) &&
		    der_certificate(walk->data, walk->data_size, certificate))
			return true;
	}
	return false;
}

bool signer_is_listed(const struct der_certificate *signer, const struct der_bytes *lists)
{
	struct der_certificate listed;
	struct siglist_walk walk;

	siglist_begin(&walk, lists->data, lists->size);
	while (next_certificate(&walk, &listed)) {
		if (der_equal(&listed.whole, &signer->whole))
			return true;
	}
	return false;
}

static bool same_name(const struct der_bytes *a, const struct der_bytes *b)
{
	const uint8_t *at_a = a->data, *at_b = b->data;
	X509_NAME *name_a, *name_b;
	bool same;

	if (der_equal(a, b))
		return true;
	/* The same name may be encoded in another string type. */
	name_a = d2i_X509_NAME(NULL, &at_a, (long)a->size);
	name_b = d2i_X509_NAME(NULL, &at_b, (long)b->size);
	same = name_a && name_b && X509_NAME_cmp(name_a, name_b) == 0;
	X509_NAME_free(name_a);
	X509_NAME_free(name_b);
	return same;
}

/* Was the certificate signed with the issuer's key? *budget is the number of verifications that are left. */
static bool signed_by(const struct der_certificate *certificate, const struct der_certificate *issuer,
		      unsigned int *budget)
{
	EVP_PKEY *key;
	bool valid;

	if (!same_name(&certificate->issuer, &issuer->subject) || *budget == 0)
		return false;
	--*budget;
	key = public_key_read(&issuer->public_key);
	valid = key && public_key_signed(key, certificate);
	EVP_PKEY_free(key);
	return valid;
}

/* May a certificate of the bundle issue others? (An enrolled one may, whatever it says.) */
static bool is_authority(const struct der_certificate *certificate)
{
	const uint8_t *at = certificate->whole.data;
	X509 *decoded = d2i_X509(NULL, &at, (long)certificate->whole.size);
	bool authority = decoded && X509_check_ca(decoded) > 0;

	X509_free(decoded);
	return authority;
}

/* The certificate of the bundle that issued this one; NULL where it is self-issued or its issuer is not there. */
static const struct der_certificate *issuer_in_bundle(const struct pkcs7 *pkcs7,
						      const struct der_certificate *certificate, unsigned int *budget)
{
	const struct der_certificate *bundle;
	size_t count = pkcs7_certificates(pkcs7, &bundle);

	for (size_t i = 0; i < count; i++) {
		if (!der_equal(&bundle[i].whole, &certificate->whole) && signed_by(certificate, &bundle[i], budget) &&
		    is_authority(&bundle[i]))
			return &bundle[i];
	}
	return NULL;
}

static bool issued_by_listed(const struct der_certificate *certificate, const struct der_bytes *lists,
			     unsigned int *budget)
{
	struct der_certificate listed;
	struct siglist_walk walk;

	siglist_begin(&walk, lists->data, lists->size);
	while (next_certificate(&walk, &listed)) {
		if (signed_by(certificate, &listed, budget))
			return true;
	}
	return false;
}

bool signer_is_under(const struct pkcs7 *pkcs7, const struct der_certificate *signer, const struct der_bytes *lists)
{
	unsigned int budget = VERIFICATIONS_MAX;

	/* Cross-signed loops end with the length of the bundle. */
	for (size_t depth = 0; signer && depth <= PKCS7_CERTIFICATES_MAX; depth++) {
		if (signer_is_listed(signer, lists) || issued_by_listed(signer, lists, &budget))
			return true;
		signer = issuer_in_bundle(pkcs7, signer, &budget);
	}
	ERR_clear_error();
	return false;
}

/* The bytes of the first common name of a certificate; empty where it has none. Points into *name, which the caller
 * frees. */
static struct der_bytes common_name(const struct der_certificate *certificate, X509_NAME **name)
{
	const uint8_t *at = certificate->subject.data;
	const ASN1_STRING *text;
	int index;

	*name = d2i_X509_NAME(NULL, &at, (long)certificate->subject.size);
	index = *name ? X509_NAME_get_index_by_NID(*name, NID_commonName, -1) : -1;
	if (index < 0)
		return (struct der_bytes){ (const uint8_t *)"", 0 };
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(*name, index));
	return (struct der_bytes){ ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text) };
}

static bool hash_two(const struct der_bytes *a, const struct der_bytes *b, uint8_t digest[SIGNER_DIGEST_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(context, a->data, a->size) == 1 &&
		    EVP_DigestUpdate(context, b->data, b->size) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1;

	EVP_MD_CTX_free(context);
	return done;
}

bool signer_owner(const struct pkcs7 *pkcs7, const struct der_certificate *signer, uint8_t digest[SIGNER_DIGEST_SIZE])
{
	const struct der_certificate *top = signer, *issuer;
	unsigned int budget = VERIFICATIONS_MAX;
	struct der_bytes cn;
	X509_NAME *name;
	bool done;

	for (size_t depth = 0; depth < PKCS7_CERTIFICATES_MAX; depth++) {
		issuer = issuer_in_bundle(pkcs7, top, &budget);
		if (!issuer)
			break;
		top = issuer;
	}
	cn = common_name(signer, &name);
	done = name && hash_two(&cn, &top->tbs, digest);
	X509_NAME_free(name);
	ERR_clear_error();
	return done;
}

/* Does the digest name `cn` under this certificate, in any of the forms in use? */
static bool digest_names(const uint8_t digest[SIGNER_DIGEST_SIZE], const struct der_bytes *cn,
			 const struct der_certificate *top)
{
	uint8_t fingerprint[SIGNER_DIGEST_SIZE], computed[SIGNER_DIGEST_SIZE];
	const struct der_bytes none = { fingerprint, 0 }, qemu = { fingerprint, sizeof fingerprint };
	struct der_bytes cut = *cn;

	if (cut.size > EDK2_COMMON_NAME_MAX)
		cut.size = EDK2_COMMON_NAME_MAX;
	if (hash_two(cn, &top->tbs, computed) && memcmp(computed, digest, sizeof computed) == 0)
		return true;
	if (cut.size != cn->size && hash_two(&cut, &top->tbs, computed) &&
	    memcmp(computed, digest, sizeof computed) == 0)
		return true;
	/* QEMU hashes the certificate first. */
	return hash_two(&top->whole, &none, fingerprint) && hash_two(cn, &qemu, computed) &&
	       memcmp(computed, digest, sizeof computed) == 0;
}

bool signer_is_owner(const struct pkcs7 *pkcs7, const struct der_certificate *signer,
		     const uint8_t digest[SIGNER_DIGEST_SIZE])
{
	const struct der_certificate *top = signer;
	unsigned int budget = VERIFICATIONS_MAX;
	struct der_bytes cn;
	X509_NAME *name;
	bool owner = false;

	cn = common_name(signer, &name);
	for (size_t depth = 0; name && top && !owner && depth < PKCS7_CERTIFICATES_MAX; depth++) {
		owner = digest_names(digest, &cn, top);
		if (!owner)
			top = issuer_in_bundle(pkcs7, top, &budget);
	}
	X509_NAME_free(name);
	ERR_clear_error();
	return owner;
}
