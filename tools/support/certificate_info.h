/* SPDX-License-Identifier: GPL-2.0-only */
/* What people want to know of a certificate, and which of Microsoft's it is. */
#ifndef TOOLS_CERTIFICATE_INFO_H
#define TOOLS_CERTIFICATE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_SHA256_SIZE 32
#define CERTIFICATE_DATE_SIZE 11 /* YYYY-MM-DD and a NUL */

/* Certificates of Microsoft's that matter to Secure Boot. */
enum known_certificate {
	KNOWN_NONE,
	KNOWN_KEK_2011,
	KNOWN_KEK_2023,
	KNOWN_WINDOWS_2011,
	KNOWN_WINDOWS_2023,
	KNOWN_UEFI_2011,
	KNOWN_UEFI_2023,
	KNOWN_OPTION_ROM_2023,
	KNOWN_DEVICES_PK, /* the platform key for which Microsoft itself signs updates of KEK */
	KNOWN_CERTIFICATES,
};

struct certificate_info {
	char *subject; /* in one line, of printable ASCII; what cannot be read says so */
	char *name;    /* the common name, as far as it is printable; else the subject */
	char not_before[CERTIFICATE_DATE_SIZE], not_after[CERTIFICATE_DATE_SIZE]; /* UTC; "" where it cannot be read */
	int first_year;                          /* of not_before; 0 where it cannot be read */
	bool expired;                            /* now. (To firmware and daemon that is of no consequence.) */
	enum known_certificate known;            /* by its bytes */
	uint8_t sha256[CERTIFICATE_SHA256_SIZE]; /* of its bytes */
};

/* Describes one DER certificate of exactly so many bytes, which may be anything. Clear the info in any case. */
void certificate_info_read(struct certificate_info *info, const uint8_t *der, size_t size);
void certificate_info_clear(struct certificate_info *info);

/* Its common name. */
const char *known_certificate_name(enum known_certificate known);

#endif
