#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every system call of the file store fails in turn, in several ways, and the power fails after every one of them.

SEED=N repeats a run's random choices; FAULTS_ALL=1 tries all that CI takes a part of.
"""
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import *  # noqa: E402,F403
import errno  # noqa: E402

tap = Tap()
seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
everything = os.environ.get('FAULTS_ALL') == '1'
print(f'# SEED={seed}')

ERRORS = (errno.EIO, errno.ENOSPC, errno.EINTR, 'short')
# Calls that do not take a part of their bytes.
WHOLE = ('fsync', 'fdatasync', 'ftruncate', 'renameat', 'unlinkat', 'close', 'fstat', 'fstatat', 'flock', 'fchmod',
         'fchown', 'open', 'openat', 'readlink')


def script(generator):
    """Few writes of every kind: new, longer, shorter, deleted, in one store."""
    return [('A', generator.randbytes(20)), ('B', generator.randbytes(600)), ('A', generator.randbytes(1500)),
            ('B', b''), ('A', generator.randbytes(3))]


def play(machine, daemon, writes):
    """Plays the writes. Returns whether the daemon came up and lived."""
    try:
        daemon.wait_ready()
        guest = daemon.guest()
    except (AssertionError, OSError):
        same(daemon.process.wait(20), 1, 'exit status of a daemon that cannot start: ' + daemon.log())
        check(': ' in daemon.log() and 'Sanitizer' not in daemon.log(), 'a daemon that cannot start:', daemon.log())
        return False
    for name, data in writes:
        status = machine.write(guest, name, data)
        check(status in (SUCCESS, DEVICE_ERROR, OUT_OF_RESOURCES) or (status == NOT_FOUND and not data),
              f'{name}: {status:#x}')
        for other in ('A', 'B'):
            same(guest.value(other), machine.expected().get(other), f'{other} after {name}')
    guest.close()
    return True


def finish(machine, fault, daemon):
    """After SIGTERM what is stored is what the guest was told, unless the fault goes on."""
    daemon.stop()
    check('Sanitizer' not in daemon.log(), daemon.log())
    if fault and '+' not in fault and fault[0].isdigit():
        found = load([machine.store])[0]
        same({name: found.get(name) for name in 'AB' if name in found}, machine.expected(), f'the store after {fault}')


def one(in_place, empty, fault, failures, generator, count):
    machine = Machine(in_place, empty)
    machine.what = fault or 'no fault'
    daemon = machine.start(fault, wait=False)
    if play(machine, daemon, script(generator)):
        finish(machine, fault, daemon)
    else:
        machine.told.clear()
    daemon.kill()
    if machine.position():
        failures.add(machine, generator, count)
    return machine


def chosen(faults, generator, share):
    faults = list(faults)
    return faults if everything else [fault for fault in faults if generator.randrange(share) == 0]


def matrix(in_place, empty, generator):
    """Tries the faults of one way of writing, judges all power failures, and prints what came out."""
    failures = Failures(in_place)
    # Without a fault, and with the power failing in many ways; its record also tells which calls there are.
    first = one(in_place, empty, None, failures, generator, 40)
    same({told.status for told in first.told}, {SUCCESS}, 'without a fault')
    calls = [call.name for call in disk.read_calls(first.record)]
    faults = [f'{number}:{error}' for number, name in enumerate(calls) for error in ERRORS
              if error != 'short' or name not in WHOLE]
    faults = chosen(faults, generator, 8)
    faults += chosen([f'{number}+:{error}' for number in range(len(calls)) for error in (errno.EIO, errno.ENOSPC)],
                     generator, 12)
    if not in_place:
        # The directory lets a file be made, but not replaced: it is written in place after all.
        faults += [f'renameat:{error}' for error in (errno.EBUSY, errno.EXDEV, errno.EPERM)]
        faults += [f'fchmod:{errno.EPERM}', f'flock:{errno.EIO}']
    faults += [f'{name}:{errno.EIO}' for name in ('fsync', 'pwrite', 'ftruncate')]
    machines = [first] + [one(in_place, empty, fault, failures, generator, 3) for fault in faults]
    acknowledged = sum(told.status == SUCCESS for machine in machines for told in machine.told)
    refused = sum(told.status != SUCCESS for machine in machines for told in machine.told)
    broken, lost, untold = failures.judge()
    what = ('in place' if in_place else 'renamed') + (', from an empty store' if empty else '')
    print(f'# {what}: {len(calls)} calls, faults tried: {len(faults)}, power failures: {failures.crashes} '
          f'({len(failures.states)} different), writes acknowledged: {acknowledged}, refused: {refused}, '
          f'stores that do not load: {len(broken)}, lost: {len(lost)}, told as failed and found: {len(untold)}')
    for _, text in (broken + lost)[:10]:
        print('# ' + text)
    check(not broken and not lost, 'see above')
    check(acknowledged > 0 and refused > 0)
    for machine, text in untold:
        check(is_doubtful(machine.what, calls), 'told as failed and found:', text)


def is_doubtful(fault, calls):
    """May this fault leave a write whose outcome nobody knows? A sync that fails, alone or with all that follows."""
    number, _, _ = fault.partition(':')
    return '+' in number or not number.isdigit() or calls[int(number)] == 'fsync'


def lies(in_place, generator):
    """A disk that says it has synced, and has not."""
    failures = Failures(in_place)
    one(in_place, False, 'fsync:lie', failures, generator, 3)
    broken, lost, _ = failures.judge()
    return len(broken) + len(lost)


def renamed():
    """A store that is replaced by renaming"""
    matrix(False, False, random.Random(f'{seed} 1'))


def renamed_from_nothing():
    """A store that is replaced by renaming, and is not there at first"""
    matrix(False, True, random.Random(f'{seed} 2'))


def in_place():
    """A store that is written in place"""
    matrix(True, False, random.Random(f'{seed} 3'))


def in_place_from_nothing():
    """A store that is written in place, and is empty at first"""
    matrix(True, True, random.Random(f'{seed} 4'))


def would_show():
    """Writes that were not synced are found to be lost"""
    for in_place in (False, True):
        lost = lies(in_place, random.Random(f'{seed} 5'))
        print(f'# with a disk that lies: {lost} lost')
        check(lost > 0)


tap.run(renamed, renamed_from_nothing, in_place, in_place_from_nothing, would_show)
tap.end()
