#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tools as XAPI runs them: its own command lines, default paths and all, on a host in a directory; their output is read as it does."""
import os
import signal
import sys
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'blackbox'), os.path.join(HERE, '..', 'support')]
from varstore import *  # noqa: E402,F403
from sandbox import Injection, can_inject  # noqa: E402
from xapi_host import QEMU_BASE, RELEASE, RUN, Guard, XapiHost  # noqa: E402

hosts = {}
LOGIN, LOGOUT, FIND = 'session.login_with_password', 'session.logout', 'VM.get_by_uuid'
GET, SET = 'VM.get_NVRAM', 'VM.set_NVRAM_EFI_variables'
CLONE_ROOT = f'{RUN}/varstored-root-0-{MACHINE}'
RULES = '/etc/xapi.d/efi-clone'
EXTRA = bytes(8) + struct.pack('<I', 4) + bytes(range(256))  # of a blob: no MOR key, the registers of TPM physical presence


def has(data, name):
    return name_bytes(name) + struct.pack('<Q', 1) in data


class Host:
    """A host whose pool has these keys, with the built-in ones at their place."""

    def __init__(self, build, keys=None):
        if build not in hosts:
            hosts[build] = XapiHost(RELEASE if build == 'release' else BUILD)
        self.host = hosts[build]
        for name in ('PK', 'KEK', 'db', 'dbx'):
            path = f'/usr/share/varstored/{name}.auth'
            if os.path.exists(self.host.path(path)):
                os.unlink(self.host.path(path))
            if keys and os.path.exists(f'{key_path(keys)}/{name}.auth'):
                with open(f'{key_path(keys)}/{name}.auth', 'rb') as file:
                    self.host.write(path, file.read())

    def xapi(self, mode='xapi', **more):
        xapi = self.host.xapi(mode, **more)
        place = Place()
        place.xapi = xapi  # ends with the test
        return xapi

    def output(self, *argv):
        """The output of a tool that must end with 0: anything else is an error of XAPI's."""
        status, out, err = self.host.run(*argv)
        same(status, 0, f'{argv}: {err}')
        return out

    def readiness(self):
        """VM.get_secureboot_readiness of a machine that wants Secure Boot and was booted."""
        names = [line.split(' ')[1] for line in self.output('/usr/bin/varstore-ls', MACHINE).split('\n') if line]
        found = [name in names for name in ('PK', 'KEK', 'db', 'dbx')]
        if all(found):
            return 'ready'
        if all(found[:3]):
            return 'ready_no_dbx'
        return 'certs_incomplete' if found[0] else 'setup_mode'

    def certcheck(self, value):
        """What XAPI takes the state of the certificates to be: it gives the text in a file."""
        path = self.host.write(f'/tmp/nvram-{MACHINE}-aB3xY9.dat', value)
        out = self.output('/usr/bin/varstore-nvram-certcheck', path).strip()
        check(out in ('update_ok', 'update_required'), out)
        return out


def clone(build):
    """varstore-rm -c for a clone: in the new machine's root, at its guard, by the rules of the host"""
    at = Host(build)
    uid = gid = QEMU_BASE
    root = at.host.path(CLONE_ROOT)
    argv = ['/usr/bin/varstore-rm', '-c', MACHINE, '-r', CLONE_ROOT, '-u', str(uid), '-g', str(gid), '-s', '/xapi-depriv-socket']
    before = text(vars_blob(record('a', b'1'), record('b', b'2'), record('c', b'3')))
    os.mkdir(root)
    os.chown(root, 0, gid)
    os.chmod(root, 0o750)
    place = Place()
    place.xapi = guard = Guard(root + '/xapi-depriv-socket', gid, value=before)
    guard.machine.state = 'update_on_boot'
    try:
        # A host without rules.
        at.output(*argv)
        same(guard.value, before)
        at.host.write(RULES + '/vendor', f'# machine identities\n\n{VENDOR} a\n{VENDOR} missing\n')
        at.host.write(RULES + '/other', f'{VENDOR} c\r\n')
        at.output(*argv)
        same([name for name in 'abc' if has(guard.blob, name)], ['b'])
        same((guard.machine.state, guard.parallel_most), ('update_on_boot', 1))
        # XAPI is asked by nobody else: nothing but the guard's own calls.
        same(set(guard.methods()), {LOGIN, FIND, GET, SET + '_v2', LOGOUT})
        # A second time there is nothing to remove; a machine that was never booted is none to change.
        effects = len(guard.effects)
        at.output(*argv)
        guard.value = None
        at.output(*argv)
        same((len(guard.effects), guard.value), (effects, None))
        # XAPI is up again a moment later.
        guard.value = before
        guard.fault(SET + '_v2', answer='failure', text='Unix.Unix_error(Unix.ECONNREFUSED, "connect", "")')
        at.output(*argv)
        same([name for name in 'abc' if has(guard.blob, name)], ['b'])
        # Where the rules cannot be kept the clone is not made.
        guard.value = before
        guard.fault(SET + '_v2', answer='failure', times=0)
        same(at.host.run(*argv)[0], 1)
        same(guard.value, before)
    finally:
        shutil.rmtree(root)
        shutil.rmtree(at.host.path('/etc'), ignore_errors=True)


