/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The people of the tests: keys with certificates, made when first asked for and kept until the process ends. What
 * is special about each stands in one table in identity.c.
 */
#ifndef TESTS_IDENTITY_H
#define TESTS_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

enum identity {
	NOBODY, /* no signature */
	/* RSA-2048, self-signed, SHA-256 */
	PK1,
	PK2,
	KEK1,
	KEK2,
	KEK3,
	DB1,
	DBR1,
	OWNER,      /* of private variables */
	OWNER_TWIN, /* another key under OWNER's common name */
	OTHER,
	/* a public key infrastructure */
	ROOT,
	INTERMEDIATE,   /* issued by ROOT */
	LEAF,           /* issued by INTERMEDIATE */
	BRANCH,         /* issued by ROOT */
	BRANCH_RENEWED, /* issued by ROOT under BRANCH's common name, another key */
	PK_CHILD,       /* issued by PK1 */
	UNDER_LEAF,     /* issued by LEAF, which is no CA */
	/* who they are not: names and serial number of another, an own key */
	FALSE_ROOT,
	UNDER_FALSE_ROOT, /* issued by FALSE_ROOT */
	FALSE_BRANCH,
	FALSE_PK,
	FALSE_OWNER,
	PK_RENEWED, /* PK1's key and names in another certificate */
	/* other keys and odd certificates, self-signed */
	RSA1024,
	RSA3072,
	RSA4096,
	EC256,
	EC384,
	EXPIRED,
	NOT_YET_VALID,
	SHA1_CERTIFICATE,
	NARROW_USAGE, /* key usage keyEncipherment, extended key usage serverAuth, not a CA */
	NEGATIVE_SERIAL,
	BROKEN_ANCHOR, /* its own signature is wrong */
	NO_COMMON_NAME,
	LONG_COMMON_NAME, /* 200 characters */
	TINY,             /* EC P-256, a certificate of about 120 bytes without names and dates */
	IDENTITIES
};

struct credentials {
	EVP_PKEY *key;
	X509 *certificate;
	uint8_t *der; /* the certificate */
	size_t der_size;
};

/* Never NULL; what OpenSSL cannot make ends the test program. */
const struct credentials *identity_get(enum identity who);

/* The subject's common name, "" where there is none. */
const char *identity_common_name(enum identity who);

/* SHA-256 of the common name, cut to `cut` bytes where it is longer, and the certificate's tbsCertificate. */
void identity_digest(enum identity who, size_t cut, uint8_t digest[32]);

/* The same, with the common name of `who` and the tbsCertificate of `top`. */
void identity_digest_under(enum identity who, enum identity top, uint8_t digest[32]);

/* A new key, for EVP_PKEY_free(): EVP_PKEY_RSA of so many bits, EVP_PKEY_EC on the curve, EVP_PKEY_ED25519 (0). */
EVP_PKEY *identity_make_key(int type, int parameter);

#endif
