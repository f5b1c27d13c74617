#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kill -9 at random moments of a storm of writes, again and again: no acknowledged write is lost, no store is torn.

SEED=N repeats a run's random choices, ROUNDS=N changes how many there are.
"""
import os
import random
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from daemon import *  # noqa: E402,F403

tap = Tap()
seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
rounds = int(os.environ.get('ROUNDS', '200'))
print(f'# SEED={seed} ROUNDS={rounds}')


class Storm:
    """What the guests were told, and what may have happened beside it."""

    def __init__(self, generator, store, elsewhere, more):
        self.random = generator
        self.store = store
        self.elsewhere = elsewhere
        self.more = more
        self.told = {}     # name: data, None where it was deleted
        self.open = {}     # name: data of the write that was not answered
        self.answered = 0
        self.unready = 0

    def write(self, guest, prefix):
        """Writes until the daemon is gone."""
        generator = random.Random(self.random.random())
        while True:
            name = f'{prefix}{generator.randrange(6)}'
            deleted = self.told.get(name) is not None and generator.randrange(8) == 0
            data = b'' if deleted else generator.randbytes(generator.choice((1, 20, 300, 4000)))
            self.open[name] = data or None
            try:
                status = guest.set(name, data)
            except (Closed, OSError):
                return
            if status != SUCCESS:
                self.problem = f'{name}: {status:#x}'
                return
            self.told[name] = self.open.pop(name)
            self.answered += 1

    def check_guest(self, guest):
        for name in set(self.told) | set(self.open):
            got = guest.value(name)
            allowed = [self.told.get(name)] + ([self.open[name]] if name in self.open else [])
            check(got in allowed, f'{name}: {got and got[:20]} ({got and len(got)} bytes), told',
                  [value and (value[:20], len(value)) for value in allowed])
            self.told[name] = got
        self.open.clear()

    def check_store(self):
        """At any time, to whoever looks, the store is whole (in place: after the next start)."""
        if os.path.exists(self.store) and os.path.getsize(self.store):
            for record in read_store(self.store)['variables']:
                bytes.fromhex(record['data'])

    def round(self, always_whole):
        daemon = Daemon(store=self.store, directory=self.elsewhere, wait=False, **self.more)
        in_start = self.random.randrange(8) == 0
        killer = threading.Timer(self.random.uniform(0, 0.06), daemon.process.kill)
        self.problem = None
        try:
            if in_start:
                killer.start()
            daemon.wait_ready()
            guest = daemon.guest()
            self.check_guest(guest)
            if not in_start:
                killer.start()
            writers = [threading.Thread(target=self.write, args=(daemon.guest(), prefix)) for prefix in 'ab']
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
        except (Closed, OSError):
            self.unready += 1
        except AssertionError:
            # Killed before it was ready, or wrong?
            if daemon.process.wait() != -signal.SIGKILL or 'the daemon ended' not in traceback.format_exc():
                raise
            self.unready += 1
        finally:
            killer.cancel()
            daemon.kill()
        check(self.problem is None, self.problem)
        check('error' not in daemon.log(), daemon.log())
        if always_whole:
            self.check_store()

    def finish(self):
        """A last start, without a kill: all is there, and the store is a plain one."""
        daemon = Daemon(store=self.store, directory=self.elsewhere, **self.more)
        self.check_guest(daemon.guest())
        same(daemon.guest().set('last', b'1'), SUCCESS)
        daemon.stop()
        self.check_store()
        records = stored(self.store)
        for name, data in self.told.items():
            same(records[name]['data'] if name in records else None, data and data.hex(), name)
        print(f'# {self.answered} writes were answered, {self.unready} rounds ended before the first')
        check(self.answered > 0)


def storm(parent, closed, share):
    """
    A storm over `share` of the rounds in a new directory, whose permissions may keep the store from being replaced. In memory
    no write waits: there the moments between two writes are met as well as those within one.
    """
    directory, elsewhere = scratch(parent), scratch(parent)
    if closed:
        open(directory + '/store', 'w').close()
        os.chmod(directory, 0o555)
    played = Storm(random.Random(f'{seed} {parent} {closed}'), directory + '/store', elsewhere,
                   obeys_permissions() if closed else {})
    for _ in range(rounds * share // 100):
        played.round(not closed)
    played.finish()
    same(os.listdir(directory), ['store'])


def renamed():
    """A store that is replaced by renaming, on the disk"""
    storm('/tmp', False, 30)


def renamed_in_memory():
    """A store that is replaced by renaming, in memory"""
    storm(MEMORY, False, 30)


def in_place():
    """A store that is written in place, on the disk"""
    storm('/tmp', True, 20)


def in_place_in_memory():
    """A store that is written in place, in memory"""
    storm(MEMORY, True, 20)


tap.run(renamed, renamed_in_memory, in_place, in_place_in_memory)
tap.end()
