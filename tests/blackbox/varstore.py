# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of varstore share: the program under all its names in a scratch directory, blobs by hand, keys."""
import base64
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from daemon import *  # noqa: E402,F403
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from fake_xapi import MACHINE, FakeXapi  # noqa: E402,F401

PROGRAM = os.path.abspath(os.path.join(BUILD, 'varstore'))
CREATE_AUTH = os.path.abspath(os.path.join(BUILD, 'create-auth'))
NAMES = ['ls', 'get', 'set', 'rm', 'sb-state', 'nvram-certcheck']
HASTY = {'UEFISTORED_DEBUG_XAPI_HASTE': '100'}
KEYS = NV | BS | RT | AT
# LeakSanitizer cannot look at a process that has given up its privileges.
NO_LEAKS = {'ASAN_OPTIONS': 'detect_leaks=0'}


class Place:
    """A scratch directory with the program under all its names, and a fake XAPI where one is asked for."""

    def __init__(self, **xapi):
        self.directory = scratch()
        for name in NAMES:
            os.symlink(PROGRAM, self.path('varstore-' + name))
        self.xapi = FakeXapi(self.path('xapi'), **xapi) if xapi else None
        places.append(self)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def run(self, name, *arguments, program=None, env=None):
        """Exit status, stdout as bytes, stderr. `name` is a command, or one of the installed names."""
        command = [self.path(name)] if name.startswith('varstore-') else [program or PROGRAM, name]
        done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(dict(HASTY, **(env or {}))), timeout=60,
                              cwd=self.directory)
        return done.returncode, done.stdout, done.stderr.decode(errors='replace')

    def does(self, *arguments, says=None, **more):
        """It succeeds; returns its output."""
        status, out, err = self.run(*arguments, **more)
        same((status, err if says is None else ''), (0, ''), f'{arguments}: {err}')
        if says is not None:
            check(len(err.splitlines()) == 1 and says in err, f'{says!r} alone was expected:', err)
        return out

    def fails(self, status, words, *arguments, **more):
        """It ends with this status and one line on stderr that has all of the words."""
        code, out, err = self.run(*arguments, **more)
        same(code, status, f'exit status of {arguments} ({err.strip()})')
        check(len(err.splitlines()) == 1, f'one line was expected of {arguments}:', err)
        for word in [words] if isinstance(words, str) else words:
            check(word in err, f'{word!r} was expected in:', err)
        return out

    def get(self, *where_and_name):
        return self.does('get', *where_and_name)

    def names(self, *where):
        """As XAPI reads them: lines, then the second of the words."""
        return [line.split(' ')[1] for line in self.does('varstore-ls', *where).decode().split('\n') if line]


places = []


def end_places():
    for place in places:
        if place.xapi:
            place.xapi.close()
    places.clear()


def record(name, data, attributes=NV | BS | RT, guid=VENDOR, digest=bytes(32)):
    name = name_bytes(name)
    return blob(name) + blob(data) + guid_bytes(guid) + struct.pack('<I', attributes) + bytes(16) + digest


def vars_blob(*records, version=2, extra=bytes(268)):
    body = b''.join(records)
    return b'VARS' + struct.pack('<IQQ', version, len(records), len(body)) + (extra if version == 2 else b'') + body


def text(data):
    return base64.b64encode(data).decode()


# ---- Keys ----

key_files = {}


def openssl(*arguments):
    return subprocess.run(['openssl', *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=True,
                          cwd=key_files['directory'])


def make_certificate(name, start=None):
    """NAME.pem and NAME.der, self-signed; start: YYMMDD from which it is valid."""
    openssl('req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', name + '.key', '-out', name + '.pem',
            '-subj',
            '/O=Test/CN=test ' + name, '-days', '3650')
    if start:
        with open(key_files['directory'] + '/ca.conf', 'w') as file:
            file.write('[ca]\ndefault_ca=a\n[a]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\npolicy=p\n'
                       'unique_subject=no\ndefault_md=sha256\n[p]\nO=optional\nCN=supplied\n')
        open(key_files['directory'] + '/index', 'w').close()
        openssl('req', '-new', '-key', name + '.key', '-subj', '/O=Test/CN=test ' + name, '-out', name + '.csr')
        openssl('ca', '-batch', '-config', 'ca.conf', '-selfsign', '-keyfile', name + '.key', '-in', name + '.csr',
                '-startdate', start + '000000Z', '-enddate', '300101000000Z', '-out', name + '.pem', '-notext')
    openssl('x509', '-in', name + '.pem', '-outform', 'DER', '-out', name + '.der')


def key_path(name):
    return os.path.join(key_files['directory'], name)


def host_keys(directory, **files):
    """A directory of .auth files: PK=['pk'], KEK=[...] ...; the certificates' names."""
    path = key_path(directory)
    if not os.path.exists(path):
        os.mkdir(path)
        for variable_name, certificates in files.items():
            subprocess.run([CREATE_AUTH, '-t', '2024-01-02', '-k', key_path('pk.key'), '-c', key_path('pk.pem'),
                            variable_name, f'{path}/{variable_name}.auth',
                            *[key_path(c + '.pem') for c in certificates]],
                           check=True, env=environment())
    return path


def make_keys():
    key_files['directory'] = tempfile.mkdtemp(prefix='uvs', dir='/tmp')
    for name, start in (('pk', None), ('old', '110624'), ('new', '230302'), ('edge', '221231'), ('first', '230101')):
        make_certificate(name, start)
    host_keys('old', PK=['pk'], KEK=['old'], db=['old'])
    host_keys('new', PK=['pk'], KEK=['old', 'new'], db=['old', 'new'], dbx=['edge'])


def enrolled(place, keys='old', name='store'):
    """A machine with these of the host's keys, in a file."""
    place.does('sb-state', '-f', place.path(name), 'user', '-k', key_path(keys))
    return place.path(name)


def run_tests(*tests):
    """All of them, with keys, and the end of the program."""
    tap = Tap()
    make_keys()
    try:
        for test in tests:
            tap.run(test)
            end_places()
    finally:
        shutil.rmtree(key_files['directory'])
    tap.end()
