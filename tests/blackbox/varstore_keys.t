#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""varstore and the keys of Secure Boot: sb-state, nvram-certcheck, status."""
import hashlib
import sys
sys.dont_write_bytecode = True
from varstore import *  # noqa: E402,F403


def setup_and_user():
    """sb-state: setup takes the keys away, user enrolls the host's in their place, the rest stays"""
    place = Place()
    place.write('v', b'1')
    store = enrolled(place)
    place.does('set', '-f', store, VENDOR, 'Mine', '7', 'v')
    same([place.get('-f', store, n) for n in ('SetupMode', 'VendorKeys')], [b'\0', b'\1'])
    out = place.does('sb-state', '-f', store, 'setup').decode()
    for name in ('PK', 'KEK', 'db'):
        check(f'Removing {name}: done' in out.splitlines(), out)
    check('Removing dbx: it is not there' in out.splitlines(), out)
    check(not {'PK', 'KEK', 'db', 'dbx'} & set(place.names('-f', store)))
    same([place.get('-f', store, n) for n in ('SetupMode', 'VendorKeys')], [b'\1', b'\0'])
    out = place.does('sb-state', '-f', store, 'user', '-k', key_path('new')).decode()
    same([line.split('/')[-1] for line in out.splitlines() if 'Enrolling' in line],
         [name + '.auth: done' for name in ('dbx', 'db', 'KEK', 'PK')])
    check({'PK', 'KEK', 'db', 'dbx', 'Mine'} <= set(place.names('-f', store)))
    same([place.get('-f', store, n) for n in ('SetupMode', 'VendorKeys')], [b'\0', b'\1'])
    daemon = Daemon('--secure-boot', 'true', store=store, directory=place.directory)
    guest = daemon.guest()
    same((guest.value('SecureBoot', GLOBAL), guest.value('Mine')), (b'\1', b'1'))
    daemon.stop()


def keys_that_do_not_do():
    """sb-state user without keys, or with a malformed one, touches nothing"""
    place = Place()
    store = enrolled(place)
    before = place.read('store')
    for missing in ('PK', 'KEK', 'db'):
        directory = place.path('without' + missing)
        shutil.copytree(key_path('old'), directory)
        os.unlink(f'{directory}/{missing}.auth')
        place.fails(1, [f'{missing}.auth', 'missing'], 'sb-state', '-f', store, 'user', '-k', directory)
        place.write(f'without{missing}/{missing}.auth', b'rubbish')
        same(place.fails(1, [f'{missing}.auth', 'cannot be enrolled'], 'sb-state', '-f', store, 'user', '-k', directory), b'')
        place.write(f'without{missing}/{missing}.auth', b'')
        same(place.fails(1, [f'{missing}.auth', 'cannot be enrolled'], 'sb-state', '-f', store, 'user', '-k', directory), b'')
        place.write(f'without{missing}/{missing}.auth', bytes(70000))
        place.fails(1, [f'{missing}.auth', 'larger'], 'sb-state', '-f', store, 'user', '-k', directory)
    os.mkdir(place.path('empty'))
    place.fails(1, [place.path('empty'), 'no key files'], 'sb-state', '-f', store, 'user', '-k', place.path('empty'))
    place.fails(1, 'there is no directory /none', 'sb-state', '-f', store, 'user', '-k', '/none')
    place.fails(2, "'users'", 'sb-state', '-f', store, 'users')
    place.fails(2, 'setup|user', 'sb-state', '-f', store)
    same(place.read('store'), before)


def setup_before_first_boot():
    """sb-state setup of an empty store: the daemon does not enroll the host's keys at what is no first boot now"""
    place = Place()
    place.does('sb-state', '-f', 'store', 'setup')
    daemon = Daemon('--keys', key_path('old'), store=place.path('store'), directory=place.directory, default=False)
    same(daemon.guest().value('SetupMode', GLOBAL), b'\1')
    daemon.stop()


