# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the XAPI backend share: a daemon on a fake guard, and VARS blobs by hand."""
import base64
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'blackbox'), os.path.join(HERE, '..', 'support')]

from daemon import (AT, BS, DEVICE_ERROR, GLOBAL, IMAGE, NV, RT, SUCCESS, UEFISTORED, VENDOR, Daemon, Tap,  # noqa: E402,F401
                    check, directories, fails, guid_bytes, name_bytes, plain, run, same, scratch)
from fake_xapi import KEY, MACHINE, FakeXapi, Fault  # noqa: E402,F401

GET, SET, SET_OLD = 'VM.get_NVRAM', 'VM.set_NVRAM_EFI_variables_v2', 'VM.set_NVRAM_EFI_variables'
STATE, MESSAGE = 'VM.get_secureboot_certificates_state', 'message.create'
START = [GET, STATE]  # what each start but a resume calls


def record(name, data, attributes=NV | BS | RT, guid=VENDOR, time=bytes(16), digest=bytes(32)):
    name = name_bytes(name)
    return (struct.pack('<Q', len(name)) + name + struct.pack('<Q', len(data)) + data + guid_bytes(guid) +
            struct.pack('<I', attributes) + time + digest)


def blob(*records, version=2, count=None, size=None, extra=bytes(268)):
    """A VARS blob. count and size: what its header says of them, where that is to be wrong."""
    body = b''.join(records)
    return (b'VARS' + struct.pack('<IQQ', version, len(records) if count is None else count,
                                  len(body) if size is None else size) + (extra if version >= 2 else b'') + body)


def text(data):
    return base64.b64encode(data).decode()


def records(data):
    """[(name, guid, attributes, data)] of a VARS blob."""
    same(data[:4], b'VARS', 'magic')
    version, count, size = struct.unpack_from('<IQQ', data, 4)
    at, found = 24 + (268 if version == 2 else 0), []
    same(len(data) - at, size, 'size of the records')
    for _ in range(count):
        length, = struct.unpack_from('<Q', data, at)
        name = data[at + 8:at + 8 + length].decode('utf-16le', 'surrogatepass')
        at += 8 + length
        length, = struct.unpack_from('<Q', data, at)
        value = data[at + 8:at + 8 + length]
        at += 8 + length
        found.append((name, data[at:at + 16], struct.unpack_from('<I', data, at + 16)[0], value))
        at += 68
    same(at, len(data), 'end of the blob')
    return found


def own(data):
    """{name: data} of the variables of VENDOR in a blob."""
    return {name: value for name, guid, _, value in records(data) if guid == guid_bytes(VENDOR)}


def stored(xapi):
    """{name: data} of VENDOR's, as XAPI has them; no blob at all: none."""
    return {} if xapi.blob is None else own(xapi.blob)


# Times of the backend are divided by this, and the 20 s of a guest's write with them.
HASTE = 10
HASTY = {'UEFISTORED_DEBUG_XAPI_HASTE': str(HASTE), 'UEFISTORED_DEBUG_ANSWER_MS': str(19500 // HASTE)}


class Session:
    """A scratch directory with a fake guard, and a daemon on it."""

    def __init__(self, *arguments, start=True, hasty=True, env=None, daemon=None, **more):
        self.directory = scratch()
        self.xapi = FakeXapi(os.path.join(self.directory, 'guard'), **more)
        sessions.append(self)
        self.arguments, self.env = arguments, dict(HASTY if hasty else {}, **(env or {}))
        self.daemon = self.guest = None
        self.more = daemon or {}
        if start:
            self.start()

    def options(self):
        return ['--backend', 'xapidb', '--arg', 'socket:' + self.xapi.path, '--arg', 'uuid:' + MACHINE]

    def start(self, *arguments, wait=True):
        self.daemon = Daemon(*self.options(), *self.arguments, *arguments, directory=self.directory, env=self.env,
                             wait=wait, **self.more)
        if wait:
            self.guest = self.daemon.guest()
        return self

    def stop(self):
        self.daemon.stop()
        return self

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, data):
        with open(self.path(name), 'wb') as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()


def writing(session, name, data):
    """Begins a write, whose answer answered() takes."""
    session.guest.put(session.guest.set_request(name, data))
    session.guest.ring()


def answered(session):
    same(session.guest.wait(), 0, 'frame')
    return struct.unpack('<Q', session.guest.read(8))[0]


def began(**more):
    """A session in which A is `old`, and nothing of the start is left in the lists."""
    session = Session(**more)
    same(session.guest.set('A', b'old'), SUCCESS)
    session.xapi.calls.clear()
    session.xapi.effects.clear()
    return session


def settles(session, expected, timeout=15):
    """What XAPI has becomes, and stays, this."""
    session.xapi.wait(lambda: stored(session.xapi) == expected, timeout, f'{expected} in place of {stored(session.xapi)}')
    same(session.guest.value('A'), expected['A'], 'what the guest sees')


sessions = []


class XapiTap(Tap):
    """Its tests end with their sessions."""

    def run(self, *tests):
        for test in tests:
            super().run(test)
            for session in sessions:
                session.xapi.close()
            sessions.clear()
