#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The sandbox: what is taken from the daemon, that its whole life is possible without it, how it is asked for, and what it costs.

Everything is shown with both builds: the lists of system calls of the debug build are longer (the sanitizers). What happens to a call that is
in no list is shown in sandbox_calls.t.
"""
import random
import sys
sys.dont_write_bytecode = True
from sandbox import *  # noqa: E402,F403

tap = SandboxTap()


# ---- What is taken ----

def test_taken(backend):
    """user, group, capabilities, root, namespaces and limits are what was asked for, in each thread"""
    place, daemon = begin(backend)
    pid = daemon.process.pid
    for thread in threads(pid):
        lines = status(pid, thread)
        for field, expected in (('Uid', '\t'.join([str(USER)] * 4)), ('Gid', '\t'.join([str(USER)] * 4)),
                                ('NoNewPrivs', '1'), ('Seccomp', '2')):
            same(lines[field], expected, field)
        same(lines['Groups'].strip(), '', 'supplementary groups')
        for field in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            same(int(lines[field], 16), 0, field)
        for what in ('root', 'cwd'):
            check(same_file(f'/proc/{pid}/task/{thread}/{what}', place.root), what, 'is not the new root')
        for namespace in ('mnt', 'net', 'ipc', 'uts'):
            check(not same_file(f'/proc/{pid}/task/{thread}/ns/{namespace}', f'/proc/self/ns/{namespace}'),
                  'the host\'s namespace', namespace)
    same(len(threads(pid)), 2 if backend == 'file' else 1, 'threads')
    expected = {'Max core file size': '0', 'Max processes': '0', 'Max locked memory': '0', 'Max open files': None}
    for name, value in expected.items():
        soft, hard = limits(pid)[name]
        check(soft == hard and (int(soft) < 128 if value is None else soft == value), name, soft, hard)
    same(os.stat(f'/proc/{pid}/environ').st_uid, 0, 'owner of what /proc shows of it: nobody may trace it')
    with open(place.pidfile) as file:
        same(int(file.read()), pid, 'pidfile')
    daemon.stop()


def test_no_way_out():
    """no directory that is open leads to another one"""
    place, daemon = begin('file')
    found = 0
    for fd in os.listdir(f'/proc/{daemon.process.pid}/fd'):
        path = f'/proc/{daemon.process.pid}/fd/{fd}'
        if os.path.isdir(path):
            found += 1
            check(same_file(path, place.path('stores')), 'another directory:', os.readlink(path))
            check(same_file(path + '/..', path), 'there is a way up from', os.readlink(path))
    same(found, 1, 'directories that are open')
    daemon.stop()


def test_nothing_inherited():
    """what the one who starts it has left open is closed"""
    inside = os.open('/', os.O_RDONLY | os.O_DIRECTORY)
    try:
        place, daemon = begin('memory', pass_fds=[inside])
    finally:
        os.close(inside)
    for fd in os.listdir(f'/proc/{daemon.process.pid}/fd'):
        check(not os.path.isdir(f'/proc/{daemon.process.pid}/fd/{fd}'), 'a directory is open')
    daemon.stop()


def test_socket_last():
    """when the socket is there, the sandbox is complete; the helper that names it has gone"""
    place = Place()
    daemon = place.start('memory', wait=False)
    while not os.path.exists(daemon.socket):
        check(daemon.process.poll() is None, daemon.log())
    same(status(daemon.process.pid)['Seccomp'], '2', 'Seccomp')
    same(daemon.guest().set('A', b'x'), SUCCESS, 'set')
    end = time.monotonic() + 5
    while children(daemon.process.pid):
        check(time.monotonic() < end, 'the helper is still there')
    same(os.stat(daemon.socket).st_mode & 0o777, 0o600, 'mode of the socket')
    same([name for name in os.listdir(place.directory) if name.startswith('.')], [], 'temporary files')
    daemon.stop()


def test_before_data():
    """what is stored is not looked at before"""
    place = Place()
    place.write('stores/store.json', b'this is no store')
    daemon = place.start('file', wait=False, env={'UEFISTORED_DEBUG_FORBIDDEN': 'execve'})
    killed_by_filter(daemon)
    check('store' not in daemon.log(), daemon.log())


# ---- Life ----

def live(guest):
    """All kinds of requests, right and wrong. Ends with P (non-volatile) and V (volatile) set."""
    same(guest.set('P', b'one'), SUCCESS, 'set')
    same(guest.set('P', b'two', NV | BS | RT | 0x40), SUCCESS, 'append')
    same(guest.value('P'), b'onetwo', 'value')
    same(guest.set('V', b'v', BS | RT), SUCCESS, 'set volatile')
    same(guest.set('D', bytes(50000)), SUCCESS, 'set large')
    same(guest.set('D', b''), SUCCESS, 'delete')
    same(guest.get('D')[0], NOT_FOUND, 'get of what is deleted')
    same(guest.get('P', size=1)[0], BUFFER_TOO_SMALL, 'get with a small buffer')
    check(('P', VENDOR) in guest.list(), 'list')
    same(guest.query()[0], SUCCESS, 'query')
    same(guest.set('SecureBoot', b'1', guid=GLOBAL), WRITE_PROTECTED, 'set of the firmware\'s')
    same(guest.notify(), SUCCESS, 'notify')
    same(guest.notify(), ACCESS_DENIED, 'notify again')
    random.seed(1)
    for size in (0, 1, 8, 100, 65536):
        guest.exchange(random.randbytes(size).ljust(8, b'\0'))
    for command in (0, 1, 2, 3, 4, 5, 0xffffffff):
        guest.exchange(struct.pack('<IIQ', 1, command, 1 << 63).ljust(200, b'\xff'))
    guest.ring(0x7fffffff)
    same(guest.wait(), 0x7fffffff, 'a frame outside of memory is completed')


def strange_connections(daemon):
    """Greetings and messages that cannot be, and more connections than there may be."""
    guest = daemon.guest(greet=False)
    guest.greet(b'UVS2')
    check(guest.closed_within(10), 'a wrong greeting')
    guest = daemon.guest(greet=False)
    guest.greet(descriptors=[guest.memory] * 200)
    check(guest.closed_within(10), 'many descriptors')
    read_end, write_end = os.pipe()
    guest = daemon.guest(greet=False)
    guest.greet(descriptors=[read_end])
    check(guest.closed_within(10), 'no memory')
    os.close(read_end)
    os.close(write_end)
    many = [daemon.guest() for _ in range(16)]
    check(daemon.guest(greet=False).closed_within(10), 'the 17th connection')
    for guest in many:
        guest.ring()
        guest.wait()
        guest.close()
    # Memory that shrinks under a request, and a guest that does not read its completions.
    guest = daemon.guest()
    os.ftruncate(guest.memory, 100)
    guest.ring()
    guest.wait()
    guest.socket.setblocking(False)
    try:
        for _ in range(1000):
            guest.ring()
    except BlockingIOError:
        pass
    guest.close()
    guest = daemon.guest()
    guest.socket.send(b'12345')
    check(guest.closed_within(10), 'a doorbell of five bytes')


def test_life(backend):
    """a whole life: every request, malformed ones, strange guests, writes, the end"""
    place, daemon = begin(backend)
    live(daemon.guest(frames=1 << 20))
    strange_connections(daemon)
    daemon.stop()
    saved = place.read('root/efi-vars-save.dat')
    same(saved[:8], b'VARS\2\0\0\0', 'head of the save file')
    for name in 'PV':
        check(name_bytes(name) in saved, name, 'is not saved')
    same(os.stat(place.path('root/efi-vars-save.dat')).st_uid, USER, 'owner of the save file')
    same(os.listdir(place.path('stores')), ['store.json'] if backend == 'file' else [], 'files')


def test_resume(backend):
    """resume from a file of root's, which is in the new root"""
    place, daemon = begin(backend)
    live(daemon.guest())
    daemon.stop()
    place.write('root/efi-vars-resume.dat', place.read('root/efi-vars-save.dat'))
    place.write('root/efi-vars-save.dat', b'', owner=USER, mode=0o600)
    daemon = place.start(backend, resume=True)
    same(daemon.guest().value('V'), b'v', 'volatile variable')
    daemon.stop()
    check(name_bytes('V') in place.read('root/efi-vars-save.dat'), 'not saved again')


