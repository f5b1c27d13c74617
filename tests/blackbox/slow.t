#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A slow or failing disk: who waits and who does not, what is answered when, and what is stored in the end.

The debug build lets the test slow down or fail three points of a write: "write" before anything is done, "rename" when
nothing can stop it any more, "renamed" when the new store is in place and not yet synced.
"""
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()


class Place:
    def __init__(self, answer_ms=None, settle_ms=None):
        self.directory = scratch()
        self.store = self.directory + '/store'
        self.points = self.directory + '/points'
        self.env = {'UEFISTORED_DEBUG_POINTS': self.points}
        if answer_ms:
            self.env['UEFISTORED_DEBUG_ANSWER_MS'] = str(answer_ms)
        if settle_ms:
            self.env['UEFISTORED_DEBUG_SETTLE_MS'] = str(settle_ms)
        self.set()

    def set(self, *lines):
        """What the points do from now on."""
        with open(self.points + '.new', 'w') as file:
            file.write(''.join(line + '\n' for line in lines))
        os.rename(self.points + '.new', self.points)

    def start(self, *more, **kinds):
        return Daemon(*more, store=self.store, directory=self.directory, env=self.env, **kinds)

    def value(self, name):
        """What is stored."""
        record = stored(self.store).get(name)
        return record and bytes.fromhex(record['data'])

    def wait_value(self, name, value, seconds=10):
        end = time.monotonic() + seconds
        while self.value(name) != value:
            check(time.monotonic() < end, name, 'is', self.value(name), 'and not', value)
            time.sleep(0.01)


def begin_set(guest, name, data, frame=0):
    guest.put(guest.set_request(name, data), frame)
    guest.ring(frame)


def end_set(guest, frame=0):
    same(guest.wait(), frame)
    return struct.unpack('<Q', guest.read(8, frame))[0]


def others_go_on():
    """A write that waits for the disk does not hold up another connection"""
    place = Place()
    daemon = place.start()
    slow, other = daemon.guest(), daemon.guest()
    same(other.set('o', b'1'), SUCCESS)
    place.set('write delay 700')
    begin_set(slow, 's', b'1')
    start = time.monotonic()
    for _ in range(20):
        same(other.value('o'), b'1')
        same(other.value('s'), None)
    check(time.monotonic() - start < 0.5, 'reads waited')
    check(not slow.answered_within(0), 'the slow write was answered')
    # A change has to wait for the one under way, and is made after it; reads of a third go on.
    begin_set(other, 'o', b'2')
    third = daemon.guest()
    same((third.value('o'), third.value('s')), (b'1', None))
    place.set()
    same((end_set(slow), end_set(other)), (SUCCESS, SUCCESS))
    check(time.monotonic() - start > 0.6, 'the delay did not happen')
    same((third.value('o'), third.value('s')), (b'2', b'1'))
    same((place.value('o'), place.value('s')), (b'2', b'1'))


def order():
    """Changes that wait are made in the order of their arrival, each connection's in its own"""
    place = Place()
    daemon = place.start()
    guests = [daemon.guest(frames=48) for _ in range(6)]
    for guest in guests:
        same(guest.get('none')[0], NOT_FOUND)
    place.set('write delay 300')
    for i, guest in enumerate(guests):
        guest.put(guest.set_request('v', b'%d' % i, NV | BS | RT | APPEND))
        guest.ring()
        time.sleep(0.02)
    guests[0].put(guests[0].get_request('v'), 16)
    guests[0].ring(16)
    guests[0].put(guests[0].set_request('v', b'+', NV | BS | RT | APPEND), 32)
    guests[0].ring(32)
    place.set()
    for guest in guests:
        same(end_set(guest), SUCCESS)
    same(guests[0].wait(), 16)
    # By then more of the others may have been made, but not the one behind it.
    status, attributes, size = struct.unpack_from('<QIQ', guests[0].read(frame=16))
    same((status, attributes), (SUCCESS, 7))
    check(b'012345'.startswith(guests[0].read(20 + size, 16)[20:]) and 0 < size, size)
    same(end_set(guests[0], 32), SUCCESS)
    same((guests[1].value('v'), place.value('v')), (b'012345+', b'012345+'))


