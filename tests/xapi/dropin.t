#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The daemon in varstored's place: run by that name with xenopsd's own command line, in the root that xenopsd makes, as the user of the
machine, through every fault of its guard, and to its end in every phase of its life. --socket stands in for --domain."""
import fcntl
import hashlib
import signal
import struct
import subprocess
import sys
import time
sys.dont_write_bytecode = True
from session import *  # noqa: E402,F403
from daemon import BUILD  # noqa: E402
from xapi_host import RELEASE, Vm, XapiHost  # noqa: E402

hosts = {}
vms = []


def make(build='release', start=True, env=None, **more):
    """A machine on a host with this build of the programs."""
    if build not in hosts:
        hosts[build] = XapiHost(RELEASE if build == 'release' else BUILD)
    vm = Vm(hosts[build], 7 + len(vms), **more)
    vms.append(vm)
    return vm.start(env=env) if start else vm


class DropinTap(XapiTap):
    def run(self, *tests):
        for test in tests:
            super().run(test)
            for vm in vms:
                vm.end()
            vms.clear()


tap = DropinTap()


def as_(build):
    """Makes the same test of the other build."""
    def decorate(test):
        def one():
            test(build)
        one.__doc__ = f'{test.__doc__.splitlines()[0]} ({build})'
        return one
    return decorate


def status(pid):
    with open(f'/proc/{pid}/status') as file:
        return dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)


# One SHA-256.
KEK_LIST = (guid_bytes('c1c41626-504c-4092-aca9-41f936934328') + struct.pack('<III', 76, 0, 48) + guid_bytes(VENDOR) +
            hashlib.sha256(b'x').digest())


# ---- Life ----

def serves(build):
    """As xenopsd starts it, it serves, as the machine's user, and leaves nothing but its save file in the root"""
    vm = make(build)
    same(vm.argv(['--domain', '7']),
         ['/usr/sbin/varstored', '--domain', '7', '--chroot', '/var/run/xen/varstored-root-7', '--depriv', '--uid', '65542', '--gid',
          '65542', '--backend', 'xapidb', '--arg', 'socket:/xapi-depriv-socket', '--pidfile', '/var/run/xen/varstored-7.pid', '--arg',
          'uuid:' + MACHINE, '--arg', 'save:/efi-vars-save.dat'])
    pid, guest = vm.process.pid, vm.guest()
    same(guest.set('A', b'alpha'), SUCCESS)
    same(guest.set('V', b'volatile', BS | RT), SUCCESS)
    same(stored(vm.guard), {'A': b'alpha'})
    with open(f'/proc/{pid}/cmdline', 'rb') as file:
        same(file.read().decode().split('\0')[:-1], vm.argv(['--socket', vm.socket]), 'command line')
    for field in ('Uid', 'Gid'):
        same(status(pid)[field].split(), [str(vm.uid)] * 4, field)
    same((status(pid)['Groups'].strip(), status(pid)['Seccomp']), ('', '2'))
    with open(vm.host.path(vm.pidfile), 'r+b') as file:
        same(file.read(), b'%d\n' % pid)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise AssertionError('the pidfile is not locked')
        except OSError:
            pass
    before = os.stat(vm.host.path(vm.root + '/efi-vars-save.dat'))
    vm.stop()
    after = os.stat(vm.host.path(vm.root + '/efi-vars-save.dat'))
    same((after.st_ino, after.st_uid, after.st_mode), (before.st_ino, before.st_uid, before.st_mode), 'the save file')
    same(vm.saved()[:8], b'VARS\2\0\0\0')
    same(own(vm.saved()), {'A': b'alpha', 'V': b'volatile'})
    same(sorted(os.listdir(vm.host.path(vm.root))), ['efi-vars-save.dat', 'xapi-depriv-socket'])


def each_signal():
    """SIGINT and SIGHUP are SIGTERM; a second one does not hurt"""
    for number in (signal.SIGINT, signal.SIGHUP):
        vm = make()
        same(vm.guest().set('A', b'alpha'), SUCCESS)
        vm.process.send_signal(number)
        vm.process.send_signal(signal.SIGTERM)
        vm.stop(number)
        same(own(vm.saved()), {'A': b'alpha'})


def on_boot_reset():
    """EFI-variables-on-boot=reset: --nonpersistent; nothing is written, not on a resume either"""
    vm = make(nvram={'EFI-variables-on-boot': 'reset', KEY: text(blob(record('A', b'old')))})
    same(vm.guest().set('A', b'new'), SUCCESS)
    vm.stop()
    same((own(vm.saved()), vm.guard.effects), ({'A': b'new'}, []))
    other = make(nvram={'EFI-variables-on-boot': 'reset'}, resume=vm.saved())
    same(other.guest().value('A'), b'new')
    other.stop()
    same(other.guard.methods(), [])


