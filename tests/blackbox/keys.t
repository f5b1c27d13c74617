#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The host's keys: enrolled at a first boot, refused by name when they cannot be, and what follows for Secure Boot."""
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()
CERT_X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072'
CERT_SHA256 = 'c1c41626-504c-4092-aca9-41f936934328'
CERT_TYPE_PKCS7 = '4aafd29d-68df-49ee-8aa9-347d375665a7'
UNMET = 'Secure Boot is wanted, and cannot be'


def certificate(name):
    """A certificate of its own, DER."""
    made = subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                           '-keyout', '/dev/null', '-subj', '/CN=' + name, '-outform', 'DER'], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return made.stdout


def signature_list(kind, entry):
    return guid_bytes(kind) + struct.pack('<III', 28 + 16 + len(entry), 0, 16 + len(entry)) + bytes(16) + entry


def auth(payload, day=1):
    """EFI_VARIABLE_AUTHENTICATION_2 without a signature, as setup mode takes it."""
    time_ = struct.pack('<HBBBBBBIhBB', 2026, 1, day, 0, 0, 0, 0, 0, 0, 0, 0)
    return time_ + struct.pack('<IHH', 24, 0x0200, 0x0ef1) + guid_bytes(CERT_TYPE_PKCS7) + payload


LISTS = {'PK': signature_list(CERT_X509, certificate('PK')), 'KEK': signature_list(CERT_X509, certificate('KEK')),
         'db': signature_list(CERT_X509, certificate('db')), 'dbx': signature_list(CERT_SHA256, bytes(range(32)))}
GUIDS = {'PK': GLOBAL, 'KEK': GLOBAL, 'db': IMAGE, 'dbx': IMAGE}


class Place:
    def __init__(self, *names):
        self.directory = scratch()
        self.store = self.directory + '/store'
        self.keys = self.directory + '/keys'
        plain(self.directory)
        for name in names:
            self.write(name, auth(LISTS[name]))

    def path(self, name):
        return f'{self.keys}/{name}.auth'

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data)

    def start(self, *more, **kinds):
        return Daemon(*more, store=self.store, directory=self.directory, **kinds)

    def fails(self, words, *more):
        line = fails(1, words, '--socket', self.directory + '/s', '--arg', 'path:' + self.store,
                     *plain(self.directory), *more)
        check(not os.path.exists(self.store), 'the store was touched')
        return line


def flags(guest):
    return [guest.value(name, GLOBAL) for name in ('SetupMode', 'SecureBoot')]


def enrolled():
    """All four are enrolled at a first boot, and only then"""
    place = Place('PK', 'KEK', 'db', 'dbx')
    daemon = place.start('--secure-boot', 'true')
    guest = daemon.guest()
    same(flags(guest), [b'\0', b'\1'])
    for name in LISTS:
        same(guest.get(name, GUIDS[name]), (SUCCESS, 0x27, LISTS[name]))
    check('user mode, Secure Boot on' in daemon.log(), daemon.log())
    daemon.kill()
    records = stored(place.store)
    for name in LISTS:
        same(records[name]['data'], LISTS[name].hex())
        check(records[name]['time'].startswith('ea07'), records[name])
    place.write('db', auth(LISTS['db'] + signature_list(CERT_SHA256, bytes(32)), 2))
    daemon = place.start('--secure-boot', 'true')
    same(daemon.guest().value('db', IMAGE), LISTS['db'])
    same(flags(daemon.guest()), [b'\0', b'\1'])
    daemon.stop()
    daemon = place.start()
    same(flags(daemon.guest()), [b'\0', b'\0'])


def incomplete():
    """Without KEK or db, PK is left out: setup mode, and the log says what is missing"""
    for names, missing in ((('PK', 'db', 'dbx'), 'PK, KEK'), (('PK', 'KEK', 'dbx'), 'PK, db'), (('PK',), 'PK, KEK, db, dbx'),
                           (('KEK', 'db'), 'PK, dbx'), ((), 'PK, KEK, db, dbx')):
        place = Place(*names)
        daemon = place.start()
        guest = daemon.guest()
        same(flags(guest), [b'\1', b'\0'])
        same(guest.value('PK', GLOBAL), None)
        for name in set(names) - {'PK'}:
            same(guest.value(name, GUIDS[name]), LISTS[name])
        check(f'setup mode, Secure Boot off; not enrolled: {missing}\n' in daemon.log(), daemon.log())
        same(place.path('PK') + ' is left out: ' in daemon.log(), 'PK' in names)
        daemon.stop()
    place = Place('PK', 'KEK', 'db')
    daemon = place.start('--secure-boot=true')
    same(flags(daemon.guest()), [b'\0', b'\1'])


def no_directory():
    """A directory that is not there is no error, but told"""
    place = Place()
    os.rmdir(place.keys)
    daemon = Daemon('--keys', place.keys, '--config', '/dev/null', store=place.store, default=False)
    same(flags(daemon.guest()), [b'\1', b'\0'])
    check(f'warning: --keys {place.keys}: there is no such directory' in daemon.log(), daemon.log())


def unreadable():
    """A file that cannot be read is exit 1 and named"""
    for name in LISTS:
        place = Place('PK', 'KEK', 'db', 'dbx')
        os.unlink(place.path(name))
        os.mkdir(place.path(name))
        place.fails([place.path(name), 'not a regular file'])
        os.rmdir(place.path(name))
        os.symlink(place.path(name), place.path(name))
        place.fails([place.path(name), 'Too many levels'])
        os.unlink(place.path(name))
        place.write(name, bytes((64 << 10) + 1))
        place.fails([place.path(name), 'larger than the 65536 bytes'])
    place = Place()
    fails(1, [place.directory + '/config/PK.auth', 'Not a directory'], '--socket', place.directory + '/s', '--arg',
          'path:' + place.store, '--keys', place.directory + '/config', '--config', '/dev/null')


