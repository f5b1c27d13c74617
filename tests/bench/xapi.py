#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the backend xapidb costs, with a guard that answers at once: calls, bytes and microseconds for a non-volatile write of 1 KiB beside
20 and 60 others, and the daemon's memory. $BUILD is where the program is (build/release); --json prints JSON alone.

The guard is one process that does nothing but read and answer; what it takes by itself, with a client that only sends, is measured
beside it, and the daemon's share is the difference."""
import json
import os
import socket
import statistics
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'xapi'))
os.environ.setdefault('BUILD', 'build/release')
from session import SUCCESS, Daemon, MACHINE, same, scratch  # noqa: E402
from daemon import clean_up  # noqa: E402
from fake_xapi import response  # noqa: E402

WRITES = 90  # the guest may make 100 at once
COUNTS = (20, 60)


def answer(value):
    body = response({'Status': 'Success', 'Value': value}).encode()
    return b'HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n' % len(body) + body


NOTHING, EMPTY, STATE = answer(None), answer({}), answer('ok')


def serve(path, report):
    """The guard: tells at the end, by `report`, what it got: one line of the size and the number of connections for each of them."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(2)
    while True:
        connection, _ = listener.accept()
        data = connection.recv(1 << 20)
        head, _, body = data.partition(b'\r\n\r\n')
        at = head.find(b'Content-Length: ')
        if at < 0:
            os._exit(0)
        length = len(head) + 4 + int(head[at + 16:].split(b'\r\n')[0])
        size = len(data)
        while size < length:
            size += len(connection.recv(1 << 20))
        kind = EMPTY if b'get_NVRAM' in body[:200] else STATE if b'certificates_state' in body[:200] else NOTHING
        connection.send(kind)
        connection.close()
        os.write(report, b'%d\n' % size)


def start_guard(path):
    """(pid, the file with what it tells)"""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        serve(path, writer)
    os.close(writer)
    while not os.path.exists(path):
        time.sleep(0.001)
    return pid, os.fdopen(reader, 'rb')


def alone(path, size):
    """Median microseconds of a call of this size with nobody behind it."""
    body = b'x' * (size - 100)
    head = b'POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body)
    times = []
    for _ in range(WRITES):
        begun = time.perf_counter_ns()
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(path)
        caller.sendall(head + body)
        caller.recv(4096)
        caller.close()
        times.append((time.perf_counter_ns() - begun) / 1000)
    return statistics.median(times)


def memory(pid):
    with open(f'/proc/{pid}/smaps_rollup') as file:
        sizes = {line.split()[0]: int(line.split()[1]) for line in file if line.split()[0] in ('Rss:', 'Private_Dirty:')}
    return sizes['Rss:'], sizes['Private_Dirty:']


def measure(count):
    directory = scratch()
    path = os.path.join(directory, 'guard')
    pid, told = start_guard(path)
    daemon = Daemon('--backend', 'xapidb', '--arg', 'socket:' + path, '--arg', 'uuid:' + MACHINE, directory=directory)
    guest = daemon.guest()
    for _ in range(3):
        told.readline()  # the start: two calls, and what a first boot stores
    for i in range(count):
        same(guest.set(f'Variable{i:04}', bytes([i + 1]) * 1024), SUCCESS)
        told.readline()
    time.sleep(count / 2)  # the credits come back
    times, sizes = [], []
    for i in range(WRITES):
        request = guest.set_request('Variable0000', bytes([255 - i]) * 1024)
        guest.put(request)
        begun = time.perf_counter_ns()
        guest.ring()
        guest.wait()
        times.append((time.perf_counter_ns() - begun) / 1000)
        same(guest.read(8), bytes(8), 'status')
        sizes.append(int(told.readline()))
    rss, dirty = memory(daemon.process.pid)
    daemon.stop()
    bare = alone(path, sizes[-1])
    stop = socket.socket(socket.AF_UNIX)
    stop.connect(path)
    stop.send(b'end\r\n\r\n')
    os.waitpid(pid, 0)
    calls = len(sizes) + len(told.readlines()) - WRITES  # those of alone() were told, too
    blob = 24 + 268 + sum(84 + 2 * 12 + 1024 for _ in range(count))
    return {'variables': count, 'calls': calls / WRITES, 'bytes': max(sizes), 'base64_of_these': (blob + 2) // 3 * 4,
            'microseconds': round(statistics.median(times), 1), 'guard_alone': round(bare, 1),
            'daemon': round(statistics.median(times) - bare, 1), 'rss_kib': rss, 'private_dirty_kib': dirty}


def main():
    results = [measure(count) for count in COUNTS]
    clean_up()
    if '--json' in sys.argv[1:]:
        print(json.dumps(results, indent=1))
        return
    print('A non-volatile write of 1 KiB through the backend xapidb')
    for r in results:
        print(f"  {r['variables']:3} variables: {r['calls']:g} call of {r['bytes']} bytes ({r['base64_of_these']} are base64), "
              f"{r['microseconds']} us, of which the guard {r['guard_alone']} and the daemon {r['daemon']}; "
              f"private dirty {r['private_dirty_kib']} KiB, resident {r['rss_kib']}")


main()
