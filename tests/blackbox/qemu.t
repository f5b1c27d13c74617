#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The qemu transport, rule by rule: memory, doorbell, order, and what happens where one side is gone for a while."""
import random
import stat
import sys
sys.dont_write_bytecode = True
from qemu import *  # noqa: E402,F403
import daemon as programs  # noqa: E402

tap = Tap()
work_in_memory()


def memory_daemon(*more, **kinds):
    return QemuDaemon('--backend', 'memory', *more, **kinds)


def alive(machine):
    """It is served: a request that comes behind all that came before."""
    same(machine.get('none')[0], NOT_FOUND)


def whole_life():
    """A machine writes, reads, lists, deletes; the store has it, and the socket transport finds it there"""
    directory = scratch()
    store = os.path.join(directory, 'store')
    daemon = QemuDaemon(store=store, directory=directory)
    machine = daemon.machine()
    same(machine.set('A', b'one'), SUCCESS)
    same(machine.get('A'), (SUCCESS, 7, b'one'))
    same(machine.set('A', b'two', attributes=7 | APPEND), SUCCESS)
    same(machine.value('A'), b'onetwo')
    check(('A', VENDOR) in machine.list())
    same(machine.set('B', b'', attributes=7), NOT_FOUND)
    large = random.Random(1).randbytes(57344)
    same(machine.set('large', large), SUCCESS)
    same(machine.value('large'), large)
    same(machine.notify(), SUCCESS)
    same(machine.query()[0], SUCCESS)
    daemon.wait_log('Secure Boot')
    daemon.stop()
    same(os.path.exists(daemon.socket), False, 'the doorbell after the end')
    same(stored(store)['A']['data'], b'onetwo'.hex())
    daemon = Daemon(store=store, directory=directory)
    guest = daemon.guest()
    same(guest.value('A'), b'onetwo')
    same(guest.set('A', b'three'), SUCCESS)
    daemon.stop()
    daemon = QemuDaemon(store=store, directory=directory)
    same(daemon.machine().value('A'), b'three')


def files():
    """The doorbell is a stream socket with mode 0600; memory that is not there is made, for its owner alone"""
    daemon = memory_daemon(size=0)
    same(stat.S_IMODE(os.stat(daemon.socket).st_mode), 0o600)
    same(stat.S_IMODE(os.stat(daemon.memory).st_mode), 0o600)
    same(os.stat(daemon.memory).st_size, 0)
    # QEMU gives it its size.
    os.truncate(daemon.memory, MIB)
    alive(daemon.machine())
    with open(daemon.socket + 'x', 'w'):
        pass
    for path in (daemon.socket + 'x', '/dev/null'):
        fails(1, [path], '--qemu-memory', '/dev/null', '--doorbell', path if path != '/dev/null' else daemon.socket + 'y',
              '--backend', 'memory', *plain(daemon.directory))
    fails(1, ['another process'], '--qemu-memory', daemon.memory, '--doorbell', daemon.socket, '--backend', 'memory',
          *plain(daemon.directory))
    fails(1, ['/nowhere'], '--qemu-memory', '/nowhere/ram', '--doorbell', daemon.socket + 'y', '--backend', 'memory',
          *plain(daemon.directory))


def others_file():
    """Memory that QEMU's user has made in a place like /tmp can be used, also where the kernel protects such files"""
    if os.geteuid() != 0:
        print('# only root can give a file to another user')
        return
    directory = scratch()
    place = os.path.join(directory, 'tmp')
    os.mkdir(place)
    os.chmod(place, 0o1777)
    memory = os.path.join(place, 'ram')
    with open(memory, 'wb') as file:
        file.truncate(MIB)
    os.chown(memory, 70247, 70247)
    protected = {'LD_PRELOAD': os.path.abspath(os.path.join(BUILD, 'tests/blackbox/preload_protected.so')),
                 'ASAN_OPTIONS': 'verify_asan_link_order=0'}
    alive(memory_daemon(memory=memory, directory=directory, env=protected).machine())


def options():
    """Both options are needed, sizes are numbers, and one transport is enough"""
    for words, arguments in ((['--doorbell was expected'], ['--qemu-memory', 'm']),
                             (['--qemu-memory was expected'], ['--socket', 's', '--doorbell', 'd']),
                             (['--qemu-memory was expected'], ['--socket', 's', '--qemu-below-4g', '2048']),
                             (['one transport'], ['--socket', 's', '--qemu-memory', 'm', '--doorbell', 'd']),
                             (['1 to 4095', "'4096'"], ['--qemu-memory', 'm', '--doorbell', 'd', '--qemu-below-4g', '4096']),
                             (['at most 107'], ['--qemu-memory', 'm', '--doorbell', 'd' * 108])):
        fails(2, words, *arguments, '--backend', 'memory')
    check(not os.path.exists('m'), 'a file was made')


def wrong_places(address, size):
    """Where a wrong mapping would find an address that is none of RAM."""
    return [offset for offset in {address % size, address} if offset <= size - FRAME]


