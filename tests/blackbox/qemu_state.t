#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The state file of the qemu transport: what a daemon that was killed leaves, and who goes on with it."""
import sys
sys.dont_write_bytecode = True
from qemu import *  # noqa: E402,F403
import daemon as programs  # noqa: E402

RELEASE = os.path.join(os.environ.get('RELEASE', 'build/release'), 'uefistored')
MOR = ('MemoryOverwriteRequestControl', 'e20939be-32d4-41be-a150-897f85d49829')
LOCK = ('MemoryOverwriteRequestControlLock', 'bb983ccf-151d-40e1-a07b-4a17be168292')
KEY, OTHER_KEY = b'the key.', b'not this'

tap = Tap()
work_in_memory()


class Place:
    def __init__(self):
        self.directory = scratch()
        os.chmod(self.directory, 0o755)
        self.state = os.path.join(self.directory, 'state')

    def start(self, *more, **kinds):
        return QemuDaemon('--state', self.state, *more, store=os.path.join(self.directory, 'store'),
                          directory=self.directory, **kinds)

    def refused(self, *words):
        """The same daemon does not start."""
        return fails(1, words, '--qemu-memory', os.path.join(self.directory, 'ram'), '--doorbell',
                     os.path.join(self.directory, 's'), '--state', self.state, '--backend', 'file', '--arg',
                     'path:' + os.path.join(self.directory, 'store'), *plain(self.directory))


def boot(machine):
    """Firmware, and an operating system that has taken over."""
    same(machine.set('Boot', b'1', attributes=NV | BS), SUCCESS)
    same(machine.set('Kept', b'1'), SUCCESS)
    same(machine.set('Volatile', b'here', attributes=BS | RT), SUCCESS)
    same(machine.set('Gone', b'1', attributes=BS), SUCCESS)
    machine.runtime = 1
    same(machine.value('Kept'), b'1')


def says_that_it_is_booting(machine):
    machine.runtime = 0
    return machine


def goes_on(machine):
    """Boot services stay ended, whatever the guest says, and nothing is lost."""
    says_that_it_is_booting(machine)
    same(machine.get('Boot')[0], NOT_FOUND, 'the guest says that it is booting')
    same(machine.get('Gone')[0], NOT_FOUND)
    check(machine.set('Boot', b'2', attributes=NV | BS) != SUCCESS, 'a boot services variable was written')
    check(machine.set('New', b'2', attributes=NV | BS) != SUCCESS, 'a boot services variable was made')
    same(machine.value('Volatile'), b'here')
    same(machine.value('Kept'), b'1')


def is_booting(machine):
    """A new boot: boot services are there, and volatile variables are not."""
    says_that_it_is_booting(machine)
    same(machine.value('Boot'), b'1')
    same(machine.get('Volatile')[0], NOT_FOUND)
    same(machine.set('Boot', b'1', attributes=NV | BS), SUCCESS)


def killed():
    """A daemon that is started again under a running guest goes on: latch, volatile variables, as often as it dies"""
    place = Place()
    daemon = place.start()
    boot(daemon.machine())
    for _ in range(3):
        daemon.kill()
        daemon = place.start()
        goes_on(daemon.machine())
    # What the second one was told is kept, too.
    machine = daemon.machine()
    same(machine.set('Later', b'x'), SUCCESS)
    daemon.kill()
    daemon = place.start()
    goes_on(daemon.machine())
    same(daemon.machine().value('Later'), b'x')


def nobody_else_knows():
    """The state is all of it: what a backend forgets with its daemon is there afterwards"""
    place = Place()

    def start():
        return QemuDaemon('--state', place.state, '--backend', 'memory', directory=place.directory)
    daemon = start()
    boot(daemon.machine())
    daemon.kill()
    daemon = start()
    goes_on(daemon.machine())


def still_booting():
    """A guest that had not left boot services has not left them afterwards"""
    place = Place()
    daemon = place.start()
    machine = daemon.machine()
    same(machine.set('Boot', b'1', attributes=NV | BS), SUCCESS)
    same(machine.set('Gone', b'1', attributes=BS), SUCCESS)
    daemon.kill()
    daemon = place.start()
    machine = daemon.machine()
    same(machine.value('Gone'), b'1')
    same(machine.set('Boot', b'2', attributes=NV | BS), SUCCESS)


def memory_overwrite():
    """The lock of the memory overwrite request stays locked, and its key opens it"""
    place = Place()
    daemon = place.start()
    machine = daemon.machine()
    same(machine.set(MOR[0], b'\1', guid=MOR[1]), SUCCESS)
    same(machine.set(LOCK[0], KEY, guid=LOCK[1]), SUCCESS)
    daemon.kill()
    daemon = place.start()
    machine = daemon.machine()
    same(machine.value(*LOCK), b'\2')
    same(machine.set(MOR[0], b'\0', guid=MOR[1]), ACCESS_DENIED)
    same(machine.set(LOCK[0], KEY, guid=LOCK[1]), SUCCESS)
    same(machine.value(*LOCK), b'\0')
    same(machine.set(LOCK[0], KEY, guid=LOCK[1]), SUCCESS)
    daemon.kill()
    daemon = place.start()
    same(daemon.machine().set(LOCK[0], OTHER_KEY, guid=LOCK[1]), ACCESS_DENIED)


