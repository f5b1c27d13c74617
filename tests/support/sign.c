/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/sign.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "efi/bytes.h"

#define TIME_SIZE 16
#define HEADER_SIZE 24 /* dwLength, wRevision, wCertificateType, CertType */

/* The last byte tells SHA-256 from SHA-224 (2.16.840.1.101.3.4.2.x). */
static const uint8_t sha2_oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
enum { SHA2_OID_256 = 1, SHA2_OID_224 = 4 };

static const EVP_MD *digest_of(const struct signing *how)
{
	const EVP_MD *digest = EVP_get_digestbyname(how->digest ? how->digest : "SHA256");

	g_assert_nonnull(digest);
	return digest;
}

/* Signs the attributes by hand, so that they can be wrong; the content itself is not signed then. */
static void sign_attributes(CMS_SignerInfo *info, const struct signing *how, const void *content, size_t size)
{
	ASN1_OBJECT *type = OBJ_nid2obj((how->flags & SIGN_WRONG_TYPE) ? NID_pkcs7_signed : NID_pkcs7_data);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int digest_size;

	g_assert_cmpint(CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, type, -1), ==, 1);
	g_assert_cmpint(EVP_Digest(content, size, digest, &digest_size, digest_of(how), NULL), ==, 1);
	if (how->flags & SIGN_WRONG_DIGEST)
		digest[0] ^= 1;
	g_assert_cmpint(CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest,
						    (int)digest_size),
			==, 1);
	g_assert_cmpint(CMS_SignerInfo_sign(info), ==, 1);
}

static void add_signer(CMS_ContentInfo *cms, enum identity who, const struct signing *how, const void *content,
		       size_t size)
{
	const struct credentials *credentials = identity_get(who);
	unsigned int flags = CMS_PARTIAL | CMS_NOSMIMECAP | CMS_BINARY | CMS_NOCERTS;
	CMS_SignerInfo *info;

	if (!(how->flags & SIGN_ATTRIBUTES))
		flags |= CMS_NOATTR;
	if (how->flags & SIGN_PSS)
		flags |= CMS_KEY_PARAM;
	info = CMS_add1_signer(cms, credentials->certificate, credentials->key, digest_of(how), flags);
	if (!info)
		ERR_print_errors_fp(stderr);
	g_assert_nonnull(info);
	if (how->flags & SIGN_PSS)
		g_assert_cmpint(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(info), RSA_PKCS1_PSS_PADDING),
				==, 1);
	if (how->flags & SIGN_ATTRIBUTES)
		sign_attributes(info, how, content, size);
	if (!(how->flags & SIGN_WITHOUT_CERTIFICATES))
		CMS_add1_cert(cms, credentials->certificate); /* fails for the second SignerInfo of one signer */
}

static void add_crl(CMS_ContentInfo *cms, const struct credentials *issuer)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, 1600000000);

	g_assert_true(crl && now);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->certificate));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	g_assert_cmpint(X509_CRL_sign(crl, issuer->key, EVP_sha256()), >, 0);
	g_assert_cmpint(CMS_add1_crl(cms, crl), ==, 1);
	ASN1_TIME_free(now);
	X509_CRL_free(crl);
}

/* Returns the whole ContentInfo in DER. */
static GByteArray *make_cms(const struct signing *how, const void *content, size_t size)
{
	BIO *in = BIO_new_mem_buf(content, (int)size);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, CMS_PARTIAL | CMS_BINARY | CMS_DETACHED | CMS_NOCERTS);
	GByteArray *der = g_byte_array_new();
	unsigned char *bytes = NULL;
	int der_size;

	g_assert_nonnull(cms);
	CMS_set_detached(cms, !(how->flags & SIGN_ENCAPSULATED));
	add_signer(cms, how->signer, how, content, size);
	for (unsigned int i = 0; how->second && i < how->signers + 1; i++)
		add_signer(cms, how->second, how, content, size);
	for (size_t i = 0; i < G_N_ELEMENTS(how->include) && how->include[i]; i++)
		CMS_add1_cert(cms, identity_get(how->include[i])->certificate);
	if (how->flags & SIGN_CRL)
		add_crl(cms, identity_get(how->signer));
	if (!(how->flags & SIGN_ATTRIBUTES))
		g_assert_cmpint(CMS_final(cms, in, NULL, CMS_BINARY), ==, 1);
	der_size = i2d_CMS_ContentInfo(cms, &bytes);
	g_assert_cmpint(der_size, >, 0);
	g_byte_array_append(der, bytes, (guint)der_size);
	OPENSSL_free(bytes);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return der;
}

/* Reads a DER header at `at`; returns where its contents start. */
static size_t contents_at(const GByteArray *der, size_t at)
{
	size_t first = der->data[at + 1];

	return at + 2 + (first & 0x80 ? first & 0x7f : 0);
}

/* Replaces ContentInfo by the SignedData inside: SEQUENCE { OID, [0] { SignedData } }. */
static void unwrap(GByteArray *der)
{
	size_t oid = contents_at(der, 0);
	size_t tagged = contents_at(der, oid) + der->data[oid + 1];

	g_byte_array_remove_range(der, 0, (guint)contents_at(der, tagged));
}

/* digestAlgorithms stands before everything else that could name a digest. */
static void set_digest_set(GByteArray *der, uint8_t algorithm)
{
	uint8_t *oid = memmem(der->data, der->len, sha2_oid, sizeof sha2_oid);

	g_assert_nonnull(oid);
	oid[sizeof sha2_oid] = algorithm;
}

