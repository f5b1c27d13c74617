/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the debug build needs of the sandbox beyond the release build, kept apart from it. The release build has nothing
 * of this, and it is the one whose lists are proven strict.
 */
#ifndef HOST_SANDBOX_DEBUG_H
#define HOST_SANDBOX_DEBUG_H

#ifdef UEFISTORED_DEBUG
#include "sandbox_filter.h"

/*
 * More calls: reading files, for host/debug.h (the file of points is looked for from the new root) and for the reports
 * of the sanitizers, and what their run-time does when a thread or the program ends. Leaks are not looked for at the
 * end of a program that has entered the sandbox: that takes another process that traces this one.
 */
extern const struct sandbox_list sandbox_debug_list;

/* Descriptors that it has open at once, at most. */
#define SANDBOX_DEBUG_DESCRIPTORS 8u

/* The sandbox is being entered. */
void sandbox_debug_entered(void);

/*
 * Makes the call that the environment variable UEFISTORED_DEBUG_FORBIDDEN names: none that is known there should come
 * back. To be called once, when the program was sealed.
 */
void sandbox_debug_sealed(void);
#else
#define SANDBOX_DEBUG_DESCRIPTORS 0u

static inline void sandbox_debug_entered(void)
{
}

static inline void sandbox_debug_sealed(void)
{
}
#endif

#endif
