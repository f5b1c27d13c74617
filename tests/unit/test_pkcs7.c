/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SignedData, certificates and keys with every byte changed and every end cut off. Whatever is made of them, a message
 * that nobody signed is never taken, no part lies outside of the bytes, and a certificate that was changed where it
 * is signed was not signed.
 */
#include <glib.h>
#include <string.h>

#include "auth/pkcs7.h"
#include "auth/public_key.h"
#include "tests/support/check.h"
#include "tests/support/identity.h"
#include "tests/support/sign.h"

static const char text[] = "what was signed";

static struct pkcs7_message message_of(const char *bytes)
{
	return (struct pkcs7_message){ .parts = { [2] = { (const uint8_t *)bytes, strlen(bytes) } } };
}

/* How many of the signers' signatures of the message fit; -1 where it is no SignedData. */
static int verified(const uint8_t *bytes, size_t size, const char *what)
{
	const struct der_bytes whole = { bytes, size };
	const struct pkcs7_message message = message_of(what);
	struct pkcs7 *pkcs7 = pkcs7_read(&whole);
	const struct der_certificate *signer;
	int count = 0;

	if (!pkcs7)
		return -1;
	for (size_t i = 0; i < pkcs7_signers(pkcs7); i++)
		count += pkcs7_verify(pkcs7, i, &message, &signer) == UEFIVARS_OK;
	pkcs7_free(pkcs7);
	return count;
}

/* Bytes that end where the memory does, so that a sanitizer sees who reads past them. */
static uint8_t *exactly(const uint8_t *bytes, size_t size)
{
	return check_copy(bytes, MAX(size, 1));
}

static const struct signing forms[] = {
	{ .signer = KEK1 },
	{ .signer = KEK1, .flags = SIGN_CONTENT_INFO },
	{ .signer = KEK1, .flags = SIGN_ATTRIBUTES, .digest = "SHA384" },
	{ .signer = EC256, .digest = "SHA512" },
	{ .signer = LEAF, .include = { INTERMEDIATE }, .second = KEK1 },
	{ .signer = KEK1, .flags = SIGN_CRL },
};

static void test_changed(gconstpointer data)
{
	const struct signing *form = data;
	g_autoptr(GByteArray) made = sign_content(form, text, sizeof text - 1);
	static const uint8_t changes[] = { 0x01, 0x20, 0x80 };
	unsigned int unread = 0, refused = 0, taken = 0;

	g_assert_cmpint(verified(made->data, made->len, text), >, 0);
	g_assert_cmpint(verified(made->data, made->len, "something else"), ==, 0);
	for (size_t i = 0; i < made->len; i++) {
		for (size_t c = 0; c < G_N_ELEMENTS(changes); c++) {
			g_autofree uint8_t *bytes = exactly(made->data, made->len);
			int count;

			/* Most of the bytes are the signature's and the keys': a third of the changes will do there. */
			if (i > 200 && (i + c) % 3)
				continue;
			bytes[i] ^= changes[c];
			g_assert_cmpint(verified(bytes, made->len, "something else"), <=, 0);
			count = verified(bytes, made->len, text);
			unread += count < 0;
			refused += count == 0;
			taken += count > 0;
		}
	}
	g_test_message("changed: %u not read, %u refused, %u taken", unread, refused, taken);
	g_assert_cmpuint(unread, >, 0);
	g_assert_cmpuint(refused, >, 0);
}

static void test_cut(gconstpointer data)
{
	const struct signing *form = data;
	g_autoptr(GByteArray) made = sign_content(form, text, sizeof text - 1);

	for (size_t size = 0; size < made->len; size++) {
		g_autofree uint8_t *bytes = exactly(made->data, size);

		g_assert_cmpint(verified(bytes, size, text), ==, -1);
	}
	/* A byte that is no padding may not follow. */
	g_byte_array_append(made, (const guint8 *)"\0\0", 2);
	g_assert_cmpint(verified(made->data, made->len, text), >, 0);
	g_byte_array_append(made, (const guint8 *)"\1", 1);
	g_assert_cmpint(verified(made->data, made->len, text), ==, -1);
}

static void check_inside(const struct der_bytes *part, const uint8_t *bytes, size_t size)
{
	g_assert_true(part->data >= bytes && part->data + part->size <= bytes + size);
}

