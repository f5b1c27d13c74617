/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sandbox_calls.h"
#include "descriptors.h"
#include "error.h"
#include "log.h"
#include "sandbox_debug.h"
#include "sandbox_filter.h"

#define PARTS 3

/* Since Linux 5.2; the C library's headers may be older. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

static bool fail(const char *what, GError **error)
{
	return error_set(error, EXIT_FAILED, "the sandbox cannot be made: %s: %s", what, strerror(errno));
}

static bool find_parts(const struct sandbox_options *options, const struct sandbox_part *parts[PARTS], GError **error)
{
	parts[0] = &sandbox_everywhere;
	parts[1] = sandbox_find_transport(options->transport);
	parts[2] = sandbox_find_backend(options->backend);
	if (parts[1] && parts[2])
		return true;
	return error_set(error, EXIT_FAILED, "--depriv: there is no sandbox for the %s %s",
			 parts[1] ? "backend" : "transport", parts[1] ? options->backend : options->transport);
}

bool sandbox_check(const struct sandbox_options *options, GError **error)
{
	const struct sandbox_part *parts[PARTS];
	struct stat status;

	if (!find_parts(options, parts, error))
		return false;
	if (options->uid && geteuid() != 0)
		return error_set(error, EXIT_FAILED, "--uid, --gid: only root can become another user");
	if (!options->root)
		return true;
	if (stat(options->root, &status) < 0)
		return error_set(error, EXIT_FAILED, "--chroot %s: %s", options->root, strerror(errno));
	return S_ISDIR(status.st_mode) ||
	       error_set(error, EXIT_FAILED, "--chroot %s: a directory was expected", options->root);
}

bool sandbox_close_inherited(GError **error)
{
	return descriptors_close_from(STDERR_FILENO + 1, error);
}

/* GLib would look for the journal's socket when it has something to complain about. */
static GLogWriterOutput write_glib_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer context)
{
	(void)context;
	for (gsize i = 0; i < count; i++) {
		if (strcmp(fields[i].key, "MESSAGE") == 0)
			log_write(level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL) ? LEVEL_ERROR : LEVEL_WARNING,
				  "GLib: %s", (const char *)fields[i].value);
	}
	return G_LOG_WRITER_HANDLED;
}

/*
 * What libraries would open when they first need it: the time zone, and the tables of character sets, which GLib wants
 * for the text of an error. OpenSSL and jansson are seen to where they are started. No locale is set, so messages are
 * built in.
 */
static void warm_up(void)
{
	g_log_set_writer_func(write_glib_line, NULL, NULL);
	g_free(g_locale_to_utf8("", 0, NULL, NULL, NULL));
	tzset();
}

/* Makes mounts, network, IPC and host name our own, in which nothing of the host's is seen or changed. */
static bool leave_namespaces(GError **error)
{
	/* Who is not root gets the right to all this, and over nothing but this, in a user namespace. */
	if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
		return fail("no user namespace can be had", error);
	return unshare(NAMESPACES) == 0 || fail("no namespaces can be had", error);
}

/* Where the directory is. It can only be told as long as root and directory are in one namespace. -1: there is none. */
static bool find_path(int directory, char path[PATH_MAX], GError **error)
{
	char link[32];
	ssize_t size;

	if (directory < 0)
		return true;
	snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
	size = readlink(link, path, PATH_MAX - 1);
	if (size < 0)
		return fail("the store's directory cannot be found", error);
	path[size] = '\0';
	return true;
}

/* Opens the directory anew on a mount of its own, which hangs nowhere. */
static int open_apart(int directory, const char *path)
{
	int flags = fcntl(directory, F_GETFL), tree, fd, result;

	/* By path: the mount of the descriptor is the host's, this one is ours. */
	tree = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC);
	if (flags < 0 || tree < 0)
		return -1;
	fd = openat(tree, ".", (flags & O_PATH) | O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = errno;
	close(tree);
	errno = result;
	return fd;
}

/*
 * A directory that is open leads by ".." to all of the host, whatever the root. On a mount that hangs nowhere there is
 * nothing above it.
 */
static bool set_apart(int directory, const char *path, GError **error)
{
	struct stat old, new;
	int fd = open_apart(directory, path);
	bool ok;

	if (fd < 0)
		return fail("the store's directory cannot be set apart", error);
	ok = fstat(directory, &old) == 0 && fstat(fd, &new) == 0;
	if (ok && (old.st_dev != new.st_dev || old.st_ino != new.st_ino)) {
		errno = ESTALE;
		ok = false;
	}
	ok = ok && dup3(fd, directory, O_CLOEXEC) >= 0;
	if (!ok)
		fail("the store's directory cannot be set apart", error);
	close(fd);
	return ok;
}

