/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The opposite side's signer: makes EFI_VARIABLE_AUTHENTICATION_2 updates with OpenSSL's CMS writer, right ones and
 * wrong ones. All zeros, with a signer, is an ordinary update: SHA-256, bare SignedData, no signed attributes, the
 * signer's certificate inside.
 */
#ifndef TESTS_SIGN_H
#define TESTS_SIGN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "efi/time.h"
#include "tests/support/identity.h"

enum sign_flags {
	/* the SignedData */
	SIGN_CONTENT_INFO = 1 << 0,         /* inside ContentInfo */
	SIGN_ATTRIBUTES = 1 << 1,           /* signedAttrs: contentType and messageDigest */
	SIGN_WRONG_DIGEST = 1 << 2,         /* with SIGN_ATTRIBUTES: messageDigest of something else */
	SIGN_WRONG_TYPE = 1 << 3,           /* with SIGN_ATTRIBUTES: contentType is not data */
	SIGN_WITHOUT_CERTIFICATES = 1 << 4, /* the certificates field is absent */
	SIGN_ENCAPSULATED = 1 << 5,         /* the content is inside, too */
	SIGN_CRL = 1 << 6,                  /* with a crls field */
	SIGN_PSS = 1 << 7,                  /* RSASSA-PSS */
	SIGN_SPOILED = 1 << 8,              /* a bit of the signature is flipped */
	SIGN_GARBAGE = 1 << 9,              /* bytes that are no DER at all (no signer needed) */
	SIGN_LONG_LENGTH = 1 << 10,         /* the outermost length in one byte more than it needs */
	SIGN_INDEFINITE = 1 << 11,          /* the outermost length is BER's indefinite form */
	SIGN_DIGEST_SET_224 = 1 << 12,      /* digestAlgorithms says SHA-224, whatever the SignerInfo says */
	SIGN_DIGEST_SET_256 = 1 << 13,      /* digestAlgorithms says SHA-256; signer uses SHA-224 */
	/* what is signed, where it is not what is sent */
	SIGN_OTHER_NAME = 1 << 14,
	SIGN_OTHER_GUID = 1 << 15,
	SIGN_OTHER_ATTRIBUTES = 1 << 16, /* bit 0x40 flipped */
	SIGN_OTHER_TIME = 1 << 17,
	SIGN_OTHER_PAYLOAD = 1 << 18,
	SIGN_NAME_WITH_NUL = 1 << 19,
	/* the descriptor */
	SIGN_SET_LENGTH = 1 << 20, /* dwLength is .length */
	/* with a second signer */
	SIGN_SPOILED_SECOND = 1 << 21, /* its signature (RSA) is spoiled, the first one is good */
};

struct signing {
	enum identity signer;
	enum identity second;     /* another SignerInfo, after the signer's */
	enum identity include[3]; /* further certificates */
	const char *digest;       /* NULL: SHA256 */
	unsigned int flags;
	unsigned int signers;  /* further SignerInfos, all of `second` */
	size_t trailing_zeros; /* after the SignedData, counted by dwLength */
	bool trailing_byte;    /* one byte 0x5a after those */
	int length_off;        /* added to dwLength */
	uint32_t length;
	uint16_t type;                    /* wCertificateType, 0: 0x0ef1 */
	uint16_t revision;                /* wRevision, 0: 0x0200 */
	const struct efi_guid *cert_type; /* NULL: EFI_CERT_TYPE_PKCS7_GUID */
	size_t cut;                       /* bytes taken from the end of the whole update */
};

/* What an update is about; attributes as sent with it. */
struct update {
	const uint8_t *name;
	size_t name_size;
	struct efi_guid guid;
	uint32_t attributes;
	struct efi_time time;
	const void *payload;
	size_t payload_size;
};

/* Returns descriptor and payload: the data of a SetVariable. Free it with g_byte_array_unref(). */
GByteArray *sign_update(const struct signing *how, const struct update *update);

/* Returns the SignedData (or ContentInfo) alone, over `content`. Free it with g_byte_array_unref(). */
GByteArray *sign_content(const struct signing *how, const void *content, size_t size);

#endif
