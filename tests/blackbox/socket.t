#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The socket transport, rule by rule: greeting, doorbells, guest memory, connections, order."""
import fcntl
import random
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()
F_ADD_SEALS, F_SEAL_WRITE, F_SEAL_SHRINK = 1033, 8, 2


def memory_daemon(*more, **kinds):
    return Daemon('--backend', 'memory', *more, **kinds)


def alive(daemon):
    """A new guest is served."""
    guest = daemon.guest()
    same(guest.get('none')[0], NOT_FOUND)
    guest.close()


def kind_and_mode():
    """The socket is SOCK_SEQPACKET with mode 0600, and appears when it is ready to serve"""
    directory = scratch()
    path = directory + '/s'
    for _ in range(20):
        daemon = memory_daemon(directory=directory, wait=False)
        while not os.path.exists(path):
            check(daemon.process.poll() is None, daemon.log())
        # At the first sight of the file: no refused connection, no wrong mode.
        guest = Guest(path)
        same(os.stat(path).st_mode & 0o7777, 0o600)
        same(guest.get('none')[0], NOT_FOUND)
        guest.close()
        same([name for name in os.listdir(directory) if name.startswith('.')], [])
        daemon.stop()
    daemon = memory_daemon(directory=directory)
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.connect(path)
        raise AssertionError('a stream socket was accepted')
    except OSError:
        pass
    alive(daemon)


def greetings():
    """A first message that is not UVS1 with one descriptor closes the connection"""
    daemon = memory_daemon()
    before = None
    pipe = os.pipe()
    readonly = os.open('/proc/self/exe', os.O_RDONLY)
    memory = os.memfd_create('m')
    os.ftruncate(memory, PAGES)
    wrong = [(b'UVS1', []), (b'UVS2', [memory]), (b'UVS', [memory]), (b'UVS1\0', [memory]), (b'', [memory]),
             (b'\0\0\0\0', []), (b'UVS1', [memory, memory]), (b'UVS1', [memory] * 200), (b'UVS1', [pipe[0]]),
             (b'UVS1', [readonly]), (b'UVS1' + bytes(70000), [memory])]
    for round_ in range(3):
        for text, fds in wrong:
            guest = daemon.guest(greet=False)
            try:
                guest.greet(text, fds)
            except OSError as error:
                same((error.errno, len(text) > 60000), (90, True))  # EMSGSIZE
            check(guest.closed_within(10), 'not closed after', text[:10], len(fds))
            guest.close()
        alive(daemon)
        # Descriptors that came with a refused message are closed.
        count = settled_descriptors(daemon)
        check(before in (None, count), 'descriptors leak:', before, count)
        before = count


def settled_descriptors(daemon):
    """The number of the daemon's descriptors, once it has noticed that connections have ended."""
    last = None
    for _ in range(100):
        now = descriptors(daemon.process.pid)
        if now == last:
            return now
        last = now
        time.sleep(0.02)
    return last


def wrong_doorbells():
    """A message of any other length closes the connection, another one goes on"""
    daemon = memory_daemon()
    other = daemon.guest()
    for size in (0, 1, 2, 3, 5, 8, 4096):
        guest = daemon.guest()
        same(guest.get('none')[0], NOT_FOUND)
        guest.socket.send(bytes(size))
        check(guest.closed_within(10), 'not closed after', size, 'bytes')
        guest.close()
        same(other.get('none')[0], NOT_FOUND)
    # Descriptors that come with a doorbell are of no use, and do not stay.
    before = settled_descriptors(daemon)
    for _ in range(20):
        other.put(other.get_request('none'))
        socket.send_fds(other.socket, [struct.pack('<I', 0)], [other.memory])
        same(other.wait(), 0)
    same(settled_descriptors(daemon), before)


def frames():
    """The pages stand at offset F x 4096, whatever F is, and the same 4 bytes come back"""
    daemon = memory_daemon()
    guest = daemon.guest(frames=64)
    for frame in (0, 1, 7, 48):
        guest.frame = frame
        guest.put(b'\xaa' * PAGES, frame)
        same(guest.set(f'f{frame}', b'%d' % frame), SUCCESS)
        same(guest.value(f'f{frame}'), b'%d' % frame)
    high = 0xffffffff
    os.ftruncate(guest.memory, high * 4096 + PAGES)
    guest.frame = high
    same(guest.set('high', b'1'), SUCCESS)
    same(guest.value('f7'), b'7')


