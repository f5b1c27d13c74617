# SPDX-License-Identifier: GPL-2.0-only
"""A machine in QEMU with firmware of this project, its daemon, and what the two say."""
import json
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

RELEASE = os.path.abspath(os.environ.get('RELEASE', 'build/release'))
# No step decides by its time: this is only where one that hangs ends.
PATIENCE = float(os.environ.get('GUEST_PATIENCE', '600'))


ACCELERATOR = os.environ.get('GUEST_ACCEL', 'tcg')


class Failure(Exception):
    pass


def program(name):
    return os.path.join(RELEASE, name)


class Machine:
    """Runs what uefistored-qemu prints. firmware: an image; stock: it keeps its variables itself, without a daemon."""

    def __init__(self, firmware, store, *qemu, keys=None, secure_boot=None, log=None, stock=False, memory=512):
        parent = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix='uvg', dir=parent)
        self.serial = self.path('serial')
        self.doorbell = self.path('doorbell')
        self.log_path = log or self.path('log')
        self.daemon = self.process = self.monitor = None
        keys = keys or self.path('keys')
        os.makedirs(keys, exist_ok=True)
        more = ['-display', 'none', '-vga', 'std', '-nic', 'none', '-serial', 'file:' + self.serial,
                '-qmp', f'unix:{self.path("qmp")},server=on,wait=off', *qemu]
        command = [program('uefistored-qemu'), '--firmware', firmware, '--memory', str(memory), '--directory',
                   self.directory, '--keys', keys]
        if secure_boot is not None:
            command += ['--secure-boot', secure_boot]
        lines = subprocess.run(command + [store, '--', *more], check=True, capture_output=True, text=True).stdout.splitlines()
        self.daemon_command = shlex.split(lines[1])[:-1] + ['--config', '/dev/null']
        self.qemu_command = shlex.split(lines[2])
        # The same everywhere, unless it is asked for: KVM within a virtual machine is not to be relied on.
        if ACCELERATOR == 'tcg':
            at = self.qemu_command.index('kvm')
            del self.qemu_command[at - 1:at + 1]
        if stock:
            at = self.qemu_command.index('isa-debugcon,iobase=0x100,chardev=uefistored')
            del self.qemu_command[at - 1:at + 1]
            at = next(i for i, word in enumerate(self.qemu_command) if word.startswith('socket,id=uefistored,'))
            del self.qemu_command[at - 1:at + 1]
        self.stock = stock

    def path(self, name):
        return os.path.join(self.directory, name)

    def __enter__(self):
        if not self.stock:
            self.start_daemon()
        self.errors = open(self.path('errors'), 'wb')
        self.began = time.monotonic()
        self.process = subprocess.Popen(self.qemu_command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        return self

    def start_daemon(self):
        with open(self.log_path, 'ab') as log:
            self.daemon = subprocess.Popen(self.daemon_command, stdin=subprocess.DEVNULL, stderr=log)
        end = time.monotonic() + PATIENCE
        while not os.path.exists(self.doorbell):
            if self.daemon.poll() is not None or time.monotonic() > end:
                raise Failure('the daemon does not start: ' + self.log())
            time.sleep(0.01)

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()
        os.unlink(self.doorbell)

    def __exit__(self, kind, value, trace):
        for process in (self.process, self.daemon):
            if process and process.poll() is None:
                process.terminate()
                process.wait()
        if self.monitor:
            self.monitor.close()
        self.errors.close()
        if kind is None and self.daemon and self.daemon.returncode != 0:
            raise Failure(f'the daemon ended with {self.daemon.returncode}: ' + self.log())
        shutil.rmtree(self.directory, ignore_errors=True)

    def read(self, name):
        try:
            with open(name, 'rb') as file:
                return file.read().decode(errors='replace')
        except FileNotFoundError:
            return ''

    def output(self):
        return self.read(self.serial)

    def log(self):
        return self.read(self.log_path)

    def expect(self, *texts, source=None):
        """Waits until one of the texts was printed, and returns it."""
        source = source or self.output
        end = time.monotonic() + PATIENCE
        while True:
            printed = source()
            for text in texts:
                if text in printed:
                    return text
            if self.process.poll() is not None:
                printed = source()
                found = [text for text in texts if text in printed]
                if found:
                    return found[0]
                raise Failure(f'QEMU ended, and {texts} was not printed: {printed[-3000:]}\n{self.read(self.path("errors"))}')
            if time.monotonic() > end:
                raise Failure(f'{texts} was not printed: {printed[-3000:]}')
            time.sleep(0.01)

    def elapsed(self):
        """Seconds since QEMU was started."""
        return time.monotonic() - self.began

    def expect_log(self, text):
        return self.expect(text, source=self.log)

    def wait(self):
        """Until the guest has switched itself off."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure('the guest does not end: ' + self.output()[-3000:]) from None
        return self.output()

    def command(self, name, **arguments):
        """A command of QEMU's control protocol."""
        if not self.monitor:
            self.monitor = socket.socket(socket.AF_UNIX)
            self.monitor.connect(self.path('qmp'))
            self.replies = self.monitor.makefile('r')
            self.replies.readline()
            self.command('qmp_capabilities')
        self.monitor.sendall(json.dumps({'execute': name, 'arguments': arguments}).encode() + b'\n')
        while True:
            reply = json.loads(self.replies.readline())
            if 'error' in reply:
                raise Failure(f'{name}: {reply["error"]}')
            if 'return' in reply:
                return reply['return']
