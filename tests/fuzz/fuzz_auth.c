/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI_VARIABLE_AUTHENTICATION_2 and the PKCS#7 in it. The input is trusted signature lists, as long as its first two
 * bytes say, and the data of a write to the private variable "auth"; what the library takes for a valid signature,
 * OpenSSL's CMS functions must take for one, too.
 */
#include <string.h>

#include "auth/descriptor.h"
#include "auth/signer.h"
#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/signature_list.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/oracle.h"
#include "tests/support/names.h"

#define ATTRIBUTES (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)

static void check_signer(const struct pkcs7 *pkcs7, const struct der_certificate *signer, const struct der_bytes *lists,
			 const struct oracle_write *write)
{
	const struct oracle_trust listed = { .lists = lists->data, .size = lists->size };
	const struct oracle_trust under = { .lists = lists->data, .size = lists->size, .chains = true };
	uint8_t owner[SIGNER_DIGEST_SIZE];

	if (!oracle_signed(write, NULL, 0, NULL))
		fuzz_broken("a signature that OpenSSL finds bad");
	if (signer_is_listed(signer, lists) && !oracle_signed(write, &listed, 1, NULL))
		fuzz_broken("a signer who is not in the lists");
	if (signer_is_under(pkcs7, signer, lists) && !oracle_signed(write, &under, 1, NULL))
		fuzz_broken("a signer who is not under the lists");
	if (signer_owner(pkcs7, signer, owner) && !signer_is_owner(pkcs7, signer, owner))
		fuzz_broken("an owner who is not his own");
}

static void check_signature(const struct auth_descriptor *descriptor, const struct der_bytes *lists,
			    const struct oracle_write *write)
{
	struct pkcs7 *pkcs7 = pkcs7_read(&descriptor->signature);
	const struct der_certificate *certificates;
	uint8_t attributes[4];
	struct pkcs7_message message = { {
		{ write->name, write->name_size },
		{ write->guid.bytes, sizeof write->guid.bytes },
		{ attributes, sizeof attributes },
		{ descriptor->time.bytes, sizeof descriptor->time.bytes },
		descriptor->payload,
	} };

	if (!pkcs7)
		return;
	put_le32(attributes, write->attributes);
	if (pkcs7_certificates(pkcs7, &certificates) > PKCS7_CERTIFICATES_MAX ||
	    pkcs7_signers(pkcs7) > PKCS7_SIGNERS_MAX)
		fuzz_broken("more certificates or signers than there may be");
	for (size_t i = 0; i < pkcs7_signers(pkcs7); i++) {
		const struct der_certificate *signer;

		if (pkcs7_verify(pkcs7, i, &message, &signer) == UEFIVARS_OK)
			check_signer(pkcs7, signer, lists, write);
	}
	pkcs7_free(pkcs7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oracle_write write = { .attributes = ATTRIBUTES };
	struct auth_descriptor descriptor;
	static struct test_name name;
	struct der_bytes lists;
	uint8_t *trusted, *update;

	if (size < 2)
		return 0;
	lists.size = MIN(get_le16(data), size - 2);
	trusted = fuzz_exact(data + 2, lists.size);
	lists.data = trusted;
	write.data_size = size - 2 - lists.size;
	update = fuzz_exact(data + 2 + lists.size, write.data_size);
	write.data = update;
	test_name_parse("auth", &name);
	write.name = name.bytes;
	write.name_size = name.size;
	write.guid = name.guid;
	if (descriptor_read(write.data, write.data_size, &descriptor)) {
		if (descriptor.signature.size + descriptor.payload.size + DESCRIPTOR_SIZE != write.data_size)
			fuzz_broken("a descriptor that is not all of the data");
		if (siglist_check(lists.data, lists.size, NULL))
			check_signature(&descriptor, &lists, &write);
	}
	g_free(trusted);
	g_free(update);
	return 0;
}
