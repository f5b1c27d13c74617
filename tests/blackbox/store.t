#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The file store: its shape on disk, what others write, what is set aside, and that it is never half a store."""
import hashlib
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()
TIME = 'e6070203040506000000000000000000'
PRIVATE = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'


class Place:
    """A directory with a store in it."""

    def __init__(self, text=None):
        self.directory = scratch()
        self.store = self.directory + '/store'
        if text is not None:
            with open(self.store, 'w' if isinstance(text, str) else 'wb') as file:
                file.write(text)

    def start(self, *more, **kinds):
        return Daemon(*more, store=self.store, directory=self.directory, **kinds)

    def bytes(self):
        with open(self.store, 'rb') as file:
            return file.read()

    def files(self):
        return sorted(name for name in os.listdir(self.directory) if name not in ('keys', 'config', 'log', 's'))

    def rejected(self):
        path = self.store + '.rejected'
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [json.loads(line) for line in file]


def shape():
    """The store is the JSON of QEMU and virt-firmware, non-volatile variables only"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest()
    same(guest.set('Kept', b'\x00\xab\xff'), SUCCESS)
    same(guest.set('Volatile', b'1', BS | RT), SUCCESS)
    same(guest.set('Grüße "\\', b'2', NV | BS), SUCCESS)
    root = read_store(place.store)
    same(sorted(root), ['variables', 'version'])
    same(root['version'], 2)
    records = stored(place.store)
    same(records['Kept'], {'guid': VENDOR, 'name': 'Kept', 'attr': 7, 'data': '00abff'})
    same(records['Grüße "\\'], {'guid': VENDOR, 'name': 'Grüße "\\', 'attr': 3, 'data': '32'})
    check('Volatile' not in records and 'SecureBoot' not in records)
    for record in root['variables']:
        check(set(record) <= {'guid', 'name', 'attr', 'data', 'time', 'digest'}, record)
        same(record['guid'], record['guid'].lower())
        check(isinstance(record['attr'], int) and record['attr'] & 1, record)
        bytes.fromhex(record['data'])
    # A line for each variable: a difference of two stores can be read.
    lines = place.bytes().decode().splitlines()
    same(len(lines), len(root['variables']) + 2)
    same(os.stat(place.store).st_mode & 0o777, 0o600)
    same(place.files(), ['store'])
    daemon.stop()
    same(place.files(), ['store'])
    guest = place.start().guest()
    same((guest.value('Kept'), guest.value('Volatile'), guest.value('Grüße "\\')), (b'\x00\xab\xff', None, b'2'))


def others_write():
    """Stores of QEMU, virt-firmware and python-uefivars load"""
    qemu = json.dumps({'version': 2, 'variables': [
        variable('Boot0001', '010000000400410000007fff0400', 7, GLOBAL),
        variable('Private', '00ABff', 0x27, PRIVATE, time=TIME.upper(), digest='AB' * 32)]}, indent=4)
    virt = json.dumps({'version': 2, 'variables': [
        {'name': 'Boot0001', 'guid': GLOBAL.upper(), 'attr': 7, 'data': '010000000400410000007FFF0400'},
        {'name': 'Private', 'guid': PRIVATE, 'attr': 39, 'data': '00abff', 'time': TIME, 'digest': 'ab' * 32}]})
    python = json.dumps({'version': 2, 'variables': [
        {'name': 'Boot0001', 'data': '010000000400410000007fff0400', 'guid': GLOBAL, 'attr': 7, 'timestamp': None},
        {'name': 'Private', 'data': '00abff', 'guid': PRIVATE, 'attr': 39, 'timestamp': TIME, 'digest': 'ab' * 32}]},
        indent=4)
    for text in (qemu, virt, python):
        place = Place(text)
        daemon = place.start()
        guest = daemon.guest()
        same(guest.get('Boot0001', GLOBAL), (SUCCESS, 7, bytes.fromhex('010000000400410000007fff0400')))
        same(guest.get('Private', PRIVATE), (SUCCESS, 0x27, b'\x00\xab\xff'))
        same(guest.set('New', b'1'), SUCCESS)
        daemon.stop()
        check('boot: ' in daemon.log() and 'first boot' not in daemon.log(), daemon.log())
        records = stored(place.store)
        same(records['Private'], variable('Private', '00abff', 39, PRIVATE, time=TIME, digest='ab' * 32))
        same(records['New']['data'], '31')
        same(place.rejected(), [])


def names_beyond_utf8():
    """A name that UTF-8 cannot represent comes back as it was"""
    place = Place()
    daemon = place.start()
    name = '\ud800x\udc00'
    same(daemon.guest().set(name, b'1'), SUCCESS)
    daemon.kill()
    record = [r for r in read_store(place.store)['variables'] if 'name-utf16' in r]
    same([r['name-utf16'] for r in record], ['00d8780000dc'])
    daemon = place.start()
    same(daemon.guest().value(name), b'1')
    check((name, VENDOR) in daemon.guest().list())
    same([r for r in read_store(place.store)['variables'] if 'name-utf16' in r], record)


def unknown_keys():
    """Unknown keys survive a rewrite, of the store and of each variable"""
    place = Place()
    write_store(place.store, variable('a', '61', comment='mine', nested={'x': [1, None, 2.5, 'é']}), variable('b', '62'),
                variable('gone', '63', comment='gone'), generator={'name': 'somebody', 'version': [1, 2]})
    daemon = place.start()
    guest = daemon.guest()
    for value in (b'1', b'2'):
        same(guest.set('a', value), SUCCESS)
    same(guest.set('gone', b''), SUCCESS)
    root, records = read_store(place.store), stored(place.store)
    same(root['generator'], {'name': 'somebody', 'version': [1, 2]})
    same(records['a'], variable('a', '32', comment='mine', nested={'x': [1, None, 2.5, 'é']}))
    same(records['b'], variable('b', '62'))
    same(guest.set('gone', b'again'), SUCCESS)
    same(stored(place.store)['gone'], variable('gone', b'again'.hex()))
    daemon.stop()
    place.start()
    same(stored(place.store)['a']['comment'], 'mine')


def first_boots():
    """Missing, empty, blank or without variables: a first boot; anything else is a boot"""
    for text, first in ((None, True), ('', True), (' \n', True), ('{"version": 2, "variables": []}', True),
                        (json.dumps({'version': 2, 'variables': [variable('a')]}), False),
                        (json.dumps({'version': 2, 'variables': [variable('', 'zz')]}), False)):
        place = Place(text)
        daemon = place.start()
        daemon.stop()
        same('first boot' in daemon.log(), first, text)
        check(len(read_store(place.store)['variables']) > 0)


def set_aside():
    """A record that cannot be right is kept beside the store and told once; the machine starts"""
    place = Place()
    bad = [variable('BadHex', '0g'), variable('BadGuid', guid='nonsense'), variable('Dup', '02'), variable('Vol', '00', 6),
           variable('Esc\x1b[31m', '0'), 17]
    write_store(place.store, variable('Good', '01'), variable('Dup', '01'), *bad, variable('Last', '03'))
    before = place.bytes()
    same(place.start('--nonpersistent').stop(), None)
    same((place.bytes(), place.rejected()), (before, []))
    daemon = place.start()
    guest = daemon.guest()
    same([guest.value(name) for name in ('Good', 'Dup', 'Last', 'BadHex')], [b'\1', b'\1', b'\3', None])
    log = daemon.log()
    for words in ('BadHex is set aside: data is not hexadecimal', 'BadGuid is set aside: guid is not',
                  'Dup is set aside: stored twice', 'Vol is set aside: volatile', 'Esc\\x1b[31m is set aside: data'):
        same(log.count(words), 2, words)   # with the run before, which kept nothing
    same([line['record'] for line in place.rejected()], bad)
    check(all(line['reason'] for line in place.rejected()))
    daemon.kill()
    # The store was not written yet, or it was: not told again, not kept again.
    write_store(place.store, variable('Good', '01'), variable('Dup', '01'), *bad, variable('Last', '03'))
    daemon = place.start()
    same(daemon.log().count('is set aside'), 2 * len(bad))
    same(len(place.rejected()), len(bad))
    same(daemon.guest().set('New', b'1'), SUCCESS)
    check(not {'BadHex', 'BadGuid', 'Vol'} & set(stored(place.store)))
    daemon.stop()
    write_store(place.store, variable('Good', '01'), variable('Other', '0'))
    daemon = place.start()
    check('Other is set aside' in daemon.log())
    same(len(place.rejected()), len(bad) + 1)


def set_aside_nowhere():
    """Where the file beside the store cannot be written, what is set aside stays in the store"""
    place = Place()
    bad = [variable('BadHex', '0g', note=1), {'odd': True}]
    write_store(place.store, variable('Good', '01'), *bad)
    os.mkdir(place.store + '.rejected')
    for value in (b'1', b'2'):
        daemon = place.start()
        same(daemon.guest().set('New', value), SUCCESS)
        daemon.stop()
        check('BadHex is set aside' in daemon.log())
        records = read_store(place.store)['variables']
        same([r for r in records if r in bad], bad)
        same([r['data'] for r in records if r.get('name') == 'New'], [value.hex()])


def nonpersistent():
    """--nonpersistent never writes and needs no lock"""
    place = Place()
    daemon = place.start('--nonpersistent')
    same(daemon.guest().set('a', b'1'), SUCCESS)
    daemon.stop()
    same(place.files(), [])
    write_store(place.store, variable('a', '61'))
    os.chmod(place.store, 0o400)
    before, status = place.bytes(), os.stat(place.store)
    daemon = place.start('--nonpersistent')
    other = Daemon('--nonpersistent', store=place.store)
    for d in (daemon, other):
        guest = d.guest()
        same(guest.value('a'), b'a')
        same(guest.set('a', b'1'), SUCCESS)
        same(guest.set('PK', b'', 7, GLOBAL) & ERROR, ERROR)
        same(guest.value('a'), b'1')
        d.stop()
    after = os.stat(place.store)
    same((place.bytes(), after.st_mtime_ns, after.st_ino), (before, status.st_mtime_ns, status.st_ino))
    same(place.files(), ['store'])


def unchanged():
    """A write that changes nothing is not written"""
    place = Place()
    guest = place.start().guest()
    same(guest.set('a', b'1'), SUCCESS)
    inode = os.stat(place.store).st_ino
    same(guest.set('a', b'1'), SUCCESS)
    same(guest.get('a')[0], SUCCESS)
    same(guest.set('v', b'1', BS), SUCCESS)
    same(os.stat(place.store).st_ino, inode)


def links_and_modes():
    """A symbolic link stays, its target is replaced; mode and owner are kept"""
    place = Place()
    target = place.directory + '/real'
    write_store(target, variable('a', '61'))
    os.chmod(target, 0o640)
    if os.geteuid() == 0:
        os.chown(target, 12345, 23456)
    # Open, so that no new file gets its number.
    old = os.open(target, os.O_RDONLY)
    before = os.fstat(old)
    os.symlink('real', place.store)
    daemon = place.start()
    same(daemon.guest().set('b', b'1'), SUCCESS)
    fails(1, ['locked'], '--socket', place.directory + '/s2', '--arg', 'path:' + target, *plain(place.directory))
    daemon.stop()
    check(os.path.islink(place.store))
    after = os.stat(target)
    same((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid))
    check(after.st_ino != before.st_ino and 'b' in stored(target))
    os.close(old)


def killed():
    """After kill -9 every acknowledged variable is there, and what a crash left is cleaned"""
    place = Place()
    for i in range(5):
        daemon = place.start()
        guest = daemon.guest()
        for j in range(i):
            same(guest.value(f'n{j}'), b'%d' % j)
        same(guest.set(f'n{i}', b'%d' % i), SUCCESS)
        daemon.kill()
        with open(place.store + '.uefistored-new', 'w') as file:
            file.write('half a st')
    daemon = place.start()
    same(place.files(), ['store'])


def full():
    """A store filled to its limit loads again, variable by variable"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest()
    count = 0
    while guest.set(f'n{count}', bytes([count % 256]) * 3000) == SUCCESS:
        count += 1
    check(count > 30, count)
    same(guest.set(f'n{count}', b'1' * 3000), OUT_OF_RESOURCES)
    names = guest.list()
    daemon.kill()
    guest = place.start().guest()
    for i in range(count):
        same(guest.value(f'n{i}'), bytes([i % 256]) * 3000)
    same(sorted(guest.list()), sorted(names))


