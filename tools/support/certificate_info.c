/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/certificate_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "tools/support/report.h"

/* By SHA-256 of the certificates that Microsoft publishes: names can be had by anybody. */
static const struct {
	const char *name;
	uint8_t sha256[CERTIFICATE_SHA256_SIZE];
} known_certificates[KNOWN_CERTIFICATES] = {
	// clang-format off
	[KNOWN_NONE] = { "unknown", { 0 } },
	[KNOWN_KEK_2011] = { "Microsoft Corporation KEK CA 2011", {
		0xa1, 0x11, 0x7f, 0x51, 0x6a, 0x32, 0xce, 0xfc, 0xba, 0x3f, 0x2d, 0x1a, 0xce, 0x10, 0xa8, 0x79,
		0x72, 0xfd, 0x6b, 0xbe, 0x8f, 0xe0, 0xd0, 0xb9, 0x96, 0xe0, 0x9e, 0x65, 0xd8, 0x02, 0xa5, 0x03 } },
	[KNOWN_KEK_2023] = { "Microsoft Corporation KEK 2K CA 2023", {
		0x3c, 0xd3, 0xf0, 0x30, 0x9e, 0xda, 0xe2, 0x28, 0x76, 0x7a, 0x97, 0x6d, 0xd4, 0x0d, 0x9f, 0x4a,
		0xff, 0xc4, 0xfb, 0xd5, 0x21, 0x8f, 0x2e, 0x8c, 0xc3, 0xc9, 0xdd, 0x97, 0xe8, 0xac, 0x6f, 0x9d } },
	[KNOWN_WINDOWS_2011] = { "Microsoft Windows Production PCA 2011", {
		0xe8, 0xe9, 0x5f, 0x07, 0x33, 0xa5, 0x5e, 0x8b, 0xad, 0x7b, 0xe0, 0xa1, 0x41, 0x3e, 0xe2, 0x3c,
		0x51, 0xfc, 0xea, 0x64, 0xb3, 0xc8, 0xfa, 0x6a, 0x78, 0x69, 0x35, 0xfd, 0xdc, 0xc7, 0x19, 0x61 } },
	[KNOWN_WINDOWS_2023] = { "Windows UEFI CA 2023", {
		0x07, 0x6f, 0x1f, 0xea, 0x90, 0xac, 0x29, 0x15, 0x5e, 0xbf, 0x77, 0xc1, 0x76, 0x82, 0xf7, 0x5f,
		0x1f, 0xdd, 0x1b, 0xe1, 0x96, 0xda, 0x30, 0x2d, 0xc8, 0x46, 0x1e, 0x35, 0x0a, 0x9a, 0xe3, 0x30 } },
	[KNOWN_UEFI_2011] = { "Microsoft Corporation UEFI CA 2011", {
		0x48, 0xe9, 0x9b, 0x99, 0x1f, 0x57, 0xfc, 0x52, 0xf7, 0x61, 0x49, 0x59, 0x9b, 0xff, 0x0a, 0x58,
		0xc4, 0x71, 0x54, 0x22, 0x9b, 0x9f, 0x8d, 0x60, 0x3a, 0xc4, 0x0d, 0x35, 0x00, 0x24, 0x85, 0x07 } },
	[KNOWN_UEFI_2023] = { "Microsoft UEFI CA 2023", {
		0xf6, 0x12, 0x4e, 0x34, 0x12, 0x5b, 0xee, 0x3f, 0xe6, 0xd7, 0x9a, 0x57, 0x4e, 0xaa, 0x7b, 0x91,
		0xc0, 0xe7, 0xbd, 0x9d, 0x92, 0x9c, 0x1a, 0x32, 0x11, 0x78, 0xef, 0xd6, 0x11, 0xda, 0xd9, 0x01 } },
	[KNOWN_OPTION_ROM_2023] = { "Microsoft Option ROM UEFI CA 2023", {
		0xe5, 0xbe, 0x3e, 0x64, 0xc6, 0xe6, 0x6a, 0x28, 0x14, 0x57, 0xec, 0xde, 0xce, 0x0d, 0x6d, 0x07,
		0x87, 0x57, 0x7a, 0xad, 0x2a, 0x3a, 0x01, 0x44, 0x26, 0x2c, 0x10, 0xc1, 0x4b, 0xa8, 0xd8, 0xf1 } },
	[KNOWN_DEVICES_PK] = { "Windows OEM Devices PK", {
		0x2f, 0x56, 0x9e, 0x8e, 0xda, 0xf9, 0x65, 0x7d, 0xc4, 0x95, 0x1c, 0x29, 0x59, 0x87, 0x25, 0x25,
		0x5c, 0x7f, 0x82, 0x14, 0x72, 0xdb, 0x71, 0x37, 0x42, 0x11, 0xfe, 0x44, 0xd0, 0x82, 0x54, 0x6f } },
	// clang-format on
};

