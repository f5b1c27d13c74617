/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest says: whole lines on port 0xe9, which Xen shows with the domain's number. Used by one vCPU only. */
#ifndef XEN_GUEST_PRINT_H
#define XEN_GUEST_PRINT_H

#include <stdbool.h>
#include <stdint.h>

/* A line. Of printf's conversions there are %s, %u, %x and %llx. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* A line "ok NAME" or "not ok NAME: got ..., expected ...". Returns whether they are the same. */
bool verdict(const char *name, uint64_t got, uint64_t expected);

/* Whether all verdicts so far were good. */
bool verdicts_good(void);

#endif
