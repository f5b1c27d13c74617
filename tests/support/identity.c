/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/identity.h"

#include <glib.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

#define LONG_NAME_SIZE 200

enum key_type { RSA_OF_2048, RSA_OF_1024, RSA_OF_3072, RSA_OF_4096, P256, P384 };

static const struct specification {
	const char *common_name;
	enum identity issuer;       /* NOBODY: itself */
	enum identity impersonates; /* whose names and serial number these are */
	enum identity key_of;       /* whose key this is */
	enum key_type key;
	bool leaf;   /* not a CA */
	bool narrow; /* usages that have nothing to do with signing */
	bool negative_serial;
	bool sha1;
	bool broken;
	int from, until; /* years from now; both 0: 1 before until 10 after */
} specifications[IDENTITIES] = {
	[PK1] = { .common_name = "Test PK 1" },
	[PK2] = { .common_name = "Test PK 2" },
	[KEK1] = { .common_name = "Test KEK 1" },
	[KEK2] = { .common_name = "Test KEK 2" },
	[KEK3] = { .common_name = "Test KEK 3" },
	[DB1] = { .common_name = "Test db 1" },
	[DBR1] = { .common_name = "Test dbr 1" },
	[OWNER] = { .common_name = "Test owner" },
	[OWNER_TWIN] = { .common_name = "Test owner" },
	[OTHER] = { .common_name = "Test stranger" },
	[ROOT] = { .common_name = "Test root" },
	[INTERMEDIATE] = { .common_name = "Test intermediate", .issuer = ROOT },
	[LEAF] = { .common_name = "Test leaf", .issuer = INTERMEDIATE, .leaf = true },
	[BRANCH] = { .common_name = "Test branch", .issuer = ROOT, .leaf = true },
	[BRANCH_RENEWED] = { .common_name = "Test branch", .issuer = ROOT, .leaf = true },
	[PK_CHILD] = { .common_name = "Test PK's child", .issuer = PK1, .leaf = true },
	[UNDER_LEAF] = { .common_name = "Test under a leaf", .issuer = LEAF, .leaf = true },
	[FALSE_ROOT] = { .common_name = "Test root", .impersonates = ROOT },
	[UNDER_FALSE_ROOT] = { .common_name = "Test under a false root", .issuer = FALSE_ROOT, .leaf = true },
	[FALSE_BRANCH] = { .common_name = "Test branch", .impersonates = BRANCH, .leaf = true },
	[FALSE_PK] = { .common_name = "Test PK 1", .impersonates = PK1 },
	[FALSE_OWNER] = { .common_name = "Test owner", .impersonates = OWNER },
	[PK_RENEWED] = { .common_name = "Test PK 1", .key_of = PK1, .until = 20 },
	[RSA1024] = { .common_name = "Test RSA 1024", .key = RSA_OF_1024 },
	[RSA3072] = { .common_name = "Test RSA 3072", .key = RSA_OF_3072 },
	[RSA4096] = { .common_name = "Test RSA 4096", .key = RSA_OF_4096 },
	[EC256] = { .common_name = "Test EC 256", .key = P256 },
	[EC384] = { .common_name = "Test EC 384", .key = P384 },
	[EXPIRED] = { .common_name = "Test expired", .from = -10, .until = -5 },
	[NOT_YET_VALID] = { .common_name = "Test not yet valid", .from = 5, .until = 10 },
	[SHA1_CERTIFICATE] = { .common_name = "Test SHA-1", .sha1 = true },
	[NARROW_USAGE] = { .common_name = "Test narrow usage", .leaf = true, .narrow = true },
	[NEGATIVE_SERIAL] = { .common_name = "Test negative serial", .negative_serial = true },
	[BROKEN_ANCHOR] = { .common_name = "Test broken anchor", .broken = true },
	[NO_COMMON_NAME] = { .common_name = NULL },
	[LONG_COMMON_NAME] = { .common_name = "" /* filled */ },
	[TINY] = { .common_name = NULL, .key = P256 },
};

static struct credentials all[IDENTITIES];

