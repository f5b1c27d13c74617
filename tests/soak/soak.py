#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""soak.py [SECONDS]   Guests at full speed for so long, on a store on the disk. For the first third the daemon is ended
again and again, by SIGTERM and by kill -9, and started anew; then it runs on, and its memory and its descriptors are
watched. Exit status 0 where nothing was lost and nothing has grown.

BUILD names the programs' directory, SEED=N repeats the guests' choices, GUESTS=N changes how many there are.
"""
import os
import random
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from daemon import *  # noqa: E402,F403

# What a heap may move by between two looks at it without having grown.
FLAT_KIB = 256
LOOKS = 20


def private_dirty(pid):
    with open(f'/proc/{pid}/smaps_rollup') as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(('Private_Dirty', 'Swap:')))


def restarts(start, seconds, generator):
    """Ends the daemon by turns and starts it anew, for so long. Returns the daemon that runs on."""
    end, counts = time.monotonic() + seconds, {'SIGTERM': 0, 'kill -9': 0}
    daemon = start()
    while time.monotonic() < end:
        time.sleep(generator.uniform(0.05, max(0.1, seconds / 40)))
        if generator.randrange(2):
            counts['SIGTERM'] += 1
            daemon.stop()
        else:
            counts['kill -9'] += 1
            daemon.kill()
        daemons.clear()
        daemon = start()
    print(f'# ended by SIGTERM: {counts["SIGTERM"]}, by kill -9: {counts["kill -9"]}')
    return daemon


def watch(daemon, seconds):
    """Looks at memory and descriptors; returns what is wrong."""
    memory = []
    for _ in range(LOOKS):
        time.sleep(seconds / LOOKS)
        memory.append(private_dirty(daemon.process.pid))
    early, late = max(memory[LOOKS // 5:LOOKS // 2]), min(memory[-LOOKS // 5:])
    print(f'# private dirty, KiB: {" ".join(map(str, memory))}')
    return [f'memory has grown from {early} to {late} KiB'] if late > early + FLAT_KIB else []


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
    guests = os.environ.get('GUESTS', '4')
    directory = scratch('/tmp')
    print(f'# SEED={seed} GUESTS={guests}, {seconds} s', flush=True)

    def start():
        return Daemon('--log-level', 'ERROR', store=directory + '/store', directory=directory)
    # The guests come first: they wait for the daemon at its beginning as they do later.
    end = time.monotonic() + seconds
    playing = subprocess.Popen([os.path.join(BUILD, 'tests', 'soak', 'run_soak'), directory + '/s', str(seconds), guests,
                                str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wrong = []
    try:
        daemon = restarts(start, seconds / 3, random.Random(seed))
        # The last restart may have come late. The guests are still there after it, and not on their way any more.
        wrong += watch(daemon, end - time.monotonic() - 2)
        before = descriptors(daemon.process.pid)
        out, err = playing.communicate(timeout=120)
        print(out, end='')
        wrong += [line for line in err.splitlines()]
        if playing.returncode:
            wrong.append(f'the guests ended with status {playing.returncode}')
        time.sleep(0.2)
        after = descriptors(daemon.process.pid)
        print(f'# descriptors: {before} with the guests connected, {after} without')
        # Each connection has two: itself and the guest's memory.
        if after > before - 2 or after > 20:
            wrong.append(f'{after} descriptors are open, without a guest')
        daemon.stop()
        wrong += [line for line in daemon.log().splitlines() if 'error' in line or 'Sanitizer' in line]
    finally:
        playing.kill()
        clean_up()
    for line in wrong:
        print('# ' + line)
    print('soak: ' + ('something is wrong' if wrong else 'nothing lost, nothing grown'))
    sys.exit(1 if wrong else 0)


main()
