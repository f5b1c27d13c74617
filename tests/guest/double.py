# SPDX-License-Identifier: GPL-2.0-only
"""A machine whose store does not keep to the protocol. It stands between QEMU and the daemon: what it does not answer
wrongly is passed on, so that firmware boots."""
import os
import socket
import struct
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
import qemu  # noqa: E402
from machine import Machine  # noqa: E402

GET, SET, NEXT, QUERY, NOTIFY = range(5)
SUCCESS, BUFFER_TOO_SMALL = 0, 1 << 63 | 5
# Where the length of a request's name is.
NAME_AT = {GET: 8, SET: 8, NEXT: 16}
PAGES = qemu.PAGES

# By command and name. None: there is no answer.
WRONG = {
    (GET, 'TestEmpty'): struct.pack('<QQ', BUFFER_TOO_SMALL, 0),
    (GET, 'TestLong'): struct.pack('<QIQ', SUCCESS, 3, PAGES + 1),
    (GET, 'TestMore'): struct.pack('<QIQ', SUCCESS, 3, 17) + bytes(17),
    (GET, 'TestStatus'): struct.pack('<QIQ', 7, 3, 5) + b'hello',
    (NEXT, 'TestLong'): struct.pack('<QQ', SUCCESS, PAGES + 2),
    (NEXT, 'TestOdd'): struct.pack('<QQ', SUCCESS, 5) + b'T\0e\0s' + bytes(16),
    (SET, 'TestSilent'): None,
}

# What the test application prints of its calls.
CALLS = '''\
SetVariable TestPlain: Success
SetVariable TestFollowing: Success
GetVariable TestPlain 0: Buffer Too Small, size 5, attributes 3
GetVariable TestPlain 16: Success, size 5, attributes 3
GetNextVariableName TestPlain 20: Buffer Too Small, size 28, TestPlain
GetNextVariableName TestPlain 28: Success, size 28, TestFollowing
SetVariable TestHalves: Success
SetVariable TestBare: Success
GetVariable TestBare 0: Buffer Too Small, size 5, attributes 3
GetVariable TestEmpty 0: Device Error, size 0, attributes 0
GetVariable TestLong 16: Device Error, size 16, attributes 0
GetVariable TestMore 16: Device Error, size 16, attributes 0
GetVariable TestStatus 16: Device Error, size 16, attributes 0
GetNextVariableName TestLong 64: Device Error, size 64, TestLong
GetNextVariableName TestOdd 64: Device Error, size 64, TestOdd
SetVariable TestSilent: Device Error
GetVariable TestSilent in the end: Not Found
GetVariable TestPlain 16: Success, size 5, attributes 3
'''


def frames(connection):
    """The frame numbers that are sent to the doorbell; a number that was begun before a resynchronisation is none."""
    number, ones = b'', 0
    while byte := connection.recv(1):
        if ones == 4:
            number, ones = b'', 0
            continue
        ones = ones + 1 if byte == b'\xff' else 0
        number += byte
        if len(number) == 4:
            yield struct.unpack('<I', number)[0]
            number = b''


def kind(request):
    """Command and name, or None where this is no request."""
    version, command = struct.unpack_from('<II', request)
    if version != 1 or command > NOTIFY:
        return None
    if command not in NAME_AT:
        return command, ''
    at = NAME_AT[command]
    length = struct.unpack_from('<Q', request, at)[0]
    return command, request[at + 8:at + 8 + length].decode('utf-16le', 'replace')


class Double(Machine):
    """The daemon serves a memory of its own, which only the double writes to."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.of_qemu = self.doorbell
        self.doorbell = self.path('passed-on')
        memory = self.path('daemon-memory')
        with open(memory, 'wb') as file:
            file.truncate(qemu.MIB)
        for option, value in (('--qemu-memory', memory), ('--doorbell', self.doorbell)):
            self.daemon_command[self.daemon_command.index(option) + 1] = value

    def start_daemon(self):
        super().start_daemon()
        self.daemon_guest = qemu.Machine(self.path('daemon-memory'), self.doorbell)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.of_qemu)
        listener.listen()
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()

    def serve(self, listener):
        with listener, listener.accept()[0] as connection:
            for frame in frames(connection):
                with open(self.path('memory'), 'r+b', buffering=0) as memory:
                    self.answer(memory.fileno(), frame * qemu.FRAME)

    def answer(self, memory, offset):
        request = os.pread(memory, PAGES, offset)
        asked = kind(request) if len(request) == PAGES else None
        if not asked:
            return
        answer = WRONG[asked] if asked in WRONG else self.daemon_guest.exchange(request)
        if answer is None:
            return
        if asked == (GET, 'TestBare') and answer[:8] == struct.pack('<Q', BUFFER_TOO_SMALL):
            answer = answer[:16]  # behind it stays what the request has there
        os.pwrite(memory, answer[8:], offset + 8)
        os.pwrite(memory, answer[:4], offset)
        if asked == (SET, 'TestHalves'):
            time.sleep(0.01)  # long enough to be seen, and far below what the driver waits for the other half
        os.pwrite(memory, answer[4:8], offset + 4)
