/* SPDX-License-Identifier: GPL-2.0-only */
/* Ends of ranges that no well-behaved caller or guest comes to. */
#include <glib.h>
#include <openssl/pkcs7.h>
#include <string.h>

#include "auth/pkcs7.h"
#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/lists.h"
#include "tests/support/play.h"

/* A list of SHA-256 hashes, all different. */
static void hashes(GByteArray *out, unsigned int first, unsigned int count)
{
	list_add_header(out, &list_sha256, (uint32_t)(LIST_HEADER_SIZE + count * (LIST_OWNER_SIZE + 32)), 0,
			LIST_OWNER_SIZE + 32);
	for (unsigned int i = first; i < first + count; i++) {
		uint8_t hash[32] = { (uint8_t)i, (uint8_t)(i >> 8) };

		list_add_entry(out, LIST_OWNER, hash, sizeof hash);
	}
}

static void nearly_all(GByteArray *out, unsigned int argument)
{
	(void)argument;
	hashes(out, 0, 1190);
}

static void too_many(GByteArray *out, unsigned int argument)
{
	(void)argument;
	hashes(out, 2000, 50);
}

static void known(GByteArray *out, unsigned int argument)
{
	(void)argument;
	hashes(out, 0, 50);
}

/* An append to signature lists may not make them larger than a variable may be. */
static void test_lists_too_large(void)
{
	struct guest *guest = guest_new();

	g_assert_true(guest_start(guest));
	DO(guest, SIGNED("db", A27, UNSIGNED, T(1), BUILD(nearly_all), S),
	   SIGNED("db", A27 | APPEND, UNSIGNED, T(2), BUILD(too_many), IP),
	   /* what is there already takes no room */
	   SIGNED("db", A27 | APPEND, UNSIGNED, T(3), BUILD(known), S));
	guest_free(guest);
}

/* A bundle has a bound, whatever it verifies to. */
static void test_certificates_too_many(void)
{
	const struct credentials *signer = identity_get(KEK1);
	STACK_OF(X509) *more = sk_X509_new_null();
	BIO *content = BIO_new_mem_buf("x", 1);
	uint8_t *bytes = NULL;
	struct der_bytes whole;
	struct pkcs7 *pkcs7;
	PKCS7 *made;
	int size;

	for (int who = PK1; who < PK1 + PKCS7_CERTIFICATES_MAX + 1; who++) {
		if (who != KEK1)
			sk_X509_push(more, identity_get((enum identity)who)->certificate);
	}
	for (int left = 0; left < 2; left++) {
		made = PKCS7_sign(signer->certificate, signer->key, more, content,
				  PKCS7_DETACHED | PKCS7_BINARY | PKCS7_NOATTR);
		g_assert_nonnull(made);
		size = i2d_PKCS7(made, &bytes);
		whole = (struct der_bytes){ bytes, (size_t)size };
		pkcs7 = pkcs7_read(&whole);
		g_assert_cmpint(pkcs7 != NULL, ==, left);
		pkcs7_free(pkcs7);
		PKCS7_free(made);
		OPENSSL_free(bytes);
		bytes = NULL;
		sk_X509_pop(more);
	}
	BIO_free(content);
	sk_X509_free(more);
}

/* A report of Secure Boot's failure where nobody is to be told of it. */
static void test_nobody_told(void)
{
	struct uefivars_policy policy;
	g_autofree uint8_t *page = g_malloc0(UEFIVARS_PAGE_SIZE);
	struct uefivars *uv;
	size_t size;

	uefivars_policy_default(&policy);
	uv = uefivars_create(&policy, NULL);
	g_assert_cmpint(uefivars_start(uv, UEFIVARS_FIRST_BOOT, NULL, NULL), ==, UEFIVARS_OK);
	page[0] = 1;
	page[4] = 4;
	g_assert_cmpint(uefivars_serve(uv, page, &size), ==, UEFIVARS_ANSWERED);
	check_status(get_le64(page), EFI_SUCCESS);
	/* Nothing is known of a request of which there is nothing. */
	g_assert_cmpuint(uefivars_request_size(page, 0), >, 0);
	uefivars_free(uv);
}

static void test_reasons(void)
{
	for (int reason = 0; reason < UEFIVARS_REASONS; reason++)
		g_assert_cmpuint(strlen(uefivars_reason_text((enum uefivars_reason)reason)), >, 0);
	g_assert_cmpstr(uefivars_reason_text(UEFIVARS_REASONS), ==, "unknown reason");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/edges/lists-too-large", test_lists_too_large);
	g_test_add_func("/edges/certificates-too-many", test_certificates_too_many);
	g_test_add_func("/edges/nobody-told", test_nobody_told);
	g_test_add_func("/edges/reasons", test_reasons);
	return g_test_run();
}