def untouched_beyond():
    """Nothing beside the response is written"""
    daemon = memory_daemon()
    guest = daemon.guest(frames=48)
    request = guest.get_request('none')
    os.pwrite(guest.memory, b'\x5a' * (48 * 4096), 0)
    guest.frame = 16
    guest.put(request)
    guest.ring()
    same(guest.wait(), 16)
    same(guest.read(8), struct.pack('<Q', NOT_FOUND))
    same(guest.read()[8:], (request + b'\x5a' * PAGES)[8:PAGES])
    same(os.pread(guest.memory, 16 * 4096, 0), b'\x5a' * PAGES)
    same(os.pread(guest.memory, 16 * 4096, 32 * 4096), b'\x5a' * PAGES)


def outside_memory():
    """A frame outside of the memory: nothing served, nothing written, the completion all the same"""
    daemon = memory_daemon()
    guest = daemon.guest(frames=32)
    for frame in (17, 31, 32, 1 << 20, 0xffffffff):
        if frame < 32:
            guest.put(guest.set_request('outside', b'1'), frame)
        size = os.fstat(guest.memory).st_size
        before = os.pread(guest.memory, size, 0)
        guest.ring(frame)
        same(guest.wait(), frame)
        same(os.pread(guest.memory, size, 0), before)
        same(os.fstat(guest.memory).st_size, size)
    same(guest.get('outside')[0], NOT_FOUND)
    daemon.wait_log('not wholly inside')
    # Logged, but not for each.
    for _ in range(200):
        guest.ring(31)
        same(guest.wait(), 31)
    check(daemon.log().count('not wholly inside') < 40, 'the log is not limited')
    daemon.stop()
    check('more suppressed' in daemon.log(), daemon.log())


def shrinking_memory():
    """Memory that shrinks or grows or is sealed under a request harms nobody"""
    daemon = memory_daemon()
    guest = daemon.guest(frames=16)
    end = time.monotonic() + 0.5
    guest.put(guest.set_request('s', b'1'))
    while time.monotonic() < end:
        for _ in range(8):
            guest.ring()
        os.ftruncate(guest.memory, random.choice((0, 1, 4096, PAGES - 1)))
        os.ftruncate(guest.memory, PAGES)
        guest.put(guest.set_request('s', b'1'))
        for _ in range(8):
            same(guest.wait(), 0)
    same(guest.set('s', b'2'), SUCCESS)
    sealed = daemon.guest(greet=False)
    os.close(sealed.memory)
    sealed.memory = os.memfd_create('sealed', os.MFD_ALLOW_SEALING)
    os.ftruncate(sealed.memory, PAGES)
    request = sealed.get_request('s')
    sealed.put(request)
    fcntl.fcntl(sealed.memory, F_ADD_SEALS, F_SEAL_WRITE)
    sealed.greet()
    sealed.ring()
    same(sealed.wait(), 0)
    same(sealed.read(len(request)), request)
    daemon.wait_log('the response cannot be written')
    same(guest.value('s'), b'2')


def in_flight():
    """Several requests in flight are served in order"""
    daemon = memory_daemon()
    guest = daemon.guest(frames=16 * 20)
    for i in range(20):
        guest.put(guest.set_request('count', b'%d' % i), i * 16)
    for i in range(20):
        guest.ring(i * 16)
    for i in range(20):
        same(guest.wait(), i * 16)
        same(guest.read(8, i * 16), bytes(8))
    same(guest.value('count'), b'19')


def flood():
    """A guest that never reads its completions holds up nobody, and is served on when it does"""
    daemon = memory_daemon()
    guest, other = daemon.guest(), daemon.guest()
    guest.socket.setblocking(False)
    guest.put(guest.get_request('none'))
    sent = 0
    while True:
        try:
            guest.ring()
            sent += 1
        except BlockingIOError:
            if not select.select([], [guest.socket], [], 0.3)[1]:
                break
    check(sent > 10, sent)
    for i in range(50):
        same(other.set('o', b'%d' % i), SUCCESS)
    guest.socket.settimeout(10)
    for _ in range(sent):
        same(guest.wait(), 0)
    same(guest.get('none')[0], NOT_FOUND)