def another_backend():
    """EFI-variables-backend=x: an error, told at once, and nothing touched"""
    vm = make(nvram={'EFI-variables-backend': 'x'}, start=False).start(wait=False)
    check(vm.process.wait(10) != 0)
    check("no backend 'x'" in vm.log() and len(vm.log().splitlines()) == 1, vm.log())
    same((vm.guard.connections, vm.saved(), os.path.exists(vm.host.path(vm.pidfile))), (0, b'', False))


def host_keys():
    """The keys of /var/lib/varstored, a link to /usr/share/varstored, are enrolled on a first boot alone"""
    vm = make(start=False)
    built_in = vm.host.path('/usr/share/varstored/KEK.auth')
    subprocess.run([os.path.join(BUILD, 'create-auth'), 'KEK', built_in, vm.host.path(vm.host.write('/tmp/esl', KEK_LIST))], check=True,
                   stdout=subprocess.DEVNULL)
    same(vm.start().guest().value('KEK', GLOBAL), KEK_LIST)
    vm.stop()
    # A blob without variables is no first boot; base64 of nothing at all is one.
    for value, kek in ((text(blob()), None), (text(b''), KEK_LIST)):
        vm = make(value=value)
        same(vm.guest().value('KEK', GLOBAL), kek, value)
        vm.stop()
    os.unlink(built_in)


# ---- What old daemons left ----

def uefistored_v1():
    """Resumes from uefistored's file: version 1, all times and digests zero, larger than it could read itself"""
    many = [record(f'N{i}', bytes([i]) * 700, time=bytes(16)) for i in range(100)]
    saved = blob(*many, record('V', b'volatile', BS | RT), record('KEK', KEK_LIST, NV | BS | RT | AT, GLOBAL), version=1)
    check(len(saved) > 65536)
    vm = make(resume=saved)
    guest = vm.guest()
    same((guest.value('N99'), guest.value('V'), guest.value('KEK', GLOBAL)), (bytes([99]) * 700, b'volatile', KEK_LIST))
    vm.guard.wait(lambda: vm.guard.effects, what='the write-back')
    same(stored(vm.guard), {f'N{i}': bytes([i]) * 700 for i in range(100)})
    vm.stop()
    same((vm.saved()[4], own(vm.saved())['V']), (2, b'volatile'))


def varstored_v2():
    """Resumes from varstored's file: version 2, in any order, garbage for digests, with data that no guest can write any more"""
    large = bytes(range(256)) * 240
    records = [record('V', b'volatile', BS | RT, digest=b'\xcc' * 32), record('Large', large, digest=b'\xa5' * 32), record('A', b'alpha')]
    ancillary = b'mor-key!' + struct.pack('<I', 3) + bytes(range(256))
    for order in (records, records[::-1]):
        vm = make(resume=blob(*order, extra=ancillary))
        guest = vm.guest()
        same((guest.value('V'), guest.value('A'), guest.value('Large')), (b'volatile', b'alpha', large))
        vm.guard.wait(lambda: vm.guard.effects, what='the write-back')
        same(stored(vm.guard), {'A': b'alpha', 'Large': large})
        vm.stop()
        same(own(vm.saved()), {'V': b'volatile', 'A': b'alpha', 'Large': large})
        same(vm.saved()[24:292], ancillary, 'MOR key and PPI')
        # XAPI has the registers, but not the key.
        same(vm.guard.blob[24:292], bytes(8) + ancillary[8:])


def resumed_again():
    """Suspended and resumed time and again: what is saved is what was resumed"""
    vm = make()
    same(vm.guest().set('A', b'alpha'), SUCCESS)
    same(vm.guest().set('V', b'volatile', BS | RT), SUCCESS)
    saved = vm.stop().saved()
    for _ in range(3):
        vm = make(resume=saved)
        same(vm.guest().value('V'), b'volatile')
        same(sorted(records(vm.stop().saved())), sorted(records(saved)))


def not_resumable():
    """A resume file that is empty or cut, as a peer that crashed leaves it: told, and no machine without its variables"""
    for content in (b'', b'VARS\2\0\0', b'\0' * 400):
        vm = make(resume=content, start=False, value=text(blob(record('A', b'old')))).start(wait=False)
        same(vm.process.wait(10), 1)
        check('resume' in vm.log(), vm.log())
        same((vm.guard.effects, vm.saved()), ([], b''))


# ---- Faults of the guard ----