def test_kept(backend):
    """what was acknowledged is there after kill -9"""
    for own_store in (True, False):
        place, daemon = begin(backend, own_store=own_store)
        guest = daemon.guest()
        for i in range(20):
            same(guest.set(f'N{i}', bytes([i]) * 1000), SUCCESS, 'set')
        inode = os.stat(place.store).st_ino if backend == 'file' else None
        same(guest.set('N0', b'new'), SUCCESS, 'set')
        if backend == 'file':
            check((os.stat(place.store).st_ino == inode) != own_store, 'renamed or in place: not as the directory lets us')
            same(os.stat(place.store).st_uid, USER, 'owner of the store')
        daemon.kill()
        guest = place.start(backend).guest()
        same(guest.value('N0'), b'new', 'value')
        same(guest.value('N19'), bytes([19]) * 1000, 'value')


def test_nonpersistent(backend):
    """--nonpersistent"""
    place, daemon = begin(backend, '--nonpersistent')
    live(daemon.guest())
    daemon.stop()
    same(os.listdir(place.path('stores')), [], 'files')


def test_rejected():
    """records that cannot be right are set aside: into the file beside the store, new or old, or else into the store"""
    bad = {'guid': VENDOR, 'name': 'Bad', 'attr': 1, 'data': '00'}
    for own_store in (True, False):
        place = Place(own_store)
        for record in (bad, {**bad, 'name': 'Worse'}):
            write_store(place.store, variable('Good'), record)
            if own_store:
                os.chown(place.store, USER, USER)
            daemon = place.start('file')
            guest = daemon.guest()
            same(guest.value('Good'), b'\0', 'value')
            same(guest.set('More', b'1'), SUCCESS, 'set')
            daemon.stop()
            check('set aside' in daemon.log(), daemon.log())
        if own_store:
            lines = place.read('stores/store.json.rejected').decode().splitlines()
            same(len(lines), 2, 'rejected records')
        else:
            check('Worse' in stored(place.store), 'the record is lost')