def in_flight_waits():
    """Requests behind one that waits are served after it"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest(frames=48)
    same(guest.set('v', b'old'), SUCCESS)
    place.set('write delay 400')
    begin_set(guest, 'v', b'new', 0)
    guest.put(guest.get_request('v'), 16)
    guest.ring(16)
    check(not guest.answered_within(0.1), 'served out of order')
    same(end_set(guest), SUCCESS)
    same(guest.wait(), 16)
    same(guest.read(23, 16)[20:], b'new')


def gone_while_waiting():
    """A guest that goes while its write waits: the write is made, nobody else suffers"""
    place = Place()
    daemon = place.start()
    leaving, other, queued = daemon.guest(), daemon.guest(), daemon.guest()
    place.set('write delay 300')
    begin_set(leaving, 'a', b'1')
    time.sleep(0.05)
    begin_set(queued, 'b', b'1')
    time.sleep(0.05)
    leaving.close()
    queued.close()
    place.set()
    same(other.get('none')[0], NOT_FOUND)
    place.wait_value('a', b'1')
    same(other.set('c', b'1'), SUCCESS)
    same((other.value('a'), other.value('b'), place.value('c')), (b'1', b'1', b'1'))
    same(daemon.guest().value('a'), b'1')


def failing():
    """A write that fails is DEVICE_ERROR, and has never happened"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    inode = os.stat(place.store).st_ino
    for point in ('write', 'rename'):
        place.set(f'{point} fail')
        same(guest.set('v', b'new'), DEVICE_ERROR)
        same(guest.set('v', b''), DEVICE_ERROR)
        same(guest.set('w', b'1'), DEVICE_ERROR)
        same(guest.set('vol', b'1', BS), SUCCESS)
        same((guest.value('v'), guest.value('w')), (b'old', None))
        same((place.value('v'), place.value('w'), os.stat(place.store).st_ino), (b'old', None, inode))
    daemon.wait_log('Input/output error')
    place.set()
    same(guest.set('v', b'new'), SUCCESS)
    same(place.value('v'), b'new')
    same(sorted(n for n in os.listdir(place.directory) if 'new' in n), [])


