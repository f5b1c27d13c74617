/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The language of the conformance tests: a case is a path that names an ID of the behaviour reference and a list of
 * steps that read like it. Each step is played against a fresh machine; the first that turns out otherwise than told
 * fails the case.
 *
 * Beside what a step says, every SetVariable is held to five rules: a refused one changes nothing at all that the guest
 * or a save file could see; it has exactly one event with its status and a reason; what is durable afterwards is what
 * the guest was told; nothing is written to the backend for a refusal (but that of the backend itself);
 * and uefivars_changes() counts exactly where a save file is another one.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/attributes.h"
#include "efi/status.h"
#include "efi/time.h"
#include "tests/support/guest.h"
#include "tests/support/sign.h"

/* Expected statuses are sets: IP | WP is either. */
#define PLAY_BIT(status) (UINT64_C(1) << ((status)&0x3f))
#define S PLAY_BIT(EFI_SUCCESS)
#define IP PLAY_BIT(EFI_INVALID_PARAMETER)
#define UNS PLAY_BIT(EFI_UNSUPPORTED)
#define BTS PLAY_BIT(EFI_BUFFER_TOO_SMALL)
#define DE PLAY_BIT(EFI_DEVICE_ERROR)
#define WP PLAY_BIT(EFI_WRITE_PROTECTED)
#define OOR PLAY_BIT(EFI_OUT_OF_RESOURCES)
#define NF PLAY_BIT(EFI_NOT_FOUND)
#define AD PLAY_BIT(EFI_ACCESS_DENIED)
#define SV PLAY_BIT(EFI_SECURITY_VIOLATION)

/* Attributes as the reference writes them. */
#define NV ATTR_NV
#define BS ATTR_BS
#define RT ATTR_RT
#define HR ATTR_HR
#define COUNTER ATTR_AW /* 0x10 */
#define AT ATTR_AT
#define APPEND ATTR_APPEND
#define ENHANCED ATTR_ENHANCED
#define A7 (NV | BS | RT)
#define A27 (A7 | AT)

struct play_data {
	const void *bytes; /* NULL: `size` bytes of a pattern, or what build() appends */
	size_t size;
	void (*build)(GByteArray *out, unsigned int argument);
	unsigned int argument;
};

enum play_op {
	PLAY_END,
	PLAY_SET,
	PLAY_SIGNED,
	PLAY_GET,
	PLAY_STATUS,
	PLAY_STORED,
	PLAY_NOT_STORED,
	PLAY_QUERY,
	PLAY_FLAG,
	PLAY_BACKEND,
	PLAY_SAVES,
	PLAY_REBOOT,
	PLAY_RESUME,
	PLAY_MODES,
	PLAY_CALL,
};

struct play_step {
	enum play_op op;
	int line;
	const char *name; /* names.h; or: */
	const char *wide; /* UTF-16LE bytes, whatever they are, under the private vendor's GUID */
	size_t wide_size;
	uint32_t attributes;
	struct play_data data;
	const struct signing *how;
	struct efi_time time;
	uint64_t expect; /* statuses, or a number */
	bool changes;    /* refused, and still allowed to change something */
	void (*call)(struct guest *guest);
};

#define PLAY_STEPS 32

struct play_case {
	const char *path;
	void (*start)(struct guest *guest); /* NULL: the default policy, setup mode, nothing stored */
	struct play_step steps[PLAY_STEPS];
};

/* Data */
#define NONE                                                                                                           \
	{                                                                                                              \
		.size = 0                                                                                              \
	}
#define D(text)                                                                                                        \
	{                                                                                                              \
		.bytes = (text), .size = sizeof(text) - 1                                                              \
	}
#define PATTERN(count)                                                                                                 \
	{                                                                                                              \
		.size = (count)                                                                                        \
	}
#define BYTES(address, count)                                                                                          \
	{                                                                                                              \
		.bytes = (address), .size = (count)                                                                    \
	}
#define BUILD(function)                                                                                                \
	{                                                                                                              \
		.build = (function)                                                                                    \
	}
#define CERT(who)                                                                                                      \
	{                                                                                                              \
		.build = play_certificate, .argument = (who)                                                           \
	}
#define HASHES(first, count)                                                                                           \
	{                                                                                                              \
		.build = play_hashes, .argument = (first) << 16 | (count)                                              \
	}

/* Times: day n of January 2020, or all six fields */
#define TIME(year, month, day, hour, minute, second)                                                                   \
	{                                                                                                              \
		{                                                                                                      \
			(year) & 0xff, (year) >> 8, month, day, hour, minute, second                                   \
		}                                                                                                      \
	}
#define T(n) TIME(2020, 1, n, 0, 0, 0)
/* T(1) with a byte that is not zero where 8.2.2 wants zeros */
#define PADDED(at)                                                                                                     \
	{                                                                                                              \
		{                                                                                                      \
			0xe4, 7, 1, 1, [at] = 1                                                                        \
		}                                                                                                      \
	}

/* Who signs, with the fields of struct signing that are special */
#define BY(...) (&(const struct signing){ .signer = __VA_ARGS__ })
#define UNSIGNED BY(NOBODY)