def uefi_mode(build):
    """VM.set_uefi_mode and VM.get_secureboot_readiness: varstore-sb-state and varstore-ls at XAPI's own socket, by the host's keys"""
    at = Host(build, 'old')
    xapi = at.xapi(value=text(vars_blob(record('a', b'1'), extra=EXTRA)), nvram={'EFI-variables-on-boot': 'persist'})
    same(at.readiness(), 'setup_mode')
    same(xapi.methods(), [LOGIN, FIND, GET, LOGOUT])
    out = at.output('/usr/bin/varstore-sb-state', MACHINE, 'user')
    check(out.endswith('User mode\n'), out)
    same(at.readiness(), 'ready_no_dbx')
    # Its set has three parameters, after which XAPI looks for itself.
    same([len(call['parameters']) for call in xapi.calls if call['method'] == SET], [3])
    same(at.certcheck(xapi.value), 'update_ok')
    at = Host(build, 'new')
    same(at.certcheck(xapi.value), 'update_required')
    at.output('/usr/bin/varstore-sb-state', MACHINE, 'user')
    same((at.readiness(), at.certcheck(xapi.value)), ('ready', 'update_ok'))
    check(has(xapi.blob, 'a'), 'the rest stays')
    same(xapi.blob[24:292], EXTRA, 'what the blob has besides variables')
    out = at.output('/usr/bin/varstore-sb-state', MACHINE, 'setup')
    check(out.endswith('Setup mode\n'), out)
    same(at.readiness(), 'setup_mode')
    same((xapi.machine.nvram['EFI-variables-on-boot'], xapi.sessions), ('persist', set()))
    # Without the host's keys, and for a machine that XAPI does not know: an error, and nothing changed.
    before, at = xapi.value, Host(build)
    same((at.host.run('/usr/bin/varstore-sb-state', MACHINE, 'user')[0], xapi.value), (1, before))
    same(at.host.run('/usr/bin/varstore-ls', MACHINE.replace('1', '2'))[0], 1)


