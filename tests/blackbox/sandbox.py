# SPDX-License-Identifier: GPL-2.0-only
"""What the test of the sandbox needs: the place that a toolstack makes, what the kernel says of a process, and system calls put into one."""
import ctypes
import os
import platform
import re
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'support')]

import daemon as programs  # noqa: E402
from daemon import *  # noqa: E402,F403
from fake_xapi import MACHINE, FakeXapi  # noqa: E402

USER = 65536 + 4711  # nobody's
DEBUG = programs.UEFISTORED
BACKENDS = ['memory', 'file', 'xapidb']
TOOLS = os.path.abspath(programs.BUILD)
RELEASE = os.path.join(os.environ.get('RELEASE', 'build/release'), 'uefistored')


class Guard(FakeXapi):
    """xapi-guard's socket, which it makes for one user."""

    def up(self):
        super().up()
        os.chown(self.path, 0, USER)
        os.chmod(self.path, 0o660)


class Place:
    """A root as xenopsd makes it, and beside it a store, keys and all the rest of the host."""

    def __init__(self, own_store=False):
        self.directory = scratch()
        os.chmod(self.directory, 0o755)
        self.root = self.path('root')
        os.mkdir(self.root)
        os.chown(self.root, 0, USER)
        os.chmod(self.root, 0o750)
        self.write('root/efi-vars-save.dat', b'', owner=USER, mode=0o600)
        os.mkdir(self.path('stores'))
        if own_store:
            os.chown(self.path('stores'), USER, USER)
        self.store = self.path('stores/store.json')
        self.pidfile = self.path('pid')

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data, owner=0, mode=0o644):
        with open(self.path(name), 'wb') as file:
            file.write(data)
        os.chmod(self.path(name), mode)
        os.chown(self.path(name), owner, owner)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def options(self, backend):
        """In the order of xenopsd, which has --domain where a socket is here, and knows xapidb only."""
        arguments = ['--chroot', self.root, '--depriv', '--uid', str(USER), '--gid', str(USER), '--backend', backend]
        if backend == 'xapidb':
            arguments += ['--arg', 'socket:/xapi-depriv-socket']
        elif backend == 'file':
            arguments += ['--arg', 'path:' + self.store]
        arguments += ['--pidfile', self.pidfile]
        if backend == 'xapidb':
            arguments += ['--arg', 'uuid:' + MACHINE]
        return arguments

    def start(self, backend, *more, resume=False, **how):
        arguments = self.options(backend)
        if resume:
            arguments += ['--resume', '--arg', 'resume:/efi-vars-resume.dat']
        # A daemon in the sandbox cannot remove its socket at the end.
        if os.path.exists(self.path('s')):
            os.unlink(self.path('s'))
        return Daemon(*arguments, '--arg', 'save:/efi-vars-save.dat', *more, directory=self.directory, **how)


# ---- Tests for both builds ----

TRACES = os.path.join(HERE, '..', '..', '..', 'shared', 'data', 'traces')
guards = []


def with_guard(place, backend, **more):
    """The machine's guard, where the backend has one."""
    if backend == 'xapidb':
        guards.append(Guard(os.path.join(place.root, 'xapi-depriv-socket'), **more))
        return guards[-1]
    return None


def begin(backend, *more, own_store=True, **how):
    place = Place(own_store)
    with_guard(place, backend)
    return place, place.start(backend, *more, **how)


class SandboxTap(Tap):
    """Its tests are run with each build, and for the backends named; their guards end with them."""

    def run_all(self, test, backends=(None,), builds=('debug', 'release')):
        for build in builds:
            for backend in backends:
                def one():
                    programs.UEFISTORED = DEBUG if build == 'debug' else RELEASE
                    try:
                        test(backend) if backend else test()
                    finally:
                        for guard in guards:
                            guard.close()
                        guards.clear()
                        programs.UEFISTORED = DEBUG
                one.__doc__ = f'{test.__doc__.splitlines()[0]} ({build}{", " + backend if backend else ""})'
                self.run(one)


def replay(guest, name):
    with open(os.path.join(TRACES, name + '.trace'), 'rb') as file:
        data = file.read()
    at = 0
    while at < len(data):
        request, response = struct.unpack_from('<II', data, at)
        guest.exchange(data[at + 8:at + 8 + request])
        at += 8 + request + response


# ---- Somebody who is not root ----

def become_user():
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def user_namespaces():
    """Can somebody who is not root run the program, and have a user namespace?"""
    programs_ = [RELEASE, DEBUG]
    ok = all(subprocess.run([program, '--version'], preexec_fn=become_user, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL).returncode == 0 for program in programs_)
    return ok and subprocess.run(['unshare', '-Ur', 'true'], preexec_fn=become_user, stderr=subprocess.DEVNULL).returncode == 0


