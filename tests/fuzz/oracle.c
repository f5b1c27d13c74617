/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/oracle.h"

#include <glib.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "auth/public_key.h"
#include "efi/bytes.h"
#include "efi/der.h"
#include "tests/support/lists.h"

#define DESCRIPTOR 40
#define HEADER 24 /* of WIN_CERTIFICATE_UEFI_GUID, counted by dwLength */
#define DEPTH_MAX 8
#define DER_CONTEXT_1 0xa1

/* SEQUENCE { OID signedData, [0] { ... } } around a bare SignedData; lengths always in four bytes, BER takes that. */
static GByteArray *wrap(const uint8_t *bytes, size_t size)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	const uint32_t inner = (uint32_t)size, outer = (uint32_t)(sizeof oid + 6 + size);
	const uint8_t head[] = {
		0x30, 0x84, (uint8_t)(outer >> 24), (uint8_t)(outer >> 16), (uint8_t)(outer >> 8), (uint8_t)outer,
	};
	const uint8_t tag[] = {
		0xa0, 0x84, (uint8_t)(inner >> 24), (uint8_t)(inner >> 16), (uint8_t)(inner >> 8), (uint8_t)inner,
	};
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, head, sizeof head);
	g_byte_array_append(out, oid, sizeof oid);
	g_byte_array_append(out, tag, sizeof tag);
	g_byte_array_append(out, bytes, (guint)size);
	return out;
}

/* How many bytes the element at the front takes, by its own length; what follows may be padding. */
static size_t element_size(const uint8_t *bytes, size_t size)
{
	const unsigned char *at = bytes;
	long length;
	int tag, class, form;

	form = ASN1_get_object(&at, &length, &tag, &class, (long)size);
	if ((form & 0x80) || (form & 1)) /* not well-formed, or indefinite */
		return size;
	return (size_t)(at - bytes) + (size_t)length;
}

static CMS_ContentInfo *decode(const uint8_t *bytes, size_t size)
{
	const unsigned char *at = bytes;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
	GByteArray *wrapped;

	if (cms)
		return cms;
	wrapped = wrap(bytes, element_size(bytes, size));
	at = wrapped->data;
	cms = d2i_CMS_ContentInfo(NULL, &at, wrapped->len);
	g_byte_array_unref(wrapped);
	return cms;
}

/* The contents of a SignedData, bare or wrapped. */
static bool signed_data(const uint8_t *bytes, size_t size, struct der_bytes *content)
{
	struct der_bytes rest = { bytes, size }, inner;

	if (!der_take(&rest, DER_SEQUENCE, NULL, content))
		return false;
	if (content->size == 0 || content->data[0] != DER_OBJECT_IDENTIFIER)
		return true;
	rest = *content;
	return der_take(&rest, DER_OBJECT_IDENTIFIER, NULL, NULL) && der_take(&rest, DER_CONTEXT_0, NULL, &inner) &&
	       der_take(&inner, DER_SEQUENCE, NULL, content);
}

/*
 * Goes to what follows the version, the digests' names and the content that is signed: certificates, revocation lists,
 * signers. OpenSSL and the library take a set there that is not marked as constructed.
 */
static bool skip_content(struct der_bytes *rest)
{
	for (int i = 0; i < 3; i++) {
		if (rest->size == 0 || !der_take(rest, rest->data[0], NULL, NULL))
			return false;
	}
	return true;
}

/* A bare SignedData without its revocation lists, which nobody has signed; NULL where it has none. */
static GByteArray *without_revocations(const uint8_t *bytes, size_t size)
{
	struct der_bytes content, rest, lists;
	uint8_t head[] = { DER_SEQUENCE, 0x84, 0, 0, 0, 0 };
	GByteArray *out;
	uint32_t length;

	if (!signed_data(bytes, size, &content))
		return NULL;
	rest = content;
	if (!skip_content(&rest))
		return NULL;
	der_take(&rest, DER_CONTEXT_0, NULL, NULL);
	if (!der_take(&rest, DER_CONTEXT_1, &lists, NULL))
		return NULL;
	length = GUINT32_TO_BE((uint32_t)(content.size - lists.size));
	memcpy(head + 2, &length, sizeof length);
	out = g_byte_array_new();
	g_byte_array_append(out, head, sizeof head);
	g_byte_array_append(out, content.data, (guint)(lists.data - content.data));
	g_byte_array_append(out, rest.data, (guint)rest.size);
	return out;
}

