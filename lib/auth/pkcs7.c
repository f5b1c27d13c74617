/* SPDX-License-Identifier: GPL-2.0-only */
#include "auth/pkcs7.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "auth/public_key.h"

/*
 * SignedData as RFC 2315 has it, except that certificates stay undecoded: OpenSSL would decode every public key of the
 * bundle, which takes longer than all the rest, and of most of them only the names matter.
 */
struct encapsulated_content {
	ASN1_OBJECT *type;
	ASN1_TYPE *content;
};

struct signed_data {
	ASN1_INTEGER *version;
	STACK_OF(X509_ALGOR) * digests;
	struct encapsulated_content *content;
	STACK_OF(ASN1_TYPE) * certificates;
	STACK_OF(ASN1_TYPE) * crls;
	STACK_OF(PKCS7_SIGNER_INFO) * signers;
};

typedef struct encapsulated_content ENCAPSULATED_CONTENT;
typedef struct signed_data SIGNED_DATA;

ASN1_SEQUENCE(ENCAPSULATED_CONTENT) = {
	ASN1_SIMPLE(ENCAPSULATED_CONTENT, type, ASN1_OBJECT),
	ASN1_EXP_OPT(ENCAPSULATED_CONTENT, content, ASN1_ANY, 0),
} static_ASN1_SEQUENCE_END(ENCAPSULATED_CONTENT)

ASN1_SEQUENCE(SIGNED_DATA) = {
	ASN1_SIMPLE(SIGNED_DATA, version, ASN1_INTEGER),
	ASN1_SET_OF(SIGNED_DATA, digests, X509_ALGOR),
	ASN1_SIMPLE(SIGNED_DATA, content, ENCAPSULATED_CONTENT),
	ASN1_IMP_SET_OF_OPT(SIGNED_DATA, certificates, ASN1_ANY, 0),
	ASN1_IMP_SET_OF_OPT(SIGNED_DATA, crls, ASN1_ANY, 1),
	ASN1_SET_OF(SIGNED_DATA, signers, PKCS7_SIGNER_INFO),
} static_ASN1_SEQUENCE_END(SIGNED_DATA)

struct pkcs7 {
	SIGNED_DATA *data;
	size_t certificates_count;
	struct der_certificate certificates[PKCS7_CERTIFICATES_MAX];
};

/* 1.2.840.113549.1.7.2 */
static const uint8_t signed_data_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };

/* Steps into a ContentInfo, where there is one. Returns false where it is a ContentInfo of something else. */
static bool unwrap(struct der_bytes *bytes)
{
	struct der_bytes rest = *bytes, content, oid, inner;

	if (!der_take(&rest, DER_SEQUENCE, NULL, &content))
		return false;
	if (!der_take(&content, DER_OBJECT_IDENTIFIER, NULL, &oid))
		return true;
	if (oid.size != sizeof signed_data_oid || memcmp(oid.data, signed_data_oid, oid.size) != 0 ||
	    !der_take(&content, DER_CONTEXT_0, NULL, &inner) || content.size)
		return false;
	*bytes = inner;
	return true;
}

/* The one SignedData element, which only zero padding may follow. */
static bool find_signed_data(const struct der_bytes *bytes, struct der_bytes *element)
{
	struct der_bytes rest = *bytes;

	if (!der_take(&rest, DER_SEQUENCE, element, NULL))
		return false;
	while (rest.size && rest.data[0] == 0) {
		rest.data++;
		rest.size--;
	}
	return rest.size == 0;
}

/* Finds the parts of the certificates. Other kinds of certificates (attribute certificates) are passed over. */
static bool read_certificates(struct pkcs7 *pkcs7)
{
	int count = sk_ASN1_TYPE_num(pkcs7->data->certificates);

	if (count > PKCS7_CERTIFICATES_MAX)
		return false;
	for (int i = 0; i < count; i++) {
		const ASN1_TYPE *item = sk_ASN1_TYPE_value(pkcs7->data->certificates, i);
		const ASN1_STRING *bytes = item->value.sequence;

		if (item->type == V_ASN1_SEQUENCE &&
		    der_certificate(ASN1_STRING_get0_data(bytes), (size_t)ASN1_STRING_length(bytes),
				    &pkcs7->certificates[pkcs7->certificates_count]))
			pkcs7->certificates_count++;
	}
	return true;
}

