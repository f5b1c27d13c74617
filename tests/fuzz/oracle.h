/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on signatures, by OpenSSL's CMS functions and nothing of the library's: may this write have changed
 * that variable? It is laxer than the rules in what a chain of certificates may be, and knows no times.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"

struct oracle_write {
	const uint8_t *name;
	size_t name_size;
	struct efi_guid guid;
	const uint8_t *data; /* descriptor and payload */
	size_t data_size;
	uint32_t attributes;
};

/* The certificates of signature lists may sign: themselves, or also through certificates that came with the write. */
struct oracle_trust {
	const uint8_t *lists;
	size_t size;
	bool chains;
};

/*
 * Does the write carry a valid signature of somebody whom one of these trusts? With no trust at all, of anybody;
 * `owner` (may be NULL) is then what he must hash to where his certificate is the only one: SHA-256 of common name and
 * tbsCertificate.
 */
bool oracle_signed(const struct oracle_write *write, const struct oracle_trust *trusts, size_t count,
		   const uint8_t *owner);

#endif
