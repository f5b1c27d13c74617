#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
uefistored-vm@.service serves a machine of QEMU with the TRANSPORT that docs/packaging.md tells to write, in a /run as the
unit gives it to the daemon: read-only but for the machine's own directory.
"""
import re
import shlex
import sys
sys.dont_write_bytecode = True
from qemu import *  # noqa: E402,F403

HERE = os.path.dirname(os.path.abspath(__file__))
IN_NAMESPACE = '--in-namespace'
VM = 'web'


def unit():
    """Its settings of [Service], for the machine `web`."""
    with open(HERE + '/../../packaging/systemd/uefistored-vm@.service') as file:
        text = file.read().replace('%i', VM)
    return dict(re.findall(r'^([A-Za-z]+)=(.*)$', text, re.M))


def transport():
    """TRANSPORT of the page's machine of QEMU."""
    with open(HERE + '/../../docs/packaging.md') as file:
        lines = re.findall(r'^ *TRANSPORT=(--qemu-memory .*)$', file.read(), re.M)
    same(len(lines), 1, 'TRANSPORT in the page')
    return lines[0]


class Unit(QemuDaemon):
    """The daemon as ExecStart of the unit has it, and as systemd does it but for the store's place."""

    def __init__(self, directory):
        words = transport()
        self.directory = directory
        self.memory, self.socket = (re.search(rf'{option} (\S+)', words)[1] for option in ('--qemu-memory', '--doorbell'))
        command = unit()['ExecStart'].replace('$TRANSPORT', words).replace('$OPTIONS', shlex.join(plain(directory)))
        command = command.replace('@SBINDIR@/uefistored', UEFISTORED).replace('/var/lib/uefistored/vm/' + VM, directory)
        self.log_path = directory + '/log'
        self.log_file = open(self.log_path, 'ab')
        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL, stderr=self.log_file,
                                        env=environment())
        daemons.append(self)
        self.wait_ready()

    def kill(self):
        """kill -9; systemd then removes the directory of the runtime, or it does not."""
        super().kill()
        if unit().get('RuntimeDirectoryPreserve', 'no') == 'no':
            for name in os.listdir(runtime_directory()):
                os.unlink(os.path.join(runtime_directory(), name))


def runtime_directory():
    return '/run/' + unit()['RuntimeDirectory']


def mount(*arguments):
    subprocess.run(['mount', *arguments], check=True)


def enter():
    """Has the tests run where /run is as the unit has it."""
    namespace = ['unshare', '--mount'] if os.geteuid() == 0 else ['unshare', '--user', '--map-root-user', '--mount']
    if subprocess.run([*namespace, 'mount', '-t', 'tmpfs', 'tmpfs', '/run'], stderr=subprocess.DEVNULL).returncode:
        print('1..0 # SKIP no namespace of mounts can be had')
        sys.exit()
    os.execvp('unshare', [*namespace, sys.executable, '-B', __file__, IN_NAMESPACE])


def protect():
    same(unit()['ProtectSystem'], 'strict')
    mount('-t', 'tmpfs', 'tmpfs', '/run')
    os.makedirs(runtime_directory())
    mount('-t', 'tmpfs', 'tmpfs', runtime_directory())
    mount('-o', 'remount,bind,ro', '/run')
    check(not os.access('/run', os.W_OK), '/run can be written')


def serves_qemu():
    """A machine of QEMU is served, and goes on after a daemon that was killed"""
    directory = scratch()
    daemon = Unit(directory)
    # As QEMU does.
    os.truncate(daemon.memory, MIB)
    machine = daemon.machine()
    same(machine.set('A', b'one'), SUCCESS)
    same(machine.set('Volatile', b'two', 6), SUCCESS)
    daemon.kill()
    Unit(directory)
    machine.connect()
    same((machine.value('A'), machine.value('Volatile')), (b'one', b'two'))
    same(stored(directory + '/nvram.json')['A']['data'], b'one'.hex())


if IN_NAMESPACE not in sys.argv:
    enter()
tap = Tap()
work_in_memory()
protect()
tap.run(serves_qemu)
tap.end()
