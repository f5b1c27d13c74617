#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One daemon for each machine: what it takes of memory, and how soon it serves. Of the installed build, not of the one for tests."""
import re
import sys
sys.dont_write_bytecode = True
import daemon as support  # noqa: E402
from daemon import *  # noqa: E402,F403

tap = Tap()
RELEASE = os.environ.get('RELEASE', 'build/release')
RESIDENT_MAX, PRIVATE_MAX, READY_MAX = 6000, 800, 0.015   # KB, KB, s


def memory(pid):
    """Resident and private memory in KB: private is what is not a page of some file."""
    with open(f'/proc/{pid}/smaps_rollup') as file:
        text = file.read()
    return [int(re.search(rf'^{name}:\s+(\d+) kB', text, re.M).group(1)) for name in ('Rss', 'Anonymous')]


def boot(guest):
    """What a firmware's first boot asks for, in number and size about as OVMF's."""
    for i in range(60):
        guest.get(f'Setting{i}')
        same(guest.set(f'Setting{i % 40}', bytes([i]) * (i * i % 900 + 4)), SUCCESS)
        guest.get(f'Setting{i}')
        guest.set(f'Temporary{i % 20}', bytes([i]) * 64, BS | RT)
        guest.query()
    same(guest.set('Large', bytes(30000)), SUCCESS)
    for _ in range(3):
        guest.list()


def frugal():
    """After a boot it is resident with less than 6.0 MB, less than 0.80 MB of it its own"""
    directory = scratch()
    daemon = Daemon(store=directory + '/store', directory=directory)
    guest = daemon.guest()
    boot(guest)
    resident, private = memory(daemon.process.pid)
    print(f'# resident {resident} KB, private {private} KB')
    check(resident < RESIDENT_MAX and private < PRIVATE_MAX, resident, private)
    daemon.stop()


def gives_back():
    """A full store and large requests do not stay in memory"""
    directory = scratch(MEMORY)
    daemon = Daemon(store=directory + '/store', directory=directory)
    guest = daemon.guest()
    for i in range(40):
        guest.set(f'n{i}', bytes([i + 1]) * 3000)
    _, before = memory(daemon.process.pid)
    for i in range(200):
        same(guest.set('n1', bytes([i]) * 2999), SUCCESS)
    _, after = memory(daemon.process.pid)
    print(f'# private {before} KB, {after} KB after 200 writes of a full store')
    check(after < before + 100 and after < PRIVATE_MAX + 300, before, after)
    daemon.stop()


def soon():
    """It serves within 15 ms of its start"""
    best = 1.0
    for _ in range(15):
        directory = scratch(MEMORY)
        plain(directory)
        start = time.monotonic()
        daemon = Daemon(store=directory + '/store', directory=directory, wait=False)
        while not os.path.exists(daemon.socket):
            check(daemon.process.poll() is None, daemon.log())
        best = min(best, time.monotonic() - start)
        daemon.stop()
    print(f'# ready after {best * 1000:.1f} ms, with the fork')
    check(best < READY_MAX, best)


if os.path.exists(RELEASE + '/uefistored'):
    support.UEFISTORED = RELEASE + '/uefistored'
    tap.run(frugal, gives_back, soon)
    tap.end()
else:
    print(f'1..0 # SKIP {RELEASE}/uefistored is not built')
