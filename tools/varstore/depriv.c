/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/depriv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend/json.h"
#include "descriptors.h"
#include "sandbox_debug.h"
#include "sandbox_filter.h"
#include "tools/support/report.h"

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS)
#define NOBODY 65534u
#define DESCRIPTORS_MAX 16 /* three and a socket are used */

/* From runs of the release build under strace: looking, computing, telling, and the end. */
static const struct sandbox_call calls[] = {
	/* Memory: none that could be executed, and no file in it. */
	CALL(brk),
	CALL_IF_BOTH(mmap, LACKS(2, PROT_EXEC), HAS(3, MAP_ANONYMOUS)),
	CALL(mremap),
	CALL(munmap),
	CALL_IF(madvise, IS(2, MADV_DONTNEED)),
	CALL(futex),
	CALL(getrandom),
	/* The output; the clock where the kernel does not lend it. */
	CALL(write),
	CALL_IF(newfstatat, HAS(3, AT_EMPTY_PATH)),
	CALL(fstat),
	CALL(clock_gettime),
	/* The end: as it should be, and by abort(), which says what was wrong. */
	CALL(exit_group),
	CALL(rt_sigprocmask),
	CALL(writev),
	CALL(getpid),
	CALL(gettid),
	CALL_IF(tgkill, IS(2, SIGABRT)),
};

/* Calls to XAPI or its guard, each on a connection of its own with a main loop of its own; pauses between them. */
static const struct sandbox_call calls_to_xapi[] = {
	CALL_IF(socket, IS(0, AF_UNIX)),
	CALL(connect),
	CALL(sendmsg),
	CALL(recvfrom),
	CALL(poll),
	CALL(ppoll),
	CALL(read),
	CALL(close),
	CALL(eventfd2),
	CALL(clock_nanosleep),
	CALL(nanosleep), /* glibc before 2.31 */
	CALL(restart_syscall),
};

static bool fail(const char *what)
{
	report("%s: %s", what, strerror(errno));
	return false;
}

/* What libraries would open when they first need it: the time zone, and the seed of jansson's tables. */
static void warm_up(void)
{
	tzset();
	json_store_free(json_store_new());
}

static bool change_root(const char *directory)
{
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

/* xapi: calls to it are to come. */
static bool filter(bool xapi, GError **error)
{
	const struct sandbox_list lists[] = {
		{ calls, G_N_ELEMENTS(calls) },
		{ calls_to_xapi, G_N_ELEMENTS(calls_to_xapi) },
	};
	bool ok = sandbox_filter_load(lists, xapi ? 2 : 1, error);

	if (ok)
		sandbox_debug_sealed();
	return ok;
}

static bool give_up_the_rest(void)
{
	GError *error = NULL;

	sandbox_debug_entered();
	if (!drop_capabilities() || !set_limits())
		return fail("-d: privileges cannot be dropped");
	if (filter(true, &error))
		return true;
	report("-d: %s", error->message);
	g_error_free(error);
	return false;
}

bool depriv_apply(const struct invocation *invocation)
{
	GError *error = NULL;

	warm_up();
	if (invocation->depriv && !descriptors_close_from(STDERR_FILENO + 1, &error)) {
		report("-d: %s", error->message);
		g_error_free(error);
		return false;
	}
	/* A socket that has a path is reached from any network namespace. */
	if (invocation->depriv && geteuid() == 0 && unshare(NAMESPACES) < 0)
		return fail("-d: no namespaces can be had");
	if (invocation->chroot && !change_root(invocation->chroot))
		return false;
	return change_ids(invocation) && (!invocation->depriv || give_up_the_rest());
}

void depriv_all(void)
{
	warm_up();
	sandbox_debug_entered();
	if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0)
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	(void)!drop_capabilities();
	(void)!set_limits();
	(void)!filter(false, NULL);
}