/* The certificate of LEAF, which INTERMEDIATE signed. */
static void test_certificate(void)
{
	const struct credentials *leaf = identity_get(LEAF), *issuer = identity_get(INTERMEDIATE);
	struct der_certificate whole, issuing;
	unsigned int read = 0, signed_count = 0;
	EVP_PKEY *key;

	g_assert_true(der_certificate(issuer->der, issuer->der_size, &issuing));
	key = public_key_read(&issuing.public_key);
	g_assert_true(der_certificate(leaf->der, leaf->der_size, &whole));
	g_assert_true(public_key_signed(key, &whole));
	for (size_t size = 0; size < leaf->der_size; size++) {
		g_autofree uint8_t *bytes = exactly(leaf->der, size);

		g_assert_false(der_certificate(bytes, size, &whole));
	}
	for (size_t i = 0; i < leaf->der_size; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			g_autofree uint8_t *bytes = exactly(leaf->der, leaf->der_size);
			struct der_certificate found;

			bytes[i] ^= (uint8_t)(1 << bit);
			if (!der_certificate(bytes, leaf->der_size, &found))
				continue;
			read++;
			check_inside(&found.tbs, bytes, leaf->der_size);
			check_inside(&found.serial, bytes, leaf->der_size);
			check_inside(&found.issuer, bytes, leaf->der_size);
			check_inside(&found.subject, bytes, leaf->der_size);
			check_inside(&found.public_key, bytes, leaf->der_size);
			check_inside(&found.signature, bytes, leaf->der_size);
			signed_count += public_key_signed(key, &found);
		}
	}
	EVP_PKEY_free(key);
	g_test_message("%u changed certificates have the form of one", read);
	g_assert_cmpuint(read, >, 100);
	g_assert_cmpuint(signed_count, ==, 0);
}

static void test_key(void)
{
	static const enum identity keys[] = { KEK1, EC256 };

	for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
		const struct credentials *who = identity_get(keys[k]);
		struct der_certificate certificate;
		unsigned int other = 0;
		EVP_PKEY *key;

		g_assert_true(der_certificate(who->der, who->der_size, &certificate));
		key = public_key_read(&certificate.public_key);
		g_assert_nonnull(key);
		EVP_PKEY_free(key);
		for (size_t i = 0; i < MIN(certificate.public_key.size, 40); i++) {
			g_autofree uint8_t *bytes = exactly(certificate.public_key.data, certificate.public_key.size);
			struct der_bytes info = { bytes, certificate.public_key.size };

			for (unsigned int bit = 0; bit < 8; bit++) {
				bytes[i] ^= (uint8_t)(1 << bit);
				key = public_key_read(&info);
				other += key != NULL;
				EVP_PKEY_free(key);
				bytes[i] ^= (uint8_t)(1 << bit);
			}
			info.size = i;
			g_assert_null(public_key_read(&info));
		}
		g_test_message("%u changed keys are keys", other);
	}
}

/* Keys of kinds that are not taken, and one that did not sign. */
static void test_kinds(void)
{
	EVP_PKEY *ed = identity_make_key(EVP_PKEY_ED25519, 0), *key;
	uint8_t *bytes = NULL;
	int size = i2d_PUBKEY(ed, &bytes);
	struct der_bytes info = { bytes, (size_t)size };
	struct der_certificate certificate;
	const struct credentials *odd[] = { identity_get(SHA1_CERTIFICATE), identity_get(EC384), identity_get(KEK1) };

	g_assert_cmpint(size, >, 0);
	g_assert_null(public_key_read(&info));
	EVP_PKEY_free(ed);
	OPENSSL_free(bytes);
	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_assert_true(der_certificate(odd[i]->der, odd[i]->der_size, &certificate));
		key = public_key_read(&certificate.public_key);
		g_assert_true(public_key_signed(key, &certificate));
		EVP_PKEY_free(key);
		/* An RSA key for an EC signature, and the other way round. */
		g_assert_false(public_key_signed(identity_get(i == 1 ? KEK2 : EC256)->key, &certificate));
	}
}

/* A certificate of KEK1, signed with each digest; MD5 is not taken. */
static void test_digests(void)
{
	static const struct {
		const char *name;
		bool taken;
	} digests[] = { { "MD5", false },   { "SHA1", true },   { "SHA224", true },
			{ "SHA256", true }, { "SHA384", true }, { "SHA512", true } };
	const struct credentials *who = identity_get(KEK1);

	for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
		X509 *copy = X509_dup(who->certificate);
		struct der_certificate certificate;
		uint8_t *bytes = NULL;
		int size;

		g_assert_cmpint(X509_sign(copy, who->key, EVP_get_digestbyname(digests[i].name)), >, 0);
		size = i2d_X509(copy, &bytes);
		g_assert_true(der_certificate(bytes, (size_t)size, &certificate));
		g_assert_cmpint(public_key_signed(who->key, &certificate), ==, digests[i].taken);
		OPENSSL_free(bytes);
		X509_free(copy);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *changed = g_strdup_printf("/pkcs7/changed/%zu", i);
		g_autofree char *cut = g_strdup_printf("/pkcs7/cut/%zu", i);

		g_test_add_data_func(changed, &forms[i], test_changed);
		g_test_add_data_func(cut, &forms[i], test_cut);
	}
	g_test_add_func("/pkcs7/certificate", test_certificate);
	g_test_add_func("/pkcs7/key", test_key);
	g_test_add_func("/pkcs7/kinds", test_kinds);
	g_test_add_func("/pkcs7/digests", test_digests);
	return g_test_run();
}