/* OpenSSL decodes revocation lists, too; the library looks at their outer form alone, and at nothing that they say. */
static CMS_ContentInfo *read_cms(const uint8_t *bytes, size_t size)
{
	CMS_ContentInfo *cms = decode(bytes, size);
	GByteArray *without = cms ? NULL : without_revocations(bytes, size);

	if (without) {
		cms = decode(without->data, without->len);
		g_byte_array_unref(without);
	}
	return cms;
}

/*
 * Is it a SignedData, were it not for what is in its certificates? The library looks at their outer form alone and goes
 * by those that have it, OpenSSL decodes them all: then this opinion is none, and must not be taken for a bad one.
 */
static bool certificates_spoil_it(const uint8_t *bytes, size_t size)
{
	struct der_bytes content, certificates, certificate;
	bool spoiled = false;

	if (!signed_data(bytes, size, &content) || !skip_content(&content) ||
	    !der_take(&content, DER_CONTEXT_0, NULL, &certificates))
		return false;
	while (der_take(&certificates, DER_SEQUENCE, &certificate, NULL)) {
		const unsigned char *at = certificate.data;
		X509 *decoded = d2i_X509(NULL, &at, (long)certificate.size);

		spoiled = spoiled || !decoded;
		X509_free(decoded);
	}
	return spoiled || certificates.size > 0;
}

/* 8.2.2: VariableName, VendorGuid, Attributes, TimeStamp, the payload. */
static GByteArray *signed_bytes(const struct oracle_write *write, size_t payload_at)
{
	GByteArray *bytes = g_byte_array_new();
	uint8_t attributes[4];

	put_le32(attributes, write->attributes);
	g_byte_array_append(bytes, write->name, (guint)write->name_size);
	g_byte_array_append(bytes, write->guid.bytes, sizeof write->guid.bytes);
	g_byte_array_append(bytes, attributes, sizeof attributes);
	g_byte_array_append(bytes, write->data, 16);
	g_byte_array_append(bytes, write->data + payload_at, (guint)(write->data_size - payload_at));
	return bytes;
}

static bool digest_allowed(X509_ALGOR *algorithm)
{
	int nid = OBJ_obj2nid(algorithm->algorithm);

	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

static bool verify_bytes(CMS_SignerInfo *info, X509 *certificate, X509_ALGOR *digest, const GByteArray *message)
{
	ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(info);
	const EVP_MD *md = EVP_get_digestbyobj(digest->algorithm);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	good = md && EVP_DigestVerifyInit(context, NULL, md, NULL, X509_get0_pubkey(certificate)) == 1 &&
	       EVP_DigestVerify(context, ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature),
				message->data, message->len) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static bool verify_attributes(CMS_SignerInfo *info, X509_ALGOR *digest, const GByteArray *message)
{
	const EVP_MD *md = EVP_get_digestbyobj(digest->algorithm);
	ASN1_OCTET_STRING *said;
	uint8_t is[EVP_MAX_MD_SIZE];
	unsigned int size;

	said = CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	return md && said && EVP_Digest(message->data, message->len, is, &size, md, NULL) == 1 &&
	       ASN1_STRING_length(said) == (int)size && memcmp(ASN1_STRING_get0_data(said), is, size) == 0 &&
	       CMS_SignerInfo_verify(info) == 1;
}

/* The signer of a SignerInfo whose signature of the message is good, or NULL. */
static X509 *good_signer(CMS_SignerInfo *info, STACK_OF(X509) * certificates, const GByteArray *message)
{
	X509_ALGOR *digest;

	CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, NULL);
	if (!digest_allowed(digest))
		return NULL;
	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *certificate = sk_X509_value(certificates, i);

		if (CMS_SignerInfo_cert_cmp(info, certificate) != 0)
			continue;
		CMS_SignerInfo_set1_signer_cert(info, certificate);
		if (CMS_signed_get_attr_count(info) >= 0 ? verify_attributes(info, digest, message) :
							   verify_bytes(info, certificate, digest, message))
			return certificate;
	}
	return NULL;
}

static bool same_der(X509 *certificate, const uint8_t *der, size_t size)
{
	unsigned char *own = NULL;
	int own_size = i2d_X509(certificate, &own);
	bool same = own_size > 0 && (size_t)own_size <= size && memcmp(own, der, (size_t)own_size) == 0;

	OPENSSL_free(own);
	return same;
}

static bool issued_by(X509 *certificate, EVP_PKEY *key)
{
	return key && X509_verify(certificate, key) == 1;
}

