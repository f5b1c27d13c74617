# SPDX-License-Identifier: GPL-2.0-only
"""A host of XAPI in a directory, with the installed programs at their places: so xenopsd and XAPI can be played to the letter, paths
and all, and nothing of the machine that runs the test is seen or changed. Its programs are run in it by chroot, which only root can."""
import atexit
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'blackbox')]

from daemon import BUILD, Guest, check, same  # noqa: E402
from fake_xapi import MACHINE, FakeXapi  # noqa: E402

RELEASE = os.environ.get('RELEASE', 'build/release')
TOOLS = ['ls', 'get', 'set', 'rm', 'sb-state', 'nvram-certcheck']
QEMU_BASE = 65535
RUN = '/var/run/xen'
# What forkexecd gives to a unit.
ENVIRONMENT = {'PATH': '/sbin:/usr/sbin:/bin:/usr/bin'}


def libraries(program):
    """The files that a program is linked with, the loader among them."""
    out = subprocess.run(['ldd', program], stdout=subprocess.PIPE, check=True).stdout.decode()
    return [word for line in out.splitlines() for word in line.split() if word.startswith('/')]


class XapiHost:
    """Paths that begin with / are those of the host; path() says where they are in truth."""

    def __init__(self, build=RELEASE):
        self.root = tempfile.mkdtemp(prefix='uvh', dir='/tmp')
        atexit.register(shutil.rmtree, self.root, True)
        os.chmod(self.root, 0o755)
        for directory in (RUN, '/usr/sbin', '/usr/bin', '/var/lib/xcp', '/usr/share/varstored', '/tmp', '/dev'):
            os.makedirs(self.path(directory))
        os.symlink('/usr/share/varstored', self.path('/var/lib/varstored'))
        os.mknod(self.path('/dev/null'), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        self.install(os.path.join(build, 'uefistored'), '/usr/sbin/uefistored')
        self.install(os.path.join(build, 'varstore'), '/usr/bin/varstore')
        os.symlink('uefistored', self.path('/usr/sbin/varstored'))
        for name in TOOLS:
            os.symlink('varstore', self.path('/usr/bin/varstore-' + name))
        # There is no /proc; the sanitizers look here for their options, and leaks they could not find.
        self.write('/proc/self/environ', 'ASAN_OPTIONS=detect_leaks=0\0')

    def path(self, path):
        return self.root + path

    def write(self, path, data, mode=0o644, owner=(0, 0)):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        with open(self.path(path), 'wb') as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(self.path(path), mode)
        os.chown(self.path(path), *owner)
        return path

    def read(self, path):
        with open(self.path(path), 'rb') as file:
            return file.read()

    def install(self, program, path):
        shutil.copy(program, self.path(path))
        for library in libraries(program):
            os.makedirs(os.path.dirname(self.path(library)), exist_ok=True)
            if not os.path.exists(self.path(library)):
                shutil.copy(library, self.path(library))

    def popen(self, argv, env=None, **more):
        """As systemd starts a unit: this environment alone, from /, with nothing to read."""
        def enter():
            os.chroot(self.root)
            os.chdir('/')
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, env=dict(ENVIRONMENT, **(env or {})), preexec_fn=enter, **more)

    def run(self, *argv, env=None):
        """Exit status, stdout, stderr of a tool."""
        tool = self.popen(argv, env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = tool.communicate(timeout=60)
        return tool.returncode, out.decode(), err.decode(errors='replace')

    def xapi(self, mode='xapi', **more):
        """XAPI itself, at its own socket (or a guard, at the same place)."""
        return FakeXapi(self.path('/var/lib/xcp/xapi'), mode=mode, **more)


class Guard(FakeXapi):
    """xapi-guard's socket in a machine's root, which it makes for a group."""

    def __init__(self, path, group, **more):
        self.group = group
        super().__init__(path, **more)

    def up(self):
        super().up()
        os.chown(self.path, 0, self.group)
        os.chmod(self.path, 0o660)


class Vm:
    """A virtual machine as xenopsd has it: its root, its guard, and the daemon that it starts. --socket stands in for --domain."""

    def __init__(self, host, domain=7, resume=None, nvram=None, **guard):
        self.host, self.domain = host, domain
        self.uid = self.gid = QEMU_BASE + domain
        self.root = f'{RUN}/varstored-root-{domain}'
        self.pidfile = f'{RUN}/varstored-{domain}.pid'
        self.socket = f'{RUN}/test-{domain}'
        self.restore = resume is not None
        self.process = None
        os.mkdir(host.path(self.root))
        os.chown(host.path(self.root), 0, self.gid)
        os.chmod(host.path(self.root), 0o750)
        self.guard = Guard(host.path(self.root + '/xapi-depriv-socket'), self.gid, nvram=nvram, **guard)
        host.write(self.root + '/efi-vars-save.dat', b'', 0o600, (self.uid, self.gid))
        if self.restore:
            host.write(self.root + '/efi-vars-resume.dat', resume)
        self.log_path = host.path(f'/tmp/log-{domain}')

    def argv(self, transport):
        """In xenopsd's order."""
        on_boot, backend = (self.guard.machine.nvram.get('EFI-variables-' + name) for name in ('on-boot', 'backend'))
        return ['/usr/sbin/varstored', *transport, '--chroot', self.root, '--depriv', '--uid', str(self.uid), '--gid',
                str(self.gid), '--backend', backend or 'xapidb', '--arg', 'socket:/xapi-depriv-socket', '--pidfile', self.pidfile,
                '--arg', 'uuid:' + MACHINE, *(['--nonpersistent'] if on_boot == 'reset' else []),
                *(['--resume', '--arg', 'resume:/efi-vars-resume.dat'] if self.restore else []),
                '--arg', 'save:/efi-vars-save.dat']

    def start(self, wait=True, env=None):
        with open(self.log_path, 'wb') as log:
            self.process = self.host.popen(self.argv(['--socket', self.socket]), env, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while wait and not os.path.exists(self.host.path(self.socket)):
            check(self.process.poll() is None, 'the daemon ended:', self.log())
            check(time.monotonic() < end, 'the daemon is not ready:', self.log())
            time.sleep(0.002)
        return self

    def guest(self):
        return Guest(self.host.path(self.socket))

    def log(self):
        with open(self.log_path, errors='replace') as file:
            return file.read()

    def saved(self):
        return self.host.read(self.root + '/efi-vars-save.dat')

    def stop(self, number=signal.SIGTERM, timeout=10):
        """As systemd does: a signal, and SIGKILL after 10 s, which is a failure here."""
        self.process.send_signal(number)
        try:
            same(self.process.wait(timeout), 0, 'exit status: ' + self.log())
        except subprocess.TimeoutExpired:
            raise AssertionError('SIGKILL would follow: ' + self.log())
        return self

    def end(self):
        """All that there was is gone."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.guard.close()
        shutil.rmtree(self.host.path(self.root))
        for path in (self.pidfile, self.socket, f'/tmp/log-{self.domain}'):
            if os.path.lexists(self.host.path(path)):
                os.unlink(self.host.path(path))
