#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""secureboot-certs at a fake XAPI, its downloads from a server of the test."""
import sys
sys.dont_write_bytecode = True
import http.server  # noqa: E402
import io  # noqa: E402
import os  # noqa: E402
import pty  # noqa: E402
import tarfile  # noqa: E402
import threading  # noqa: E402
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from varstore import *  # noqa: E402,F403
from fake_xapi import Host  # noqa: E402

CERTS = os.path.abspath(os.path.join(BUILD, 'secureboot-certs'))
KEYS = ['PK', 'KEK', 'db', 'dbx']
LOGIN, LOGOUT = 'session.login_with_password', 'session.logout'
SET, SET_OLD = 'pool.set_custom_uefi_certificates', 'pool.set_uefi_certificates'
GET, GET_OLD = 'pool.get_custom_uefi_certificates', 'pool.get_uefi_certificates'
OWN_OWNER = guid_bytes('ddc537e3-9fab-49f8-aee5-4593a003b1e4')
MICROSOFT_OWNER = guid_bytes('77fa9abd-0359-4d32-bd60-28f4e78f784b')
X509 = guid_bytes('a5c059a1-94e4-4aa7-87b5-ab155c2bf072')
SHA256 = guid_bytes('c1c41626-504c-4092-aca9-41f936934328')
# They are no part of the project: where they are not found, their test is skipped.
MICROSOFT_FILES = os.environ.get('MICROSOFT') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '../../../shared/data/microsoft')


# What is downloaded from the test's own server is asked for there.
os.environ['no_proxy'] = '127.0.0.1'


class Certs(Place):
    """The program, at a fake XAPI whose socket is in its directory."""

    def __init__(self, **more):
        super().__init__(mode='xapi', **more)
        self.pool = self.xapi.pool

    def run(self, *arguments, program=None, env=None, socket=None):
        place = ['--socket', socket or self.path('xapi'), '--defaults', self.path('defaults')]
        if socket == 'default':
            place = []
        return super().run(*place, *arguments, program=CERTS, env=env)

    def defaults(self, *names, keys='old'):
        """The host's own files of these names."""
        os.makedirs(self.path('defaults'), exist_ok=True)
        for name in names:
            shutil.copy(key_path(f'{"new" if name == "dbx" else keys}/{name}.auth'), self.path('defaults'))

    def installed(self):
        """{name: content} of what XAPI has."""
        return untar(self.pool.custom)


def untar(text):
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(text, validate=True))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


def tarred(members, **more):
    """The text of a tar: {name: content}; None is a symbolic link, a name that ends with / a directory."""
    out = io.BytesIO()
    with tarfile.open(mode='w', fileobj=out, **more) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, '/etc/passwd'
            elif name.endswith('/'):
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content or b''))
    return base64.b64encode(out.getvalue()).decode()


def key_file(name):
    with open(key_path(name), 'rb') as file:
        return file.read()


def key_set(keys):
    """The text of the test's keys of one directory."""
    return tarred({name: key_file(f'{keys}/{name}') for name in sorted(os.listdir(key_path(keys)))})


def signature_list(kind, owner, *data):
    body = b''.join(owner + d for d in data)
    return kind + struct.pack('<III', 28 + len(body), 0, 16 + len(data[0])) + body


def split(auth):
    """(signature, payload) of an authenticated update."""
    length, revision, kind = struct.unpack_from('<IHH', auth, 16)
    same((revision, kind), (0x200, 0xef1))
    return auth[40:16 + length], auth[16 + length:]


def unsigned(payload):
    return struct.pack('<HBBBBBB', 2024, 1, 2, 3, 4, 5, 0) + bytes(8) + struct.pack('<IHH', 24, 0x200, 0xef1) + \
        guid_bytes('4aafd29d-68df-49ee-8aa9-347d375665a7') + payload


class Server:
    """Files by HTTP, and who asked for them."""

    def __init__(self, files):
        server = self
        self.agents = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.agents.append(self.headers['User-Agent'])
                answer = files.get(self.path, 404)
                if isinstance(answer, str):
                    self.send_response(302)
                    self.send_header('Location', answer)
                    self.end_headers()
                elif isinstance(answer, int):
                    self.send_error(answer)
                else:
                    content, length = answer if isinstance(answer, tuple) else (answer, len(answer))
                    self.send_response(200)
                    self.send_header('Content-Length', str(length))
                    self.end_headers()
                    try:
                        self.wfile.write(content)
                    except OSError:
                        pass

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def url(self, path):
        return f'http://127.0.0.1:{self.http.server_address[1]}{path}'