/* Writes the outermost length with one byte more, or as indefinite with the end marker. */
static void rewrite_length(GByteArray *der, bool indefinite)
{
	static const uint8_t end[2] = { 0, 0 };
	size_t contents = contents_at(der, 0), size = der->len - contents;
	uint8_t header[5] = { 0x30, 0x83, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
	size_t header_size = sizeof header;

	g_assert_cmpuint(size, <, 65536);
	if (indefinite) {
		header[1] = 0x80;
		header_size = 2;
		g_byte_array_append(der, end, sizeof end);
	}
	g_byte_array_remove_range(der, 0, (guint)contents);
	g_byte_array_prepend(der, header, (guint)header_size);
}

/* Flips a bit of the second signer's signature. PKCS #1 v1.5 signs the same bytes alike: it is made again and looked
 * for. */
static void spoil_second(GByteArray *der, const struct signing *how, const void *content, size_t size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[1024], *found;
	size_t signature_size = sizeof signature;

	g_assert_cmpint(EVP_DigestSignInit(context, NULL, digest_of(how), NULL, identity_get(how->second)->key), ==, 1);
	g_assert_cmpint(EVP_DigestSign(context, signature, &signature_size, content, size), ==, 1);
	EVP_MD_CTX_free(context);
	found = memmem(der->data, der->len, signature, signature_size);
	g_assert_nonnull(found);
	found[signature_size / 2] ^= 0x10;
}

GByteArray *sign_content(const struct signing *how, const void *content, size_t size)
{
	GByteArray *der = make_cms(how, content, size);

	if (how->flags & SIGN_DIGEST_SET_224)
		set_digest_set(der, SHA2_OID_224);
	if (how->flags & SIGN_DIGEST_SET_256)
		set_digest_set(der, SHA2_OID_256);
	if (how->flags & SIGN_SPOILED)
		der->data[der->len - 5] ^= 0x10; /* the last SignerInfo's signature is the last field */
	if (how->flags & SIGN_SPOILED_SECOND)
		spoil_second(der, how, content, size);
	if (!(how->flags & SIGN_CONTENT_INFO))
		unwrap(der);
	if (how->flags & (SIGN_LONG_LENGTH | SIGN_INDEFINITE))
		rewrite_length(der, how->flags & SIGN_INDEFINITE);
	return der;
}

/* What 8.2.2 says is signed: VariableName, VendorGuid, Attributes, TimeStamp, data. */
static GByteArray *signed_bytes(const struct signing *how, const struct update *update)
{
	GByteArray *bytes = g_byte_array_new();
	struct efi_guid guid = update->guid;
	struct efi_time time = update->time;
	uint8_t attributes[4];
	uint16_t unit = (how->flags & SIGN_OTHER_NAME) ? 'X' : 0;

	if (how->flags & SIGN_OTHER_GUID)
		guid.bytes[15] ^= 1;
	if (how->flags & SIGN_OTHER_TIME)
		time.bytes[6] ^= 1;
	put_le32(attributes, update->attributes ^ ((how->flags & SIGN_OTHER_ATTRIBUTES) ? 0x40u : 0));
	g_byte_array_append(bytes, update->name, (guint)update->name_size);
	if (how->flags & (SIGN_OTHER_NAME | SIGN_NAME_WITH_NUL))
		g_byte_array_append(bytes, (const uint8_t *)&unit, sizeof unit);
	g_byte_array_append(bytes, guid.bytes, sizeof guid.bytes);
	g_byte_array_append(bytes, attributes, sizeof attributes);
	g_byte_array_append(bytes, time.bytes, sizeof time.bytes);
	if (update->payload_size)
		g_byte_array_append(bytes, update->payload, (guint)update->payload_size);
	if (how->flags & SIGN_OTHER_PAYLOAD)
		g_byte_array_append(bytes, (const uint8_t *)"X", 1);
	return bytes;
}

/* The certificate data of the descriptor. */
static GByteArray *make_certificate_data(const struct signing *how, const struct update *update)
{
	GByteArray *data, *content;
	uint8_t last = 0x5a;

	if (how->signer) {
		content = signed_bytes(how, update);
		data = sign_content(how, content->data, content->len);
		g_byte_array_unref(content);
	} else {
		data = g_byte_array_new();
	}
	if (how->flags & SIGN_GARBAGE) {
		for (uint8_t i = 0; i < 64; i++)
			g_byte_array_append(data, &(uint8_t){ (uint8_t)(0xa0 ^ i) }, 1);
	}
	for (size_t i = 0; i < how->trailing_zeros; i++)
		g_byte_array_append(data, &(uint8_t){ 0 }, 1);
	if (how->trailing_byte)
		g_byte_array_append(data, &last, 1);
	return data;
}

GByteArray *sign_update(const struct signing *how, const struct update *update)
{
	GByteArray *certificate = make_certificate_data(how, update), *all = g_byte_array_new();
	uint32_t length = (uint32_t)(HEADER_SIZE + certificate->len);
	uint8_t header[TIME_SIZE + HEADER_SIZE];

	if (how->flags & SIGN_SET_LENGTH)
		length = how->length;
	memcpy(header, update->time.bytes, TIME_SIZE);
	put_le32(header + 16, length + (uint32_t)how->length_off);
	put_le16(header + 20, how->revision ? how->revision : 0x0200);
	put_le16(header + 22, how->type ? how->type : 0x0ef1);
	memcpy(header + 24, (how->cert_type ? how->cert_type : &guid_cert_pkcs7)->bytes, 16);
	g_byte_array_append(all, header, sizeof header);
	g_byte_array_append(all, certificate->data, certificate->len);
	if (update->payload_size)
		g_byte_array_append(all, update->payload, (guint)update->payload_size);
	g_assert_cmpuint(how->cut, <=, all->len);
	g_byte_array_set_size(all, all->len - (guint)how->cut);
	g_byte_array_unref(certificate);
	return all;
}
