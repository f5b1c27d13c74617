/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls that a sandboxed daemon may make, by what it is made of: one list for every daemon, one for each
 * transport and one for each backend. Whatever is in none of the lists of a daemon kills it.
 *
 * A new transport or backend adds its list and its row in sandbox_calls.c; without a row it cannot be sandboxed.
 */
#ifndef DAEMON_SANDBOX_CALLS_H
#define DAEMON_SANDBOX_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox_filter.h"

/* Stores and resume files of up to 16 MiB are read; a store that is written in place stands in its file twice. */
#define SANDBOX_LARGEST_FILE (UINT64_C(64) << 20)

/* A list and how many it has: two members of struct sandbox_part. */
#define SANDBOX_LIST(calls) calls, sizeof(calls) / sizeof((calls)[0])

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
