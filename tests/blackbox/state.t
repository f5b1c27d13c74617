#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""save and resume: the whole state of a running guest goes to a file and comes back."""
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()


class Place:
    def __init__(self):
        self.directory = scratch()
        self.store = self.directory + '/store'
        self.save = self.directory + '/save'
        self.resume = self.directory + '/resume'

    def start(self, *more, **kinds):
        return Daemon('--arg', 'save:' + self.save, *more, directory=self.directory, **kinds)

    def resumed(self, *more, **kinds):
        return self.start('--resume', '--arg', 'resume:' + self.resume, *more, **kinds)

    def hand_over(self):
        os.rename(self.save, self.resume)

    def refused(self, words, *backend):
        backend = backend or ('--backend', 'memory')
        return fails(1, [self.resume, *words], '--socket', self.directory + '/s', *backend, '--resume',
                     '--arg', 'resume:' + self.resume, *plain(self.directory))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)


def record(name, data, attributes, guid=VENDOR):
    name = name_bytes(name)
    return blob(name) + blob(data) + guid_bytes(guid) + struct.pack('<I', attributes) + bytes(16 + 32)


def vars_blob(version, *records):
    body = b''.join(records)
    head = b'VARS' + struct.pack('<IQQ', version, len(records), len(body))
    return head + (bytes(268) if version == 2 else b'') + body


def everything():
    """Volatile variables, the runtime latch and the order survive save and resume"""
    place = Place()
    daemon = place.start('--backend', 'memory')
    guest = daemon.guest()
    same(guest.set('Nv', b'1'), SUCCESS)
    same(guest.set('Volatile', b'2', BS | RT), SUCCESS)
    same(guest.set('BootOnly', b'3', BS), SUCCESS)
    guest.runtime = 1
    same(guest.value('BootOnly'), None)
    names = guest.list()
    daemon.stop()
    same(read(place.save)[:8], b'VARS\2\0\0\0')
    place.hand_over()
    before = read(place.resume)
    daemon = place.resumed('--backend', 'memory')
    check('resume: ' in daemon.log())
    guest = daemon.guest()
    same(guest.list(), names)
    same((guest.value('Nv'), guest.value('Volatile'), guest.value('BootOnly')), (b'1', b'2', None))
    same(guest.set('Late', b'1', BS | RT), INVALID_PARAMETER)
    daemon.stop()
    same(read(place.resume), before)
    same(read(place.save), before)


def in_place():
    """The save file is written in place: an existing file keeps inode and mode, a longer one is cut"""
    place = Place()
    write(place.save, b'x' * 500000)
    os.chmod(place.save, 0o640)
    inode = os.stat(place.save).st_ino
    os.mkdir(place.directory + '/elsewhere')
    daemon = place.start('--backend', 'memory')
    same(daemon.guest().set('a', b'1'), SUCCESS)
    daemon.stop()
    status = os.stat(place.save)
    same((status.st_ino, status.st_mode & 0o777), (inode, 0o640))
    text = read(place.save)
    count, length = struct.unpack_from('<QQ', text, 8)
    same(len(text), 24 + 268 + length)
    check(count >= 1)


def no_save_without_end():
    """A daemon that is killed leaves the save file as it was"""
    place = Place()
    write(place.save, b'')
    daemon = place.start('--backend', 'memory')
    same(daemon.guest().set('a', b'1'), SUCCESS)
    daemon.kill()
    same(read(place.save), b'')


def failing_save():
    """A save that fails is told, and is exit 1"""
    place = Place()
    os.mkdir(place.directory + '/gone')
    daemon = Daemon('--arg', 'save:' + place.directory + '/gone/save', '--backend', 'memory', directory=place.directory)
    os.rmdir(place.directory + '/gone')
    daemon.stop(status=1)
    check('/gone/save: the state cannot be saved: No such file' in daemon.log(), daemon.log())


