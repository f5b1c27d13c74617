#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""times.py FIRMWARE [ROUNDS]   How long firmware takes to its shell: edk2's own variable driver, which keeps the variables in the guest's
memory (stock), and the daemon, with a new store and with one that was booted before. In turn, after a round that does not count.

The goal: no more than a tenth, or 0.3 s, longer than stock."""
import os
import statistics
import sys
import tempfile
sys.dont_write_bytecode = True
from machine import Machine

SHELL = 'UEFI Interactive Shell'
SHARE, SECONDS = 0.1, 0.3


def boot(firmware, store, stock=False):
    """Seconds from QEMU's start to the shell's banner."""
    with Machine(firmware, store, stock=stock) as machine:
        machine.expect(SHELL)
        return machine.elapsed()


def one_round(stock, ours, directory):
    store = os.path.join(directory, 'store.json')
    if os.path.exists(store):
        os.unlink(store)
    return {'stock': boot(stock, os.path.join(directory, 'none.json'), True), 'new store': boot(ours, store),
            'kept store': boot(ours, store)}


def main():
    firmware, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    stock, ours = (os.path.join(firmware, name + '-qemu.fd') for name in ('stock', 'uefistored'))
    with tempfile.TemporaryDirectory(prefix='uefistored-times') as directory:
        took = [one_round(stock, ours, directory) for _ in range(rounds + 1)][1:]
    medians = {name: statistics.median(times[name] for times in took) for name in took[0]}
    print(f'From the start of QEMU to the shell, {rounds} rounds in turn, seconds (median, least, most):')
    for name, median in medians.items():
        times = [times[name] for times in took]
        print(f'{name:12} {median:6.2f} {min(times):6.2f} {max(times):6.2f}')
    limit = medians['stock'] + max(SHARE * medians['stock'], SECONDS)
    for name in ('new store', 'kept store'):
        print(f'{"met" if medians[name] <= limit else "NOT MET":8} {name}: {medians[name]:.2f} s, at most {limit:.2f} s')


main()