static bool leads_to(X509 *certificate, const uint8_t *der, size_t size, STACK_OF(X509) * bundle, int depth)
{
	struct der_certificate anchor;
	EVP_PKEY *key = NULL;
	bool found;

	if (same_der(certificate, der, size))
		return true;
	/* What stands in the lists counts by its key, even where OpenSSL finds fault with the rest of it. */
	if (der_certificate(der, size, &anchor))
		key = public_key_read(&anchor.public_key);
	found = issued_by(certificate, key);
	EVP_PKEY_free(key);
	for (int i = 0; !found && depth < DEPTH_MAX && i < sk_X509_num(bundle); i++) {
		X509 *above = sk_X509_value(bundle, i);

		found = above != certificate && issued_by(certificate, X509_get0_pubkey(above)) &&
			leads_to(above, der, size, bundle, depth + 1);
	}
	return found;
}

/* Walks well-formed lists by hand. */
static bool trusted(X509 *signer, STACK_OF(X509) * bundle, const struct oracle_trust *trust)
{
	for (size_t at = 0; at + LIST_HEADER_SIZE <= trust->size;) {
		const uint8_t *list = trust->lists + at;
		size_t list_size = get_le32(list + 16), entry = get_le32(list + 24);

		if (list_size < LIST_HEADER_SIZE || list_size > trust->size - at || entry <= LIST_OWNER_SIZE)
			return false;
		for (size_t i = LIST_HEADER_SIZE; memcmp(list, list_x509.bytes, 16) == 0 && i + entry <= list_size;
		     i += entry) {
			const uint8_t *der = list + i + LIST_OWNER_SIZE;

			if (trust->chains ? leads_to(signer, der, entry - LIST_OWNER_SIZE, bundle, 0) :
					    same_der(signer, der, entry - LIST_OWNER_SIZE))
				return true;
		}
		at += list_size;
	}
	return false;
}

static bool is_owner(X509 *signer, const uint8_t *owner)
{
	X509_NAME *subject = X509_get_subject_name(signer);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	GByteArray *bytes = g_byte_array_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned char *text = NULL, *tbs = NULL;
	int tbs_size;

	if (at >= 0) {
		int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

		if (size > 0)
			g_byte_array_append(bytes, text, (guint)size);
		OPENSSL_free(text);
	}
	tbs_size = i2d_re_X509_tbs(signer, &tbs);
	if (tbs_size > 0)
		g_byte_array_append(bytes, tbs, (guint)tbs_size);
	OPENSSL_free(tbs);
	EVP_Digest(bytes->data, bytes->len, digest, NULL, EVP_sha256(), NULL);
	g_byte_array_unref(bytes);
	return memcmp(digest, owner, 32) == 0;
}

static bool acceptable(X509 *signer, STACK_OF(X509) * bundle, const struct oracle_trust *trusts, size_t count,
		       const uint8_t *owner)
{
	if (count == 0)
		return !owner || sk_X509_num(bundle) > 1 || is_owner(signer, owner);
	for (size_t i = 0; i < count; i++) {
		if (trusted(signer, bundle, &trusts[i]))
			return true;
	}
	return false;
}

bool oracle_signed(const struct oracle_write *write, const struct oracle_trust *trusts, size_t count,
		   const uint8_t *owner)
{
	STACK_OF(CMS_SignerInfo) * infos;
	STACK_OF(X509) * bundle;
	CMS_ContentInfo *cms;
	GByteArray *message;
	bool good = false;
	size_t length;

	if (write->data_size < DESCRIPTOR)
		return false;
	length = get_le32(write->data + 16);
	if (length < HEADER || length > write->data_size - 16)
		return false;
	cms = read_cms(write->data + DESCRIPTOR, length - HEADER);
	if (!cms) {
		ERR_clear_error();
		return certificates_spoil_it(write->data + DESCRIPTOR, length - HEADER);
	}
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		CMS_ContentInfo_free(cms);
		return false;
	}
	message = signed_bytes(write, 16 + length);
	bundle = CMS_get1_certs(cms);
	infos = CMS_get0_SignerInfos(cms);
	for (int i = 0; !good && i < sk_CMS_SignerInfo_num(infos); i++) {
		X509 *signer = good_signer(sk_CMS_SignerInfo_value(infos, i), bundle, message);

		good = signer && acceptable(signer, bundle, trusts, count, owner);
	}
	sk_X509_pop_free(bundle, X509_free);
	CMS_ContentInfo_free(cms);
	g_byte_array_unref(message);
	ERR_clear_error();
	return good;
}