def certcheck(build):
    """varstore-nvram-certcheck, when XAPI is not up: the text as it is stored, whatever it is"""
    at = Host(build, 'new')
    check(not os.path.exists(at.host.path('/var/lib/xcp/xapi')))
    place = Place()
    enrolled(place, 'old')
    place.does('convert', 'store', 'nvram.b64')
    value = place.read('nvram.b64').strip()
    same(at.certcheck(value), 'update_required')
    # As an administrator may have stored it.
    same(at.certcheck(b'\n'.join(value[i:i + 76] for i in range(0, len(value), 76)) + b'\n'), 'update_required')
    for other in (b'', b'\n', b'rubbish', value[:len(value) // 2 // 4 * 4], value[:-1], value[:3], b'\xff' * 1000,
                  text(vars_blob()).encode(), text(bytes(100000)).encode(), b'VkFS' * 500000):
        at.certcheck(other)
    # A file of keys that cannot be read is none: at the default place, too.
    kek = at.host.path('/usr/share/varstored/KEK.auth')
    os.unlink(kek)
    os.mkdir(kek)
    same(at.certcheck(value), 'update_required')
    os.rmdir(kek)
    # No keys on the host, or the directory is being replaced: nothing to compare with.
    at = Host(build)
    same(at.certcheck(value), 'update_ok')
    os.unlink(at.host.path('/var/lib/varstored'))
    same(at.certcheck(value), 'update_ok')
    os.symlink('/usr/share/varstored', at.host.path('/var/lib/varstored'))


FORBIDDEN = {  # of x86-64: name: (number, arguments...); 1 is an address that is none
    'execve': (59, 1, 0, 0), 'fork': (57,), 'open': (2, 1, 0), 'openat': (257, -100, 1, 0), 'openat of a new file': (257, -100, 1, 0o302),
    'unlink': (87, 1), 'socket AF_INET': (41, 2, 1, 0), 'bind': (49, 0, 1, 2), 'kill': (62, 1, 0), 'ptrace': (101, 0), 'setuid': (105, 0),
    'mmap to execute': (9, 0, 4096, 5, 0x22), 'mprotect': (10, 0, 0, 5), 'prctl': (157, 38, 1), 'unshare': (272, 0x10000000),
    'a call of the x32 kind': (0x40000000 | 39,),
}


def waiting(place):
    """The release build's varstore-ls -d, which waits for an answer."""
    place.xapi.calls.clear()
    tool = subprocess.Popen([os.path.join(RELEASE, 'varstore'), 'ls', MACHINE, '-d', '-s', place.path('xapi')], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    place.xapi.wait(lambda: GET in place.xapi.methods(), what='the call')
    return tool


def depriv(build):
    """-d: whatever the tools do is possible with their list of system calls, at XAPI and at its guard"""
    at = Host(build, 'new')
    at.host.write('/v', b'2' * 50000)
    commands = (['ls', MACHINE], ['ls', '-l', MACHINE], ['set', MACHINE, VENDOR, 'b', '7', '/v'], ['get', MACHINE, VENDOR, 'b'],
                ['get', '-a', MACHINE, VENDOR, 'b'], ['rm', MACHINE, VENDOR, 'b'], ['rm', '-c', MACHINE], ['sb-state', MACHINE, 'user'],
                ['status', MACHINE], ['status', '--json', MACHINE], ['sb-state', MACHINE, 'setup'])
    for mode in ('xapi', 'guard'):
        xapi = at.xapi(mode=mode, value=text(vars_blob(record('a', b'1'), record('empty', b''))))
        for command in commands:
            # A call that is forbidden would be a signal.
            status, _, err = at.host.run('/usr/bin/varstore', *command, '-d', '-u', '65000', '-g', '65001')
            same(status, 0, f'{command}: {err}')
        status, _, err = at.host.run('/usr/bin/varstore', 'get', MACHINE, VENDOR, 'absent', '-d')
        check(status == 1 and 'EFI_NOT_FOUND' in err, err)
        # One call is lost and made again, and one is refused.
        xapi.fault(GET, answer='none')
        at.output('/usr/bin/varstore-ls', MACHINE, '-d')
        xapi.fault(GET, answer='failure')
        same(at.host.run('/usr/bin/varstore-ls', MACHINE, '-d')[0], 1)
        xapi.close()
    status, _, err = at.host.run('/usr/bin/varstore-ls', MACHINE, '-d')
    check(status == 1 and 'No such file' in err, err)


def forbidden(build):
    """-d, and nvram-certcheck by itself: a system call outside of the list kills"""
    place = Place(mode='guard', value=text(vars_blob()))
    place.xapi.fault(GET, answer='hang', times=0)
    if build == 'debug':
        place.write('nvram', text(vars_blob()))
        for name in ('execve', 'clone', 'write-file', 'socket', 'make-executable'):
            env = dict(NO_LEAKS, UEFISTORED_DEBUG_FORBIDDEN=name)
            same(place.run('ls', MACHINE, '-d', '-s', place.path('xapi'), env=env)[0], -signal.SIGSYS, name)
            same(place.run('nvram-certcheck', 'nvram', env=env)[0], -signal.SIGSYS, name)
        return
    for name, call in FORBIDDEN.items() if can_inject() else ():
        tool = waiting(place)
        Injection(tool.pid).leave(*call)
        same(tool.wait(10), -signal.SIGSYS, name)
    # One that is in the list comes back.
    tool = waiting(place)
    same(Injection(tool.pid).call(39), tool.pid, 'getpid')
    tool.kill()
    tool.wait()


def both(*tests):
    """Each with either build."""
    for test in tests:
        for build in ('release', 'debug'):
            def one(test=test, build=build):
                test(build)
            one.__doc__ = f'{test.__doc__} ({build})'
            yield one


if os.geteuid() != 0:
    print('1..0 # SKIP only root can change to another user and root')
    sys.exit(0)
run_tests(*both(clone, uefi_mode, certcheck, depriv, forbidden))
