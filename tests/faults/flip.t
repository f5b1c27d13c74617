#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest that changes its pages while they are read: each request is one request, whichever it was.

FLIP_SECONDS=N takes longer, SEED=N repeats the guest's choices.
"""
import os
import random
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()
seed = int(os.environ.get('SEED', random.SystemRandom().randrange(1 << 32)))
seconds = int(os.environ.get('FLIP_SECONDS', '4'))
print(f'# SEED={seed} FLIP_SECONDS={seconds}')
PLAYER = os.path.join(BUILD, 'tests', 'faults', 'run_flip')
CERT_SHA256 = 'c1c41626-504c-4092-aca9-41f936934328'
CERT_TYPE_PKCS7 = '4aafd29d-68df-49ee-8aa9-347d375665a7'
CERT_X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072'
KEYS = {'PK': GLOBAL, 'KEK': GLOBAL, 'db': IMAGE, 'dbx': IMAGE}
OVERHEAD = 128


def key_files(directory):
    """PK, KEK, db and dbx as setup mode takes them, unsigned."""
    made = subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                           '-keyout', '/dev/null', '-subj', '/CN=flip', '-outform', 'DER'], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for name in KEYS:
        kind, entry = (CERT_SHA256, bytes(32)) if name == 'dbx' else (CERT_X509, made)
        with open(f'{directory}/{name}.auth', 'wb') as file:
            file.write(struct.pack('<HBBBBBBIhBBIHH', 2026, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0x0200, 0x0ef1) +
                       guid_bytes(CERT_TYPE_PKCS7) + guid_bytes(kind) +
                       struct.pack('<III', 44 + len(entry), 0, 16 + len(entry)) + bytes(16) + entry)


def charged(guest, machine_has):
    """What the non-volatile variables cost that the store did not make itself."""
    sizes = []
    for name, guid in guest.list():
        status, attributes, data = guest.get(name, guid)
        same(status, SUCCESS, name)
        if attributes & NV and (name, guid) not in machine_has:
            sizes.append(len(name_bytes(name)) + len(data) + OVERHEAD)
    return sum(sizes)


def flipped():
    """The keys stay what they were, the pool's sum is right, and what is stored is what the guest sees"""
    directory = scratch()
    plain(directory)
    key_files(directory + '/keys')
    daemon = Daemon(store=directory + '/store', directory=directory)
    guest = daemon.guest()
    before = {name: guest.get(name, guid) for name, guid in KEYS.items()}
    check(all(value[0] == SUCCESS for value in before.values()), before)
    machine_has = set(guest.list()) - set(KEYS.items())
    _, total, remaining, _ = guest.query()
    same(total - remaining, charged(guest, machine_has), 'charges before')
    played = subprocess.run([PLAYER, daemon.socket, str(seconds), str(seed)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, timeout=seconds + 120, env=environment())
    print('# ' + played.stdout.strip())
    same(played.returncode, 0, 'the guest: ' + played.stderr + daemon.log()[-3000:])
    daemon.stop()
    check('Sanitizer' not in daemon.log() and 'runtime error' not in daemon.log(), daemon.log()[-3000:])
    records = stored(directory + '/store')
    # A new boot, so that whatever the last one was told about boot services does not matter.
    daemon = Daemon(store=directory + '/store', directory=directory)
    guest = daemon.guest()
    same({name: guest.get(name, guid) for name, guid in KEYS.items()}, before, 'the keys')
    _, total, remaining, _ = guest.query()
    same(total - remaining, charged(guest, machine_has), 'charges after')
    check(not os.path.exists(directory + '/store.rejected'), 'a record was set aside')
    for name, guid in guest.list():
        if name in records and records[name]['guid'] == guid and name not in KEYS:
            same(guest.get(name, guid)[2].hex(), records[name]['data'], name)
    daemon.stop()


tap.run(flipped)
tap.end()
