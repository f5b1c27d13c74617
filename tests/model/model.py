#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
model.py DRIVER [--sequences N] [--first I] [--seed S] [--jobs J] [--show N] [--stop]

Plays random well-formed sequences of requests to the library (through DRIVER) and to the model (rules.py), and compares
every answer, and at the end of a sequence everything that is stored. The seed and a sequence's number make the
sequence. Exit status 1 where one differs; what differed is printed.
"""
import argparse
import os
import random
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402
from rules import A27, A7, APPEND, AT, BS, IP, NF, NV, RT, S, utf16  # noqa: E402
from updates import Pool  # noqa: E402

BATCH = 100
PRIVATE = rules.guid('12345678-9abc-def0-1122-334455667788')
OTHER = rules.guid('00000000-0000-0000-0000-000000000000')
PLAIN = [(PRIVATE, utf16(n)) for n in ('a', 'aa', 'b', 'A', 'Größe', '\u0100', 'PK')] + [(OTHER, utf16('a'))]
SIGNED = [(PRIVATE, utf16('auth')), (OTHER, utf16('auth'))]
RECOVERY = [(PRIVATE, utf16('OsRecoveryOrder')), (OTHER, utf16('OsRecovery00AF'))]
DEFINED = [(rules.GLOBAL, utf16(n)) for n in rules.DEFINED]
ODD = [(PRIVATE, b''), (PRIVATE, b'n'), (PRIVATE, utf16('n\0')), (PRIVATE, utf16('n\0m')), (PRIVATE, b'\0\0'),
       (PRIVATE, utf16('x' * 511)), (PRIVATE, utf16('x' * 512)), (rules.GLOBAL, utf16('Nobody')),
       (rules.GLOBAL, utf16('Boot000a')), (rules.SECURITY, utf16('dby')), (rules.HARDWARE, utf16('HwErrRec0001'))]
OWN = sorted(rules.READ_ONLY)
ALL = PLAIN + SIGNED + RECOVERY + DEFINED + ODD + OWN + list(rules.KEYS) + [rules.MOR, rules.LOCK]
OPTION = b'\1\0\0\0\4\0T\0\0\0\x7f\xff\4\0'


class Sequence:
    """The commands of one sequence, as the driver takes them, and what each is to the model."""

    def __init__(self, pool, seed, number):
        self.pool, self.random = pool, random.Random('%s:%d' % (seed, number))
        self.wire, self.steps, self.runtime = bytearray(), [], 0
        policy = self.random.choice((0, 0, 1, 2, 3, 3, 4, 6))
        keys = 8 if self.random.random() < 0.4 else 0
        self.policy = {'secure_boot': bool(policy & 1), 'deployed': bool(policy & 2), 'signed_pk': bool(policy & 4),
                       'keys': bool(keys)}
        self.wire += b'N' + bytes([policy | keys])
        self.walk()
        self.day = 1
        self.make()

    def make(self):
        draw = self.random
        focus = draw.random()
        if focus < 0.5 and not self.policy['keys'] and draw.random() < 0.8:
            self.enroll()
        for _ in range(draw.randint(4, 20)):
            kind = draw.random()
            if kind < 0.30 if focus < 0.5 else kind < 0.06:
                self.signed_key()
            elif kind < 0.40:
                self.signed_private()
            elif kind < 0.62:
                self.plain()
            elif kind < 0.68:
                self.defined()
            elif kind < 0.74:
                self.tcg()
            elif kind < 0.82:
                self.get(draw.choice(ALL))
            elif kind < 0.87:
                self.next()
            elif kind < 0.91:
                self.query()
            elif kind < 0.93:
                self.steps.append(('notify',))
                self.request(4, b'')
            elif kind < 0.96:
                self.again()
            elif draw.random() < 0.5:
                self.walk()
            elif draw.random() < 0.5:
                self.runtime = 1
            else:
                self.fill()
        self.walk()
        self.wire += b'D'
        self.steps.append(('dump',))

    # ---- what goes over the wire ----

    def request(self, command, body):
        request = b'\1\0\0\0' + bytes([command, 0, 0, 0]) + body
        self.wire += b'Q' + len(request).to_bytes(4, 'little') + request

    def flag(self):
        """A kernel may lie about it; once it was 1 that changes nothing."""
        return self.runtime and int(self.random.random() < 0.8)

    def set(self, key, attributes, data, update=None):
        flag = self.flag()
        self.steps.append(('set', key, attributes, data, flag, update))
        self.request(1, len(key[1]).to_bytes(8, 'little') + key[1] + key[0] + len(data).to_bytes(8, 'little') + data +
                     attributes.to_bytes(4, 'little') + bytes([flag]))
        if self.random.random() < 0.3:
            self.get(key)

    def get(self, key):
        size, flag = self.random.choice((0, 2, 65536, 65536, 2**64 - 1)), self.flag()
        self.steps.append(('get', key, size, flag))
        self.request(0, len(key[1]).to_bytes(8, 'little') + key[1] + key[0] + size.to_bytes(8, 'little') + bytes([flag]))

    def next(self):
        key, flag = self.random.choice(ALL + [(PRIVATE, b'')] * 6), self.flag()
        size = self.random.choice((65536, 65536, 2, 8))
        if key[1] and not rules.name_good(key[1]):
            return
        self.steps.append(('next', key, size, flag))
        self.request(2, size.to_bytes(8, 'little') + len(key[1]).to_bytes(8, 'little') + key[1] + key[0] + bytes([flag]))

    def query(self):
        attributes = self.random.choice((0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 0x47, 0x27, 0x17, 0x0f, 0x0e, 0x87, 0x107, 0x100))
        self.steps.append(('query', attributes))
        self.request(3, attributes.to_bytes(4, 'little'))

    def walk(self):
        flag = self.flag()
        self.steps.append(('walk', flag))
        self.wire += b'W' + bytes([flag])

    def again(self):
        if self.random.random() < 0.6:
            self.wire += b'R'
            self.steps.append(('resume',))
        else:
            self.wire += b'B'
            self.steps.append(('reboot',))
            self.runtime = 0
        self.walk()

    # ---- what is asked for ----

    def later(self):
        """A day that is mostly after the last one."""
        chance = self.random.random()
        if chance < 0.75 and self.day < 28:
            self.day += 1
            return self.day
        return self.random.randint(1, self.day)

    def how(self, good=0.88):
        """Digest, what is spoiled, and the wrapping of a signature."""
        draw = self.random
        if draw.random() < good:
            return draw.choice(('SHA256', 'SHA256', 'SHA384', 'SHA512')), None, draw.random() < 0.3
        spoil = draw.choice(('payload', 'attributes', 'name', 'signature', 'pad', 'type', 'guid', 'short', 'long', 'cut',
                             None))
        return 'SHA224' if spoil is None else 'SHA256', spoil, False

    def send(self, key, attributes, day, payload, signer, digest='SHA256', spoil=None, wrapped=False):
        update = self.pool.update(key, attributes, day, payload, signer, digest, spoil, wrapped)
        self.set(key, attributes, update.data, update)

    def enroll(self):
        draw = self.random
        for key, payload in ((rules.DBX, 'hashes'), (rules.DB, 'kek2'), (rules.KEK, draw.choice(('kek1', 'both', 'root')))):
            if draw.random() < 0.8:
                self.send(key, A27, 1, payload, 'nobody')
        self.send(rules.PK, A27, 1, 'pk1', draw.choice(('nobody', 'pk1')))

    def signed_key(self):
        draw = self.random
        key = draw.choice((rules.PK, rules.KEK, rules.DB, rules.DB, rules.DBX, rules.DBX, rules.DBT, rules.DBR, *RECOVERY))
        attributes = A27 | (APPEND if draw.random() < 0.35 else 0)
        if draw.random() < 0.04:
            attributes = draw.choice((A7, 0x23, 0x26, 0, 0x27 | 0x100))
        payload = draw.choice(('hashes', 'more', 'twice', 'mixed', 'kek1', 'both', 'empty', 'big', 'pk1'))
        if key == rules.PK:
            payload = draw.choice(('pk1', 'pk2', 'pk1', 'pk2', 'empty', 'both', 'hashes'))
        if draw.random() < 0.08:
            payload = draw.choice(('no-entry', 'wrong-size', 'unknown', 'no-der', 'cut', 'stub'))
        likely = ('pk1', 'pk1', 'pk2') if key in (rules.PK, rules.KEK) else ('kek1', 'leaf', 'pk1', 'kek2', 'root')
        signer = draw.choice(likely) if draw.random() < 0.8 else draw.choice(('other', 'nobody', 'twin', 'kek1', 'leaf'))
        if not attributes & AT:
            self.set(key, attributes, draw.choice((b'', b'x')))
            return
        self.send(key, attributes, self.later(), payload, signer, *self.how())

    def signed_private(self):
        draw = self.random
        key = draw.choice(SIGNED)
        attributes = draw.choice((A27, A27, A27, A27 | APPEND, A27 | APPEND, 0x26, 0x23, 0x22, A7, 0, AT, AT | NV))
        signer = draw.choice(('owner', 'owner', 'owner', 'owner', 'twin', 'pk1', 'kek1', 'nobody'))
        payload = draw.choice(('one', 'two', 'three', 'large', 'empty'))
        if not attributes & AT or draw.random() < 0.04:
            self.set(key, attributes, draw.choice((b'', b'plain')))
            return
        self.send(key, attributes, self.later(), payload, signer, *self.how())

    def plain(self):
        draw = self.random
        key = draw.choice(PLAIN) if draw.random() < 0.9 else draw.choice(ODD + OWN)
        attributes = draw.choice((A7, A7, A7, A7, 3, 3, 2, 6, 6, A7 | APPEND, A7 | APPEND, 3 | APPEND, 6 | APPEND, 0, 0))
        if draw.random() < 0.1:
            attributes = draw.choice((NV, RT, NV | RT, 0x0f, 0x17, 0x30 | 7, 0x87, 0xa7, 0x107, 1 << 31 | 7, APPEND,
                                      NV | APPEND, RT | APPEND, 0x10, 0x0e))
        size = draw.choice((0, 0, 1, 3, 10, 10, 200, 5000))
        if attributes & 0x30 == 0x20:
            return
        self.set(key, attributes, bytes([draw.randint(0, 3)]) * size)

    def defined(self):
        draw = self.random
        key = draw.choice(DEFINED)
        attributes = rules.DEFINED[key[1].decode('utf-16-le')][0] if draw.random() < 0.85 else draw.choice((A7, 6, 3, 2, 0))
        data = draw.choice((b'', b'\1\0', b'\1\0\2\0', b'12345678', OPTION, OPTION[:-1], OPTION[:5], b'abc', b'x'))
        if key[1] == utf16('BootOrder') and draw.random() < 0.3:
            attributes |= APPEND
        self.set(key, attributes, data)

    def tcg(self):
        draw = self.random
        key = draw.choice((rules.MOR, rules.LOCK, rules.LOCK))
        attributes = A7 if draw.random() < 0.85 else draw.choice((3, 0, A7 | APPEND, 6))
        if key == rules.MOR:
            self.set(key, attributes, draw.choice((b'\0', b'\1', b'\x11', b'', b'ab')))
        else:
            self.set(key, attributes, draw.choice((b'\0', b'\1', b'\2', b'password', b'password', b'passw0rd', b'', b'12345')))

    def fill(self):
        attributes = self.random.choice((A7, 3, 6))
        for i in range(4):
            self.set((PRIVATE, utf16('fill%d' % i)), attributes, b'F' * self.random.choice((57344, 57345, 30000, 16000)))


class Mismatch(Exception):
    pass


class Player:
    """Holds a sequence's answers against the model."""

    def __init__(self, sequence, answers, at, keys):
        self.steps, self.answers, self.at = sequence.steps, answers, at
        self.machine = rules.Machine(sequence.policy, keys if sequence.policy['keys'] and keys else None)

    def take(self, size):
        self.at += size
        return self.answers[self.at - size:self.at]

    def counted(self):
        return self.take(int.from_bytes(self.take(4), 'little'))

    def number(self, size):
        return int.from_bytes(self.take(size), 'little')

    def play(self):
        for self.index, step in enumerate(self.steps):
            getattr(self, step[0])(*step[1:])

    def skip(self):
        """Steps over the answers of all steps."""
        for step in self.steps:
            if step[0] == 'walk':
                self.names()
                self.take(8)
            elif step[0] not in ('resume', 'reboot'):
                self.counted()
        return self.at

    def names(self):
        names = []
        while True:
            size = self.number(2)
            if size == 0xffff:
                return names
            name = self.take(size)
            names.append((self.take(16), name))

    def expect(self, allowed, answer, rest):
        """allowed: statuses; rest: what follows a success or a too small buffer (None: not known)."""
        status = int.from_bytes(answer[:8], 'little')
        if status not in allowed:
            raise Mismatch('%s, not %s' % (rules.NAMES.get(status, hex(status)),
                                           ' or '.join(rules.NAMES[a] for a in allowed)))
        if status in (S, rules.BTS) and rest is not None and answer[8:] != rest:
            raise Mismatch('%s with %s, not %s' % (rules.NAMES[status], answer[8:80].hex(), rest[:72].hex()))
        return status

    def set(self, key, attributes, data, flag, update):
        self.expect(self.machine.set(key, attributes, data, flag, update), self.counted(), b'')

    def get(self, key, size, flag):
        status, rest = self.machine.get(key, size, flag)
        answer = self.counted()
        if status is None:
            return
        allowed = {status} if not key[1] or rules.name_good(key[1]) else {NF, IP}
        self.expect(allowed, answer, rest)

    def next(self, key, size, flag):
        allowed, rest = self.machine.next(key, size, flag)
        answer = self.counted()
        self.expect(allowed, answer, rest if len(allowed) == 1 else None)

    def query(self, attributes):
        allowed, rest = self.machine.query(attributes)
        self.expect(allowed, self.counted(), rest)

    def notify(self):
        self.expect(self.machine.notify(), self.counted(), b'')

    def resume(self):
        if not self.machine.notified:
            return
        # Whether the other process knows of it is left open: forget it, and take what comes.
        self.machine.notify = lambda: {S, rules.AD}

    def reboot(self):
        self.machine.start()
        self.machine.__dict__.pop('notify', None)

    def walk(self, flag):
        names, status = self.names(), self.number(8)
        self.machine.latch(flag)
        if status != NF or not self.machine.learn(names):
            raise Mismatch('the names are %s, not %s; %s' % (
                show_names(names), show_names(n for n in self.machine.variables if self.machine.visible(n)),
                rules.NAMES.get(status)))

    def dump(self):
        blob = self.counted()
        at, found = 292, {}
        while at < len(blob):
            size = int.from_bytes(blob[at:at + 8], 'little')
            name, at = blob[at + 8:at + 8 + size], at + 8 + size
            size = int.from_bytes(blob[at:at + 8], 'little')
            data, at = blob[at + 8:at + 8 + size], at + 8 + size
            vendor, attributes, when = blob[at:at + 16], int.from_bytes(blob[at + 16:at + 20], 'little'), blob[at + 20:at + 36]
            at += 68
            if name != rules.STATE_GUID_NAME:
                found[vendor, name] = (attributes, data, when)
        for key, variable in self.machine.variables.items():
            if variable.data is None:
                found.pop(key, None)
                continue
            when = variable.time
            stamp = when[0].to_bytes(2, 'little') + bytes(when[1:]) + bytes(9) if when else bytes(16)
            if found.pop(key, None) != (variable.attributes, variable.data, stamp):
                raise Mismatch('%s is stored otherwise' % show_names([key]))
        if set(found) - {rules.SIGNATURE_SUPPORT, rules.VENDOR_KEYS_NV}:
            raise Mismatch('%s is stored, too' % show_names(found))