def where_memory_lies():
    """RAM below 4 GiB and above is found, of a q35 and of a machine with another split"""
    high = 4 * GIB
    for size, more, places, holes in (
            # All of it is below.
            (MIB * 2800, [], [(0, 0), (MIB * 2800 - PAGES,) * 2], [MIB * 2800 - FRAME, MIB * 2800, 2 ** 32]),
            # q35: from 2.75 GiB on, only 2 GiB are.
            (MIB * 2816, [], [(2 * GIB - PAGES,) * 2, (high, 2 * GIB), (high + MIB * 768 - PAGES, MIB * 2816 - PAGES)],
             [2 * GIB - FRAME, 2 * GIB, high - PAGES, high - FRAME, high + MIB * 768 - FRAME, 0xfffffffe000]),
            (5 * GIB, ['--qemu-below-4g', '3072'],
             [(3 * GIB - PAGES,) * 2, (high, 3 * GIB), (high + 2 * GIB - PAGES, 5 * GIB - PAGES)],
             [3 * GIB - FRAME, 3 * GIB, high + 2 * GIB - FRAME]),
            # More than there is.
            (MIB, ['--qemu-below-4g', '3072'], [(MIB - PAGES * 7, MIB - PAGES * 7)], [MIB, MIB - FRAME, high])):
        daemon = memory_daemon(*more, size=size)
        machine = daemon.machine()
        request = machine.get_request('none')
        for address, offset in places:
            machine.frame, machine.offset = address // FRAME, offset
            alive(machine)
            # Nothing else was written.
            if offset >= 8 and offset != 2 * GIB:
                same(os.pread(machine.memory, 8, offset - 8), bytes(8))
        # Where there is no RAM there is nothing to read a request from: it is laid where a wrong mapping would find it.
        for address in holes:
            for offset in wrong_places(address, size):
                machine.offset = offset
                machine.put(request)
            machine.ring(address // FRAME)
            machine.frame, machine.offset = 16, 16 * FRAME
            alive(machine)
            for offset in wrong_places(address, size):
                machine.offset = offset
                same(machine.head(), request[:8], f'what stands at {offset:#x}')
                machine.put(bytes(64))
        daemon.wait_log("not wholly inside the guest's memory")
        daemon.stop()


def legacy_hole():
    """Video memory and ROMs below 1 MiB are no RAM"""
    daemon = memory_daemon(size=4 * MIB)
    machine = daemon.machine(frame=0xa0 - 16)
    alive(machine)
    for frame in (0xa0 - 15, 0xa0, 0xc0, 0xff):
        machine.frame, machine.offset = frame, frame * FRAME
        request = machine.get_request('none')
        machine.put(request)
        machine.ring()
        other = machine.at(0x100)
        alive(other)
        same(machine.head(), request[:8], f'frame {frame:#x}')


def broken_bytes():
    """Bytes that were left over before a reset or a reconnection do not spoil what comes after them"""
    daemon = memory_daemon()
    machine = daemon.machine()
    generator = random.Random(3)
    for count in (1, 2, 3, 1, 5, 6, 7, 2, 3):
        machine.write(generator.randbytes(count))
        machine.write(SYNC)
        alive(machine)
    for count in range(1, 9):
        machine.write(b'\xff' * count)
        machine.write(SYNC)
        alive(machine)
        machine.write(SYNC * 3)
        alive(machine)
    # A number that begins with such bytes itself.
    os.truncate(daemon.memory, 0x1200 * FRAME)
    for frame in (0x1ff, 0x10ff, 0xfff):
        machine.write(SYNC)
        alive(machine.at(frame))
        alive(machine.at(frame))
    for count in (1, 2, 3):
        machine.write(bytes(count))
        machine.connect()
        alive(machine)


def stray_doorbells():
    """A doorbell without a request is not answered, and writes nothing"""
    daemon = memory_daemon()
    machine = daemon.machine()
    for head in (bytes(8), struct.pack('<Q', NOT_FOUND), struct.pack('<Q', ERROR | 0xffff)):
        machine.offset = 64 * FRAME
        machine.put(head + b'\xa5' * 100)
        machine.ring(64)
        machine.offset = 16 * FRAME
        alive(machine)
        same(os.pread(machine.memory, 108, 64 * FRAME), head + b'\xa5' * 100)
    # One that rings again and again gets one answer, and what was done was done once.
    for i in range(20):
        machine.begin(machine.set_request('n', b'x', attributes=7 | APPEND))
        for _ in range(3):
            machine.ring()
        check(machine.answered_within(20), 'no answer')
        same(struct.unpack('<Q', machine.head())[0], SUCCESS)
    alive(machine)
    same(machine.value('n'), b'x' * 20)


def wrong_requests():
    """A request of another version, or an unknown one, gets a status"""
    daemon = memory_daemon()
    machine = daemon.machine()
    for head in (struct.pack('<II', 2, 0), struct.pack('<II', 1, 9), struct.pack('<II', 0, 1)):
        same(struct.unpack_from('<Q', machine.exchange(head + bytes(64)))[0], UNSUPPORTED)
    same(struct.unpack_from('<Q', machine.exchange(struct.pack('<IIQ', 1, 0, 1 << 63)))[0], INVALID_PARAMETER)
    alive(machine)


def abandoned():
    """The response to a request that was given up does not come over the one that took its place"""
    directory = scratch()
    store = os.path.join(directory, 'store')
    points = os.path.join(directory, 'points')
    with open(points, 'w') as file:
        file.write('write delay 1500\n')
    daemon = QemuDaemon(store=store, directory=directory, env={'UEFISTORED_DEBUG_POINTS': points})
    machine = daemon.machine()
    machine.begin(machine.set_request('late', b'1'))
    machine.ring()
    time.sleep(0.3)
    harmless = struct.pack('<III', 1, 3, 7)
    machine.begin(harmless)
    time.sleep(2)
    same(machine.head(), harmless[:8], 'the head while nobody has rung for it')
    os.truncate(points, 0)
    machine.ring()
    check(machine.answered_within(20), 'no answer')
    same(len(machine.read(32).rstrip(b'\0')) > 8, True)
    same(machine.value('late'), b'1')


def reconnection():
    """QEMU may come and go, and a second one waits for the first to end"""
    daemon = memory_daemon()
    machine = daemon.machine()
    same(machine.set('A', b'1'), SUCCESS)
    before = descriptors(daemon.process.pid)
    for _ in range(50):
        machine.connect()
        same(machine.value('A'), b'1')
    same(descriptors(daemon.process.pid), before)
    other = Machine(daemon.memory, daemon.socket, frame=64)
    other.begin(other.get_request('A'))
    other.ring()
    check(not other.answered_within(0.3), 'two are served')
    same(machine.value('A'), b'1')
    machine.close()
    check(other.answered_within(20), 'the second is never served')
    # A connection that ends while its request is under way.
    other.begin(other.get_request('A'))
    other.ring()
    other.socket.close()
    check(other.answered_within(20), 'the last request')


def restart():
    """A guest that rings again is served by the daemon that comes after one that was killed"""
    directory = scratch()
    store = os.path.join(directory, 'store')
    daemon = QemuDaemon(store=store, directory=directory)
    machine = daemon.machine()
    same(machine.set('A', b'1'), SUCCESS)
    daemon.kill()
    machine.begin(machine.get_request('A'))
    same(machine.answered_within(0.2), False)
    daemon = QemuDaemon(store=store, directory=directory)
    machine.connect()
    machine.write(SYNC)
    machine.ring()
    check(machine.answered_within(20), 'no answer')
    same(struct.unpack_from('<QIQ', machine.read(20)), (SUCCESS, 7, 1))
    # A stale doorbell and a memory file of before are no hindrance.
    same(machine.value('A'), b'1')


def shrinking():
    """Memory that becomes shorter is a fault in the log, not the daemon's end"""
    daemon = memory_daemon(size=2 * MIB)
    machine = daemon.machine(frame=256)
    alive(machine)
    os.truncate(daemon.memory, MIB + 4 * FRAME)
    machine.ring()
    daemon.wait_log("not wholly inside the guest's memory")
    os.truncate(daemon.memory, 2 * MIB)
    alive(machine)


def sandboxed():
    """In the sandbox it serves, connects again and ends as it should, with the lists of either build"""
    if os.geteuid() != 0:
        return
    debug = programs.UEFISTORED
    for program in (debug, os.path.join(os.environ.get('RELEASE', 'build/release'), 'uefistored')):
        programs.UEFISTORED = program
        try:
            directory = scratch()
            os.chmod(directory, 0o755)
            os.mkdir(os.path.join(directory, 'root'))
            daemon = QemuDaemon('--depriv', '--uid', '70247', '--gid', '70247', '--chroot', os.path.join(directory, 'root'),
                                store=os.path.join(directory, 'store'), directory=directory)
            machine = daemon.machine()
            same(machine.set('A', b'1'), SUCCESS)
            machine.connect()
            same(machine.value('A'), b'1')
            machine.ring(0xffffff)
            daemon.wait_log("not wholly inside the guest's memory")
            os.truncate(daemon.memory, FRAME)
            machine.ring()
            os.truncate(daemon.memory, MIB)
            alive(machine)
            daemon.stop()
        finally:
            programs.UEFISTORED = debug


def flood():
    """Doorbells by the thousand, of any kind, and it still serves"""
    daemon = memory_daemon()
    machine = daemon.machine()
    generator = random.Random(5)
    for _ in range(20):
        machine.socket.sendall(generator.randbytes(4096))
    machine.write(SYNC)
    alive(machine)
    check(daemon.process.poll() is None, daemon.log())


tap.run(whole_life, files, others_file, options, where_memory_lies, legacy_hole, broken_bytes, stray_doorbells, wrong_requests,
        abandoned, reconnection, restart, shrinking, sandboxed, flood)
tap.end()
