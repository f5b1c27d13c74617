/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls that a sandboxed daemon may make, by what it is made of: one list for every daemon, one for each
 * transport and one for each backend. Whatever is in none of the lists of a daemon kills it.
 *
 * A new transport or backend adds its list and its row in sandbox_calls.c; without a row it cannot be sandboxed.
 */
#ifndef DAEMON_SANDBOX_CALLS_H
#define DAEMON_SANDBOX_CALLS_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_CONDITIONS_MAX 2

/* Stores and resume files of up to 16 MiB are read; a store that is written in place stands in its file twice. */
#define SANDBOX_LARGEST_FILE (UINT64_C(64) << 20)

/* A call that is allowed where all of the conditions hold. A call may be listed more than once: then each way is
 * allowed. */
struct sandbox_call {
	int number;
	unsigned int count; /* of the conditions */
	struct scmp_arg_cmp conditions[SANDBOX_CONDITIONS_MAX];
};

/* ---- How a list is written ---- */

/* An int in a register of 64 bits: what stands above it is anybody's. */
#define LOW 0xffffffffu
#define IS(argument, value)                                                                                            \
	{                                                                                                              \
		argument, SCMP_CMP_MASKED_EQ, LOW, (scmp_datum_t)(value)                                               \
	}
/* All of these bits are set; none of them is. */
#define HAS(argument, bits)                                                                                            \
	{                                                                                                              \
		argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), (scmp_datum_t)(bits)                               \
	}
#define LACKS(argument, bits)                                                                                          \
	{                                                                                                              \
		argument, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(bits), 0                                                  \
	}

/* A list and how many it has: two members of struct sandbox_part. */
#define SANDBOX_LIST(calls) calls, sizeof(calls) / sizeof((calls)[0])

#define CALL(name)                                                                                                     \
	{                                                                                                              \
		.number = SCMP_SYS(name)                                                                               \
	}
#define CALL_IF(name, condition)                                                                                       \
	{                                                                                                              \
		.number = SCMP_SYS(name), .count = 1, .conditions = { condition }                                      \
	}
#define CALL_IF_BOTH(name, first, second)                                                                              \
	{                                                                                                              \
		.number = SCMP_SYS(name), .count = 2, .conditions = { first, second }                                  \
	}

/* ---- The lists ---- */

/* A part of a daemon and what it needs. */
struct sandbox_part {
	const char *name; /* of the transport or backend, as options name it; NULL: of every daemon */
	const struct sandbox_call *calls;
	size_t count;
	unsigned int descriptors; /* that it has open at once, at most */
	uint64_t file_size;       /* of the largest file that it writes, in bytes; RLIM_INFINITY: nobody knows */
};

/* Of the daemon as such. */
extern const struct sandbox_part sandbox_everywhere;

#ifdef UEFISTORED_XEN
/* Of the Xen transport, which alone knows the numbers of the hypervisor's calls: transport/xen_calls.c. */
extern const struct sandbox_part sandbox_xen;
#endif

/* Returns the part of this name, or NULL. */
const struct sandbox_part *sandbox_find_transport(const char *name);
const struct sandbox_part *sandbox_find_backend(const char *name);

#endif
