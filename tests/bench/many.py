#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""many.py [COUNT]   Starts so many daemons (memory backend, 1,000 where nothing is said) at once, gives each a request,
and tells how fast they start and what they take together. BUILD names the programs' directory.
"""
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from daemon import *  # noqa: E402,F403

# Started and not yet ready, at most.
AT_ONCE = 2 * (os.cpu_count() or 1)


def memory(pid):
    """(Pss, private dirty, Rss) in KiB."""
    found = {}
    with open(f'/proc/{pid}/smaps_rollup') as file:
        for line in file:
            name, _, rest = line.partition(':')
            if rest.strip().endswith('kB'):
                found[name] = int(rest.split()[0])
    return found['Pss'], found['Private_Dirty'], found['Rss']


def start(directory, count):
    """Starts them; returns [Popen] and the seconds until all were ready."""
    waiting, running = [], []
    begin = time.monotonic()
    while len(running) < count:
        if len(running) + len(waiting) < count and len(waiting) < AT_ONCE:
            number = len(running) + len(waiting)
            path = f'{directory}/{number}'
            command = [UEFISTORED, '--socket', path, '--backend', 'memory', '--log-level', 'ERROR', *plain(directory)]
            waiting.append((path, subprocess.Popen(command, stdin=subprocess.DEVNULL)))
        ready = [pair for pair in waiting if os.path.exists(pair[0])]
        for pair in ready:
            waiting.remove(pair)
            running.append(pair)
        if not ready and len(waiting) >= AT_ONCE:
            time.sleep(0.0005)
        check(all(process.poll() is None for _, process in waiting), 'a daemon ended')
    return running, time.monotonic() - begin


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    directory = scratch()
    running = []
    try:
        running, seconds = start(directory, count)
        for path, _ in running:
            guest = Guest(path)
            same(guest.set('Many', b'x' * 64), SUCCESS)
            guest.close()
        taken = [memory(process.pid) for _, process in running]
        print(f'{count} daemons, started in {seconds:.2f} s: {count / seconds:.0f} a second, '
              f'{AT_ONCE} of them at once on {os.cpu_count()} processors')
        for name, values in zip(('Pss', 'private dirty', 'Rss'), zip(*taken)):
            print(f'{name:<14} {sum(values) / 1024:8.1f} MiB together, {sum(values) / count / 1024:6.2f} MiB each')
        begin = time.monotonic()
        for _, process in running:
            process.terminate()
        for _, process in running:
            same(process.wait(60), 0, 'exit status')
        print(f'ended by SIGTERM in {time.monotonic() - begin:.2f} s')
    finally:
        for _, process in running:
            process.kill()
            process.wait()
        clean_up()


main()