def unknown_outcome():
    """A write whose outcome nobody knows is DEVICE_ERROR, and the store is set right"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    place.set('renamed fail')
    same(guest.set('v', b'new'), DEVICE_ERROR)
    same(guest.value('v'), b'old')
    daemon.wait_log('trying again')
    place.set()
    daemon.wait_log('what is stored is what the guest was told')
    same(place.value('v'), b'old')
    # The guest's next write sets it right as well.
    place.set('renamed fail')
    same(guest.set('v', b'new'), DEVICE_ERROR)
    place.set()
    same(guest.set('w', b'1'), SUCCESS)
    same((place.value('v'), place.value('w')), (b'old', b'1'))


def stopped_in_time():
    """A write that takes too long is DEVICE_ERROR within the limit, and is stopped before it touches the store"""
    place = Place(answer_ms=300)
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    inode = os.stat(place.store).st_ino
    place.set('write delay 1200')
    start = time.monotonic()
    same(guest.set('v', b'new'), DEVICE_ERROR)
    took = time.monotonic() - start
    check(0.25 < took < 1.0, took)
    same(guest.value('v'), b'old')
    daemon.wait_log('it was stopped in time')
    # The disk is still at it: the next change waits, within its own limit, and never begins.
    start = time.monotonic()
    same(guest.set('w', b'1'), DEVICE_ERROR)
    check(time.monotonic() - start < 0.8)
    place.set()
    time.sleep(max(0, 1.5 - (time.monotonic() - start)))
    same((os.stat(place.store).st_ino, place.value('v')), (inode, b'old'))
    same(guest.set('w', b'1'), SUCCESS)
    same((place.value('v'), place.value('w')), (b'old', b'1'))


def late():
    """A write that lands after it was answered as failed is taken back"""
    place = Place(answer_ms=300)
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    for point, moment in (('renamed', b'new'), ('rename', b'old')):
        place.set(f'{point} delay 1000')
        same(guest.set('v', b'new'), DEVICE_ERROR)
        same((guest.value('v'), place.value('v')), (b'old', moment))
        place.set()
        before = daemon.log().count('what is stored is what the guest was told')
        end = time.monotonic() + 10
        while daemon.log().count('what is stored is what the guest was told') == before and time.monotonic() < end:
            time.sleep(0.01)
        same(place.value('v'), b'old')
    # The next change supersedes it.
    place.set('renamed delay 600')
    same(guest.set('v', b'newer'), DEVICE_ERROR)
    place.set()
    end = time.monotonic() + 5
    while guest.set('w', b'1') != SUCCESS and time.monotonic() < end:
        pass
    same((place.value('v'), place.value('w'), guest.value('v')), (b'old', b'1', b'old'))


def queued_too_long():
    """A change that waits behind another is answered within its own limit"""
    place = Place(answer_ms=400)
    daemon = place.start()
    first, second = daemon.guest(), daemon.guest()
    same(second.get('none')[0], NOT_FOUND)
    place.set('write delay 1500')
    start = time.monotonic()
    begin_set(first, 'a', b'1')
    time.sleep(0.1)
    begin_set(second, 'b', b'1')
    same(end_set(first), DEVICE_ERROR)
    same(end_set(second), DEVICE_ERROR)
    check(time.monotonic() - start < 1.2, time.monotonic() - start)
    place.set()
    time.sleep(1.2)
    same((place.value('a'), place.value('b')), (None, None))


def end_with_pending():
    """At the end a write under way is finished and answered, and is in the store and in the save file"""
    place = Place()
    save = place.directory + '/save'
    daemon = place.start('--arg', 'save:' + save)
    guest = daemon.guest()
    same(guest.set('a', b'1'), SUCCESS)
    place.set('write delay 600')
    begin_set(guest, 'Pending', b'1')
    check(not guest.answered_within(0.1))
    daemon.process.send_signal(signal.SIGTERM)
    # The first save does not wait for the disk.
    end = time.monotonic() + 0.4
    while not (os.path.exists(save) and os.path.getsize(save) > 300) and time.monotonic() < end:
        time.sleep(0.005)
    check(os.path.getsize(save) > 300 and not guest.answered_within(0), 'the state was not saved at once')
    # Nothing new is taken.
    late_guest = guest.set_request('Late', b'1')
    guest.put(late_guest, 0)
    same(daemon.process.wait(10), 0)
    same(place.value('Pending'), b'1')
    with open(save, 'rb') as file:
        check(name_bytes('Pending') in file.read(), 'the answered write is not in the save file')


def end_with_late():
    """At the end a late write is waited for, and taken back"""
    place = Place(answer_ms=200)
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    place.set('renamed delay 1000')
    same(guest.set('v', b'new'), DEVICE_ERROR)
    same(place.value('v'), b'new')
    place.set()
    daemon.stop()
    same(place.value('v'), b'old')


def end_with_hanging():
    """A disk that hangs does not keep it from ending, with the state saved"""
    place = Place(settle_ms=1000)
    save = place.directory + '/save'
    daemon = place.start('--arg', 'save:' + save)
    guest = daemon.guest()
    same(guest.set('v', b'old'), SUCCESS)
    place.set('write delay 60000')
    begin_set(guest, 'v', b'new')
    check(not guest.answered_within(0.1))
    others = [daemon.guest() for _ in range(3)]
    for other in others:
        same(other.get('none')[0], NOT_FOUND)
        begin_set(other, 'o', b'1')
    same(daemon.guest().get('none')[0], NOT_FOUND)
    start = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    same(end_set(guest), DEVICE_ERROR)
    same(daemon.process.wait(10), 0)
    check(time.monotonic() - start < 4, time.monotonic() - start)
    same(place.value('v'), b'old')
    check(os.path.getsize(save) > 300)


def start_with_hanging():
    """SIGTERM ends a start that waits for the disk, too"""
    place = Place(settle_ms=1000)
    place.set('write delay 60000')
    daemon = place.start(wait=False)
    daemon.wait_log('first boot')
    start = time.monotonic()
    daemon.stop(timeout=12)
    check(time.monotonic() - start < 4, time.monotonic() - start)
    check(not os.path.exists(daemon.socket))


def failing_start():
    """A store that cannot be written at the start is exit 1"""
    for point in ('write fail', 'rename fail', 'renamed fail'):
        place = Place()
        place.set(point)
        code, _, err = run('--socket', place.directory + '/s', '--arg', 'path:' + place.store, *plain(place.directory),
                           env=place.env)
        same(code, 1, err)
        check('the variables cannot be stored' in err, err)
        check(not os.path.exists(place.directory + '/s'))


tap.run(others_go_on, order, in_flight_waits, gone_while_waiting, failing, unknown_outcome, stopped_in_time, late,
        queued_too_long, end_with_pending, end_with_late, end_with_hanging, start_with_hanging, failing_start)
tap.end()