def install_defaults():
    """install: the host's own files as they are, by one call, in a session that ends"""
    place = Certs()
    place.defaults(*KEYS, keys='new')
    out = place.does('install')
    check(place.pool.uuid in out.decode(), out)
    same(place.installed(), {f'{name}.auth': key_file(f'new/{name}.auth') for name in KEYS})
    same(place.xapi.methods(), [LOGIN, 'pool.get_all', 'pool.get_uuid', SET, LOGOUT])
    same(place.xapi.sessions, set(), 'sessions that stay')
    check('\n' not in place.pool.custom, 'line breaks')
    place.does('install', 'default', 'default', 'default', 'none')
    same(sorted(place.installed()), ['KEK.auth', 'PK.auth', 'db.auth'])
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(place.pool.custom))) as tar:
        check(all(m.isreg() and m.mode == 0o644 for m in tar.getmembers()))
    place.fails(1, 'no default PK', 'install', '--defaults', '/none')


def install_files():
    """install: PEM, DER, signature lists and .auth files; only certificates are made anew"""
    place = Certs()
    place.write('both.pem', key_file('old.pem') + key_file('new.pem'))
    hashes = signature_list(SHA256, OWN_OWNER, b'a' * 32, b'b' * 32)
    place.write('dbx.esl', hashes)
    place.does('install', key_path('new/PK.auth'), 'both.pem', key_path('new.der'), 'dbx.esl')
    got = place.installed()
    same(got['PK.auth'], key_file('new/PK.auth'), 'PK')
    x509 = [signature_list(X509, OWN_OWNER, key_file(name + '.der')) for name in ('old', 'new')]
    same(split(got['KEK.auth']), (b'', x509[0] + x509[1]), 'KEK')
    same(split(got['db.auth']), (b'', x509[1]), 'db')
    same(split(got['dbx.auth']), (b'', hashes), 'dbx')
    # A file whose name is one of the words.
    place.write('none', hashes)
    place.does('install', key_path('new/PK.auth'), 'both.pem', key_path('new.der'), './none')
    same(split(place.installed()['dbx.auth'])[1], hashes)
    # A certificate for PK: as it is, or signed by itself, which the key of another cannot do.
    place.does('install', key_path('pk.pem'), 'both.pem', key_path('new.der'), 'none')
    same(split(place.installed()['PK.auth']), (b'', signature_list(X509, OWN_OWNER, key_file('pk.der'))))
    place.does('install', key_path('pk.pem'), 'both.pem', key_path('new.der'), 'none', '--pk-priv', key_path('pk.key'))
    auth = place.write('PK.auth', place.installed()['PK.auth'])
    check(len(split(place.read('PK.auth'))[0]) > 500, 'signature')
    before = place.pool.custom
    place.fails(1, 'new.key', 'install', key_path('pk.pem'), 'both.pem', key_path('new.der'), 'none', '--pk-priv',
                key_path('new.key'))
    same(place.pool.custom, before)
    # The daemon takes what was made.
    os.mkdir(place.path('keys'))
    for name, content in place.installed().items():
        place.write('keys/' + name, content)
    daemon = Daemon('--backend', 'memory', '--keys', place.path('keys'), '--config', place.write('config', b''),
                    directory=place.directory, default=False)
    guest = daemon.guest()
    same(guest.get('SetupMode', GLOBAL)[2], b'\0')
    same(guest.get('KEK', GLOBAL)[2], x509[0] + x509[1])
    check(os.path.exists(auth))


def downloads():
    """latest, and default where the host has no file: from the addresses that were given, all of them"""
    hashes = signature_list(SHA256, MICROSOFT_OWNER, b'a' * 32)
    with Server({'/kek': key_file('new.der'), '/1': key_file('old.pem'), '/2': key_file('new.der'), '/dbx': unsigned(hashes),
                 '/moved': '/1'}) as server:
        place = Certs()
        place.defaults(*KEYS)
        urls = [f'--url={name}={server.url(path)}'
                for name, path in (('KEK', '/kek'), ('db', '/moved'), ('db', '/2'), ('dbx', '/dbx'))]
        x509 = {name: signature_list(X509, MICROSOFT_OWNER, key_file(name + '.der')) for name in ('old', 'new')}
        out = place.does('install', 'default', 'latest', 'latest', 'latest', *urls).decode()
        for path in ('/kek', '/moved', '/2', '/dbx'):
            check(f'Downloading {server.url(path)}\n' in out, out)
        got = place.installed()
        same(split(got['KEK.auth'])[1], x509['new'])
        same(split(got['db.auth'])[1], x509['old'] + x509['new'])
        same(got['dbx.auth'], unsigned(hashes))
        check(all(agent.startswith('secureboot-certs/') for agent in server.agents), server.agents)
        # default has the host's own file, and is a download without it.
        os.unlink(place.path('defaults/db.auth'))
        server.agents.clear()
        place.does('install', *urls, '--user-agent', 'Mozilla/5.0 (test)', 'default', 'default', 'default', 'none')
        same(split(place.installed()['db.auth'])[1], x509['old'] + x509['new'])
        same(place.installed()['KEK.auth'], key_file('old/KEK.auth'))
        same(server.agents, ['Mozilla/5.0 (test)'] * 3)