def before_the_answer():
    """What was answered is kept: whichever answer the guest saw last, the next daemon knows of it"""
    place = Place()
    daemon = place.start()
    boot(daemon.machine())
    machine = daemon.machine()
    machine.runtime = 1
    for i in range(10):
        value = b'%d' % i * 200
        machine.begin(machine.set_request('Volatile' if i % 2 else 'Kept', value, attributes=BS | RT | (0 if i % 2 else NV)))
        machine.ring()
        check(machine.answered_within(20), 'no answer')
        daemon.kill()
        status = struct.unpack('<Q', machine.head())[0]
        # A volatile one cannot be written any more; the answer is the same with the state as without.
        same(status, WRITE_PROTECTED if i % 2 else SUCCESS)
        daemon = place.start()
        machine.connect()
        machine.runtime = 1
        same(machine.value('Volatile'), b'here')
        same(machine.get('Boot')[0], NOT_FOUND)
        if not i % 2:
            same(machine.value('Kept'), value)


def ended():
    """A daemon that is told to end ends the boot: nothing is left for the next one"""
    for number in (signal.SIGTERM, signal.SIGINT):
        place = Place()
        daemon = place.start()
        boot(daemon.machine())
        daemon.stop(number)
        same(os.path.getsize(place.state), 0)
        daemon = place.start()
        is_booting(daemon.machine())
        # Also where it had gone on before.
        boot(daemon.machine())
        daemon.kill()
        daemon = place.start()
        daemon.stop(number)
        is_booting(place.start().machine())


def another_memory():
    """Another memory file is another boot, also where it has the old one's name"""
    place = Place()
    daemon = place.start()
    boot(daemon.machine())
    daemon.kill()
    os.rename(daemon.memory, daemon.memory + '.old')
    daemon = place.start()
    is_booting(daemon.machine())
    boot(daemon.machine())
    daemon.kill()
    # Nor does the old one's come back with it.
    daemon = place.start(memory=daemon.memory + '.old')
    is_booting(daemon.machine())


def made_again():
    """A memory file that was removed and made again is another one"""
    place = Place()
    daemon = place.start()
    boot(daemon.machine())
    daemon.kill()
    os.unlink(daemon.memory)
    daemon = place.start()
    is_booting(daemon.machine())


def broken():
    """A state file that is none, or is damaged, is refused and not touched: boot services are not opened by that"""
    place = Place()
    daemon = place.start()
    boot(daemon.machine())
    daemon.kill()
    with open(place.state, 'rb') as file:
        whole = file.read()
    name = name_bytes('Volatile')
    check(whole.count(name) >= 1)
    for damaged in (b'no state', whole[:100], whole[:600], whole[:-1], b'X' + whole[1:], bytes(len(whole)),
                    whole.replace(blob(name), struct.pack('<Q', 1 << 40) + name)):
        with open(place.state, 'wb') as file:
            file.write(damaged)
        place.refused(place.state)
        with open(place.state, 'rb') as file:
            same(file.read(), damaged, 'the refused file')
    with open(place.state, 'wb') as file:
        file.write(whole)
    goes_on(place.start().machine())


def no_file():
    """An empty or missing file is a new boot; one that cannot be made, or is another daemon's, is an error"""
    place = Place()
    open(place.state, 'w').close()
    daemon = place.start()
    boot(daemon.machine())
    other = scratch()
    fails(1, [place.state, 'another process'], '--qemu-memory', other + '/ram', '--doorbell', other + '/s', '--state',
          place.state, '--backend', 'memory', *plain(other))
    daemon.kill()
    os.unlink(place.state)
    is_booting(place.start().machine())
    fails(1, ['/nowhere/state'], '--qemu-memory', other + '/ram', '--doorbell', other + '/s', '--state', '/nowhere/state',
          '--backend', 'memory', *plain(other))


def without():
    """Without --state it is as it was: nothing is kept, and nothing made"""
    place = Place()
    daemon = QemuDaemon('--backend', 'memory', directory=place.directory)
    before = sorted(os.listdir(place.directory))
    boot(daemon.machine())
    daemon.kill()
    daemon = QemuDaemon('--backend', 'memory', directory=place.directory)
    same(sorted(os.listdir(place.directory)), before)
    same(daemon.machine().get('Kept')[0], NOT_FOUND)


def option():
    """--state belongs to a machine that outlives its daemon"""
    fails(2, ['--state', '--domain', '--qemu-memory'], '--socket', 's', '--state', 'f', '--backend', 'memory')
    check(not os.path.exists('f'), 'a file was made')


def sandboxed():
    """From within the sandbox, too, with the lists of either build, and as a user who cannot open the file"""
    if os.geteuid() != 0:
        print('# only root can change to another user')
        return
    debug = programs.UEFISTORED
    for program in (debug, RELEASE):
        programs.UEFISTORED = program
        try:
            place = Place()
            root = os.path.join(place.directory, 'root')
            os.mkdir(root)
            shut_in = ['--depriv', '--uid', '70247', '--gid', '70247', '--chroot', root]
            daemon = place.start(*shut_in)
            boot(daemon.machine())
            daemon.kill()
            daemon = place.start(*shut_in)
            goes_on(daemon.machine())
            machine = daemon.machine()
            # The file grows, and shrinks at the end.
            for i in range(8):
                same(machine.set('n%d' % i, b'x' * 10000), SUCCESS)
            daemon.kill()
            daemon = place.start(*shut_in)
            goes_on(daemon.machine())
            same(daemon.machine().value('n7'), b'x' * 10000)
            daemon.stop()
            same(os.path.getsize(place.state), 0)
            # From there it cannot be removed.
            os.unlink(daemon.socket)
            daemon = place.start(*shut_in)
            is_booting(daemon.machine())
            daemon.stop()
        finally:
            programs.UEFISTORED = debug


tap.run(killed, nobody_else_knows, still_booting, memory_overwrite, before_the_answer, ended, another_memory, made_again,
        broken, no_file, without, option, sandboxed)
tap.end()
