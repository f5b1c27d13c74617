# SPDX-License-Identifier: GPL-2.0-only
"""A daemon under faults, what its guest was told, and what every power failure on the way would have left of it."""
import os
import random
import stat
import subprocess
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'blackbox'))
from daemon import *  # noqa: E402,F403
import disk  # noqa: E402

HERE = os.path.join(BUILD, 'tests', 'faults')
CALLS = os.path.abspath(os.path.join(HERE, 'preload_calls.so'))
MEMORY_PRELOAD = os.path.abspath(os.path.join(HERE, 'preload_memory.so'))
LOADER = os.path.join(HERE, 'run_load')


def preloaded(library, **more):
    """The environment for a program with sanitizers, which want to be first, and with the library before them."""
    options = ':'.join(filter(None, (os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0')))
    return {'LD_PRELOAD': library, 'ASAN_OPTIONS': options, **more}


class Told:
    """A write: from when on it may be stored, and from when on the guest knows how it came out."""

    def __init__(self, name, data, asked):
        self.name, self.data, self.asked = name, data or None, asked
        self.answered = self.status = None


class Machine:
    """A store in a directory that can be written to (then it is replaced by renaming) or not (written in place)."""

    def __init__(self, in_place, empty=False):
        self.in_place = in_place
        self.directory, self.elsewhere = scratch(MEMORY), scratch(MEMORY)
        self.store, self.record = self.directory + '/store', self.elsewhere + '/record'
        self.told, self.starts = [], []
        self.names = []
        if in_place or not empty:
            with open(self.store, 'w') as file:
                file.write('' if empty else '{"version": 2, "variables": []}')
            self.names = [('store', os.stat(self.store).st_ino, open(self.store, 'rb').read())]
        if in_place:
            os.chmod(self.directory, 0o555)

    def start(self, fault=None, jitter=None, wait=True):
        env = preloaded(CALLS, FAULTS_UNDER=self.directory, FAULTS_LOG=self.record)
        env.update({'FAULTS_FAIL': fault} if fault else {}, **({'FAULTS_JITTER': str(jitter)} if jitter else {}))
        more = obeys_permissions() if self.in_place else {}
        return Daemon(store=self.store, directory=self.elsewhere, env=env, wait=wait, **more)

    def position(self):
        return os.path.getsize(self.record) if os.path.exists(self.record) else 0

    def write(self, guest, name, data):
        told = Told(name, data, self.position())
        self.told.append(told)
        told.status = guest.set(name, data)
        told.answered = self.position()
        return told.status

    def expected(self):
        """{name: data} as the guest was told."""
        values = {}
        for told in self.told:
            if told.status == SUCCESS:
                values[told.name] = told.data
        return {name: data for name, data in values.items() if data is not None}

    def allowed(self, name, position):
        """The values that may be found after a power failure at this position of the record: (sure, possible)."""
        sure, possible = {None}, set()
        for told in self.told:
            if told.name != name or told.asked > position:
                continue
            if told.answered is not None and told.answered <= position and told.status == SUCCESS:
                sure, possible = {told.data}, set()
            elif told.answered is not None and told.answered <= position:
                possible.add(told.data)   # the guest was told that it had failed
            else:
                sure.add(told.data)
        return sure, possible


class Failures:
    """The power failures of many machines: each distinct state of a directory is loaded once."""

    def __init__(self, in_place):
        self.in_place = in_place
        self.states = {}   # the directory's contents: [(machine, position)]
        self.crashes = 0

    def add(self, machine, generator, count):
        played = disk.Disk(machine.names)
        calls = disk.read_calls(machine.record)
        changed = True
        for call in calls:
            if call.path == machine.directory and call.name not in ('fsync', 'fdatasync'):
                continue
            changed = played.play(call) or changed
            if changed:
                for contents in played.left(generator, count):
                    self.crashes += 1
                    key = tuple(sorted(contents.items()))
                    self.states.setdefault(key, []).append((machine, call.end))
            changed = False
            # An answer that came meanwhile changes what is expected, not what is there.
            changed = any(told.answered == call.end for told in machine.told)

    def load(self):
        """Loads all; returns [{name: data}, or a text where it could not be loaded] in the order of the states."""
        parent = scratch(MEMORY)
        paths = []
        for number, contents in enumerate(self.states):
            directory = f'{parent}/{number}'
            os.mkdir(directory)
            for name, content in contents:
                with open(f'{directory}/{name}', 'wb') as file:
                    file.write(content)
            if self.in_place:
                os.chmod(directory, 0o555)
            paths.append(directory + '/store')
        more = obeys_permissions() if self.in_place else {}
        found = load(paths, **more)
        for path in paths:
            os.chmod(os.path.dirname(path), 0o755)
        return found

    def judge(self):
        """Returns (stores that did not load, acknowledged writes lost, failed writes found): (machine, text)."""
        broken, lost, untold = [], [], []
        for (contents, where), found in zip(self.states.items(), self.load()):
            for machine, position in where:
                if isinstance(found, str):
                    broken.append((machine, f'{machine.what}, at {position}: {found}'))
                    continue
                for name in {told.name for told in machine.told}:
                    sure, possible = machine.allowed(name, position)
                    value = found.get(name)
                    if value in sure:
                        continue
                    text = f'{machine.what}, at {position}: {name} is {value and value[:12]}'
                    (untold if value in possible else lost).append((machine, text))
        return broken, lost, untold


def load(paths, **more):
    """What the daemon would load: {name: data}, or a text where it would not, for each path."""
    done = subprocess.run([LOADER], input='\n'.join(paths) + '\n', stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=600, **more)
    check(done.returncode == 0, 'the loader failed:', done.stderr[-3000:])
    lines = done.stdout.splitlines()
    same(len(lines), len(paths), 'loads')
    return [loaded(line) for line in lines]


def loaded(line):
    kind, _, rest = line.partition(' ')
    if kind != 'ok':
        return rest
    found = {}
    for pair in rest.split():
        name, _, data = pair.partition('=')
        found[name] = bytes.fromhex(data)
    return found
