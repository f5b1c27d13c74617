/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/sandbox_filter.h"

#include <errno.h>
#include <string.h>

#include "error.h"

static int set_attributes(scmp_filter_ctx filter)
{
	/* A call of another architecture (32-bit code) is no better than one that is not in the list. */
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* A tree by number; a libseccomp that cannot do it tries one call after the other. */
	if (result == 0)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return result;
}

static int add_part(scmp_filter_ctx filter, const struct sandbox_part *part)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct sandbox_call *call = &part->calls[i];
		int result =
			seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call->number, call->count, call->conditions);

		/* Two parts may need the same. */
		if (result < 0 && result != -EEXIST)
			return result;
	}
	return 0;
}

bool sandbox_filter_load(const struct sandbox_part *const *parts, size_t count, GError **error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter ? set_attributes(filter) : -ENOSYS;

	for (size_t i = 0; i < count && result == 0; i++)
		result = add_part(filter, parts[i]);
	if (result == 0)
		result = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return result == 0 ||
	       error_set(error, EXIT_FAILED, "the sandbox cannot be made: system calls cannot be filtered: %s",
			 strerror(-result));
}
