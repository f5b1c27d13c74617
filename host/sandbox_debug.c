/* SPDX-License-Identifier: GPL-2.0-only */
#include "sandbox_debug.h"

#ifdef UEFISTORED_DEBUG

#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECK 1
#endif
#endif

static const struct sandbox_call debug_build[] = {
	/* host/debug.h */
	CALL_IF(openat, LACKS(2, O_ACCMODE | O_CREAT | O_TRUNC)),
	CALL(clock_nanosleep),
	CALL(nanosleep), /* glibc before 2.31 */
	/* The sanitizers: their memory, the stack of their handlers, locks that spin, names of what they map. */
	CALL_IF_BOTH(mmap, LACKS(2, PROT_EXEC), HAS(3, MAP_PRIVATE)),
	CALL(madvise),
	CALL_IF(mprotect, LACKS(2, PROT_EXEC)),
	CALL(sigaltstack),
	CALL(sched_yield),
	CALL(rt_sigaction),
	CALL(prctl),
	/* Their reports: who and where we are. */
	CALL(open),
	CALL(readlink),
	CALL(readlinkat),
	CALL(stat),
	CALL(newfstatat),
	CALL(lseek),
	CALL(getrlimit),
	CALL(prlimit64),
	CALL(sched_getaffinity),
	CALL(rt_sigreturn),
	CALL_IF(tgkill, IS(2, SIGSEGV)),
};

const struct sandbox_list sandbox_debug_list = { debug_build, G_N_ELEMENTS(debug_build) };

static const struct {
	const char *name;
	long number, arguments[4];
} forbidden[] = {
	{ "execve", SYS_execve, { 0, 0, 0 } },
	{ "clone", SYS_clone, { SIGCHLD } },
	{ "thread", SYS_clone, { CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD } },
	{ "kill", SYS_kill, { 1, 0 } },
	{ "ptrace", SYS_ptrace, { 0 } },
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "write-file", SYS_openat, { AT_FDCWD, (long)"/file", O_WRONLY, 0 } },
	{ "make-file", SYS_openat, { AT_FDCWD, (long)"/file", O_WRONLY | O_CREAT, 0600 } },
	{ "mkdir", SYS_mkdirat, { AT_FDCWD, (long)"/directory", 0700 } },
	{ "executable-memory", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS } },
	{ "make-executable", SYS_mprotect, { 0, 4096, PROT_READ | PROT_EXEC } },
	{ "setuid", SYS_setuid, { 0 } },
	{ "chroot", SYS_chroot, { (long)"/" } },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER } },
	{ "mount", SYS_mount, { 0, 0, 0, 0 } },
	{ "no-such-call", 100000, { 0 } },
};

#ifdef HAS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>

static bool has_entered;

/* The run-time asks before it looks for leaks. */
int __lsan_is_turned_off(void)
{
	return has_entered;
}
#endif

static void try_forbidden(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++) {
		const long *argument = forbidden[i].arguments;

		if (strcmp(forbidden[i].name, name) != 0)
			continue;
		log_write(LEVEL_DEBUG, "trying %s", name);
		syscall(forbidden[i].number, argument[0], argument[1], argument[2], argument[3]);
		log_write(LEVEL_ERROR, "%s was not forbidden", name);
		_exit(3);
	}
	log_write(LEVEL_ERROR, "UEFISTORED_DEBUG_FORBIDDEN: there is no '%s'", name);
	_exit(4);
}

void sandbox_debug_entered(void)
{
#ifdef HAS_LEAK_CHECK
	has_entered = true;
#endif
}

void sandbox_debug_sealed(void)
{
	const char *name = getenv("UEFISTORED_DEBUG_FORBIDDEN");

	if (name)
		try_forbidden(name);
}

#endif