def downloads_fail():
    """A download that fails is told with address and reason; XAPI is not asked"""
    big = b'x' * ((4 << 20) + 1)
    with Server({'/403': 403, '/500': 500, '/cut': (b'abc', 1000), '/html': b'<html>sorry</html>', '/big': big, '/empty': b'',
                 '/loop': '/loop', '/file': 'file:///etc/passwd', '/auth': unsigned(signature_list(SHA256, OWN_OWNER, b'a' * 32)),
                 '/lists': signature_list(SHA256, OWN_OWNER, b'b' * 32)}) as server:
        place = Certs()
        place.defaults('PK', 'KEK', 'db')

        def refused(words, *paths):
            urls = [f'--url=dbx={server.url(path)}' for path in paths]
            place.fails(1, [server.url(paths[-1]), words], 'install', 'default', 'default', 'default', 'latest', *urls)

        refused('HTTP status 403 (another --user-agent may help', '/403')
        refused('HTTP status 404', '/nothing')
        refused('HTTP status 500', '/500')
        refused('cannot be downloaded', '/cut')
        refused('expected', '/html')
        refused('larger than', '/big')
        refused('is empty', '/empty')
        refused('redirects', '/loop')
        refused('cannot be downloaded', '/file')
        refused('cannot be put together', '/lists', '/auth')
        place.fails(1, ['127.0.0.1:1/', 'cannot be downloaded'], 'install', '--url', 'KEK=http://127.0.0.1:1/', 'default',
                    'latest')
        # The built-in addresses, where the network cannot be reached.
        for name, host in (('KEK', 'www.microsoft.com'), ('db', 'www.microsoft.com'), ('dbx', 'github.com')):
            words = ['latest' if name == key else 'default' for key in KEYS]
            place.fails(1, ['https://' + host, 'cannot be downloaded'], 'install', *words,
                        env={'https_proxy': 'http://127.0.0.1:1', 'no_proxy': ''})
        same((place.xapi.methods(), place.pool.custom), ([], ''))


def download_progress():
    """At a terminal one sees how far a download is, elsewhere not"""
    with Server({'/dbx': unsigned(signature_list(SHA256, OWN_OWNER, *[bytes([i]) * 32 for i in range(200)]))}) as server:
        place = Certs()
        place.defaults('PK', 'KEK', 'db')
        master, slave = pty.openpty()
        subprocess.run([CERTS, '-s', place.path('xapi'), '--defaults', place.path('defaults'), 'install', 'default', 'default',
                        'default', 'latest', '--url', 'dbx=' + server.url('/dbx')], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=slave, check=True, timeout=60, env=environment())
        shown = os.read(master, 65536)
        os.close(master)
        os.close(slave)
        check(b'\r100 % of 9668 bytes' in shown, shown)


def wrong_files():
    """A file that is none of the kinds is told by its name; XAPI is not asked"""
    place = Certs()
    place.defaults(*KEYS)
    place.write('empty', b'')
    place.write('text', b'hello')
    place.write('cut.der', key_file('new.der')[:-1])
    place.write('cut.auth', key_file('new/db.auth')[:-1])
    place.write('bare.auth', unsigned(b''))
    place.write('hashes.esl', signature_list(SHA256, OWN_OWNER, b'a' * 32))
    place.write('large.esl', signature_list(SHA256, OWN_OWNER, *[b'a' * 32] * 1200))
    for file, words in (('empty', 'is empty'), ('text', 'expected'), ('cut.der', 'malformed'), ('cut.auth', 'expected'),
                        ('bare.auth', 'well-formed'), ('missing', 'No such file')):
        place.fails(1, [file, words], 'install', 'default', 'default', file)
    place.fails(1, 'db: 57668 bytes: at most 57344', 'install', 'default', 'default', 'large.esl')
    place.fails(1, ['PK', 'exactly one certificate'], 'install', 'hashes.esl')
    place.fails(1, ['new/KEK.auth', 'exactly one certificate'], 'install', key_path('new/KEK.auth'))
    same((place.xapi.methods(), place.pool.custom), ([], ''))