# ---- What the kernel says ----

def status(pid, thread=None):
    """/proc/PID/status."""
    with open(f'/proc/{pid}/task/{thread or pid}/status') as file:
        return dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)


def threads(pid):
    return [int(thread) for thread in os.listdir(f'/proc/{pid}/task')]


def limits(pid):
    """{name: (soft, hard)} as texts."""
    with open(f'/proc/{pid}/limits') as file:
        lines = file.read().splitlines()[1:]
    return {line[:26].strip(): tuple(line[26:].split()[:2]) for line in lines}


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        return file.read().split()


def same_file(one, other):
    a, b = os.stat(one), os.stat(other)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def memory(pid, field):
    """A line of smaps_rollup, in bytes."""
    with open(f'/proc/{pid}/smaps_rollup') as file:
        return int(re.search(rf'^{field}: +(\d+) kB', file.read(), re.M).group(1)) * 1024


# ---- System calls put into a process ----

class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es '
        'fs gs').split()]


ATTACH, GETREGS, SETREGS, DETACH, SINGLESTEP, POKEDATA = 16, 12, 13, 17, 9, 5
WALL = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long


def can_inject():
    return platform.machine() == 'x86_64' and os.geteuid() == 0


def ptrace(request, thread, address=0, data=0):
    ctypes.set_errno(0)
    result = libc.ptrace(ctypes.c_long(request), ctypes.c_long(thread), ctypes.c_void_p(address),
                         data if isinstance(data, ctypes._Pointer) else ctypes.c_void_p(data))
    if result < 0 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), f'ptrace {request}: {os.strerror(ctypes.get_errno())}')


class Injection:
    """A thread that waits in a system call is stopped and makes another one instead."""

    def __init__(self, thread):
        self.thread = thread
        end = time.monotonic() + 5
        # It may not wait yet; and one that waited a moment ago may be on its way again, and stop between two instructions.
        while not self.stop_in_call():
            check(time.monotonic() < end, 'the thread does not wait')
            time.sleep(0.001)

    def stop_in_call(self):
        """Stops the thread where it is in a system call."""
        with open(f'/proc/{self.thread}/stat') as file:
            if file.read().rsplit(')', 1)[1].split()[0] != 'S':
                return False
        ptrace(ATTACH, self.thread)
        os.waitpid(self.thread, WALL)
        self.before = Registers()
        ptrace(GETREGS, self.thread, 0, ctypes.pointer(self.before))
        if ctypes.c_longlong(self.before.orig_rax).value >= 0:
            return True
        self.end()
        return False

    def prepare(self, number, arguments):
        registers = Registers.from_buffer_copy(self.before)
        # Back on the instruction that brought it into the kernel, and that call is not taken up again.
        registers.rip -= 2
        registers.orig_rax = (1 << 64) - 1
        registers.rax = number
        for name, value in zip(('rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'), list(arguments) + [0] * 6):
            setattr(registers, name, value & ((1 << 64) - 1))
        ptrace(SETREGS, self.thread, 0, ctypes.pointer(registers))

    def text(self, text):
        """Puts a text below the thread's stack; returns its address."""
        address = (self.before.rsp - 4096) & ~7
        data = text.encode() + b'\0' * 8
        for at in range(0, len(data) - len(data) % 8, 8):
            ptrace(POKEDATA, self.thread, address + at, struct.unpack_from('<Q', data, at)[0])
        return address

    def call(self, number, *arguments):
        """Makes a call that comes back, and lets the thread go on as if nothing had been. Returns what it returned."""
        self.prepare(number, arguments)
        ptrace(SINGLESTEP, self.thread)
        _, stopped = os.waitpid(self.thread, WALL)
        check(os.WIFSTOPPED(stopped), 'the call did not come back:', stopped)
        after = Registers()
        ptrace(GETREGS, self.thread, 0, ctypes.pointer(after))
        ptrace(SETREGS, self.thread, 0, ctypes.pointer(self.before))
        self.end()
        return ctypes.c_longlong(after.rax).value

    def leave(self, number, *arguments):
        """Makes a call, and does not wait for it."""
        self.prepare(number, arguments)
        self.end()

    def end(self):
        ptrace(DETACH, self.thread)


def killed_by_filter(daemon):
    same(daemon.process.wait(10), -signal.SIGSYS, 'how the daemon ended: ' + daemon.log())
    daemon.log_file.close()