def faulty(**more):
    vm = make('debug', env=HASTY, value=text(blob(record('A', b'old'))), **more)
    vm.told = {'A': b'old'}
    vm.client = vm.guest()
    return vm


def write(vm, name, data):
    """A write, and what the guest may rely on since."""
    result = vm.client.set(name, data)
    check(result in (SUCCESS, DEVICE_ERROR), hex(result))
    if result == SUCCESS:
        vm.told[name] = data
    same(vm.client.value(name), vm.told.get(name), 'what the guest sees')
    return result


def well_again(vm):
    """The next write succeeds, and what is stored is what was told; the end is an end as always."""
    vm.guard.clear()
    same(write(vm, 'After', b'after'), SUCCESS, vm.log())
    vm.guard.wait(lambda: stored(vm.guard) == vm.told, what='what the guest was told')
    same(vm.guard.parallel_most, 1, 'connections at once')
    vm.stop()
    same((own(vm.saved()), stored(vm.guard)), (vm.told, vm.told))
    vm.end()
    vms.remove(vm)


def xapi_not_running():
    """3.4: XAPI does not run, or a pool's master cannot be reached: a Failure at once"""
    for what in ('Unix.Unix_error(Unix.ECONNREFUSED, "connect", "")', 'Server_error(HOST_OFFLINE, [ OpaqueRef:x ])'):
        vm = faulty()
        vm.guard.fault('*', answer='failure', times=0, text=what)
        for i in range(3):
            same(write(vm, 'A', b'%d' % i), DEVICE_ERROR)
        well_again(vm)


def xapi_dies():
    """3.4: XAPI dies in the middle of a call: an answer after a while, or a Failure later than a guest waits, the write done twice"""
    vm = faulty()
    vm.guard.fault(SET, before=0.8)
    same(write(vm, 'A', b'slow'), SUCCESS)
    vm.guard.fault(SET, after=3, answer='failure', effect=True)
    write(vm, 'A', b'lost')
    vm.guard.value = vm.guard.effects[-1][1]
    well_again(vm)


def guard_restarts():
    """3.4: the guard is being restarted: its socket is not there, refuses, or is not yet the group's"""
    for how in ('absent', 'refused', 'forbidden'):
        vm = faulty()
        vm.guard.down(how)
        vm.client.put(vm.client.set_request('A', b'new'))
        vm.client.ring()
        vm.guard.ending.wait(0.3)
        check(not vm.client.answered_within(0), how)
        vm.guard.up()
        same(vm.client.wait(), 0)
        same(vm.client.read(8), bytes(8), how)
        vm.told['A'] = b'new'
        well_again(vm)
    vm = faulty()
    vm.guard.down('forbidden')
    same(write(vm, 'A', b'never'), DEVICE_ERROR)
    vm.guard.up()
    well_again(vm)


def guard_killed():
    """3.4: the guard is killed in the middle of a call: the end of the connection before or within an answer, the write done or not"""
    for fault in ({'answer': 'none'}, {'answer': 'half'}, {'answer': 'reset'}):
        for effect in (False, True):
            vm = faulty()
            vm.guard.fault(SET, effect=effect, **fault)
            same(write(vm, 'A', b'new'), SUCCESS, (fault, effect))
            well_again(vm)


def guard_stands_still():
    """A guard that stands still until its backlog is full, and then does all that is in it"""
    vm = faulty()
    vm.guard.stall()
    for name in 'ABC':
        same(write(vm, name, b'stalled'), DEVICE_ERROR)
    vm.guard.go_on()
    well_again(vm)


# ---- The end, in every phase ----

def during_load(vm):
    vm.guard.fault(GET, answer='hang', times=0)
    return GET


def during_failing_load(vm):
    vm.guard.fault(GET, answer='failure', times=0)
    return GET


def during_state(vm):
    vm.guard.fault(STATE, answer='hang', times=0)
    return STATE


def during_first_store(vm):
    vm.guard.fault(SET, answer='hang', effect=False, times=0)
    return SET


def during_refresh(vm):
    vm.guard.value = text(blob(record('A', b'old')))
    vm.guard.machine.state = 'update_on_boot'
    vm.guard.fault(SET, answer='hang', effect=False, times=0)
    return SET


def at_a_stalled_guard(vm):
    vm.guard.stall()
    return None


def without_a_guard(vm):
    vm.guard.down('absent')
    return None


