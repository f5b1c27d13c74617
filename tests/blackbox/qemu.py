# SPDX-License-Identifier: GPL-2.0-only
"""A QEMU machine as the daemon sees it: a file that is its memory, and a stream of bytes from its port."""
import socket
import struct
import sys
import time
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

FRAME = 4096
MIB = 1 << 20
GIB = 1 << 30
SYNC = b'\xff' * 4 + b'\0'


class QemuDaemon(Daemon):
    """Its `socket` is the doorbell."""
    AT = '--doorbell'

    def __init__(self, *arguments, size=MIB, memory=None, **more):
        directory = more.pop('directory', None) or scratch()
        self.memory = memory or os.path.join(directory, 'ram')
        if size and not os.path.exists(self.memory):
            with open(self.memory, 'wb') as file:
                file.truncate(size)
        super().__init__('--qemu-memory', self.memory, *arguments, directory=directory, **more)

    def machine(self, **more):
        return Machine(self.memory, self.socket, **more)


class Machine(Guest):
    """What firmware does: a request in 16 pages of the memory, its head last, the doorbell byte by byte, and a wait."""

    def __init__(self, memory, path, frame=16, offset=None, connect=True):  # noqa: no call of the Guest's
        self.memory = os.open(memory, os.O_RDWR)
        self.path = path
        self.frame = frame
        self.offset = frame * FRAME if offset is None else offset
        self.runtime = 0
        self.socket = None
        if connect:
            self.connect()

    def at(self, frame):
        """The same machine, whose firmware uses other pages."""
        other = Machine.__new__(Machine)
        other.__dict__.update(self.__dict__, frame=frame, offset=frame * FRAME)
        return other

    def connect(self):
        if self.socket:
            self.socket.close()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(self.path)

    def write(self, data):
        """What QEMU does with each byte that is written to the port."""
        for byte in data:
            self.socket.sendall(bytes([byte]))

    def ring(self, frame=None):
        self.write(struct.pack('<I', self.frame if frame is None else frame))

    def put(self, request, frame=None):
        os.pwrite(self.memory, request[8:], self.offset + 8)
        os.pwrite(self.memory, request[:8], self.offset)

    def read(self, size=PAGES, frame=None):
        return os.pread(self.memory, size, self.offset)

    def head(self):
        return self.read(8)

    def answered_within(self, seconds, head=None):
        head = head or self.asked
        end = time.monotonic() + seconds
        while self.head() == head:
            if time.monotonic() > end:
                return False
            time.sleep(0.0005)
        return True

    def begin(self, request):
        self.asked = request[:8]
        self.put(request)

    def exchange(self, request, timeout=30):
        self.begin(request)
        self.ring()
        check(self.answered_within(timeout), 'no answer')
        return self.read()

    def close(self):
        if self.socket:
            self.socket.close()
        os.close(self.memory)