def clear():
    """clear: an empty text"""
    place = Certs()
    place.pool.custom = key_set('new')
    check(place.pool.uuid in place.does('clear').decode())
    same(place.pool.custom, '')
    same(place.xapi.methods(), [LOGIN, 'pool.get_all', 'pool.get_uuid', SET, LOGOUT])


def extract():
    """extract: the file as it was installed, or the host's own; a member's directory does not matter"""
    place = Certs()
    place.pool.certificates = key_set('old')
    place.does('extract', 'db', 'out')
    same(place.read('out'), key_file('old/db.auth'))
    place.pool.custom = tarred({'./': b'', './PK.auth': b'pk', 'some/dbx.auth': b'x' * 600})
    place.does('extract', 'dbx', 'out')
    same(place.read('out'), b'x' * 600)
    place.does('extract', 'PK', 'out')
    same(place.read('out'), b'pk')
    place.fails(1, 'no KEK', 'extract', 'KEK', 'other')
    check(not os.path.exists(place.path('other')))
    place.fails(1, '/none/out', 'extract', 'PK', '/none/out')
    place.pool.custom = '\n'.join(place.pool.custom[i:i + 64] for i in range(0, len(place.pool.custom), 64))
    place.does('extract', 'dbx', 'out')
    same(place.read('out'), b'x' * 600)
    place.pool.custom = place.pool.certificates = ''
    place.fails(1, 'no PK', 'extract', 'PK', 'other')


def wrong_archives():
    """What XAPI has and is no tar of these files is told, one line each"""
    place = Certs()
    good = key_file('new/db.auth')
    whole = base64.b64decode(tarred({'db.auth': good}))
    for text, words in (('rubbish!', 'base64'), ('QUJ', 'base64'), ('====', 'base64'), (base64.b64encode(b'rubbish').decode(), 'tar'),
                        (base64.b64encode(whole[:1000]).decode(), 'tar'),
                        (base64.b64encode(bytes(1024)).decode(), 'the tar is empty'), (tarred({'db.auth': b''}), '0 bytes'),
                        (tarred({'db.auth': b'1', 'a/db.auth': b'2'}), 'twice')):
        place.pool.custom = text
        for command in (['extract', 'db', 'out'], ['report']):
            place.fails(1, words, *command)
    check(not os.path.exists(place.path('out')))
    # Foreign members are told; what is asked for is there all the same.
    place.pool.custom = tarred({'db.auth': good, 'extra\n.auth': b'1', 'KEK.auth': None})
    status, out, err = place.run('extract', 'db', 'out')
    same((status, place.read('out')), (0, good))
    check(len(err.splitlines()) == 2 and "'extra\\n.auth'" in err and "'KEK.auth'" in err, err)
    status, out, err = place.run('report')
    same((status, len(err.splitlines())), (1, 2))
    check(b'CN = test new' in out, out)
    place.pool.custom = tarred({'db.auth': b'no update'})
    check(b'KEK: none' in place.fails(1, 'db.auth is no authenticated update', 'report'))


def report_custom():
    """report: subjects, dates, numbers of hashes, for the pool and each host"""
    place = Certs()
    place.pool.hosts = [Host('one'), Host('two\x7f')]
    hashes = unsigned(signature_list(SHA256, OWN_OWNER, b'a' * 32, b'b' * 32))
    place.pool.custom = tarred({**untar(key_set('old')), 'dbx.auth': hashes})
    out = place.does('report').decode()
    for words in (f'Pool {place.pool.uuid}: custom certificates\n', '    O = Test, CN = test old\n', 'CN = test pk\n',
                  '      valid 2011-06-24 to 2030-01-01', f'  dbx: {len(hashes)} bytes',
                  ', without a signature, 2024-01-02 03:04:05 UTC\n', '    2 entries of SHA256\n', ', signed, 2024-01-02 00:00:00 UTC\n',
                  f'Host one ({place.pool.hosts[0].uuid}): the pool\'s custom certificates\n', 'Host two? ('):
        check(words in out, repr(words), 'was expected in', out)
    line = "  keys predate 2023: no 'Microsoft Corporation KEK 2K CA 2023' in KEK, no 'Windows UEFI CA 2023' in db, " \
           "no 'Microsoft UEFI CA 2023' in db\n"
    same(out.count(line), 2, out)
    same(place.xapi.sessions, set(), 'sessions that stay')