def connections():
    """A second connection is served beside the first, one that ends is no reset, and there is a limit"""
    daemon = memory_daemon()
    first, second = daemon.guest(), daemon.guest()
    same(first.set('v', b'1', BS | RT), SUCCESS)
    same(second.value('v'), b'1')
    first.runtime = 1
    same(first.get('none')[0], NOT_FOUND)
    first.close()
    third = daemon.guest()
    same(third.value('v'), b'1')
    same(third.set('w', b'1', BS | RT), INVALID_PARAMETER, 'the runtime latch was reset')
    second.close()
    third.close()
    before = settled_descriptors(daemon)
    guests = []
    while len(guests) < 64:
        guest = daemon.guest(greet=False)
        guests.append(guest)
        try:
            guest.greet()
            guest.get('none')
        except (Closed, BrokenPipeError, ConnectionResetError):
            break
    check(8 <= len(guests) - 1 < 64, len(guests))
    same(guests[0].get('none')[0], NOT_FOUND)
    for guest in guests:
        guest.close()
    same(settled_descriptors(daemon), before)
    alive(daemon)


def few_descriptors():
    """A host without descriptors: connections wait, the daemon does not spin"""
    daemon = memory_daemon(preexec_fn=limit_descriptors(12))
    guests = [daemon.guest(timeout=10) for _ in range(6)]
    served = 0
    for guest in guests:
        if guest.answered_within(0):
            continue
        guest.put(guest.get_request('none'))
        try:
            guest.ring()
            served += guest.answered_within(0.3) and guest.wait() == 0
        except (Closed, OSError):
            pass
    check(0 < served < 6, served)
    ticks = cpu_ticks(daemon)
    time.sleep(0.5)
    check(cpu_ticks(daemon) - ticks < 20, 'the daemon spins')
    for guest in guests:
        guest.close()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        guest = daemon.guest(timeout=10)
        guest.put(guest.get_request('none'))
        guest.ring()
        if guest.answered_within(3):
            return
        guest.close()
    raise AssertionError('no guest is served any more')


def cpu_ticks(daemon):
    with open(f'/proc/{daemon.process.pid}/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return int(fields[11]) + int(fields[12])


def abandoned():
    """Connections that end at any moment are forgotten"""
    daemon = memory_daemon()
    before = settled_descriptors(daemon)
    for i in range(60):
        guest = daemon.guest(greet=i % 3 > 0)
        if i % 3 == 2:
            guest.put(guest.set_request('a', b'%d' % i))
            for _ in range(3):
                guest.ring()
        guest.close()
    alive(daemon)
    same(settled_descriptors(daemon), before)


def malformed_requests():
    """Every request gets a status, however malformed"""
    daemon = memory_daemon()
    guest = daemon.guest()
    generator = random.Random(1)
    good = [guest.set_request('m', b'12345'), guest.get_request('m'), struct.pack('<III', 1, 3, 7),
            struct.pack('<IIQ', 1, 2, 4096) + blob(b'') + bytes(17)]
    same(struct.unpack_from('<Q', guest.exchange(bytes(64)))[0], UNSUPPORTED)
    same(struct.unpack_from('<Q', guest.exchange(struct.pack('<II', 2, 0)))[0], UNSUPPORTED)
    same(struct.unpack_from('<Q', guest.exchange(struct.pack('<II', 1, 9)))[0], UNSUPPORTED)
    same(struct.unpack_from('<Q', guest.exchange(struct.pack('<IIQ', 1, 0, 1 << 63)))[0], INVALID_PARAMETER)
    for _ in range(2000):
        request = bytearray(generator.choice(good))
        for _ in range(generator.randrange(1, 4)):
            request[generator.randrange(8, len(request))] = generator.choice((0, 1, 0x7f, 0x80, 0xff,
                                                                             generator.randrange(256)))
        status = struct.unpack_from('<Q', guest.exchange(bytes(request)))[0]
        check(status == 0 or status >> 63 and status & ~ERROR < 100, hex(status), request.hex())


def whole_pages():
    """The largest data goes in and comes out"""
    daemon = memory_daemon()
    guest = daemon.guest()
    data = random.Random(2).randbytes(57344)
    same(guest.set('large', data), SUCCESS)
    same(guest.value('large'), data)
    same(guest.set('large', data + b'x'), INVALID_PARAMETER)
    same(guest.value('large'), data)


tap.run(kind_and_mode, greetings, wrong_doorbells, frames, untouched_beyond, outside_memory, shrinking_memory, in_flight,
        flood, connections, few_descriptors, abandoned, malformed_requests, whole_pages)
tap.end()