def show_names(names):
    return '[' + ', '.join(n.decode('utf-16-le', 'replace') for _, n in names) + ']'


def show_step(step):
    if step[0] != 'set':
        return ' '.join(show_names([s]) if isinstance(s, tuple) else str(s) for s in step)
    _, key, attributes, data, flag, update = step
    text = 'set %s attributes %#x, %d bytes, at_runtime %d' % (show_names([key]), attributes, len(data), flag)
    if update:
        text += ', payload %d, %s, by %s, %s, time %s' % (
            len(update.payload), 'readable' if update.readable else 'not readable',
            update.signer.certificate.subject.rfc4514_string() if update.signer else 'nobody',
            'good' if update.good else 'bad', update.time)
    return text


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def batch(self, commands):
        self.process.stdin.write(len(commands).to_bytes(4, 'little') + commands)
        self.process.stdin.flush()
        head = self.process.stdout.read(4)
        answers = self.process.stdout.read(int.from_bytes(head, 'little'))
        if len(head) < 4:
            raise Mismatch('the driver has ended with status %s' % self.process.wait())
        return answers


def host_keys(pool):
    """The host's key files and what they are to the model."""
    files = {rules.PK: ('pk1', 'pk1', A27), rules.KEK: ('both', 'nobody', A27), rules.DB: ('kek2', 'nobody', A27),
             rules.DBX: ('hashes', 'nobody', A27 | APPEND)}
    return {key: pool.update(key, attributes, 1, payload, signer) for key, (payload, signer, attributes) in files.items()}