def report_hosts():
    """report: without custom certificates each host has its own, and some hosts are behind"""
    place = Certs()
    place.pool.certificates = key_set('new')
    place.pool.hosts = [Host('fresh'), Host('stale', key_set('old')), Host('bare', '')]
    out = place.does('report').decode()
    check('no custom certificates' in out, out)
    hosts = out[out.index('Host '):].split('Host ')[1:]
    same([host.split(' ')[0] for host in hosts], ['fresh', 'stale', 'bare'])
    check('its own: PK, KEK, db, dbx\n  keys are of 2023 or later' in hosts[0], hosts[0])
    check('its own: PK, KEK, db\n  keys predate 2023' in hosts[1], hosts[1])
    check('its own: no certificates\n  keys predate 2023' in hosts[2], hosts[2])
    place.pool.hosts[1].certificates = 'rubbish!'
    out = place.fails(1, ['host stale', 'base64'], 'report')
    check(b'Host bare' in out, out)


def report_expired():
    """report: an expired certificate is told as such"""
    place = Certs()
    openssl('req', '-new', '-key', 'pk.key', '-subj', '/CN=gone', '-out', 'gone.csr')
    openssl('ca', '-batch', '-config', 'ca.conf', '-selfsign', '-keyfile', 'pk.key', '-in', 'gone.csr', '-notext',
            '-startdate', '110624000000Z', '-enddate', '120624000000Z', '-out', 'gone.pem')
    place.does('install', key_path('new/PK.auth'), key_path('gone.pem'), key_path('new.pem'), 'none')
    out = place.does('report').decode()
    same(out.count(', expired\n'), 1, out)
    check(out.index('CN = gone') < out.index(', expired') < out.index('CN = test new'), out)


def report_microsoft():
    """report: Microsoft's certificates, by their bytes"""
    if not os.path.isdir(os.path.join(MICROSOFT_FILES, 'certificates')):
        raise Skip("Microsoft's Secure Boot objects are not here")
    files = {name: os.path.join(MICROSOFT_FILES, 'certificates', name + '.der') for name in (
        'MicCorKEKCA2011_2011-06-24', 'microsoft_corporation_kek_2k_ca_2023', 'MicWinProPCA2011_2011-10-19',
        'MicCorUEFCA2011_2011-06-27', 'windows_uefi_ca_2023', 'microsoft_uefi_ca_2023')}
    contents = []
    for path in files.values():
        with open(path, 'rb') as file:
            contents.append(signature_list(X509, MICROSOFT_OWNER, file.read()))
    place = Certs()
    for kek, db, missing in ((contents[:1], contents[2:4], 3), (contents[:2], contents[2:4], 2), (contents[:2], contents[2:5], 1),
                             (contents[:2], contents[2:], 0), (contents[1:2], contents[4:], 0)):
        place.write('kek', b''.join(kek))
        place.write('db', b''.join(db))
        place.does('install', key_path('pk.pem'), 'kek', 'db', 'none')
        out = place.does('report').decode()
        same((out.count("no '"), out.count('keys predate 2023'), out.count('of 2023 or later')),
             (missing, int(missing > 0), int(missing == 0)), out)


def old_xapi():
    """An XAPI without custom certificates: the calls of before; one without either: told"""
    place = Certs(xapi='old')
    place.defaults(*KEYS, keys='new')
    place.does('install')
    same(untar(place.pool.certificates)['db.auth'], key_file('new/db.auth'))
    same(place.xapi.methods()[3:], [SET, SET_OLD, LOGOUT])
    place.does('extract', 'KEK', 'out')
    same(place.read('out'), key_file('new/KEK.auth'))
    same(place.xapi.methods()[-3:], [GET, GET_OLD, LOGOUT])
    out = place.does('report').decode()
    check(f'Pool {place.pool.uuid}: certificates\n' in out and 'keys are of 2023' in out, out)
    place.does('clear')
    same(place.pool.certificates, '')
    for method, command in ((SET_OLD, ['clear']), (GET_OLD, ['report'])):
        place.xapi.fault(method, answer='code', text='MESSAGE_METHOD_UNKNOWN ' + method)
        place.fails(1, [method, 'too old'], *command)