EVP_PKEY *identity_make_key(int type, int parameter)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(type, NULL);
	EVP_PKEY *key = NULL;

	g_assert_cmpint(EVP_PKEY_keygen_init(context), ==, 1);
	if (type == EVP_PKEY_RSA)
		g_assert_cmpint(EVP_PKEY_CTX_set_rsa_keygen_bits(context, parameter), ==, 1);
	else if (type == EVP_PKEY_EC)
		g_assert_cmpint(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, parameter), ==, 1);
	g_assert_cmpint(EVP_PKEY_keygen(context, &key), ==, 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *make_key(const struct specification *specification)
{
	EVP_PKEY *key = NULL;

	if (specification->key_of) {
		key = identity_get(specification->key_of)->key;
		EVP_PKEY_up_ref(key);
		return key;
	}
	switch (specification->key) {
	case RSA_OF_1024:
		key = identity_make_key(EVP_PKEY_RSA, 1024);
		break;
	case RSA_OF_2048:
		key = identity_make_key(EVP_PKEY_RSA, 2048);
		break;
	case RSA_OF_3072:
		key = identity_make_key(EVP_PKEY_RSA, 3072);
		break;
	case RSA_OF_4096:
		key = identity_make_key(EVP_PKEY_RSA, 4096);
		break;
	case P256:
		key = identity_make_key(EVP_PKEY_EC, NID_X9_62_prime256v1);
		break;
	case P384:
		key = identity_make_key(EVP_PKEY_EC, NID_secp384r1);
		break;
	}
	return key;
}

const char *identity_common_name(enum identity who)
{
	static char long_name[LONG_NAME_SIZE + 1];

	if (who == LONG_COMMON_NAME) {
		for (size_t i = 0; i < LONG_NAME_SIZE; i++)
			long_name[i] = (char)('a' + i % 26);
		return long_name;
	}
	return specifications[who].common_name ? specifications[who].common_name : "";
}

/* An explicit string type keeps OpenSSL from refusing names of more than 64 characters. */
static void add_name(X509_NAME *name, int nid, const char *text)
{
	X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, nid, V_ASN1_UTF8STRING,
							       (const unsigned char *)text, (int)strlen(text));

	g_assert_nonnull(entry);
	g_assert_cmpint(X509_NAME_add_entry(name, entry, -1, 0), ==, 1);
	X509_NAME_ENTRY_free(entry);
}

static void set_subject(X509 *certificate, enum identity who)
{
	X509_NAME *name = X509_NAME_new();

	if (who == NO_COMMON_NAME)
		add_name(name, NID_organizationName, "Test without a common name");
	else
		add_name(name, NID_commonName, identity_common_name(who));
	g_assert_cmpint(X509_set_subject_name(certificate, name), ==, 1);
	X509_NAME_free(name);
}

static void set_validity(X509 *certificate, const struct specification *specification)
{
	bool usual = specification->from == 0 && specification->until == 0;
	int from = usual ? -1 : specification->from, until = usual ? 10 : specification->until;

	X509_time_adj_ex(X509_getm_notBefore(certificate), 365 * from, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(certificate), 365 * until, 0, NULL);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	g_assert_nonnull(extension);
	g_assert_cmpint(X509_add_ext(certificate, extension, -1), ==, 1);
	X509_EXTENSION_free(extension);
}

/* Spoils the certificate's own signature. */
static X509 *spoil(X509 *certificate)
{
	unsigned char *der = NULL;
	int size = i2d_X509(certificate, &der);
	const unsigned char *at = der;
	X509 *spoiled;

	g_assert_cmpint(size, >, 0);
	der[size - 10] ^= 0x55;
	spoiled = d2i_X509(NULL, &at, size);
	g_assert_nonnull(spoiled);
	OPENSSL_free(der);
	X509_free(certificate);
	return spoiled;
}

/* Whose subject is named as the issuer. */
static X509_NAME *issuer_name(const struct specification *specification, const X509 *certificate)
{
	if (specification->impersonates)
		return X509_get_issuer_name(identity_get(specification->impersonates)->certificate);
	if (specification->issuer)
		return X509_get_subject_name(identity_get(specification->issuer)->certificate);
	return X509_get_subject_name(certificate);
}

