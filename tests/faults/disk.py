# SPDX-License-Identifier: GPL-2.0-only
"""What a power failure leaves of a directory, from a record of the calls that changed it (preload_calls.c).

What was synced survives. What was not may have reached the disk or not: bytes by sectors, a file's size without its
bytes, a new name without its file's bytes, a rename or not. A sync that failed may have written a part, and what it
did not write is never tried again, whatever later syncs say.
"""
import os

SECTOR = 512
WAITS, SURE, DOUBTFUL = 'waits', 'sure', 'doubtful'


class Call:
    """One line of the record."""

    def __init__(self, line, data, end):
        fields = line.decode().split(' ', 6)
        self.name, self.path, self.data, self.end = fields[0], fields[6], data, end
        self.result, self.errno, self.inode, self.offset, self.size = (int(f) for f in fields[1:6])
        self.ok = self.result >= 0


def read_calls(path):
    """The record; `end` of each call is the record's size after it."""
    with open(path, 'rb') as file:
        record = file.read()
    calls, at = [], 0
    while at < len(record):
        line_end = record.index(b'\n', at)
        line = record[at:line_end]
        call = Call(line, b'', 0)
        at = line_end + 1
        if call.name in ('write', 'pwrite') and call.ok:
            call.data = record[at:at + call.result]
            at += call.result
        call.end = at
        calls.append(call)
    return calls


class File:
    def __init__(self, content=b''):
        self.base = content
        self.changes = []  # [state, offset, bytes] or [state, size, None] of a cut

    def size(self):
        size = len(self.base)
        for _, offset, data in self.changes:
            size = offset if data is None else max(size, offset + len(data))
        return size

    def sync(self, ok):
        for change in self.changes:
            if change[0] == WAITS:
                change[0] = SURE if ok else DOUBTFUL
        while self.changes and self.changes[0][0] == SURE:
            self.base = apply(bytearray(self.base), self.changes.pop(0)[1:])

    def left(self, random, count):
        """Some of the contents that a power failure can leave: nothing more, everything, each beginning, disorder."""
        open_changes = [i for i, change in enumerate(self.changes) if change[0] != SURE]
        yield self.build(lambda i: 0)
        if not open_changes:
            return
        yield self.build(lambda i: 1)
        for last in open_changes:
            yield self.build(lambda i: 1 if i <= last else 0)
            yield self.build(lambda i: 0 if i == last else 1)
            if self.changes[last][2] and len(self.changes[last][2]) > 1:
                cut = random.randrange(1, len(self.changes[last][2]))
                yield self.build(lambda i: cut if i == last else 1 if i < last else 0)
        for _ in range(count):
            yield self.build(lambda i: random.choice((0, 1, None)), random)

    def build(self, how, random=None):
        """how(i): 0 not done, 1 done, None some sectors of it, else so many bytes of it."""
        content = bytearray(self.base)
        for i, (state, offset, data) in enumerate(self.changes):
            what = 1 if state == SURE else how(i)
            if what == 0:
                continue
            if what == 1 or data is None:
                content = apply(content, (offset, data))
            elif what is None:
                if random.randrange(2):
                    content = apply(content, (offset + len(data), b''))
                for at, part in sectors(offset, data):
                    if random.randrange(2):
                        content = apply(content, (at, part))
            else:
                content = apply(content, (offset, data[:what]))
        return bytes(content)


def sectors(offset, data):
    at = 0
    while at < len(data):
        size = min(SECTOR - (offset + at) % SECTOR, len(data) - at)
        yield offset + at, data[at:at + size]
        at += size


def apply(content, change):
    offset, data = change
    if data is None:
        return content[:offset].ljust(offset, b'\0')
    if offset > len(content):
        content = content.ljust(offset, b'\0')
    content[offset:offset + len(data)] = data
    return content


class Disk:
    """One directory: its names, and what becomes of them."""

    def __init__(self, names=()):
        self.files = {}    # inode: File, of the moment
        self.base = {}     # name: File, durable
        self.now = {}      # name: File, as the program sees it
        self.changes = []  # [state, name, File or None]; a rename is one change: [state, new, File, old]
        for name, inode, content in names:
            file = File(content)
            self.files[inode] = self.base[name] = self.now[name] = file

    def change(self, *what):
        self.changes.append([WAITS, *what])
        self.now = alter(self.now, what)

    def play(self, call):
        """Takes a call as it came out. Returns whether it could change what a power failure leaves."""
        name = os.path.basename(call.path)
        if call.name in ('open', 'openat') and call.ok and call.size and name not in self.now:
            file = self.files[call.inode] = File()
            self.change(name, file)
        elif call.name in ('write', 'pwrite') and call.ok and call.inode in self.files:
            file = self.files[call.inode]
            file.changes.append([WAITS, file.size() if call.offset < 0 else call.offset, call.data])
        elif call.name == 'ftruncate' and call.ok:
            self.files[call.inode].changes.append([WAITS, call.offset, None])
        elif call.name in ('fsync', 'fdatasync'):
            if call.inode in self.files:
                self.files[call.inode].sync(call.ok)
            else:
                self.sync(call.ok)
        elif call.name == 'renameat' and call.ok:
            old, new = os.path.basename(call.path.split(' ')[0]), call.path.split(' ')[1]
            self.change(new, self.now[old], old)
        elif call.name == 'unlinkat' and call.ok:
            self.change(name, None)
        else:
            return False
        return True

    def sync(self, ok):
        for change in self.changes:
            if change[0] == WAITS:
                change[0] = SURE if ok else DOUBTFUL
        while self.changes and self.changes[0][0] == SURE:
            self.base = alter(self.base, self.changes.pop(0)[1:])

    def left(self, random, count):
        """{name: contents} of what a power failure now can leave, not all of them different."""
        open_changes = [i for i, change in enumerate(self.changes) if change[0] != SURE]
        if len(open_changes) <= 3:
            choices = [{i for bit, i in enumerate(open_changes) if mask >> bit & 1}
                       for mask in range(1 << len(open_changes))]
        else:
            choices = [set(open_changes[:n]) for n in range(len(open_changes) + 1)]
            choices += [{i for i in open_changes if random.randrange(2)} for _ in range(4)]
        for chosen in choices:
            names = self.base
            for i, change in enumerate(self.changes):
                if change[0] == SURE or i in chosen:
                    names = alter(names, change[1:])
            contents = {name: list(file.left(random, count)) for name, file in names.items()}
            for i in range(max(map(len, contents.values()), default=1)):
                yield {name: some[min(i, len(some) - 1)] for name, some in contents.items()}


def alter(names, what):
    names = dict(names)
    if what[1] is None:
        names.pop(what[0], None)
    else:
        names[what[0]] = what[1]
    if len(what) > 2:
        names.pop(what[2], None)
    return names