def written_back():
    """After a resume the store gets what was resumed, unless --nonpersistent"""
    for more, back in (([], True), (['--nonpersistent'], False)):
        place = Place()
        daemon = place.start('--backend', 'memory')
        same(daemon.guest().set('Newer', b'2'), SUCCESS)
        same(daemon.guest().set('Volatile', b'2', BS), SUCCESS)
        daemon.stop()
        place.hand_over()
        write_store(place.store, variable('Newer', '31'), variable('Old', '31', note='x'), variable('Bad', '0'), comment='kept')
        before = read(place.store)
        daemon = place.resumed(*more, store=place.store)
        guest = daemon.guest()
        same((guest.value('Newer'), guest.value('Volatile'), guest.value('Old')), (b'2', b'2', None))
        if back:
            records = stored(place.store)
            same(records['Newer']['data'], '32')
            check('Old' not in records and 'Volatile' not in records)
            same(read_store(place.store)['comment'], 'kept')
            check(os.path.exists(place.store + '.rejected'))
        else:
            same(read(place.store), before)
        daemon.stop()


def refusals():
    """A resume file that is none is exit 1 and stays as it was"""
    place = Place()
    place.refused(['No such file'])
    os.mkdir(place.resume)
    place.refused(['Is a directory'])
    os.rmdir(place.resume)
    for text in (b'', b'V', b'VARS', b'VARX' + bytes(300), b'VARS' + struct.pack('<IQQ', 3, 0, 0) + bytes(268),
                 b'{"version": 2, "variables": []}', bytes(1000)):
        write(place.resume, text)
        place.refused(['VARS file of version 1 or 2'])
        same(read(place.resume), text)
    # The store is looked at before it would be replaced.
    write(place.resume, vars_blob(2, record('a', b'1', 7)))
    write(place.store, b'no store')
    fails(1, [place.store, 'not JSON'], '--socket', place.directory + '/s', '--backend', 'file', '--arg', 'path:' + place.store,
          '--resume', '--arg', 'resume:' + place.resume, *plain(place.directory))
    same(read(place.store), b'no store')
    check(not os.path.exists(place.save))


def versions():
    """VARS files of version 1 and 2, as others write them"""
    for version in (1, 2):
        place = Place()
        write(place.resume, vars_blob(version, record('a', b'one', 7), record('v', b'two', 6)))
        daemon = place.resumed('--backend', 'memory')
        guest = daemon.guest()
        same((guest.get('a'), guest.get('v')), ((SUCCESS, 7, b'one'), (SUCCESS, 6, b'two')))
        daemon.stop()
        same(read(place.save)[4], 2)


def bad_records():
    """A record that cannot be right is left out and told, the machine resumes"""
    place = Place()
    write(place.resume, vars_blob(2, record('good', b'1', 7), record('', b'1', 7), record('dup', b'1', 7),
                                  record('dup', b'2', 7), record('last', b'1', 7)))
    before = read(place.resume)
    daemon = place.resumed('--backend', 'memory')
    guest = daemon.guest()
    same([guest.value(name) for name in ('good', 'dup', 'last')], [b'1'] * 3)
    same(daemon.log().count('is left out'), 2)
    check('record of dup' in daemon.log(), daemon.log())
    same(read(place.resume), before)


def no_size_cliff():
    """Full pools survive, the resume file is as large as it gets"""
    place = Place()
    daemon = place.start('--backend', 'memory')
    guest = daemon.guest()
    for attributes in (NV | BS | RT, BS | RT):
        count = 0
        while guest.set(f'{attributes}-{count}', bytes([count % 256]) * 700, attributes) == SUCCESS:
            count += 1
        check(count > 60, count)
    names = guest.list()
    daemon.stop()
    check(os.path.getsize(place.save) > 160000, os.path.getsize(place.save))
    place.hand_over()
    daemon = place.resumed(store=place.store)
    guest = daemon.guest()
    same(guest.list(), names)
    same(guest.value('6-10'), bytes([10]) * 700)
    same(guest.value('7-100'), bytes([100]) * 700)
    daemon.stop()
    same(read(place.save), read(place.resume))


tap.run(everything, in_place, no_save_without_end, failing_save, written_back, refusals, versions, bad_records,
        no_size_cliff)
tap.end()
