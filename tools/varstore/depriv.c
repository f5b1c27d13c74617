/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/depriv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tools/support/report.h"

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS)
#define NOBODY 65534u
#define DESCRIPTORS_MAX 16 /* three and a socket are used */

static bool fail(const char *what)
{
	report("%s: %s", what, strerror(errno));
	return false;
}

static bool change_root(const char *directory)
{
	/* The one file of the host that the C library would open later. */
	tzset();
	return (chdir(directory) == 0 && chroot(".") == 0) || fail(directory);
}

/* Groups first: an ordinary user cannot change them any more. */
static bool change_ids(const struct invocation *invocation)
{
	if (invocation->has_gid &&
	    (setgroups(0, NULL) < 0 || setresgid(invocation->gid, invocation->gid, invocation->gid) < 0))
		return fail("-g: the group cannot be changed");
	if (!invocation->has_uid)
		return true;
	if (setresuid(invocation->uid, invocation->uid, invocation->uid) < 0)
		return fail("-u: the user cannot be changed");
	if (invocation->uid != 0 && setuid(0) == 0) {
		report("-u: the way back to root is open");
		return false;
	}
	return true;
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool set_limit(__rlimit_resource_t resource, rlim_t value)
{
	const struct rlimit limit = { value, value };
	struct rlimit old;

	return (getrlimit(resource, &old) == 0 && old.rlim_max <= value) || setrlimit(resource, &limit) == 0;
}

static bool set_limits(void)
{
	return set_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_NPROC, 0);
}

bool depriv_apply(const struct invocation *invocation)
{
	if (invocation->depriv)
		closefrom(STDERR_FILENO + 1);
	/* A socket that has a path is reached from any network namespace. */
	if (invocation->depriv && geteuid() == 0 && unshare(NAMESPACES) < 0)
		return fail("-d: no namespaces can be had");
	if (invocation->chroot && !change_root(invocation->chroot))
		return false;
	if (!change_ids(invocation))
		return false;
	return !invocation->depriv || (drop_capabilities() && set_limits()) || fail("-d: privileges cannot be dropped");
}

void depriv_all(void)
{
	if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0)
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	(void)!drop_capabilities();
	(void)!set_limits();
}
