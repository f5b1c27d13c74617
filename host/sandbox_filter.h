/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A filter of system calls by seccomp: an allow list, and anything else kills the process. How a list is written, and
 * how lists become binding.
 */
#ifndef HOST_SANDBOX_FILTER_H
#define HOST_SANDBOX_FILTER_H

#include <glib.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_CONDITIONS_MAX 2

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

/* ---- The filter ---- */

struct sandbox_list {
	const struct sandbox_call *calls;
	size_t count;
};

/*
 * Binds all threads to these lists, for ever. In the debug build what the sanitizers and host/debug.h need is allowed
 * besides. Returns false and sets *error (EXIT_FAILED), nothing being bound.
 */
bool sandbox_filter_load(const struct sandbox_list *lists, size_t count, GError **error);

#endif