static X509 *make_certificate(enum identity who, EVP_PKEY *key)
{
	const struct specification *specification = &specifications[who];
	const struct credentials *issuer = specification->issuer ? identity_get(specification->issuer) : NULL;
	long serial = 1000 + (long)(specification->impersonates ? specification->impersonates : who);
	X509 *certificate = X509_new();

	g_assert_nonnull(certificate);
	X509_set_version(certificate, 2); /* that is 3 */
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), specification->negative_serial ? -0x1234567 : serial);
	set_subject(certificate, who);
	X509_set_issuer_name(certificate, issuer_name(specification, certificate));
	set_validity(certificate, specification);
	X509_set_pubkey(certificate, key);
	add_extension(certificate, NID_basic_constraints,
		      specification->leaf ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (specification->narrow) {
		add_extension(certificate, NID_key_usage, "critical,keyEncipherment");
		add_extension(certificate, NID_ext_key_usage, "critical,serverAuth");
	}
	g_assert_cmpint(X509_sign(certificate, issuer ? issuer->key : key,
				  specification->sha1 ? EVP_sha1() : EVP_sha256()),
			>, 0);
	return specification->broken ? spoil(certificate) : certificate;
}

/*
 * The smallest certificate that names a P-256 key, so that a whole SignedData stays under 256 bytes: version 1,
 * compressed point, empty names, empty dates, an unknown signature algorithm and no signature. Nothing of that is
 * anybody's business in a trust anchor.
 */
static X509 *make_tiny_certificate(EVP_PKEY *key)
{
	static const uint8_t before_key[] = {
		0x30, 0x72,                                                                   /* Certificate */
		0x30, 0x67,                                                                   /* tbsCertificate */
		0x02, 0x01, 0x01,                                                             /* serialNumber 1 */
		0x30, 0x03, 0x06, 0x01, 0x2a,                                                 /* signature: OID 1.2 */
		0x30, 0x00,                                                                   /* issuer */
		0x30, 0x04, 0x17, 0x00, 0x17, 0x00,                                           /* validity */
		0x30, 0x00,                                                                   /* subject */
		0x30, 0x39, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, /* an EC key */
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,                   /* on P-256 */
		0x03, 0x22, 0x00,
	};
	static const uint8_t after_key[] = { 0x30, 0x03, 0x06, 0x01, 0x2a, 0x03, 0x01, 0x00 };
	enum { POINT_SIZE = 33 };
	uint8_t der[sizeof before_key + POINT_SIZE + sizeof after_key];
	unsigned char *point;
	const unsigned char *at = der;
	X509 *certificate;

	/* uncompressed: 04 x y; the compressed form is 02 or 03, by the last bit of y, and x */
	g_assert_cmpuint(EVP_PKEY_get1_tls_encodedpoint(key, &point), ==, 65);
	g_assert_cmpuint(point[0], ==, 4);
	point[0] = (uint8_t)(2 + (point[64] & 1));
	memcpy(der, before_key, sizeof before_key);
	memcpy(der + sizeof before_key, point, POINT_SIZE);
	OPENSSL_free(point);
	memcpy(der + sizeof before_key + POINT_SIZE, after_key, sizeof after_key);
	der[1] = (uint8_t)(sizeof der - 2);
	der[3] = (uint8_t)(sizeof der - 4 - sizeof after_key);
	certificate = d2i_X509(NULL, &at, sizeof der);
	g_assert_nonnull(certificate);
	return certificate;
}

const struct credentials *identity_get(enum identity who)
{
	struct credentials *credentials = &all[who];
	int size;

	g_assert_cmpint(who, >, NOBODY);
	g_assert_cmpint(who, <, IDENTITIES);
	if (credentials->key)
		return credentials;
	credentials->key = make_key(&specifications[who]);
	credentials->certificate = who == TINY ? make_tiny_certificate(credentials->key) :
						 make_certificate(who, credentials->key);
	size = i2d_X509(credentials->certificate, &credentials->der);
	g_assert_cmpint(size, >, 0);
	credentials->der_size = (size_t)size;
	return credentials;
}

static void digest_of(enum identity who, size_t cut, enum identity top, uint8_t digest[32])
{
	const char *name = identity_common_name(who);
	size_t name_size = strlen(name);
	unsigned char *tbs = NULL;
	int size = i2d_re_X509_tbs(identity_get(top)->certificate, &tbs);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	g_assert_cmpint(size, >, 0);
	g_assert_cmpint(EVP_DigestInit_ex(context, EVP_sha256(), NULL), ==, 1);
	EVP_DigestUpdate(context, name, name_size < cut ? name_size : cut);
	EVP_DigestUpdate(context, tbs, (size_t)size);
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	OPENSSL_free(tbs);
}

void identity_digest(enum identity who, size_t cut, uint8_t digest[32])
{
	digest_of(who, cut, who, digest);
}

void identity_digest_under(enum identity who, enum identity top, uint8_t digest[32])
{
	digest_of(who, SIZE_MAX, top, digest);
}