def malformed():
    """A file that is malformed is exit 1 and named, and nothing is stored"""
    good = auth(LISTS['KEK'])
    for name in LISTS:
        for data in (b'', b'hello', good[:39], good[:60], good[:-1], good + b'x', LISTS[name],
                     b'\0' * 16 + good[16:20] + b'\0\0\0\0' + good[24:]):
            place = Place('PK', 'KEK', 'db', 'dbx')
            place.write(name, data)
            place.fails([place.path(name), f'cannot be enrolled as {name}: '])


def no_good_later():
    """A machine that has its keys starts without a file that is no good, and says so"""
    for spoil in (b'', auth(LISTS['KEK'])[:60], bytes((64 << 10) + 1)):
        place = Place('PK', 'KEK', 'db', 'dbx')
        place.start().stop()
        place.write('KEK', spoil)
        daemon = place.start()
        guest = daemon.guest()
        same((guest.value('KEK', GLOBAL), guest.value('KEKDefault', GLOBAL)), (LISTS['KEK'], None))
        same(guest.value('dbDefault', GLOBAL), LISTS['db'])
        check(place.path('KEK') + ': ' in daemon.log() and 'the machine starts without it' in daemon.log(), daemon.log())
        daemon.stop()


def unmet():
    """Secure Boot that is wanted and impossible: exit 1 and an untouched store, or a warning"""
    for names in ((), ('PK', 'KEK'), ('PK', 'db', 'dbx'), ('KEK', 'db', 'dbx')):
        place = Place(*names)
        code, _, err = run('--socket', place.directory + '/s', '--arg', 'path:' + place.store, *plain(place.directory),
                           '--secure-boot', 'true')
        same(code, 1, err)
        same(err.count('error: '), 1, err)
        check(UNMET in err, err)
        check(not os.path.exists(place.store) and not os.path.exists(place.directory + '/s'))
        with open(place.directory + '/config', 'w') as file:
            file.write('[default]\nsecureboot_unmet=warn\n')
        daemon = place.start('--secure-boot', 'true')
        same(flags(daemon.guest())[1], b'\0')
        same(daemon.log().count(UNMET), 1)
        daemon.stop()
    # A machine that exists already is judged in the same way, but not one that is resumed.
    place = Place()
    place.start('--arg', 'save:' + place.directory + '/save').stop()
    before = os.stat(place.store).st_mtime_ns
    fails_with_log(place, '--secure-boot', 'true')
    same(os.stat(place.store).st_mtime_ns, before)
    daemon = place.start('--secure-boot', 'true', '--resume', '--arg', 'resume:' + place.directory + '/save')
    same(flags(daemon.guest())[0], b'\1')


def fails_with_log(place, *more):
    code, _, err = run('--socket', place.directory + '/s', '--arg', 'path:' + place.store, *plain(place.directory), *more)
    same(code, 1, err)
    check(UNMET in err, err)


def reported():
    """A guest's Secure Boot failure is told once, and answered"""
    place = Place()
    daemon = place.start()
    guest = daemon.guest()
    same([guest.notify(), guest.notify(), guest.notify()], [SUCCESS, ACCESS_DENIED, ACCESS_DENIED])
    same(daemon.log().count('failed Secure Boot'), 1, daemon.log())


def enforcement():
    """Signatures are verified unless --auth-enforce false; refusals are logged, never with data"""
    place = Place('PK', 'KEK', 'db', 'dbx')
    for option, expected in (('true', SECURITY_VIOLATION), ('false', SUCCESS)):
        daemon = place.start('--auth-enforce', option)
        guest = daemon.guest()
        marker = bytes.fromhex('c0ffee11') * 8
        same(guest.set('db', auth(signature_list(CERT_SHA256, marker), 2), 0x27, IMAGE), expected)
        same(guest.value('db', IMAGE) == LISTS['db'], option == 'true')
        daemon.stop()
        check('c0ffee11' not in daemon.log())
        same(daemon.log().count('write refused: db-' + IMAGE), 1)
    same(daemon.log().count('the guest changed db-'), 1)


def settings():
    """deployed, require_signed_pk and allow_names do what they say"""
    place = Place('PK', 'KEK', 'db')
    daemon = place.start()
    same(daemon.guest().value('DeployedMode', GLOBAL), b'\1')
    same(daemon.guest().set('Undefined', b'1', 7, GLOBAL), INVALID_PARAMETER)
    daemon.stop()
    with open(place.directory + '/config', 'w') as file:
        file.write(f'[default]\ndeployed=false\nallow_names=Other,{GLOBAL} Undefined\n')
    daemon = place.start()
    guest = daemon.guest()
    same(guest.value('DeployedMode', GLOBAL), b'\0')
    same([guest.set(n, b'1', 7, g) for n, g in (('Undefined', GLOBAL), ('Undefined', IMAGE), ('Other', IMAGE))],
         [SUCCESS, INVALID_PARAMETER, SUCCESS])
    daemon.stop()
    place = Place('PK', 'KEK', 'db')
    with open(place.directory + '/config', 'w') as file:
        file.write('[default]\nrequire_signed_pk=true\n')
    place.fails([place.path('PK'), 'cannot be enrolled as PK'])


tap.run(enrolled, incomplete, no_directory, unreadable, malformed, no_good_later, unmet, reported, enforcement, settings)
tap.end()