def refusals():
    """What XAPI refuses is one line with its words, and what can be done"""
    place = Certs()
    place.defaults(*KEYS)
    place.pool.allow_custom = False
    for command in (['install'], ['clear']):
        place.fails(1, ['OPERATION_NOT_ALLOWED', 'allow-custom-uefi-certs'], *command)
        same(place.xapi.methods()[-2:], [SET, LOGOUT])
    place.pool.allow_custom = True
    for text, words in (('HOST_IS_SLAVE 192.0.2.7', ['192.0.2.7', 'not the master of its pool']),
                        ('SESSION_AUTHENTICATION_FAILED root', ['log in'])):
        place.xapi.fault(LOGIN, answer='code', text=text)
        place.fails(1, [LOGIN, place.path('xapi'), *words], 'report')
    for answer, words in (('failure', 'Lwt_unix.Timeout'), ('bare', 'Unknown_error'), ('status', 'HTTP status 500'),
                          ('fault', 'Too many parameters'), ('garbage', 'cannot be read'), ('none', place.path('xapi'))):
        for method, command in (('pool.get_all', 'clear'), ('pool.get_uuid', 'clear'), (SET, 'install'), (GET, 'report'),
                                (GET_OLD, 'report'), ('host.get_all', 'report'), ('host.get_name_label', 'report'),
                                ('host.get_uefi_certificates', 'report')):
            place.xapi.fault(method, answer=answer, effect=False, times=0)
            place.fails(1, [method, words], command)
            place.xapi.clear()
    # A call without an answer is made again: XAPI may be starting anew.
    for method in ('pool.get_all', SET):
        place.xapi.fault(method, answer='none', effect=False)
        place.does('clear')
    same((place.pool.custom, place.xapi.sessions), ('', set()))
    place.xapi.down('absent')
    place.fails(1, [place.path('xapi'), 'No such file'], 'clear')
    place.fails(1, ['/none/xapi', 'No such file'], 'report', socket='/none/xapi')
    if not os.path.exists('/var/lib/xcp/xapi'):
        place.fails(1, ['/var/lib/xcp/xapi', 'No such file'], 'clear', socket='default')


def too_large():
    """More than XAPI takes in a call is not sent"""
    place = Certs()
    place.write('large.esl', signature_list(SHA256, OWN_OWNER, *[b'a' * 32] * 1190))
    place.write('pk.auth', unsigned(signature_list(X509, OWN_OWNER, key_file('pk.der'))))
    files = ['pk.auth', 'large.esl', 'large.esl', 'large.esl']
    place.does('install', *files)
    before = place.xapi.methods()
    # A signature makes an update as large as one wants.
    content = place.read('pk.auth')
    place.write('pk.auth', content[:16] + struct.pack('<I', 24 + 56000) + content[20:40] + bytes(56000) + content[40:])
    place.fails(1, 'XAPI takes', 'install', *files)
    check(SET not in place.xapi.methods()[len(before):])


def usage():
    """A wrong option, operand or word is exit status 2, one line, and XAPI is not asked"""
    place = Certs()
    place.defaults(*KEYS)
    for words, *arguments in (
            ('install, clear, report or extract',), ("'remove'", 'remove'), ('install [PK', 'install', 'a', 'b', 'c', 'd', 'e'),
            ("'clear' is expected", 'clear', 'x'), ("'report' is expected", 'report', 'x'), ('extract CERT FILE', 'extract', 'PK'),
            ('PK, KEK, db or dbx', 'extract', 'pk', 'out'), ("PK: 'none'", 'install', 'none'),
            ("db: 'none'", 'install', 'default', 'default', 'none'), ("PK: 'latest'", 'install', 'latest'),
            ("KEK: 'default'", 'install', 'default', ''), ('--color', 'report', '--color'), ('--url', 'install', '--url', 'db'),
            ('--url', 'install', '--url', 'PK=http://x/'), ('--url', 'install', '--url', 'db=file:///x'),
            ('--pk-priv', 'install', '--pk-priv', 'x')):
        place.fails(2, words, *arguments)
    same(place.xapi.methods(), [])
    check('https://www.microsoft.com/' in place.does('--list-urls').decode())
    check(place.does('--version').decode().startswith('uefistored '))


run_tests(install_defaults, install_files, downloads, downloads_fail, download_progress, wrong_files, clear, extract,
          wrong_archives, report_custom, report_hosts, report_expired, old_xapi, refusals, too_large, usage,
          report_microsoft)
