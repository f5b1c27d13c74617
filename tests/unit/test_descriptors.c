/* SPDX-License-Identifier: GPL-2.0-only */
/* Closing what was inherited, by the kernel and, where it cannot, by hand. Each in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { KEPT = 20, FIRST = 21, BETWEEN = 22, LAST = 100 };

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* As on a kernel that does not have the system call. */
static bool forbid(int number)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0) == 0 &&
		  seccomp_load(filter) == 0;

	seccomp_release(filter);
	return ok;
}

/* Returns 0, or which of the expectations does not hold. */
static int close_most(bool by_hand)
{
	GError *error = NULL;

	if (by_hand && !forbid(SYS_close_range))
		return 1;
	if (dup2(1, KEPT) < 0 || dup2(1, FIRST) < 0 || dup2(1, BETWEEN) < 0 || dup2(1, LAST) < 0)
		return 2;
	if (!descriptors_close_from(FIRST, &error))
		return 3;
	if (!is_open(0) || !is_open(1) || !is_open(2) || !is_open(KEPT))
		return 4;
	for (int fd = FIRST; fd <= LAST; fd++) {
		if (is_open(fd))
			return 5;
	}
	return 0;
}

/* Neither the system call nor /proc: a directory cannot be read. */
static int close_none(bool unused)
{
	GError *error = NULL;

	(void)unused;
	if (!forbid(SYS_close_range) || !forbid(SCMP_SYS(openat)) || !forbid(SCMP_SYS(open)))
		return 1;
	if (descriptors_close_from(FIRST, &error))
		return 2;
	return error && g_str_has_prefix(error->message, "inherited descriptors cannot be closed: ") ? 0 : 3;
}

static void in_a_process(int (*function)(bool), bool argument)
{
	pid_t pid = fork();
	int status;

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0)
		_exit(function(argument));
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void test_by_the_kernel(void)
{
	in_a_process(close_most, false);
}

static void test_by_hand(void)
{
	in_a_process(close_most, true);
}

static void test_not_at_all(void)
{
	in_a_process(close_none, false);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/descriptors/by-the-kernel", test_by_the_kernel);
	g_test_add_func("/descriptors/by-hand", test_by_hand);
	g_test_add_func("/descriptors/not-at-all", test_not_at_all);
	return g_test_run();
}
