#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The daemon without memory: an allocation fails, at any moment. It answers an error or ends at once, as GLib has it end;
started again it has every write that was acknowledged. (What the library does is tests/unit/test_memory.c.)

SEED=N repeats a run's random choices.
"""
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import *  # noqa: E402,F403

tap = Tap()
work_in_memory()
seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
print(f'# SEED={seed}')
# No sanitizer may be in front of the library's malloc().
daemon_module = sys.modules['daemon']
daemon_module.UEFISTORED = os.path.join(os.environ.get('RELEASE', 'build/release'), 'uefistored')


def one(number, writes, more={}, keep=False):
    """Plays with allocation `number` failing. Returns (writes acknowledged, was the daemon ended by it?)."""
    directory = scratch()
    told, asked, statuses = {}, {}, set()
    daemon = Daemon(store=directory + '/store', directory=directory, wait=False,
                    env={'LD_PRELOAD': MEMORY_PRELOAD, 'FAULTS_MEMORY': str(number), **more})
    try:
        daemon.wait_ready()
        guest = daemon.guest()
        for name, data in writes:
            asked[name] = data
            status = guest.set(name, data)
            statuses.add(status)
            asked.pop(name)
            if status == SUCCESS:
                told[name] = data
    except (Closed, OSError, AssertionError):
        pass  # it ended, or the connection did
    daemon.process.send_signal(signal.SIGTERM)
    status = daemon.process.wait(20)
    # An error that it tells, or GLib's end (a trap or an abort); never a fault in memory.
    check(status in (0, 1, -signal.SIGTRAP, -signal.SIGABRT), f'allocation {number}: status {status}', daemon.log())
    check(statuses <= {SUCCESS, OUT_OF_RESOURCES, DEVICE_ERROR}, f'allocation {number}: {statuses}')
    daemon.kill()
    again = Daemon(store=directory + '/store', directory=directory)
    guest = again.guest()
    for name, data in told.items():
        check(guest.value(name) in (data, asked.get(name, data)), f'allocation {number}: {name} is lost')
    again.stop()
    if not keep:
        clean_up()
    return len(told), status != 0


def allocations(writes):
    """How many there are in the life of a daemon that has enough of them."""
    counted = scratch()
    one(-1, writes, {'FAULTS_COUNT': counted + '/count'}, keep=True)
    with open(counted + '/count') as file:
        return int(file.read())


def every():
    """No memory at any moment of a daemon's life: no acknowledged write is lost"""
    generator = random.Random(seed)
    writes = [(f'M{i}', generator.randbytes(100 * i + 1)) for i in range(4)]
    count = allocations(writes)
    results = [one(number, writes) for number in range(count)]
    print(f'# {count} allocations, tried: {len(results)}, ended the daemon: '
          f'{sum(died for _, died in results)}, writes acknowledged: {sum(told for told, _ in results)}, lost: 0')
    check(any(died for _, died in results), 'nothing failed')


tap.run(every)
tap.end()