def ended_before_ready():
    """SIGTERM before it is ready: the end, at once, whatever it waits for, and the socket does not appear"""
    for phase in (during_load, during_failing_load, during_state, during_first_store, during_refresh, at_a_stalled_guard,
                  without_a_guard):
        vm = make(start=False)
        method = phase(vm)
        vm.start(wait=False)
        if method:
            vm.guard.wait(lambda: method in vm.guard.methods(), what=method)
        time.sleep(0.1)
        begun = time.monotonic()
        vm.stop()
        check(time.monotonic() - begun < 2, phase.__name__, 'took', time.monotonic() - begun, vm.log())
        check(not os.path.exists(vm.host.path(vm.socket)), phase.__name__)
        same(vm.guard.effects, [], phase.__name__)
        vm.end()
        vms.remove(vm)


def begin_write(vm, name='A', data=b'new'):
    guest = vm.guest()
    guest.put(guest.set_request(name, data))
    guest.ring()
    return guest


def hanging_write(vm):
    vm.guard.fault(SET, answer='hang', effect=False, times=0)
    begin_write(vm)
    vm.guard.wait(lambda: SET in vm.guard.methods())


def hanging_look(vm):
    vm.guard.fault(SET, answer='none', effect=False, times=0)
    vm.guard.fault(GET, answer='hang', times=0)
    begin_write(vm)
    vm.guard.wait(lambda: GET in vm.guard.methods())


def queued_write(vm):
    hanging_write(vm)
    begin_write(vm, 'B')
    time.sleep(0.1)


def frozen_write(vm):
    vm.guard.freeze()
    begin_write(vm)
    vm.guard.wait(lambda: SET in vm.guard.methods())


def stalled_write(vm):
    vm.guard.stall()
    begin_write(vm)
    time.sleep(0.2)


def unreachable_write(vm):
    vm.guard.down('absent')
    begin_write(vm)
    time.sleep(0.3)


def write_that_trickles(vm):
    vm.guard.fault(SET, answer='head', effect=False, times=0)
    begin_write(vm)
    vm.guard.wait(lambda: SET in vm.guard.methods())


def repair_that_fails(vm):
    vm.guard.fault('*', answer='failure', effect=True, times=0)
    same(vm.guest().set('A', b'new'), DEVICE_ERROR)


def hanging_alert(vm):
    vm.guard.fault(MESSAGE, answer='hang', times=0)
    guest = vm.guest()
    guest.put(struct.pack('<II', 1, 4))
    guest.ring()
    vm.guard.wait(lambda: MESSAGE in vm.guard.methods())


def paced_write(vm):
    guest = vm.guest()
    for i in range(99):
        same(guest.set('Often', b'%d' % i), SUCCESS)
    vm.guard.freeze()
    begin_write(vm)
    time.sleep(0.1)


PHASES = (hanging_write, hanging_look, queued_write, frozen_write, stalled_write, unreachable_write, write_that_trickles,
          repair_that_fails, hanging_alert, paced_write)


def signalled(vm, phase):
    """SIGTERM: the whole state is in the save file within a second."""
    begun = time.monotonic()
    vm.process.send_signal(signal.SIGTERM)
    while not vm.saved():
        check(time.monotonic() - begun < 1, f'{phase}: not saved within a second:', vm.log())
        time.sleep(0.005)
    return begun


def ends(vm, phase, begun):
    """Systemd has no reason to kill, and the state is that of before the write, which was never answered with success."""
    vm.process.wait(max(10 - (time.monotonic() - begun), 0.1))
    same(vm.process.returncode, 0, f'{phase}: {vm.log()}')
    found = own(vm.saved())
    found.pop('Often', None)
    same(found, {'A': b'old', 'V': b'volatile'}, phase)


def ended_while_it_serves():
    """SIGTERM while the guard hangs, in whatever the daemon is at: saved within a second, ended within ten"""
    ending = []
    for phase in PHASES:
        vm = make(value=text(blob(record('A', b'old'))))
        same(vm.guest().set('V', b'volatile', BS | RT), SUCCESS)
        vm.guard.calls.clear()
        phase(vm)
        ending.append((vm, phase.__name__, signalled(vm, phase.__name__)))
    vm = make(resume=blob(record('A', b'old'), record('V', b'volatile', BS | RT)), start=False)
    vm.guard.fault(SET, answer='hang', effect=False, times=0)
    vm.start()
    vm.guard.wait(lambda: SET in vm.guard.methods())
    ending.append((vm, 'the write-back', signalled(vm, 'the write-back')))
    for one in ending:
        ends(*one)


if os.geteuid() != 0:
    print('1..0 # SKIP only root can change to another user and root')
    sys.exit(0)
tap.run(as_('release')(serves), as_('debug')(serves), each_signal, on_boot_reset, another_backend, host_keys, uefistored_v1, varstored_v2,
        resumed_again, not_resumable, xapi_not_running, xapi_dies, guard_restarts, guard_killed, guard_stands_still,
        ended_before_ready, ended_while_it_serves)
tap.end()