def certcheck():
    """nvram-certcheck: a certificate from 2023 on that the host has and the machine has not"""
    place = Place()
    store = enrolled(place)
    place.does('convert', store, 'nvram.b64')
    nvram = place.path('nvram.b64')

    def answer(keys):
        return place.does('varstore-nvram-certcheck', nvram, '-k', keys, env=NO_LEAKS)

    same(answer(key_path('new')), b'update_required\n')
    same(answer(key_path('old')), b'update_ok\n')
    os.mkdir(place.path('none'))
    same(answer(place.path('none')), b'update_ok\n')
    for what, words in ((dict(KEK=['old', 'new'], db=['old']), b'update_required\n'),
                        (dict(KEK=['old'], db=['new']), b'update_required\n'),
                        (dict(db=['old', 'first']), b'update_required\n'),
                        (dict(db=['old', 'edge']), b'update_ok\n'),
                        (dict(PK=['new'], dbx=['new']), b'update_ok\n')):
        same(answer(host_keys('-'.join(f'{k}{v}' for k, v in what.items()).replace("'", ''), **what)), words, what)
    place.does('sb-state', '-f', store, 'user', '-k', key_path('new'))
    place.does('convert', store, 'nvram.b64')
    same(answer(key_path('new')), b'update_ok\n')
    # PK does not matter; one of KEK and db does.
    place.does('rm', '-f', store, 'PK')
    place.does('rm', '-f', store, 'KEK')
    place.does('convert', store, 'nvram.b64')
    same(answer(key_path('new')), b'update_required\n')
    place.does('rm', '-f', store, 'db')
    place.does('convert', store, 'nvram.b64')
    same(answer(key_path('new')), b'update_ok\n')
    # The owner of an entry does not matter, only the certificate.
    subprocess.run([CREATE_AUTH, '-g', VENDOR, 'KEK', place.path('k.auth'), key_path('new.pem')], check=True)
    subprocess.run([CREATE_AUTH, '-g', VENDOR, 'db', place.path('d.auth'), key_path('new.pem')], check=True)
    place.does('set', '-f', store, 'KEK', '0x27', 'k.auth')
    place.does('set', '-f', store, 'db', '0x27', 'd.auth')
    place.does('convert', store, 'nvram.b64')
    same(answer(key_path('new')), b'update_ok\n')


def certcheck_of_anything():
    """nvram-certcheck answers one of the two words for whatever a guest, or an administrator, may have stored"""
    place = Place()
    keys = key_path('new')
    good = vars_blob(record('KEK', bytes(1000), KEYS, GLOBAL), record('a', b'1'))
    for content in (b'', b'\n', b'rubbish', b'VkFSUw==', text(b'VARS' + bytes(20)).encode(), text(good)[:-30].encode(),
                    text(good)[:40].encode(), b'=' * 100, bytes(5000), b'\xff' * 5000, text(good).encode() + b'\0x'):
        place.write('nvram', content)
        status, out, err = place.run('varstore-nvram-certcheck', place.path('nvram'), '-k', keys, env=NO_LEAKS)
        same((status, out), (0, b'update_ok\n'), content[:40])
        check(len(err.splitlines()) <= 2, err)
    # A KEK that cannot be right is none; db is looked at all the same.
    with open(key_path('old.der'), 'rb') as file:
        der = file.read()
    x509 = bytes.fromhex('a159c0a5e494a74a87b5ab155c2bf072')
    db = x509 + struct.pack('<III', 28 + 16 + len(der), 0, 16 + len(der)) + bytes(16) + der
    place.write('nvram', text(vars_blob(record('KEK', b'junk', KEYS, GLOBAL), record('db', db, KEYS, IMAGE))))
    same(place.run('varstore-nvram-certcheck', 'nvram', '-k', keys, env=NO_LEAKS)[:2], (0, b'update_required\n'))
    # Keys of the host that are malformed are not looked at.
    shutil.copytree(keys, place.path('keys'))
    place.write('keys/KEK.auth', b'rubbish')
    place.write('keys/db.auth', b'rubbish' * 10)
    status, out, err = place.run('varstore-nvram-certcheck', 'nvram', '-k', place.path('keys'), env=NO_LEAKS)
    same((status, out, len(err.splitlines())), (0, b'update_ok\n', 2), err)
    # So are those that cannot be read; the other one is.
    for name, other in (('KEK', 'db'), ('db', 'KEK'), ('PK', 'KEK'), ('dbx', 'db')):
        for number, spoil in enumerate((lambda path: place.write(path, bytes(70000)), os.mkdir, os.mkfifo,
                                        lambda path: os.symlink(path, path))):
            directory = place.path(f'{name}{number}')
            os.mkdir(directory)
            shutil.copy(f'{keys}/{other}.auth', directory)
            path = f'{directory}/{name}.auth'
            spoil(path)
            status, out, err = place.run('varstore-nvram-certcheck', 'nvram', '-k', directory, env=NO_LEAKS)
            # The KEK of the machine is none.
            same((status, out), (0, b'update_required\n'), path)
            same([path in line for line in err.splitlines() if 'set aside' not in line], [True], err)
    same(place.fails(1, 'absent', 'varstore-nvram-certcheck', 'absent', '-k', keys), b'')
    same(place.fails(1, 'there is no directory /none', 'varstore-nvram-certcheck', 'nvram', '-k', '/none'), b'')
    place.fails(1, 'FILE is expected', 'varstore-nvram-certcheck')