struct pkcs7 *pkcs7_read(const struct der_bytes *bytes)
{
	struct der_bytes outer, element;
	const uint8_t *at;
	struct pkcs7 *pkcs7;

	if (!find_signed_data(bytes, &outer) || !unwrap(&outer) || !find_signed_data(&outer, &element))
		return NULL;
	pkcs7 = calloc(1, sizeof *pkcs7);
	if (!pkcs7)
		return NULL;
	at = element.data;
	pkcs7->data = (SIGNED_DATA *)ASN1_item_d2i(NULL, &at, (long)element.size, ASN1_ITEM_rptr(SIGNED_DATA));
	if (!pkcs7->data || at != element.data + element.size || pkcs7->data->content->content ||
	    sk_PKCS7_SIGNER_INFO_num(pkcs7->data->signers) > PKCS7_SIGNERS_MAX || !read_certificates(pkcs7)) {
		pkcs7_free(pkcs7);
		return NULL;
	}
	return pkcs7;
}

void pkcs7_free(struct pkcs7 *pkcs7)
{
	if (!pkcs7)
		return;
	ASN1_item_free((ASN1_VALUE *)pkcs7->data, ASN1_ITEM_rptr(SIGNED_DATA));
	free(pkcs7);
	ERR_clear_error();
}

size_t pkcs7_certificates(const struct pkcs7 *pkcs7, const struct der_certificate **certificates)
{
	*certificates = pkcs7->certificates;
	return pkcs7->certificates_count;
}

size_t pkcs7_signers(const struct pkcs7 *pkcs7)
{
	return (size_t)sk_PKCS7_SIGNER_INFO_num(pkcs7->data->signers);
}

static bool same_serial(const struct der_bytes *serial, const ASN1_INTEGER *wanted)
{
	const uint8_t *at = serial->data;
	ASN1_INTEGER *found = d2i_ASN1_INTEGER(NULL, &at, (long)serial->size);
	bool same = found && ASN1_INTEGER_cmp(found, wanted) == 0;

	ASN1_INTEGER_free(found);
	return same;
}

/* Compares bytes first: a signer nearly always copies the issuer's name as it stands in the certificate. */
static bool same_issuer(const struct der_bytes *issuer, X509_NAME *wanted)
{
	const uint8_t *at = issuer->data, *bytes;
	X509_NAME *found;
	size_t size;
	bool same;

	if (X509_NAME_get0_der(wanted, &bytes, &size) && size == issuer->size && memcmp(bytes, at, size) == 0)
		return true;
	found = d2i_X509_NAME(NULL, &at, (long)issuer->size);
	same = found && X509_NAME_cmp(found, wanted) == 0;
	X509_NAME_free(found);
	return same;
}

static const struct der_certificate *find_certificate(const struct pkcs7 *pkcs7, const PKCS7_ISSUER_AND_SERIAL *wanted)
{
	for (size_t i = 0; i < pkcs7->certificates_count; i++) {
		const struct der_certificate *certificate = &pkcs7->certificates[i];

		if (same_serial(&certificate->serial, wanted->serial) &&
		    same_issuer(&certificate->issuer, wanted->issuer))
			return certificate;
	}
	return NULL;
}

