/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables with a protocol of their own: the memory overwrite request and its lock (TCG Platform Reset Attack
 * Mitigation 1.10, 4 and MemoryOverwriteRequestControlLock revision 2), and the physical presence flags and theirs.
 */
#ifndef SERVICE_LOCK_H
#define SERVICE_LOCK_H

#include "service/policy.h"

/* A write as a protocol sees it. */
struct lock_write {
	uint32_t attributes; /* as sent */
	const uint8_t *data;
	size_t size;
	/* what is stored instead, where the protocol says so */
	const uint8_t *stored;
	size_t stored_size;
};

/*
 * Checks the write against the row's protocol; may set what is stored, and in the change the MOR key and the verdict (a
 * wrong key is refused, and the lock changes all the same).
 */
struct verdict lock_check(const struct uefivars *uv, const struct policy_row *row, struct lock_write *write,
			  struct machine_change *change);

#endif