/* Steps */
#define STEP(...)                                                                                                      \
	{                                                                                                              \
		.line = __LINE__, __VA_ARGS__                                                                          \
	}
/* SetVariable and the status that answers it */
#define SET(n, a, d, status) STEP(.op = PLAY_SET, .name = n, .attributes = (a), .data = d, .expect = (status))
#define SET_WIDE(w, a, d, status)                                                                                      \
	STEP(.op = PLAY_SET, .wide = w, .wide_size = sizeof(w) - 1, .attributes = (a), .data = d, .expect = (status))
#define DELETE(n, a, status) SET(n, a, NONE, status)
/* refused, but with an effect that the next steps show */
#define SET_CHANGES(n, a, d, status)                                                                                   \
	STEP(.op = PLAY_SET, .name = n, .attributes = (a), .data = d, .expect = (status), .changes = true)
/* SetVariable with EFI_VARIABLE_AUTHENTICATION_2: who signs, when, the payload */
#define SIGNED(n, a, who, when, d, status)                                                                             \
	STEP(.op = PLAY_SIGNED, .name = n, .attributes = (a), .how = (who), .time = when, .data = d, .expect = (status))
/* GetVariable succeeds with these attributes and data */
#define GET(n, a, d) STEP(.op = PLAY_GET, .name = n, .attributes = (a), .data = d)
#define GET_WIDE(w, a, d) STEP(.op = PLAY_GET, .wide = w, .wide_size = sizeof(w) - 1, .attributes = (a), .data = d)
/* GetVariable answers this */
#define STATUS(n, status) STEP(.op = PLAY_STATUS, .name = n, .expect = (status))
#define STATUS_WIDE(w, status) STEP(.op = PLAY_STATUS, .wide = w, .wide_size = sizeof(w) - 1, .expect = (status))
#define ABSENT(n) STATUS(n, NF)
/* what is durable */
#define STORED(n, d) STEP(.op = PLAY_STORED, .name = n, .data = d)
#define NOT_STORED(n) STEP(.op = PLAY_NOT_STORED, .name = n)
/* QueryVariableInfo answers this */
#define QUERY(a, status) STEP(.op = PLAY_QUERY, .attributes = (a), .expect = (status))
/* ExitBootServices: the flag from now on, and one request that carries it */
#define AT_RUNTIME STEP(.op = PLAY_FLAG, .expect = 1)
#define FLAG_CLEARED STEP(.op = PLAY_FLAG, .expect = 0)
/* what the backend answers from now on */
#define BACKEND_DONE STEP(.op = PLAY_BACKEND, .expect = UEFIVARS_PERSIST_DONE)
#define BACKEND_FAILS STEP(.op = PLAY_BACKEND, .expect = UEFIVARS_PERSIST_FAILED)
/* how often the backend was asked to save since the last SAVES, or since the start */
#define SAVES(count) STEP(.op = PLAY_SAVES, .expect = (count))
#define REBOOT STEP(.op = PLAY_REBOOT)
#define RESUME STEP(.op = PLAY_RESUME)
/* SetupMode, SecureBoot, AuditMode, DeployedMode */
#define MODES(setup, secure, audit, deployed)                                                                          \
	STEP(.op = PLAY_MODES, .expect = (setup) << 3 | (secure) << 2 | (audit) << 1 | (deployed))
#define CALL(function) STEP(.op = PLAY_CALL, .call = function)

/* Plays steps inside a function that CALL names. */
#define DO(guest, ...) play(guest, (const struct play_step[]){ __VA_ARGS__, { .op = PLAY_END } })

/* Plays until the end or the first step that fails the test; returns false then. */
bool play(struct guest *guest, const struct play_step *steps);

/* Are these the same bytes? */
bool play_same(const void *a, size_t a_size, const void *b, size_t b_size);

/* Builders for CERT and HASHES. */
void play_certificate(GByteArray *out, unsigned int who);
void play_hashes(GByteArray *out, unsigned int first_and_count);

/* Starts for cases: with PK1, KEK1, DB1 and one hash in dbx enrolled at T(1). */
void start_user_mode(struct guest *guest);
/* ... by hand, in a machine that was started in setup mode. */
void play_enroll(struct guest *guest);

/* ... and the operator wants Secure Boot: enrolled, started again, SecureBoot is 1. */
void start_secure_boot(struct guest *guest);

/*
 * Creates variables "NFil00", "NFil01" ... ("VFil00" ...) of these attributes until `leave` bytes of their pool remain
 * (as QueryVariableInfo tells them). The pool must have more than 150 bytes beside those.
 */
void play_fill(struct guest *guest, uint32_t attributes, uint64_t leave);
/* The non-volatile pool, but 100 bytes: no further variable fits. */
void play_fill_completely(struct guest *guest);

/* Runs the cases as one test program. */
int play_main(int argc, char **argv, const struct play_case *cases, size_t count);
#define PLAY_MAIN(cases)                                                                                               \
	int main(int argc, char **argv)                                                                                \
	{                                                                                                              \
		return play_main(argc, argv, cases, G_N_ELEMENTS(cases));                                              \
	}

#endif
