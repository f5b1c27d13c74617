/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/show.h"

#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "efi/signature_list.h"

#define HEX_COLUMNS 16

static int printable(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f ? byte : '.';
}

void show_hex(const uint8_t *data, size_t size)
{
	for (size_t row = 0; row < size; row += HEX_COLUMNS) {
		size_t end = row + HEX_COLUMNS < size ? row + HEX_COLUMNS : size;

		printf("%08zx ", row);
		for (size_t i = row; i < row + HEX_COLUMNS; i++)
			i < end ? printf(" %02x", data[i]) : printf("   ");
		printf("  |");
		for (size_t i = row; i < end; i++)
			putchar(printable(data[i]));
		printf("|\n");
	}
}

/* Prints the subject in one line, with everything that is not printable ASCII escaped. */
static void show_certificate(const struct siglist_walk *entry)
{
	const uint8_t *der = entry->data;
	X509 *certificate = d2i_X509(NULL, &der, (long)entry->data_size);
	BIO *bio = BIO_new(BIO_s_mem());
	struct efi_guid owner;
	char guid[GUID_TEXT_SIZE];
	char *text = NULL;
	long length = 0;

	memcpy(owner.bytes, entry->entry, sizeof owner.bytes);
	guid_format(&owner, guid);
	if (certificate && bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE) >= 0)
		length = BIO_get_mem_data(bio, &text);
	if (length > 0)
		printf("    owner %s: %.*s\n", guid, (int)length, text);
	else
		printf("    owner %s: certificate without a readable subject\n", guid);
	BIO_free(bio);
	X509_free(certificate);
	ERR_clear_error();
}

/* Prints the entries from `walk` on that are of one type; returns whether another one follows, on which `walk` then
 * stands. */
static bool show_run(struct siglist_walk *walk)
{
	const struct efi_guid type = walk->type;
	const struct siglist_type *known = siglist_find_type(&type);
	struct siglist_walk counter = *walk;
	size_t count = 0;
	bool more;

	do
		count++;
	while (siglist_next(&counter) && guid_equal(&counter.type, &type));
	printf("  %s: %zu %s\n", known ? known->name : "unknown", count, count == 1 ? "entry" : "entries");
	do {
		if (guid_equal(&type, &guid_cert_x509))
			show_certificate(walk);
		more = siglist_next(walk);
	} while (more && guid_equal(&walk->type, &type));
	return more;
}

void show_signature_lists(const uint8_t *data, size_t size)
{
	struct siglist_walk walk;
	bool more;

	siglist_begin(&walk, data, size);
	for (more = siglist_next(&walk); more;)
		more = show_run(&walk);
}
