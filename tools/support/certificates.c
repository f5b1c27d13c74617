/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/certificates.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "efi/signature_list.h"
#include "tools/support/file.h"
#include "tools/support/report.h"

#define DER_SEQUENCE 0x30

/* Parses one certificate that fills `size` bytes; NULL where they are anything else. */
static X509 *parse_der(const uint8_t *der, size_t size)
{
	const uint8_t *end = der;
	X509 *certificate = d2i_X509(NULL, &end, (long)size);

	if (certificate && end != der + size) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

/* Appends a DER certificate as it is; false where it is none. */
static bool collect_der(const uint8_t *der, size_t size, struct buffer *ders)
{
	X509 *certificate = parse_der(der, size);

	if (!certificate)
		return false;
	X509_free(certificate);
	buffer_append(ders, der, size);
	return true;
}

/* Appends the DER of each CERTIFICATE block. Returns false where one of them is malformed; none at all is no error. */
static bool collect_pem(BIO *bio, struct buffer *ders)
{
	unsigned char *der;
	long size;
	bool ok = true;

	while (ok && PEM_bytes_read_bio(&der, &size, NULL, PEM_STRING_X509, bio, NULL, NULL)) {
		ok = collect_der(der, (size_t)size, ders);
		OPENSSL_free(der);
	}
	return ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

/*
 * Appends all certificates of a file's content as DER, one after the other: each is self-delimiting. Returns false,
 * reported, where there is none or one is malformed; `expected` names what the file should have been.
 */
static bool collect(const char *path, const struct buffer *content, const char *expected, struct buffer *ders)
{
	bool ok;

	if (content->size && content->data[0] == DER_SEQUENCE) {
		ok = collect_der(content->data, content->size, ders);
	} else {
		BIO *bio = BIO_new_mem_buf(content->data ? content->data : (const void *)"", (int)content->size);

		ok = bio && collect_pem(bio, ders);
		BIO_free(bio);
	}
	if (!ok)
		report("%s: malformed certificate", path);
	else if (ders->size == 0)
		report("%s: %s expected", path, expected);
	ERR_clear_error();
	return ok && ders->size;
}

STACK_OF(X509) * certificates_read(const char *path)
{
	STACK_OF(X509) *certificates = sk_X509_new_null();
	struct buffer content = { 0 }, ders = { 0 };
	bool ok = certificates && file_read(path, &content) &&
		  collect(path, &content, "PEM or DER certificates", &ders);
	const uint8_t *at = ders.data;

	while (ok && at < ders.data + ders.size) {
		X509 *certificate = d2i_X509(NULL, &at, (long)(ders.data + ders.size - at));

		ok = certificate && sk_X509_push(certificates, certificate);
	}
	buffer_free(&ders);
	buffer_free(&content);
	if (ok)
		return certificates;
	sk_X509_pop_free(certificates, X509_free);
	return NULL;
}

/* Appends an EFI_CERT_X509 list with one certificate. */
static void append_list(struct buffer *lists, const struct efi_guid *owner, const uint8_t *der, size_t size)
{
	uint8_t header[SIGLIST_HEADER_SIZE];

	siglist_put_header(header, &guid_cert_x509, SIGLIST_OWNER_SIZE + size, 1);
	buffer_append(lists, header, sizeof header);
	buffer_append(lists, owner->bytes, sizeof owner->bytes);
	buffer_append(lists, der, size);
}

bool signature_lists_parse(const char *source, const struct buffer *content, const struct efi_guid *owner,
			   struct buffer *lists)
{
	struct buffer ders = { 0 };
	bool ok = true;

	if (content->size && siglist_check(content->data, content->size, NULL)) {
		buffer_append(lists, content->data, content->size);
	} else {
		ok = collect(source, content, "PEM or DER certificates or well-formed EFI signature lists", &ders);
		for (const uint8_t *at = ders.data, *end = ders.data + ders.size; ok && at < end;) {
			const uint8_t *der = at;

			X509_free(d2i_X509(NULL, &at, (long)(end - at)));
			append_list(lists, owner, der, (size_t)(at - der));
		}
	}
	buffer_free(&ders);
	return ok;
}

bool signature_lists_read(const char *path, const struct efi_guid *owner, struct buffer *lists)
{
	struct buffer content = { 0 };
	bool ok = file_read(path, &content) && signature_lists_parse(path, &content, owner, lists);

	buffer_free(&content);
	return ok;
}