def in_place():
    """Where the directory cannot be written the store is, and stays one"""
    place = Place()
    write_store(place.store, variable('a', '61'))
    # The socket, the log and the keys stand elsewhere.
    elsewhere = scratch()
    os.chmod(place.directory, 0o555)
    inode = os.stat(place.store).st_ino
    more = obeys_permissions()
    for _ in range(2):
        daemon = Daemon(store=place.store, directory=elsewhere, **more)
        guest = daemon.guest()
        for i in range(20):
            same(guest.set('n', bytes([i]) * (i * 397 % 5000 + 1)), SUCCESS)
            same(bytes.fromhex(stored(place.store)['n']['data']), bytes([i]) * (i * 397 % 5000 + 1))
        daemon.kill()
    same(os.stat(place.store).st_ino, inode)
    same(os.listdir(place.directory), ['store'])
    # A record that is set aside has no place beside the store.
    os.chmod(place.directory, 0o755)
    write_store(place.store, variable('a', '61'), variable('bad', 'zz'))
    os.chmod(place.directory, 0o555)
    daemon = Daemon(store=place.store, directory=elsewhere, **more)
    same(daemon.guest().set('n', b'1'), SUCCESS)
    daemon.stop()
    same(stored(place.store)['bad'], variable('bad', 'zz'))