static bool change_root(const char *root, GError **error)
{
	if (root && (chdir(root) < 0 || chroot(".") < 0))
		return error_set(error, EXIT_FAILED, "the sandbox cannot be made: --chroot %s: %s", root,
				 strerror(errno));
	return chdir("/") == 0 || fail("the new root cannot be entered", error);
}

/* While we are still privileged: the last set, out of which no program or user could get any back. */
static bool empty_bounding_set(GError **error)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return fail("capabilities cannot be bounded", error);
	}
	return true;
}

static bool become(uid_t uid, gid_t gid, GError **error)
{
	/* In a user namespace groups cannot be changed. */
	if (geteuid() == 0 && setgroups(0, NULL) < 0)
		return fail("supplementary groups cannot be dropped", error);
	if (!uid)
		return true;
	if (setresgid(gid, gid, gid) < 0)
		return fail("the group cannot be changed", error);
	return setresuid(uid, uid, uid) == 0 || fail("the user cannot be changed", error);
}

static bool drop_capabilities(GError **error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &header, none) < 0)
		return fail("capabilities cannot be dropped", error);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail("new privileges cannot be ruled out", error);
	/* Nobody with our uid can trace us or read our memory; nothing of it gets into a core file. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || fail("tracing cannot be ruled out", error);
}

static bool has_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(data); i++) {
		if (data[i].effective || data[i].permitted || data[i].inheritable)
			return true;
	}
	return prctl(PR_CAPBSET_READ, CAP_SETUID, 0, 0, 0) != 0;
}

/* Is there no way back? It is tried. */
static bool check_no_return(uid_t uid, GError **error)
{
	static const char way_back[] = "the way back is still open";

	errno = EPERM;
	if (has_capabilities() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fail(way_back, error);
	if (!uid)
		return true;
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0 ||
	    setgroups(0, NULL) == 0 || getgroups(0, NULL) != 0) {
		errno = EPERM;
		return fail(way_back, error);
	}
	return true;
}

static bool limit(__rlimit_resource_t resource, rlim_t value, GError **error)
{
	const struct rlimit limit = { value, value };
	struct rlimit old;

	if (getrlimit(resource, &old) == 0 && old.rlim_max <= value)
		return true;
	return setrlimit(resource, &limit) == 0 || fail("limits cannot be set", error);
}

static bool set_limits(const struct sandbox_part *const parts[PARTS], GError **error)
{
	rlim_t descriptors = SANDBOX_DEBUG_DESCRIPTORS, file_size = 0;

	for (size_t i = 0; i < PARTS; i++) {
		descriptors += parts[i]->descriptors;
		file_size = MAX(file_size, parts[i]->file_size);
	}
	/* A write beyond the limit fails, and that is told. */
	signal(SIGXFSZ, SIG_IGN);
	return limit(RLIMIT_FSIZE, file_size, error) && limit(RLIMIT_NOFILE, descriptors, error) &&
	       limit(RLIMIT_CORE, 0, error) && limit(RLIMIT_MEMLOCK, 0, error);
}

bool sandbox_enter(const struct sandbox_options *options, int directory, GError **error)
{
	const struct sandbox_part *parts[PARTS];
	char path[PATH_MAX];

	sandbox_debug_entered();
	warm_up();
	return find_parts(options, parts, error) && find_path(directory, path, error) && leave_namespaces(error) &&
	       (directory < 0 || set_apart(directory, path, error)) && change_root(options->root, error) &&
	       empty_bounding_set(error) && become(options->uid, options->gid, error) && drop_capabilities(error) &&
	       check_no_return(options->uid, error) && set_limits(parts, error);
}

bool sandbox_seal(const struct sandbox_options *options, GError **error)
{
	const struct sandbox_part *parts[PARTS];
	struct sandbox_list lists[PARTS];

	if (!find_parts(options, parts, error) || !limit(RLIMIT_NPROC, 0, error))
		return false;
	for (size_t i = 0; i < PARTS; i++)
		lists[i] = (struct sandbox_list){ parts[i]->calls, parts[i]->count };
	if (!sandbox_filter_load(lists, PARTS, error))
		return false;
	sandbox_debug_sealed();
	return true;
}
