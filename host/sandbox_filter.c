/* SPDX-License-Identifier: GPL-2.0-only */
#include "sandbox_filter.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "sandbox_debug.h"

/*
 * libseccomp before 2.4 cannot kill a process, only the thread that made the call, and the others would live on. There
 * it gets a SIGSYS, which nobody takes and no call in the lists could take: that, too, ends the process.
 */
#ifdef SCMP_ACT_KILL_PROCESS
#define KILL SCMP_ACT_KILL_PROCESS
#else
#define KILL SCMP_ACT_TRAP
#endif

static int set_attributes(scmp_filter_ctx filter)
{
	/* A call of another architecture (32-bit code) is no better than one that is not in the list. */
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, KILL);

	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
#if SCMP_VER_MAJOR > 2 || SCMP_VER_MINOR >= 5
	/* A tree by number; a libseccomp that cannot do it tries one call after the other. */
	if (result == 0)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#endif
	return result;
}

static int add_list(scmp_filter_ctx filter, const struct sandbox_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct sandbox_call *call = &list->calls[i];
		int result =
			seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call->number, call->count, call->conditions);

		/* Two lists may need the same. */
		if (result < 0 && result != -EEXIST)
			return result;
	}
	return 0;
}

bool sandbox_filter_load(const struct sandbox_list *lists, size_t count, GError **error)
{
	scmp_filter_ctx filter = seccomp_init(KILL);
	int result = filter ? set_attributes(filter) : -ENOSYS;

	for (size_t i = 0; i < count && result == 0; i++)
		result = add_list(filter, &lists[i]);
#ifdef UEFISTORED_DEBUG
	if (result == 0)
		result = add_list(filter, &sandbox_debug_list);
#endif
	if (result == 0)
		result = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return result == 0 ||
	       error_set(error, EXIT_FAILED, "the sandbox cannot be made: system calls cannot be filtered: %s",
			 strerror(-result));
}