def test_not_a_store():
    """a store that cannot be read is an error, and nothing is left behind"""
    place = Place()
    place.write('stores/store.json', b'this is no store')
    fails(1, ['store.json'], '--socket', place.path('s'),
          *place.options('file'), *plain(place.directory))
    time.sleep(0.2)
    same([name for name in os.listdir(place.directory) if name == 's' or name.startswith('.')], [], 'sockets')


def test_signed():
    """signed updates: RSA and EC, good and bad ones"""
    place, daemon = begin('file')

    def tool(*command):
        subprocess.run(command, check=True, cwd=place.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def key(name, *how):
        tool('openssl', 'req', '-x509', *how, '-nodes', '-keyout', name + '.key', '-out', name + '.pem', '-subj',
             '/CN=' + name, '-days', '30', '-sha256')

    def update(variable, signer, *certificates, second=1, more=()):
        tool(os.path.join(TOOLS, 'create-auth'), '-k', signer + '.key', '-c', signer + '.pem', '-t', f'@{1700000000 + second}',
             *more, variable, 'update', *[name + '.pem' for name in certificates])
        return place.read('update')

    rsa, ec = ('-newkey', 'rsa:2048'), ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256')
    key('rsa', *rsa)
    key('ec', *ec)
    key('p384', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384')
    key('other', *rsa)
    guest, signed = daemon.guest(), NV | BS | RT | AT
    same(guest.set('PK', update('PK', 'rsa', 'rsa'), signed, GLOBAL), SUCCESS, 'PK')
    same(guest.set('KEK', update('KEK', 'rsa', 'rsa', 'ec', 'p384'), signed, GLOBAL), SUCCESS, 'KEK, by RSA')
    for second, signer in enumerate(('rsa', 'ec', 'p384'), 2):
        same(guest.set('db', update('db', signer, signer, second=second), signed, IMAGE), SUCCESS, 'db by ' + signer)
        same(guest.set('db', update('db', signer, 'other', second=second, more=['-a']), signed | 0x40, IMAGE), SUCCESS,
             'append to db by ' + signer)
    same(guest.set('db', update('db', 'other', 'other', second=9), signed, IMAGE), SECURITY_VIOLATION, 'a stranger')
    forged = bytearray(update('db', 'ec', 'other', second=9))
    forged[-1] ^= 1
    same(guest.set('db', bytes(forged), signed, IMAGE), SECURITY_VIOLATION, 'another payload')
    for at in range(16, 400, 7):
        broken = bytearray(update('db', 'rsa', 'other', second=9)) if at == 16 else bytearray(broken)
        broken[at] ^= 0x55
        guest.set('db', bytes(broken), signed, IMAGE)
    same(guest.set('Own', update('Own-' + VENDOR, 'p384', second=9), signed), NOT_FOUND, 'a signed deletion of nothing')
    daemon.stop()


def test_boots(backend):
    """recorded boots"""
    for name in ('ovmf-first-boot', 'ovmf-second-boot', 'ovmf-linux'):
        place, daemon = begin(backend)
        replay(daemon.guest(), name)
        daemon.stop()


def test_tool():
    """the guest's tool, and keys of the host at a first boot"""
    place = Place(True)
    daemon = place.start('file', '--secure-boot', 'false')
    for command in (['info'], ['list'], ['set', 'BootOrder', '--hex', '0100'], ['bench', '--count', '20']):
        done = subprocess.run([os.path.join(TOOLS, 'uefistored-guest'), '--socket', daemon.socket, *command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same(done.returncode, 0, done.stdout)
    daemon.stop()


def test_log():
    """a guest that has many writes refused does not get the log to ask for more than there is"""
    place, daemon = begin('memory', '--log-level', 'DEBUG')
    guest = daemon.guest()
    for i in range(3000):
        same(guest.set('SecureBoot', b'1', guid=GLOBAL), WRITE_PROTECTED, 'set')
        guest.set('\udcff\n\u202e' * 20, b'1', 0x80000000)
    daemon.stop()
    check('more suppressed' in daemon.log(), daemon.log()[-2000:])


def test_slow_store():
    """a store that is too slow: the write is answered as failed, and what is stored is what the guest was told"""
    place = Place(True)
    points = place.write('root/points', b'')
    daemon = place.start('file', env={'UEFISTORED_DEBUG_POINTS': '/points', 'UEFISTORED_DEBUG_ANSWER_MS': '300'})
    guest = daemon.guest()
    same(guest.set('A', b'1'), SUCCESS, 'set')
    for point in ('write', 'renamed'):
        with open(points, 'w') as file:
            file.write(point + ' delay 1000\n')
        same(guest.set('A', b'2'), DEVICE_ERROR, 'set with a slow ' + point)
        open(points, 'w').close()
        time.sleep(1.2)
        same(guest.value('A'), b'1', 'value')
        same(stored(place.store)['A']['data'], '31', 'what is stored')
    with open(points, 'w') as file:
        file.write('write fail\n')
    same(guest.set('A', b'3'), DEVICE_ERROR, 'set with a disk that fails')
    daemon.stop()


def test_guard_goes():
    """a guard that is restarted, and one that is gone: connections are made from within the sandbox"""
    place = Place()
    guard = with_guard(place, 'xapidb')
    daemon = place.start('xapidb')
    guest = daemon.guest()
    same(guest.set('A', b'1'), SUCCESS, 'set')
    guard.restart(0.5, how='missing')
    same(guest.set('A', b'2'), SUCCESS, 'set while the guard starts again')
    guard.fault('VM.set_NVRAM_EFI_variables_v2', answer='failure')
    same(guest.set('A', b'3'), DEVICE_ERROR, 'set that XAPI refuses')
    guard.kill()
    daemon.process.terminate()
    end = time.monotonic() + 1
    while name_bytes('A') not in place.read('root/efi-vars-save.dat'):
        check(time.monotonic() < end, 'not saved in time')
        time.sleep(0.01)
    daemon.stop()


# ---- Asked for wrongly, and impossible ----

def test_usage():
    """options that do not fit are refused, by name"""
    place = Place()
    plain_ = ['--socket', place.path('s'), '--backend', 'memory', *plain(place.directory)]
    user = ['--uid', '1', '--gid', '1']
    for words, options in (
            (['--uid', '1 to 4294967294', 'root'], ['--depriv', '--uid', '0', '--gid', '1']),
            (['--gid', '1 to 4294967294', 'root'], ['--depriv', '--uid', '1', '--gid', '0']),
            (['--uid', "'4294967295'"], ['--depriv', '--uid', '4294967295', '--gid', '1']),
            (['--uid', "'-1'"], ['--depriv', '--uid=-1', '--gid', '1']),
            (['--uid', "'nobody'"], ['--depriv', '--uid', 'nobody', '--gid', '1']),
            (['--uid', '--gid was expected'], ['--depriv', '--uid', '1']),
            (['--gid', '--uid was expected'], ['--depriv', '--gid', '1']),
            (['--uid', '--depriv was expected'], user),
            (['--chroot', '--depriv was expected'], ['--chroot', '/']),
            (['--uid', 'twice'], ['--depriv', *user, '--uid', '1'])):
        fails(2, words, *plain_, *options)
    for words, options in (
            (['--chroot', place.path('absent'), 'No such file'], ['--depriv', '--chroot', place.path('absent')]),
            (['--chroot', 'a directory was expected'], ['--depriv', '--chroot', place.path('config')]),
            (['/absent', 'cannot be'], ['--depriv', *user, '--chroot', place.root, '--arg', 'save:/absent']),
            (['/absent', 'cannot be opened'], ['--depriv', '--chroot', place.root, '--resume', '--arg', 'resume:/absent'])):
        fails(1, words, *plain_, *options)
    time.sleep(0.2)
    same([name for name in os.listdir(place.directory) if name == 's' or name.startswith('.')], [], 'sockets')


def drop_rights():
    """For preexec_fn: root without the right to make namespaces."""
    libc.prctl(24, 21, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_ADMIN


def test_impossible():
    """where a step fails nothing is served, and it is said"""
    place = Place()
    fails(1, ['the sandbox cannot be made', 'namespaces', 'Operation not permitted'], '--socket', place.path('s'),
          *place.options('memory'), *plain(place.directory), preexec_fn=drop_rights)
    check(not os.path.exists(place.path('s')), 'there is a socket')


def test_other_daemon():
    """a socket that is taken is an error, a stale one is replaced"""
    place, daemon = begin('memory')
    other = Place()
    fails(1, ['another process serves'], '--socket', daemon.socket, *other.options('memory'), *plain(other.directory))
    daemon.stop()
    check(os.path.exists(daemon.socket), 'it cannot have been removed from within')
    place.start('memory', wait=False).wait_log('ready')


# ---- Without another user ----

def test_root_alone():
    """--depriv alone as root: root's files, no capability, only the calls of the list"""
    place = Place()
    daemon = Daemon('--backend', 'file', '--arg', 'path:' + place.store, '--depriv', directory=place.directory)
    lines = status(daemon.process.pid)
    same((lines['Uid'].split()[0], lines['Seccomp'], int(lines['CapEff'], 16), int(lines['CapBnd'], 16)), ('0', '2', 0, 0),
         'status')
    live(daemon.guest())
    daemon.stop()
    check('P' in stored(place.store), 'not stored')


def test_user():
    """--depriv and --chroot for somebody who is not root: by a user namespace"""
    place = Place(True)
    os.chown(place.directory, USER, USER)
    os.chown(place.root, USER, USER)
    fails(1, ['--uid', 'only root'], '--socket', place.path('s'), *place.options('file'), *plain(place.directory),
          preexec_fn=become_user)
    daemon = Daemon('--backend', 'file', '--arg', 'path:' + place.store, '--depriv', '--chroot', place.root, '--arg',
                    'save:/saved', directory=place.directory, preexec_fn=become_user)
    pid = daemon.process.pid
    lines = status(pid)
    same((lines['Uid'].split()[0], lines['Seccomp'], int(lines['CapEff'], 16), int(lines['CapBnd'], 16)),
         (str(USER), '2', 0, 0), 'status')
    check(same_file(f'/proc/{pid}/root', place.root), 'root')
    live(daemon.guest())
    daemon.stop()
    check('P' in stored(place.store), 'not stored')
    check(name_bytes('V') in place.read('root/saved'), 'not saved')


# ---- What it costs ----

DIRTY_MAX = {'file': 800000, 'xapidb': 850000}


def test_memory(backend):
    """private dirty memory after a boot is less than 0.80 MB, with xapidb than 0.85 MB"""
    # The pages of a program that was just built count as dirty until they are on the disk.
    with open(RELEASE, 'rb') as program:
        os.fsync(program.fileno())
    place, daemon = begin(backend)
    replay(daemon.guest(), 'ovmf-first-boot')
    used = memory(daemon.process.pid, 'Private_Dirty')
    print(f'# private dirty {used // 1024} KiB, resident {memory(daemon.process.pid, "Rss") // 1024} KiB')
    check(used < DIRTY_MAX[backend], 'private dirty', used)
    daemon.stop()


def test_time():
    """how long it takes to be ready (told, not judged)"""
    taken = []
    for _ in range(15):
        place = Place(True)
        begun = time.monotonic()
        daemon = place.start('file', wait=False)
        while not os.path.exists(daemon.socket) and daemon.process.poll() is None:
            time.sleep(0.0001)
        taken.append(time.monotonic() - begun)
        check(daemon.process.poll() is None, 'it serves')
        daemon.stop()
        clean_up()
    taken.sort()
    print(f'# ready within {taken[0] * 1000:.1f} ms at best, {taken[len(taken) // 2] * 1000:.1f} ms in the middle')


if os.geteuid() != 0:
    print('1..0 # SKIP only root can change to another user')
    sys.exit(0)
for test in (test_taken, test_life, test_resume):
    tap.run_all(test, BACKENDS)
if os.path.isdir(TRACES):
    tap.run_all(test_boots, BACKENDS)
    tap.run_all(test_memory, list(DIRTY_MAX), builds=['release'])
tap.run_all(test_kept, ['file', 'xapidb'])
tap.run_all(test_nonpersistent, ['file', 'xapidb'])
for test in (test_no_way_out, test_nothing_inherited, test_socket_last, test_rejected, test_not_a_store, test_signed, test_tool,
             test_log, test_guard_goes, test_usage, test_impossible, test_other_daemon, test_root_alone):
    tap.run_all(test)
for test in (test_before_data, test_slow_store):
    tap.run_all(test, builds=['debug'])
if user_namespaces():
    tap.run_all(test_user)
tap.run_all(test_time, builds=['release'])
tap.end()
