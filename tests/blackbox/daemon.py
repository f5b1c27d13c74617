# SPDX-License-Identifier: GPL-2.0-only
"""The real daemon and a guest of it, for tests: the socket transport and the wire protocol by hand, and TAP."""
import array
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import uuid

BUILD = os.environ.get('BUILD', 'build/debug')
UEFISTORED = os.path.join(BUILD, 'uefistored')
PAGES = 65536

SUCCESS = 0
ERROR = 1 << 63
INVALID_PARAMETER, UNSUPPORTED, BUFFER_TOO_SMALL, DEVICE_ERROR = ERROR | 2, ERROR | 3, ERROR | 5, ERROR | 7
WRITE_PROTECTED, OUT_OF_RESOURCES, NOT_FOUND, ACCESS_DENIED = ERROR | 8, ERROR | 9, ERROR | 14, ERROR | 15
SECURITY_VIOLATION = ERROR | 26

NV, BS, RT, AT, APPEND = 1, 2, 4, 0x20, 0x40
VENDOR = '12345678-1234-5678-9abc-def012345678'
GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
IMAGE = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f'


class Skip(Exception):
    """Raised by a test where something is missing that it needs."""


class Tap:
    """Counts and prints the tests. A test is a function; an exception in it is its failure, or says that it is skipped."""

    def __init__(self):
        self.count = self.failed = 0

    def run(self, *tests):
        for test in tests:
            self.count += 1
            name = (test.__doc__ or test.__name__).strip().splitlines()[0]
            try:
                test()
            except Skip as why:
                print(f'ok {self.count} - {name} # SKIP {why}')
            except Exception:
                self.failed += 1
                print(f'not ok {self.count} - {name}')
                for line in traceback.format_exc().splitlines():
                    print('# ' + line, file=sys.stderr)  # prove shows it there
            else:
                print(f'ok {self.count} - {name}')
            finally:
                clean_up()
            sys.stdout.flush()

    def end(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


def check(condition, *what):
    if not condition:
        raise AssertionError(' '.join(str(w) for w in what))


def same(got, expected, what=''):
    if got != expected:
        text = [hex(v) if isinstance(v, int) and v >> 63 else repr(v)[:2000] for v in (got, expected)]
        raise AssertionError(f'{what}: got {text[0]}, expected {text[1]}')


# What a test started or made, undone after it.
daemons = []
directories = []


def clean_up():
    for daemon in daemons:
        daemon.kill()
    daemons.clear()
    for directory in directories:
        os.chmod(directory, 0o700)
        shutil.rmtree(directory, ignore_errors=True)
    directories.clear()


# Memory makes no write wait.
MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else '/tmp'
scratch_in = {'parent': '/tmp'}


def work_in_memory():
    """For tests in which it does not matter what the files are on: scratch directories are in memory from now on."""
    scratch_in['parent'] = MEMORY


def scratch(parent=None):
    """A new directory with a short path."""
    directory = tempfile.mkdtemp(prefix='uvs', dir=parent or scratch_in['parent'])
    directories.append(directory)
    return directory


def environment(more=None):
    env = {k: v for k, v in os.environ.items() if k not in ('JOURNAL_STREAM', 'INVOCATION_ID')}
    env.update(more or {})
    return env


# An empty directory of keys and an empty configuration, so that those of the machine are not looked at.
def plain(directory):
    keys, config = os.path.join(directory, 'keys'), os.path.join(directory, 'config')
    if not os.path.exists(keys):
        os.mkdir(keys)
        open(config, 'w').close()
    return ['--keys', keys, '--config', config]


def run(*arguments, env=None, timeout=30, **more):
    """Runs the daemon to its end; returns exit status, stdout, stderr."""
    done = subprocess.run([UEFISTORED, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(env), timeout=timeout, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors='replace')


def fails(status, words, *arguments, **more):
    """The daemon ends with this status and one line on stderr that has all of these words."""
    code, out, err = run(*arguments, **more)
    lines = err.splitlines()
    same(code, status, f'exit status of {arguments} ({err.strip()})')
    same(out, '', 'stdout')
    check(len(lines) == 1, 'one line was expected:', err)
    for word in words:
        check(word in lines[0], f'{word!r} was expected in:', lines[0])
    return lines[0]


class Daemon:
    AT = '--socket'

    def __init__(self, *arguments, directory=None, store=None, socket_path=None, env=None, wait=True, default=True,
                 **more):
        self.directory = directory or scratch()
        self.socket = socket_path or os.path.join(self.directory, 's')
        self.log_path = os.path.join(self.directory, 'log')
        command = [UEFISTORED, self.AT, self.socket]
        if store:
            command += ['--backend', 'file', '--arg', 'path:' + store]
        if default:
            command += plain(self.directory)
        self.log_file = open(self.log_path, 'ab')
        self.process = subprocess.Popen(command + list(arguments), stdin=subprocess.DEVNULL,
                                        stderr=self.log_file, env=environment(env), **more)
        daemons.append(self)
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout=20):
        end = time.monotonic() + timeout
        while not os.path.exists(self.socket):
            check(self.process.poll() is None, 'the daemon ended:', self.log())
            check(time.monotonic() < end, 'the daemon is not ready:', self.log())
            time.sleep(0.002)

    def log(self):
        with open(self.log_path, errors='replace') as file:
            return file.read()

    def wait_log(self, text, timeout=10):
        end = time.monotonic() + timeout
        while text not in self.log():
            check(time.monotonic() < end, f'{text!r} was expected in the log:', self.log())
            time.sleep(0.01)

    def guest(self, **more):
        return Guest(self.socket, **more)

    def stop(self, number=signal.SIGTERM, status=0, timeout=20):
        self.process.send_signal(number)
        same(self.process.wait(timeout), status, 'exit status: ' + self.log())
        self.log_file.close()

    def kill(self):
        """kill -9, and the socket that it leaves is removed: the next one's has to be waited for."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log_file.close()
        if os.path.exists(self.socket):
            os.unlink(self.socket)


def guid_bytes(text):
    return uuid.UUID(text).bytes_le


def name_bytes(name):
    return name if isinstance(name, bytes) else name.encode('utf-16le', 'surrogatepass')


def blob(data):
    return struct.pack('<Q', len(data)) + data


class Closed(Exception):
    pass


class Guest:
    """A guest's memory and its connection. Requests are laid into `frame`."""

    def __init__(self, path, frames=16, greet=True, timeout=60):
        self.memory = os.memfd_create('guest')
        os.ftruncate(self.memory, frames * 4096)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.socket.settimeout(timeout)
        self.frame = 0
        self.runtime = 0
        if greet:
            self.greet()

    def greet(self, text=b'UVS1', descriptors=None):
        descriptors = [self.memory] if descriptors is None else descriptors
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
        self.socket.sendmsg([text], rights)

    def close(self):
        self.socket.close()
        os.close(self.memory)

    def ring(self, frame=None):
        self.socket.send(struct.pack('<I', self.frame if frame is None else frame))

    def wait(self):
        """The frame of the next completion."""
        try:
            message = self.socket.recv(64)
        except ConnectionResetError:
            message = b''
        if not message:
            raise Closed('the daemon closed the connection')
        same(len(message), 4, 'size of a completion')
        return struct.unpack('<I', message)[0]

    def answered_within(self, seconds):
        return bool(select.select([self.socket], [], [], seconds)[0])

    def closed_within(self, seconds):
        """Has the daemon closed the connection by then, without a completion?"""
        if not self.answered_within(seconds):
            return False
        try:
            return self.socket.recv(64) == b''
        except ConnectionResetError:
            return True

    def put(self, request, frame=None):
        os.pwrite(self.memory, request, (self.frame if frame is None else frame) * 4096)

    def read(self, size=PAGES, frame=None):
        return os.pread(self.memory, size, (self.frame if frame is None else frame) * 4096)

    def exchange(self, request):
        self.put(request)
        self.ring()
        same(self.wait(), self.frame, 'frame of the completion')
        return self.read()

    # Requests, and the calls made of them.
    def set_request(self, name, data, attributes=NV | BS | RT, guid=VENDOR):
        return (struct.pack('<II', 1, 1) + blob(name_bytes(name)) + guid_bytes(guid) + blob(data) +
                struct.pack('<IB', attributes, self.runtime))

    def get_request(self, name, guid=VENDOR, size=PAGES):
        return struct.pack('<II', 1, 0) + blob(name_bytes(name)) + guid_bytes(guid) + struct.pack('<QB', size,
                                                                                                 self.runtime)

    def set(self, name, data, attributes=NV | BS | RT, guid=VENDOR):
        return struct.unpack_from('<Q', self.exchange(self.set_request(name, data, attributes, guid)))[0]

    def get(self, name, guid=VENDOR, size=PAGES):
        """(status, attributes, data)"""
        response = self.exchange(self.get_request(name, guid, size))
        status, attributes, length = struct.unpack_from('<QIQ', response)
        if status == SUCCESS:
            return status, attributes, response[20:20 + length]
        return status, None, None

    def value(self, name, guid=VENDOR):
        status, _, data = self.get(name, guid)
        return data if status == SUCCESS else None

    def list(self):
        """[(name, guid)] of all variables."""
        found, name, guid = [], b'', bytes(16)
        while True:
            response = self.exchange(struct.pack('<IIQ', 1, 2, PAGES) + blob(name) + guid + bytes([self.runtime]))
            status, length = struct.unpack_from('<QQ', response)
            if status != SUCCESS:
                same(status, NOT_FOUND, 'end of the list')
                return found
            name, guid = response[16:16 + length], response[16 + length:32 + length]
            found.append((name.decode('utf-16le', 'surrogatepass'), str(uuid.UUID(bytes_le=guid))))

    def query(self, attributes=NV | BS | RT):
        return struct.unpack_from('<QQQQ', self.exchange(struct.pack('<III', 1, 3, attributes)))

    def notify(self):
        return struct.unpack_from('<Q', self.exchange(struct.pack('<II', 1, 4)))[0]


def variable(name, data='00', attr=7, guid=VENDOR, **more):
    """A record of a store."""
    return {'guid': guid, 'name': name, 'attr': attr, 'data': data, **more}


def write_store(path, *variables, **more):
    with open(path, 'w') as file:
        json.dump({'version': 2, **more, 'variables': list(variables)}, file)


def read_store(path):
    with open(path) as file:
        return json.load(file)


def stored(path):
    """{name: record} of a store."""
    return {record['name']: record for record in read_store(path)['variables']}


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def drop_override():
    """For subprocess's preexec_fn, as root: the permissions of files hold for it, too."""
    pr_capbset_drop, cap_dac_override = 24, 1
    if ctypes.CDLL(None, use_errno=True).prctl(pr_capbset_drop, cap_dac_override, 0, 0, 0) != 0:
        raise OSError('no capability can be dropped')


def obeys_permissions():
    """What Daemon() needs so that a directory that cannot be written stays so."""
    return {'preexec_fn': drop_override} if os.geteuid() == 0 else {}


def limit_descriptors(count):
    """For subprocess's preexec_fn."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
