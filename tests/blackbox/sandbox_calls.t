#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What is forbidden in the sandbox kills the daemon: by the hook of the debug build, and by system calls that are put into a running
daemon of the release build, whose lists are the ones to be proven."""
import errno
import sys
sys.dont_write_bytecode = True
from sandbox import *  # noqa: E402,F403

tap = SandboxTap()


def test_hook():
    """a forbidden call kills the daemon (hook of the debug build)"""
    for backend in BACKENDS:
        for name in ('execve', 'clone', 'thread', 'kill', 'ptrace', 'socket', 'write-file', 'make-file', 'mkdir',
                     'executable-memory', 'make-executable', 'setuid', 'chroot', 'unshare', 'mount', 'no-such-call'):
            place = Place()
            killed_by_filter(place.start(backend, wait=False, env={'UEFISTORED_DEBUG_FORBIDDEN': name}))
            check(not os.path.exists(place.path('s')), 'there is a socket')


CALLS = {  # of x86-64: name: (number, arguments...); 1 is an address that is none
    'execve': (59, 1, 0, 0), 'execveat': (322, 0, 1), 'fork': (57,), 'vfork': (58,), 'clone': (56, 17), 'clone3': (435, 1, 88),
    'clone of a thread': (56, 0x10f00), 'ptrace': (101, 0), 'kill': (62, 1, 0), 'tgkill with SIGKILL': (234, 1, 1, 9),
    'socket AF_INET': (41, 2, 1, 0), 'socket AF_NETLINK': (41, 16, 3, 0), 'bind': (49, 0, 1, 2), 'listen': (50, 0, 1),
    'open': (2, 1, 0), 'openat to read': (257, -100, 1, 0), 'openat to write': (257, -100, 1, 2),
    'openat of what may be there': (257, -100, 1, 0o102, 0o600), 'openat2': (437, -100, 1, 1, 24), 'creat': (85, 1, 0o600),
    'open_by_handle_at': (304, 0, 1, 0), 'setuid': (105, 0), 'setresuid': (117, 0, 0, 0), 'setgid': (106, 0),
    'setgroups': (116, 0, 0), 'capset': (126, 1, 1), 'chroot': (161, 1), 'chdir': (80, 1), 'fchdir': (81, 6), 'unshare': (272, 0x10000000),
    'setns': (308, 0, 0), 'mount': (165, 1, 1, 1), 'umount2': (166, 1, 0), 'pivot_root': (155, 1, 1), 'open_tree': (428, 0, 1, 0),
    'fsopen': (430, 1, 0), 'prctl': (157, 38, 1), 'seccomp': (317, 1, 0, 1), 'bpf': (321, 0, 1, 8), 'io_uring_setup': (425, 8, 1),
    'mmap to execute': (9, 0, 4096, 5, 0x22), 'mmap to write and execute': (9, 0, 4096, 7, 0x22), 'mmap of a file': (9, 0, 4096, 1, 2, 7),
    'mprotect': (10, 0, 0, 1), 'mprotect to execute': (10, 0, 0, 5), 'pkey_mprotect': (329, 0, 0, 1, 0), 'madvise of another kind': (28, 0, 0, 12),
    'process_vm_readv': (310, 1, 1, 1, 1, 1), 'userfaultfd': (323, 0), 'memfd_create': (319, 1, 0), 'perf_event_open': (298, 1),
    'keyctl': (250, 0), 'ioctl': (16, 0, 0x5401), 'unlink': (87, 1), 'rename': (82, 1, 1), 'link': (86, 1, 1), 'symlink': (88, 1, 1),
    'mkdir': (83, 1, 0), 'chmod': (90, 1, 0), 'mknod': (133, 1, 0), 'getdents64': (217, 6, 1, 100), 'readlink': (89, 1, 1, 1),
    'stat': (4, 1, 1), 'access': (21, 1, 0), 'fcntl to set': (72, 0, 4, 0), 'dup2': (33, 0, 1), 'setrlimit': (160, 7, 1),
    'prlimit64': (302, 0, 7, 1, 0), 'personality': (135, 0), 'iopl': (172, 3), 'modify_ldt': (154, 0), 'reboot': (169, 0),
    'a call of the x32 kind': (0x40000000 | 39,), 'a call that does not exist': (1000,),
}
OF_OTHERS = {  # what another backend may do
    'socket AF_UNIX': (41, 1, 1, 0), 'connect': (42, 0, 1, 2), 'sendmsg': (46, 0, 1, 0), 'renameat': (264, 0, 1, 0, 1),
    'openat of a new file': (257, -100, 1, 0o302, 0o600), 'unlinkat': (263, 0, 1, 0), 'fsync': (74, 0), 'fchown': (93, 0, 0, 0),
    'flock': (73, 0, 2),
}
ALLOWED_OF_OTHERS = {
    'memory': [], 'xapidb': ['socket AF_UNIX', 'connect', 'sendmsg'],
    'file': ['renameat', 'openat of a new file', 'unlinkat', 'fsync', 'fchown', 'flock'],
}


def test_forbidden(backend):
    """system calls put into the daemon kill it, each one"""
    calls = dict(CALLS)
    calls.update({name: call for name, call in OF_OTHERS.items() if name not in ALLOWED_OF_OTHERS[backend]})
    for name, call in calls.items():
        place, daemon = begin(backend)
        Injection(daemon.process.pid).leave(*call)
        try:
            killed_by_filter(daemon)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise AssertionError(f'{name}: {error}')
        for guard in guards:
            guard.close()
        guards.clear()
        clean_up()


def test_forbidden_to_the_thread():
    """... and in the thread that writes the file, too, they kill all of it"""
    for call in (CALLS['execve'], CALLS['openat to read'], CALLS['socket AF_INET']):
        place, daemon = begin('file')
        pid = daemon.process.pid
        Injection(next(thread for thread in threads(pid) if thread != pid)).leave(*call)
        killed_by_filter(daemon)


def test_injection():
    """an allowed call that is put into it comes back, and it lives on (so the test above can tell)"""
    place, daemon = begin('file')
    pid = daemon.process.pid
    same(Injection(pid).call(39), pid, 'getpid')
    same(Injection(pid).call(1, 99, 0, 0), -errno.EBADF, 'write')
    same(daemon.guest().set('A', b'1'), SUCCESS, 'set')
    # Its main loop takes this for an answer of poll(), and GLib complains: that takes character sets.
    Injection(pid).leave(1, 99, 0, 0)
    daemon.wait_log('GLib')
    same(daemon.guest().set('A', b'2'), SUCCESS, 'set')
    Injection(pid).leave(234, pid, pid, signal.SIGABRT)
    same(daemon.process.wait(10), -signal.SIGABRT, 'abort() can be told from a forbidden call')
    daemon.log_file.close()


def test_no_climbing():
    """a new file cannot be made outside of the store's directory and the new root, whatever the path"""
    place, daemon = begin('file')
    os.chmod(place.directory, 0o777)
    pid = daemon.process.pid
    directory = next(int(fd) for fd in os.listdir(f'/proc/{pid}/fd') if os.path.isdir(f'/proc/{pid}/fd/{fd}'))
    for path, where in (('../../climbed', 'stores/climbed'), (place.path('climbed'), None), ('/climbed', None)):
        injection = Injection(pid)
        result = injection.call(257, directory, injection.text(path), 0o302, 0o600)
        check((result >= 0) == (where is not None), path, result)
        check(where is None or os.path.exists(place.path(where)), where, 'is not there')
        check(not os.path.exists(place.path('climbed')), path, 'was made outside')
    daemon.stop()


if os.geteuid() != 0:
    print('1..0 # SKIP only root can change to another user')
    sys.exit(0)
tap.run_all(test_hook, builds=['debug'])
if can_inject():
    tap.run_all(test_injection, builds=['release'])
    tap.run_all(test_forbidden, BACKENDS, builds=['release'])
    for test in (test_forbidden_to_the_thread, test_no_climbing):
        tap.run_all(test, builds=['release'])
tap.end()