def journal(text, at):
    """What a write in place puts behind the old text: see host/backend/journal.h."""
    length = struct.pack('<Q', len(text))
    header = b'\0uefistored\0\0\1\r\n' + length + hashlib.sha256(length + text).digest()
    return at, header.ljust(64, b'\0') + text


def interrupted_in_place():
    """A write in place that was interrupted: the old or the new store, and a plain one afterwards"""
    old = json.dumps({'version': 2, 'variables': [variable('v', '6f6c64')]}).encode()
    new = json.dumps({'version': 2, 'variables': [variable('v', '6e6577'), variable('w', '00' * 3000)]}).encode()
    at, tail = journal(new, 8192)
    whole = old.ljust(at, b'\0') + tail
    torn_copy = new[:len(new) // 2] + whole[len(new) // 2:]
    cases = [(whole[:-1], b'old'), (whole[:at], b'old'), (whole[:at + 100], b'old'), (old + b'\0', b'old'),
             (whole[:at + 20] + b'\xff' + whole[at + 21:], b'old'), (whole[:at + 500] + b'x' + whole[at + 501:], b'old'),
             (whole, b'new'), (torn_copy, b'new'), (new + whole[len(new):], b'new'), (bytes(at) + tail, b'new')]
    for text, expected in cases:
        for more in (['--nonpersistent'], []):
            place = Place(text)
            daemon = place.start(*more)
            same(daemon.guest().value('v'), expected)
            check('interrupted' in daemon.log(), daemon.log())
            if more:
                same(place.bytes(), text)
            else:
                same(stored(place.store)['v']['data'], expected.hex())
                same(place.bytes().count(b'\0'), 0)
            daemon.kill()


tap.run(shape, others_write, names_beyond_utf8, unknown_keys, first_boots, set_aside, set_aside_nowhere, nonpersistent,
        unchanged, links_and_modes, killed, full, in_place, interrupted_in_place)
tap.end()