def status():
    """status tells whether Secure Boot can be on, why not, who is in the keys, what the host has more"""
    place = Place()
    store = enrolled(place)
    out = place.does('status', '-f', store, '-k', key_path('new')).decode()
    for words in ('not known here', 'possible', 'test pk', 'test old, until 2030-01-01', 'in KEK test new',
                  'in db test new',
                  'dbx           none', 'of 131072 bytes'):
        check(words in out, f'{words!r} was expected in:', out)
    got = json.loads(place.does('status', '-f', store, '-k', key_path('new'), '--json'))
    same(got['secure_boot'], {'wanted': None, 'effective': None, 'possible': True, 'why_not': []})
    same((got['form'], got['stored'], got['saved_state'], got['setup_mode'], got['kek_updates_by']),
         ('JSON', True, False, False, 'owner'))
    with open(key_path('old.der'), 'rb') as file:
        der = file.read()
    same(got['keys']['KEK']['certificates'],
         [{'name': 'test old', 'subject': 'O = Test, CN = test old', 'not_before': '2011-06-24',
           'not_after': '2030-01-01',
           'expired': False, 'sha256': hashlib.sha256(der).hexdigest()}])
    same(got['keys']['KEK']['signed'], '2024-01-02T00:00:00Z')
    same(got['keys']['dbx']['present'], False)
    same(got['host_keys'], {'directory': key_path('new'), 'update_required': True,
                            'missing': [{'variable': v, 'certificate': 'test new'} for v in ('KEK', 'db')]})
    space = got['space']
    same((space['total'], space['used'] + space['free']), (131072, 131072))
    place.fails(1, 'there is no directory /none', 'status', '-f', store, '-k', '/none')
    none = place.path('none')
    os.mkdir(none)
    place.does('rm', '-f', store, 'db')
    got = json.loads(place.does('status', '-f', store, '-k', none, '--json'))
    same(got['secure_boot']['why_not'], ['there is no db: nothing is trusted'])
    same((got['secure_boot']['possible'], got['secure_boot']['effective']), (False, False))
    same(got['host_keys'], {'directory': None, 'update_required': False, 'missing': []})
    place.does('sb-state', '-f', store, 'setup')
    out = place.does('status', '-f', store, '-k', none).decode()
    for words in ('impossible', 'there is no PK: the machine is in setup mode', 'there is no KEK', 'by anybody'):
        check(words in out, f'{words!r} was expected in:', out)
    place.write('empty', b'')
    got = json.loads(place.does('status', '-f', 'empty', '-k', none, '--json'))
    same((got['stored'], got['secure_boot']['possible'], got['secure_boot']['effective']), (False, False, None))


