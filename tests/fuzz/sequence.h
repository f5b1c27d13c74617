/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The input of the stateful targets: one byte of host policy, then steps, each a byte that says what happens, a u16
 * size (little-endian) and as many bytes. A last step that is cut has what bytes there are.
 */
#ifndef TESTS_FUZZ_SEQUENCE_H
#define TESTS_FUZZ_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uefivars.h"

/* Bits of the policy byte. */
enum {
	SEQUENCE_SECURE_BOOT = 0x01,
	SEQUENCE_NOT_ENFORCED = 0x02,
	SEQUENCE_NOT_DEPLOYED = 0x04,
	SEQUENCE_SIGNED_PK = 0x08,
	SEQUENCE_TPM = 0x10,
	SEQUENCE_KEYS = 0x20, /* the host's key files are there at the first boot */
};

enum sequence_kind {
	SEQUENCE_REQUEST, /* the bytes are the request */
	SEQUENCE_REBOOT,
	SEQUENCE_RESUME,
	SEQUENCE_PORT,    /* u16 port, u8 width, u32 value: written, then read */
	SEQUENCE_BACKEND, /* u8: what the backend answers from now on (enum sequence_backend) */
	SEQUENCE_SIGNED,  /* a SetVariable that is signed here: sequence_request() says how */
	SEQUENCE_FILL,    /* a SetVariable of much data: u8 name, u8 attributes, u16 size, u8 fill */
	SEQUENCE_KINDS,
};

enum sequence_backend { BACKEND_DONE, BACKEND_FAILS, BACKEND_LATER, BACKEND_FAILS_LATER, BACKENDS };

struct sequence_step {
	enum sequence_kind kind;
	const uint8_t *bytes;
	size_t size;
};

/* Takes the policy from the front of the input. */
void sequence_policy(const uint8_t **data, size_t *size, struct uefivars_policy *policy, bool *keys);

/* Takes the next step from the front of the input; returns false at its end. */
bool sequence_next(const uint8_t **data, size_t *size, struct sequence_step *step);

/*
 * Lays the request of a step (REQUEST, SIGNED or FILL) into a page. SIGNED: u8 name (of sequence_names), u8 who and
 * what (bits 0-1: EC256, EC384, nobody, a spoiled EC256; bits 2-3: the payload is the bytes, EC256's or EC384's
 * certificate list, or hashes; bit 4: APPEND; bit 5: inside ContentInfo; bit 6: at runtime; bit 7: by the host's PK and
 * KEK instead of the two), u8 attributes, u8 day of the timestamp, payload. Returns how many bytes the request has.
 */
size_t sequence_request(const struct sequence_step *step, uint8_t page[UEFIVARS_PAGE_SIZE]);

/* Names that SIGNED and FILL choose from, as tests/support/names.h reads them. */
extern const char *const sequence_names[];
extern const size_t sequence_names_count;

#endif
