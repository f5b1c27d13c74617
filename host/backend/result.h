/* SPDX-License-Identifier: GPL-2.0-only */
/* How a write to a store came out, and the last moment at which it can be stopped. */
#ifndef BACKEND_RESULT_H
#define BACKEND_RESULT_H

#include <stdbool.h>
#include <stddef.h>

enum write_result {
	WRITE_DONE,    /* durable */
	WRITE_FAILED,  /* what was stored before is what is stored */
	WRITE_UNKNOWN, /* it may be durable or not, or become so */
};

/*
 * Asked once or more often, just before a write can no longer be taken back: may it go on? A write that nobody waits
 * for any more is stopped there, and is WRITE_FAILED for certain.
 */
struct write_gate {
	bool (*pass)(void *context);
	void *context;
};

static inline bool write_gate_pass(const struct write_gate *gate)
{
	return !gate || gate->pass(gate->context);
}

#endif
