#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The daemon's threads in many an order: a store that is slow at random, several guests, one processor or all, an end in
the middle of it. `make tsan` runs it under ThreadSanitizer.

SEED=N repeats a run's random choices, ROUNDS=N changes how many there are.
"""
import os
import sys
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import *  # noqa: E402,F403

tap = Tap()
seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
rounds = int(os.environ.get('ROUNDS', '12'))
print(f'# SEED={seed} ROUNDS={rounds}')


class Writer(threading.Thread):
    """A guest that writes and reads its own variables."""

    def __init__(self, daemon, prefix, generator, count):
        super().__init__()
        self.guest, self.prefix, self.random, self.count = daemon.guest(), prefix, generator, count
        self.told, self.open, self.problem, self.answered = {}, {}, None, 0

    def run(self):
        try:
            for _ in range(self.count):
                self.step()
        except (Closed, OSError):
            pass
        except Exception as problem:  # told by the test's own thread
            self.problem = repr(problem)

    def step(self):
        name = f'{self.prefix}{self.random.randrange(4)}'
        data = self.random.randbytes(self.random.choice((1, 40, 900)))
        self.open[name] = data
        same(self.guest.set(name, data), SUCCESS, name)
        self.told[name] = self.open.pop(name)
        self.answered += 1
        if self.random.randrange(3) == 0:
            same(self.guest.value(name), data, name)


def play(in_place, generator):
    machine = Machine(in_place)
    jitter = generator.choice((0, 50, 500, 3000))
    daemon = machine.start(jitter=jitter)
    if generator.randrange(2):
        os.sched_setaffinity(daemon.process.pid, {min(os.sched_getaffinity(0))})
    writers = [Writer(daemon, prefix, random.Random(generator.random()), 30) for prefix in 'xyz']
    for writer in writers:
        writer.start()
    if generator.randrange(2):
        # SIGTERM in the middle: what is under way is ended, and everything answered is there.
        time.sleep(generator.uniform(0, 0.1))
        daemon.process.send_signal(signal.SIGTERM)
    for writer in writers:
        writer.join()
        check(writer.problem is None, writer.problem)
    daemon.process.send_signal(signal.SIGTERM)
    same(daemon.process.wait(30), 0, 'exit status: ' + daemon.log())
    check('Sanitizer' not in daemon.log(), daemon.log())
    found = load([machine.store])[0]
    for writer in writers:
        for name in set(writer.told) | set(writer.open):
            check(found.get(name) in (writer.told.get(name), writer.open.get(name, writer.told.get(name))),
                  f'{name} is lost (jitter {jitter})')
    daemon.kill()
    clean_up()
    return sum(writer.answered for writer in writers)


def renamed():
    """A store that is replaced by renaming"""
    generator = random.Random(f'{seed} 1')
    print(f'# {sum(play(False, generator) for _ in range(rounds))} writes answered')


def in_place():
    """A store that is written in place"""
    generator = random.Random(f'{seed} 2')
    print(f'# {sum(play(True, generator) for _ in range(rounds))} writes answered')


tap.run(renamed, in_place)
tap.end()