/* The digest that the SignerInfo names; NULL for any but SHA-256, SHA-384 and SHA-512. */
static const EVP_MD *digest_of(const PKCS7_SIGNER_INFO *info)
{
	switch (OBJ_obj2nid(info->digest_alg->algorithm)) {
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

/*
 * Does the signature algorithm fit the digest and the key: the key's plain algorithm, or that with this digest?
 * RSASSA-PSS has a digest of its own in its parameters and is not taken.
 */
static bool algorithm_fits(const PKCS7_SIGNER_INFO *info, const EVP_MD *digest, const EVP_PKEY *key)
{
	int algorithm = OBJ_obj2nid(info->digest_enc_alg->algorithm), digest_nid, key_nid;

	if (OBJ_find_sigid_algs(algorithm, &digest_nid, &key_nid)) {
		if (digest_nid != EVP_MD_type(digest))
			return false;
		algorithm = key_nid;
	}
	return algorithm == (EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
}

static bool digest_message(const struct pkcs7_message *message, const EVP_MD *digest, uint8_t out[EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestInit_ex(context, digest, NULL) == 1;

	for (size_t i = 0; done && i < PKCS7_MESSAGE_PARTS; i++)
		done = EVP_DigestUpdate(context, message->parts[i].data, message->parts[i].size) == 1;
	done = done && EVP_DigestFinal_ex(context, out, NULL) == 1;
	EVP_MD_CTX_free(context);
	return done;
}

/* The only value of an attribute that must be there exactly once; NULL where it is not so. */
static const ASN1_TYPE *single_attribute(const PKCS7_SIGNER_INFO *info, int nid)
{
	const ASN1_TYPE *value = NULL;

	for (int i = 0; i < sk_X509_ATTRIBUTE_num(info->auth_attr); i++) {
		X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(info->auth_attr, i);

		if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) != nid)
			continue;
		if (value || X509_ATTRIBUTE_count(attribute) != 1)
			return NULL;
		value = X509_ATTRIBUTE_get0_type(attribute, 0);
	}
	return value;
}

/* Signed attributes must say that the content is data and has this message's digest (RFC 2315, 9.2). */
static bool attributes_fit(const PKCS7_SIGNER_INFO *info, const EVP_MD *digest, const struct pkcs7_message *message)
{
	const ASN1_TYPE *type = single_attribute(info, NID_pkcs9_contentType);
	const ASN1_TYPE *stated = single_attribute(info, NID_pkcs9_messageDigest);
	uint8_t computed[EVP_MAX_MD_SIZE];
	int size = EVP_MD_size(digest);

	return type && type->type == V_ASN1_OBJECT && OBJ_obj2nid(type->value.object) == NID_pkcs7_data && stated &&
	       stated->type == V_ASN1_OCTET_STRING && ASN1_STRING_length(stated->value.octet_string) == size &&
	       digest_message(message, digest, computed) &&
	       memcmp(ASN1_STRING_get0_data(stated->value.octet_string), computed, (size_t)size) == 0;
}

/* Hands what was signed to the verification: the attributes as a SET, where there are any, or the message. */
static bool update_signed(EVP_MD_CTX *context, const PKCS7_SIGNER_INFO *info, const struct pkcs7_message *message)
{
	bool done = true;

	if (info->auth_attr) {
		uint8_t *set = NULL;
		int size = ASN1_item_i2d((ASN1_VALUE *)info->auth_attr, &set, ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));

		done = size > 0 && EVP_DigestVerifyUpdate(context, set, (size_t)size) == 1;
		OPENSSL_free(set);
		return done;
	}
	for (size_t i = 0; done && i < PKCS7_MESSAGE_PARTS; i++)
		done = EVP_DigestVerifyUpdate(context, message->parts[i].data, message->parts[i].size) == 1;
	return done;
}

static bool signature_fits(const PKCS7_SIGNER_INFO *info, const EVP_MD *digest, EVP_PKEY *key,
			   const struct pkcs7_message *message)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const ASN1_STRING *signature = info->enc_digest;
	bool fits = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		    update_signed(context, info, message) &&
		    EVP_DigestVerifyFinal(context, ASN1_STRING_get0_data(signature),
					  (size_t)ASN1_STRING_length(signature)) == 1;

	EVP_MD_CTX_free(context);
	return fits;
}

enum uefivars_reason pkcs7_verify(const struct pkcs7 *pkcs7, size_t index, const struct pkcs7_message *message,
				  const struct der_certificate **signer)
{
	const PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(pkcs7->data->signers, (int)index);
	const EVP_MD *digest = digest_of(info);
	enum uefivars_reason reason = UEFIVARS_BAD_SIGNATURE;
	EVP_PKEY *key;

	if (!digest)
		return UEFIVARS_BAD_DIGEST;
	*signer = find_certificate(pkcs7, info->issuer_and_serial);
	key = *signer ? public_key_read(&(*signer)->public_key) : NULL;
	if (!key || !algorithm_fits(info, digest, key))
		reason = UEFIVARS_BAD_PKCS7;
	else if ((!info->auth_attr || attributes_fit(info, digest, message)) &&
		 signature_fits(info, digest, key, message))
		reason = UEFIVARS_OK;
	EVP_PKEY_free(key);
	return reason;
}
