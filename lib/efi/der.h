/* SPDX-License-Identifier: GPL-2.0-only */
/* The outer form of an X.509 certificate in DER: where its parts stand. What the parts say is OpenSSL's business
 * (auth/). */
#ifndef EFI_DER_H
#define EFI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct der_bytes {
	const uint8_t *data;
	size_t size;
};

/* Parts of a certificate, each but the signature with its DER header, pointing into the certificate's bytes. */
struct der_certificate {
	struct der_bytes whole; /* without padding that followed */
	struct der_bytes tbs;   /* tbsCertificate */
	struct der_bytes serial;
	struct der_bytes issuer;
	struct der_bytes subject;
	struct der_bytes public_key;       /* SubjectPublicKeyInfo */
	struct der_bytes stated_algorithm; /* AlgorithmIdentifier of the signature as tbsCertificate has it */
	struct der_bytes algorithm;        /* and as stands beside the signature */
	struct der_bytes signature;        /* contents of the BIT STRING, without the number of unused bits */
};

/*
 * Finds the parts of the certificate at the start of `data`. Returns false where it is not one certificate by its outer
 * form: definite lengths, each part of its type and inside its parent, nothing but zero padding behind it.
 */
bool der_certificate(const uint8_t *data, size_t size, struct der_certificate *certificate);

/*
 * Takes the element with this tag from the front of *rest: its bytes (header included) go to *element, its contents to
 * *content; either may be NULL. Returns false, *rest untouched, where another element stands there or its length runs
 * past the end.
 */
bool der_take(struct der_bytes *rest, uint8_t tag, struct der_bytes *element, struct der_bytes *content);

static inline bool der_equal(const struct der_bytes *a, const struct der_bytes *b)
{
	return a->size == b->size && __builtin_memcmp(a->data, b->data, a->size) == 0;
}

#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_NULL 0x05
#define DER_OBJECT_IDENTIFIER 0x06
#define DER_SEQUENCE 0x30
#define DER_CONTEXT_0 0xa0

#endif