const char *known_certificate_name(enum known_certificate known)
{
	return known_certificates[known].name;
}

static enum known_certificate find_known(const uint8_t sha256[CERTIFICATE_SHA256_SIZE])
{
	for (int i = KNOWN_NONE + 1; i < KNOWN_CERTIFICATES; i++) {
		if (memcmp(known_certificates[i].sha256, sha256, CERTIFICATE_SHA256_SIZE) == 0)
			return (enum known_certificate)i;
	}
	return KNOWN_NONE;
}

static char *copy(const char *text, size_t size)
{
	char *result = strndup(text, size);

	if (!result) {
		report("out of memory");
		exit(EXIT_RUNTIME);
	}
	return result;
}

/* What the BIO has, as a text of its own; frees the BIO. */
static char *take_text(BIO *bio)
{
	char *text = NULL;
	long size = BIO_get_mem_data(bio, &text);
	char *result = copy(text && size > 0 ? text : "", size > 0 ? (size_t)size : 0);

	BIO_free(bio);
	return result;
}

/* OpenSSL escapes what is not printable ASCII. */
static char *read_subject(const X509_NAME *subject)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (!bio)
		return copy("", 0);
	X509_NAME_print_ex(bio, subject, 0, XN_FLAG_ONELINE);
	return take_text(bio);
}

static char *read_name(X509_NAME *subject, const char *otherwise)
{
	const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const ASN1_STRING *name = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	BIO *bio = name ? BIO_new(BIO_s_mem()) : NULL;

	if (!bio)
		return copy(otherwise, strlen(otherwise));
	ASN1_STRING_print_ex(bio, name, ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_UTF8_CONVERT);
	return take_text(bio);
}

/* Returns the year, or 0. */
static int read_date(const ASN1_TIME *time, char out[CERTIFICATE_DATE_SIZE])
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm) || strftime(out, CERTIFICATE_DATE_SIZE, "%Y-%m-%d", &tm) == 0) {
		out[0] = '\0';
		return 0;
	}
	return tm.tm_year + 1900;
}

static void describe(struct certificate_info *info, const X509 *certificate)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	const ASN1_TIME *end = X509_get0_notAfter(certificate);

	info->subject = read_subject(subject);
	info->name = read_name(subject, info->subject);
	info->first_year = read_date(X509_get0_notBefore(certificate), info->not_before);
	info->expired = read_date(end, info->not_after) && X509_cmp_time(end, NULL) < 0;
}

void certificate_info_read(struct certificate_info *info, const uint8_t *der, size_t size)
{
	static const char unreadable[] = "(a certificate that cannot be read)";
	const uint8_t *end = der;
	X509 *certificate = d2i_X509(NULL, &end, (long)size);

	memset(info, 0, sizeof *info);
	SHA256(der, size, info->sha256);
	info->known = find_known(info->sha256);
	if (certificate) {
		describe(info, certificate);
	} else {
		info->subject = copy(unreadable, sizeof unreadable - 1);
		info->name = copy(unreadable, sizeof unreadable - 1);
	}
	X509_free(certificate);
	ERR_clear_error();
}

void certificate_info_clear(struct certificate_info *info)
{
	free(info->subject);
	free(info->name);
	memset(info, 0, sizeof *info);
}
