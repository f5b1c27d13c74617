/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists were made from what runs of the release build need (strace -f -c over the black-box tests), and they are
 * held to it by tests/blackbox/sandbox.t, which leads the daemon through its whole life with them, and sandbox_calls.t,
 * which tries what they do not have.
 *
 * Only the numbers that are passed in registers can be looked at, not the paths and addresses behind a pointer. What a
 * path could still reach is settled by the rest of the sandbox: root, user and mounts.
 */
#include "daemon/sandbox_calls.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

static const struct sandbox_call everywhere[] = {
	/* The C library's memory. None that could be executed, and no file in it. */
	CALL(brk),
	CALL_IF_BOTH(mmap, LACKS(2, PROT_EXEC), HAS(3, MAP_ANONYMOUS)),
	CALL(mremap),
	CALL(munmap),
	CALL_IF(madvise, IS(2, MADV_DONTNEED)),
	/* The main loop: waiting, its own wake-ups, signals, and the time where the kernel does not lend its clock. */
	CALL(poll),
	CALL(ppoll),
	CALL(read),
	CALL(write),
	CALL(close),
	CALL(rt_sigpending),
	CALL(clock_gettime),
	CALL(restart_syscall),
	/* Locks between threads, and the end of a thread. */
	CALL(futex),
	CALL(rt_sigprocmask),
	CALL(exit),
	/* OpenSSL's entropy. */
	CALL(getrandom),
	/* Files that are open: the store, those of `save` and `resume`, the guest's memory. */
	CALL(fstat),
	CALL_IF(newfstatat, HAS(3, AT_EMPTY_PATH)),
	CALL(pread64),
	CALL(pwrite64),
	CALL(ftruncate),
	/* The end: as it should be, and by abort(), which says what was wrong. */
	CALL(exit_group),
	CALL(writev),
	CALL(getpid),
	CALL(gettid),
	CALL_IF(tgkill, IS(2, SIGABRT)),
};

static const struct sandbox_call transport_socket[] = {
	/* Connections: the socket is there already, and listens. */
	CALL(accept4),
	/* Messages, and with the first one the guest's memory. */
	CALL(recvfrom),
	CALL(recvmsg),
	CALL(sendto),
	CALL_IF(fcntl, IS(1, F_GETFL)),
};

static const struct sandbox_call transport_qemu[] = {
	/* QEMU's connection, and the bytes that come down it; the machine's memory is a file that is open. */
	CALL(accept4),
	CALL(recvfrom),
	CALL_IF(fcntl, IS(1, F_GETFL)),
};

static const struct sandbox_call backend_file[] = {
	/* A new file beside the store, never one that is there. */
	CALL_IF(openat, HAS(2, O_CREAT | O_EXCL)),
	CALL(fchmod),
	CALL(fchown),
	CALL(flock),
	/* What was written, made durable, and made the store. */
	CALL(fsync),
	CALL(renameat),
	CALL(renameat2),
	CALL_IF(unlinkat, IS(2, 0)),
	/* Is the store still the file that is open? */
	CALL_IF(newfstatat, HAS(3, AT_SYMLINK_NOFOLLOW)),
};

static const struct sandbox_call backend_xapidb[] = {
	/* A connection to the toolstack's socket for each call. */
	CALL_IF(socket, IS(0, AF_UNIX)),
	CALL(connect),
	CALL(sendmsg),
	CALL(recvfrom),
};

/* stdio, wake-ups, signals, pidfile, save, resume, and some room. */
const struct sandbox_part sandbox_everywhere = { NULL, SANDBOX_LIST(everywhere), 24, SANDBOX_LARGEST_FILE };

/*
 * A limit of file size would bind the guest's memory, too: it is a file, and as large as the machine's.
 * The socket has 16 connections, of two descriptors each, and one that is refused.
 */
static const struct sandbox_part socket_part = { "socket", SANDBOX_LIST(transport_socket), 40, RLIM_INFINITY };
static const struct sandbox_part qemu_part = { "qemu", SANDBOX_LIST(transport_qemu), 4, RLIM_INFINITY };
static const struct sandbox_part memory_part = { "memory", NULL, 0, 0, 0 };
static const struct sandbox_part file_part = { "file", SANDBOX_LIST(backend_file), 8, SANDBOX_LARGEST_FILE };
static const struct sandbox_part xapidb_part = { "xapidb", SANDBOX_LIST(backend_xapidb), 8, 0 };

static const struct sandbox_part *const transports[] = {
	&socket_part,
	&qemu_part,
#ifdef UEFISTORED_XEN
	&sandbox_xen,
#endif
};

static const struct sandbox_part *const backends[] = { &memory_part, &file_part, &xapidb_part };

static const struct sandbox_part *find(const struct sandbox_part *const *parts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(parts[i]->name, name) == 0)
			return parts[i];
	}
	return NULL;
}

const struct sandbox_part *sandbox_find_transport(const char *name)
{
	return find(transports, G_N_ELEMENTS(transports), name);
}

const struct sandbox_part *sandbox_find_backend(const char *name)
{
	return find(backends, G_N_ELEMENTS(backends), name);
}