def report(seed, number, sequence, player, mismatch):
    print('sequence %d of seed %s: step %d: %s' % (number, seed, player.index, mismatch))
    print('  policy: %s' % sequence.policy)
    for i, step in enumerate(sequence.steps[:player.index + 1]):
        print('  %d: %s' % (i, show_step(step)))


def run(driver_path, pool, seed, numbers, show, stop):
    """Returns how many sequences differed and how many requests were compared."""
    driver = Driver(driver_path)
    keys = host_keys(pool)
    order = (rules.PK, rules.KEK, rules.DB, rules.DBX)
    driver.batch(b'K' + b''.join(len(keys[k].data).to_bytes(4, 'little') + keys[k].data for k in order))
    differed = compared = 0
    for first in range(numbers.start, numbers.stop, BATCH):
        if stop and differed:
            break
        batch = [(n, Sequence(pool, seed, n)) for n in range(first, min(first + BATCH, numbers.stop))]
        answers, at = driver.batch(b''.join(bytes(s.wire) for _, s in batch)), 0
        for number, sequence in batch:
            player = Player(sequence, answers, at, keys)
            at = Player(sequence, answers, at, None).skip()
            try:
                player.play()
                compared += len(sequence.steps)
            except Mismatch as mismatch:
                if differed < show:
                    report(seed, number, sequence, player, mismatch)
                differed += 1
    driver.process.stdin.close()
    return differed, compared


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('driver')
    parser.add_argument('--sequences', type=int, default=1000)
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--seed', default=None)
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--show', type=int, default=3)
    parser.add_argument('--stop', action='store_true', help='at the first difference')
    options = parser.parse_args()
    seed = options.seed or str(int.from_bytes(os.urandom(4), 'little'))
    print('model: seed %s, sequences %d to %d' % (seed, options.first, options.first + options.sequences - 1), flush=True)
    began, pool, readers = time.time(), Pool(), []
    share = -(-options.sequences // options.jobs)
    for job in range(options.jobs):
        start = options.first + job * share
        numbers = range(start, min(start + share, options.first + options.sequences))
        reader, writer = os.pipe()
        if os.fork() == 0:
            differed, compared = run(options.driver, pool, seed, numbers, options.show, options.stop)
            sys.stdout.flush()
            os.write(writer, b'%d %d' % (differed, compared))
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    totals = [os.read(reader, 100).split() for reader in readers]
    for _ in readers:
        os.wait()
    if any(len(total) != 2 for total in totals):
        sys.exit('model: a part of it has failed')
    differed, compared = (sum(int(total[i]) for total in totals) for i in (0, 1))
    print('model: %d sequences, %d steps compared, %d sequences differ, %.0f s' % (
        options.sequences, compared, differed, time.time() - began))
    sys.exit(1 if differed else 0)


if __name__ == '__main__':
    main()