def hostile_certificates():
    """Names in certificates and variables cannot forge a line, or break the JSON"""
    place = Place()
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'evil.key', '-out', 'evil.pem', '-days', '9',
            '-utf8', '-subj',
            '/CN=a"b\\\\c\nPK 1 certificate\x1b[2J\u20ac')
    store = place.write('store', json.dumps({'version': 2, 'variables': [
        variable('evil\n8be4df61-93ca-11d2-aa0d-00e098032b8c PK'), variable('\x1b[2J')]}))
    subprocess.run([CREATE_AUTH, 'db', place.path('db.auth'), key_path('evil.pem')], check=True)
    place.does('set', '-f', store, 'db', '0x27', 'db.auth')
    check('PK' not in place.names('-f', store), place.names('-f', store))
    out = place.does('status', '-f', store).decode()
    check('\x1b' not in out and '\nPK 1' not in out, out)
    name = json.loads(place.does('status', '-f', store, '--json'))['keys']['db']['certificates'][0]['name']
    check(name.startswith('a"b') and '\n' not in name and '\x1b' not in name, repr(name))


MICROSOFT = os.environ.get('MICROSOFT', os.path.join(os.path.dirname(__file__), '..', '..', '..', 'shared', 'data',
                                                     'microsoft'))


def microsoft_2011():
    """A machine with Microsoft's certificates of 2011 alone: status says in words what is missing"""
    at = os.path.join(MICROSOFT, 'certificates', '')
    if not os.path.isdir(at):
        raise Skip("Microsoft's Secure Boot objects are not here")
    place = Place()
    os.mkdir(place.path('keys'))
    for name, files in (('PK', [key_path('pk.der')]), ('KEK', [at + 'MicCorKEKCA2011_2011-06-24.der']),
                        ('db', [at + 'MicWinProPCA2011_2011-10-19.der', at + 'MicCorUEFCA2011_2011-06-27.der'])):
        subprocess.run([CREATE_AUTH, name, place.path(f'keys/{name}.auth'), *files], check=True)
    place.does('sb-state', '-f', 'store', 'user', '-k', 'keys')
    out = place.does('status', '-f', 'store', '-k', 'keys').decode()
    for words in ('Microsoft Corporation KEK CA 2011, expired 2026-06-24',
                  'KEK has Microsoft\'s certificate of 2011 (Microsoft Corporation KEK CA 2011) but not that of 2023 '
                  '(Microsoft Corporation KEK 2K CA 2023)', '(Windows UEFI CA 2023)', '(Microsoft UEFI CA 2023)',
                  '(Microsoft Option ROM UEFI CA 2023)', 'only with an update that the owner of the PK has signed'):
        check(words in out, f'{words!r} was expected in:', out)
    for name, files in (('KEK', ['microsoft_corporation_kek_2k_ca_2023.der']),
                        ('db', ['windows_uefi_ca_2023.der', 'microsoft_uefi_ca_2023.der',
                                'microsoft_option_rom_uefi_ca_2023.der'])):
        subprocess.run([CREATE_AUTH, '-a', name, place.path('more.auth'), *[at + file for file in files]], check=True)
        place.does('set', '-f', 'store', name, '0x67', 'more.auth')
    subprocess.run([CREATE_AUTH, 'PK', place.path('pk.auth'), at + 'WindowsOEMDevicesPK.der'], check=True)
    place.does('set', '-f', 'store', 'PK', '0x27', 'pk.auth')
    got = json.loads(place.does('status', '-f', 'store', '-k', 'keys', '--json'))
    same((got['outdated'], got['kek_updates_by']), ([], 'microsoft'))


run_tests(setup_and_user, keys_that_do_not_do, setup_before_first_boot, certcheck, certcheck_of_anything, status,
          hostile_certificates, microsoft_2011)
