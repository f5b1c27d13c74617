/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/signing.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>

#include "efi/bytes.h"
#include "efi/guid.h"
#include "tools/support/certificates.h"
#include "tools/support/file.h"
#include "tools/support/report.h"

#define DER_SEQUENCE 0x30
#define WIN_CERTIFICATE_SIZE 8 /* dwLength, wRevision, wCertificateType */
#define WIN_CERTIFICATE_REVISION 0x0200
#define WIN_CERT_TYPE_EFI_GUID 0x0ef1

static EVP_PKEY *parse_key(const struct buffer *content)
{
	const uint8_t *der = content->data;
	BIO *bio;
	EVP_PKEY *key;

	if (content->size == 0)
		return NULL;
	if (der[0] == DER_SEQUENCE)
		return d2i_AutoPrivateKey(NULL, &der, (long)content->size);
	bio = BIO_new_mem_buf(content->data, (int)content->size);
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return key;
}

static EVP_PKEY *read_key(const char *path)
{
	struct buffer content = { 0 };
	EVP_PKEY *key;

	if (!file_read(path, &content))
		return NULL;
	key = parse_key(&content);
	if (content.size)
		OPENSSL_cleanse(content.data, content.size);
	buffer_free(&content);
	if (!key) {
		report_openssl("%s: no private key can be read from it", path);
	} else if (EVP_PKEY_base_id(key) != EVP_PKEY_RSA && EVP_PKEY_base_id(key) != EVP_PKEY_EC) {
		report("%s: an RSA or EC key is expected", path);
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}

bool signer_read(struct signer *signer, const char *key_path, const char *certificate_path)
{
	struct signer read = { .key = read_key(key_path) };

	if (read.key)
		read.certificates = certificates_read(certificate_path);
	if (read.certificates) {
		if (X509_check_private_key(sk_X509_value(read.certificates, 0), read.key)) {
			*signer = read;
			return true;
		}
		report("%s: not the certificate of the key in %s", certificate_path, key_path);
		ERR_clear_error();
	}
	signer_free(&read);
	return false;
}

void signer_free(struct signer *signer)
{
	EVP_PKEY_free(signer->key);
	sk_X509_pop_free(signer->certificates, X509_free);
	memset(signer, 0, sizeof *signer);
}

/* Appends what the signature covers. */
static void put_signed_bytes(struct buffer *out, const struct variable_name *name, uint32_t attributes,
			     const struct efi_time *time, const struct buffer *payload)
{
	uint8_t bits[4];

	put_le32(bits, attributes);
	buffer_append(out, name->name, name->size);
	buffer_append(out, name->guid.bytes, sizeof name->guid.bytes);
	buffer_append(out, bits, sizeof bits);
	buffer_append(out, time->bytes, sizeof time->bytes);
	buffer_append(out, payload->data, payload->size);
}

/* Signs detached, with SHA-256 and without signed attributes; the signer's certificates are included. */
static PKCS7 *sign(const struct signer *signer, const struct buffer *content)
{
	const int flags = PKCS7_DETACHED | PKCS7_BINARY | PKCS7_NOATTR | PKCS7_PARTIAL;
	BIO *bio = BIO_new_mem_buf(content->data, (int)content->size);
	PKCS7 *pkcs7 = PKCS7_sign(NULL, NULL, NULL, NULL, flags);
	bool ok =
		bio && pkcs7 &&
		PKCS7_sign_add_signer(pkcs7, sk_X509_value(signer->certificates, 0), signer->key, EVP_sha256(), flags);

	for (int i = 1; ok && i < sk_X509_num(signer->certificates); i++)
		ok = PKCS7_add_certificate(pkcs7, sk_X509_value(signer->certificates, i));
	ok = ok && PKCS7_final(pkcs7, bio, flags);
	BIO_free(bio);
	if (ok)
		return pkcs7;
	PKCS7_free(pkcs7);
	return NULL;
}

/* Appends the SignedData without the ContentInfo around it, as the specification wants it. */
static bool put_signature(struct buffer *out, const struct signer *signer, const struct buffer *content)
{
	PKCS7 *pkcs7 = sign(signer, content);
	uint8_t *der = NULL;
	int size = pkcs7 ? i2d_PKCS7_SIGNED(pkcs7->d.sign, &der) : -1;

	if (size > 0)
		buffer_append(out, der, (size_t)size);
	else
		report_openssl("the update cannot be signed");
	OPENSSL_free(der);
	PKCS7_free(pkcs7);
	return size > 0;
}

static void put_descriptor(struct buffer *out, const struct efi_time *time, size_t signature_size)
{
	uint8_t header[WIN_CERTIFICATE_SIZE];

	put_le32(header, (uint32_t)(sizeof header + sizeof guid_cert_pkcs7.bytes + signature_size));
	put_le16(header + 4, WIN_CERTIFICATE_REVISION);
	put_le16(header + 6, WIN_CERT_TYPE_EFI_GUID);
	buffer_append(out, time->bytes, sizeof time->bytes);
	buffer_append(out, header, sizeof header);
	buffer_append(out, guid_cert_pkcs7.bytes, sizeof guid_cert_pkcs7.bytes);
}

bool signing_make_update(struct buffer *out, const struct variable_name *name, uint32_t attributes,
			 const struct efi_time *time, const struct buffer *payload, const struct signer *signer)
{
	struct buffer content = { 0 }, signature = { 0 };
	bool ok = true;

	put_signed_bytes(&content, name, attributes, time, payload);
	if (signer)
		ok = put_signature(&signature, signer, &content);
	if (ok) {
		put_descriptor(out, time, signature.size);
		buffer_append(out, signature.data, signature.size);
		buffer_append(out, payload->data, payload->size);
	}
	buffer_free(&signature);
	buffer_free(&content);
	return ok;
}
