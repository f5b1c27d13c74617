#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uefistored-qemu, its daemon, and a program in QEMU's place: what it runs, how often, and what is left."""
import re
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

QEMU = os.path.join(BUILD, 'uefistored-qemu')
HERE = os.path.dirname(os.path.abspath(__file__))
tap = Tap()
work_in_memory()

# Takes from its arguments what QEMU does, and does what its guest's firmware would; the test says what comes then.
PRETENDER = f'''#!/usr/bin/env python3
import re, sys
sys.path.insert(0, {HERE!r})
sys.dont_write_bytecode = True
if sys.argv[1:] == ['--version']:
    print('QEMU emulator version 7.2.22 (Debian)')
    sys.exit()
from qemu import *
words = '\\n'.join(sys.argv)
memory = re.search('mem-path=([^,]*)', words)[1]
if not os.path.exists(memory) or os.stat(memory).st_size == 0:
    with open(memory, 'ab') as file:
        file.truncate(MIB)
control = socket.socket(fileno=int(re.search('id=uefistored-control,fd=([0-9]+)', words)[1]))
control.sendall(b'{{"QMP": {{}}}}\\n')
check(b'qmp_capabilities' in control.recv(4096))
machine = Machine(memory, re.search('id=uefistored,path=([^,]*)', words)[1])
boots = len(machine.get('Boots')[2] or b'') + 1 if machine.get('Boots')[0] == SUCCESS else 1
same(machine.get('Volatile')[0], NOT_FOUND)
same(machine.set('Boots', b'x' * boots), SUCCESS)
same(machine.set('Volatile', b'x', attributes=BS), SUCCESS)


def find_daemon():
    with open(f'/proc/{{os.getppid()}}/task/{{os.getppid()}}/children') as file:
        return [int(pid) for pid in file.read().split() if int(pid) != os.getpid()]


def end_daemon(number):
    """Has the daemon end by the signal. Returns whether another one is there afterwards."""
    # The socket of one that is dying can still be connected to.
    old = os.stat(machine.path).st_ino
    for pid in find_daemon():
        os.kill(pid, number)
    for _ in range(6000):
        try:
            if os.stat(machine.path).st_ino != old:
                machine.connect()
                return True
        except (FileNotFoundError, ConnectionRefusedError):
            pass
        time.sleep(0.01)
    return False


def shut_down(reason):
    control.sendall(b'{{"event": "SHUTDOWN", "data": {{"guest": true, "reason": "' + reason + b'"}}}}\\n')


'''


class Run:
    def __init__(self, *then, prepared=None, suffix=''):
        self.directory = scratch()
        self.store = os.path.join(self.directory, 'store')
        self.machine = os.path.join(self.directory, 'machine')
        if prepared:
            os.mkdir(self.machine, 0o700)
        for name, data in (prepared or {}).items():
            with open(os.path.join(self.machine, name), 'wb') as file:
                file.write(data)
        qemu, firmware = (os.path.join(self.directory, name) for name in ('qemu', 'firmware'))
        open(firmware, 'w').close()
        with open(qemu, 'w') as file:
            file.write(PRETENDER + '\n'.join(then) + '\n')
        os.chmod(qemu, 0o755)
        keys = os.path.join(self.directory, 'keys')
        os.mkdir(keys)
        self.process = subprocess.Popen(
            [QEMU, '--run', '--qemu', qemu, '--firmware', firmware, '--keys', keys, '--directory', self.machine + suffix,
             self.store],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment())

    def ends(self, status):
        try:
            said = self.process.communicate(timeout=60)[0].decode()
        finally:
            self.process.kill()
        same(self.process.returncode, status, said)
        same(os.listdir(self.machine), [], 'what is left')
        return said

    def wait_for(self, path):
        end = time.monotonic() + 60
        while not os.path.exists(path):
            check(self.process.poll() is None and time.monotonic() < end, 'it does not run')
            time.sleep(0.01)

    def boots(self):
        return len(bytes.fromhex(stored(self.store)['Boots']['data']))


def resets():
    """After a reset the machine begins anew, with another daemon, and ends when it is switched off"""
    run = Run("shut_down(b'guest-reset' if boots < 3 else b'guest-shutdown')")
    said = run.ends(0)
    same(run.boots(), 3)
    same(said.count('uefistored: ready'), 3, said)


def failure():
    """The status is QEMU's, and a machine that has failed does not begin anew"""
    run = Run("shut_down(b'guest-reset')", 'sys.exit(7)')
    run.ends(7)
    same(run.boots(), 1)


def crash():
    """A daemon that is killed is followed by one that goes on with the guest, five times in a boot"""
    run = Run("machine.runtime = 1", "same(machine.value('Boots'), b'x' * boots)", "machine.runtime = 0",
              "same(machine.get('Volatile')[0], NOT_FOUND)",
              "for number in (signal.SIGKILL, signal.SIGABRT, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL):",
              "    check(end_daemon(number))",
              # It is of use only where its latch is kept: else boot services are back.
              "    same(machine.get('Volatile')[0], NOT_FOUND)",
              "    same(machine.value('Boots'), b'x' * boots)",
              "shut_down(b'guest-reset' if boots < 2 else b'guest-shutdown')")
    said = run.ends(0)
    same(run.boots(), 2)
    same(said.count('is started again'), 10, said)
    same(said.count('goes on where the last daemon was killed'), 10, said)


def crashes_on():
    """One that is killed again and again is given up, and the machine is ended"""
    run = Run("while end_daemon(signal.SIGKILL):", "    same(machine.value('Boots'), b'x')")
    said = run.ends(1)
    same(run.boots(), 1)
    same(said.count('is started again'), 5, said)
    same(said.count('the machine is ended'), 1, said)


def cannot_go_on():
    """One that fails when it is started again is not tried once more"""
    run = Run("with open(os.path.join(os.path.dirname(memory), 'state'), 'wb') as file:", "    file.write(b'broken')",
              "end_daemon(signal.SIGKILL)")
    said = run.ends(1)
    same(said.count('is started again'), 1, said)
    check('not a state file' in said, said)
    same(said.count('the machine is ended'), 1, said)


def gone():
    """A daemon that ends by itself ends the machine"""
    run = Run("end_daemon(signal.SIGTERM)")
    said = run.ends(1)
    same(said.count('is started again'), 0, said)
    same(said.count('the machine is ended'), 1, said)


def left_over():
    """A state that is left over in the directory is not of this boot, and not a hindrance"""
    run = Run("shut_down(b'guest-shutdown')", prepared={'state': b'something'})
    run.ends(0)
    same(run.boots(), 1)


def ended():
    """SIGTERM ends QEMU, and with it all"""
    run = Run("open(sys.argv[0] + '.runs', 'w').close()", 'time.sleep(60)')
    run.wait_for(os.path.join(run.directory, 'qemu.runs'))
    run.process.terminate()
    check(run.process.wait(60) != 0)
    run.ends(run.process.returncode)
    same(run.boots(), 1)


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        return {int(child) for child in file.read().split()}


def ended_early():
    """SIGTERM ends a machine whose QEMU is only being started"""
    directory = scratch()
    qemu, firmware, before, machine = (os.path.join(directory, name) for name in ('qemu', 'firmware', 'before', 'machine'))
    with open(qemu, 'w') as file:
        file.write('#!/bin/sh\nPATH=/usr/bin:/bin\n[ "$1" = --version ] || exec sleep 300\n'
                   f'cat /proc/$PPID/task/$PPID/children >{before}.new\nmv {before}.new {before}\n'
                   'echo QEMU emulator version 7.2.22\n')
    os.chmod(qemu, 0o755)
    open(firmware, 'w').close()
    os.mkdir(os.path.join(directory, 'keys'))
    # QEMU is looked for in many places, so that there is time between the process and its program.
    env = environment({'PATH': '/-:' * 40000 + directory})
    process = subprocess.Popen([QEMU, '--run', '--qemu', 'qemu', '--firmware', firmware, '--keys',
                                os.path.join(directory, 'keys'), '--directory', machine, os.path.join(directory, 'store')],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    end = time.monotonic() + 60
    try:
        while not os.path.exists(before) or not children(process.pid) - {int(pid) for pid in open(before).read().split()}:
            check(process.poll() is None and time.monotonic() < end, 'it does not run')
        process.terminate()
        same(process.wait(60), 1)
    finally:
        if process.poll() is None:
            for pid in children(process.pid):
                os.kill(pid, signal.SIGKILL)
        process.kill()
    same(os.listdir(machine), [], 'what is left')


def taken_directories():
    """A directory that another user has, or can write, is refused with all that is in it"""
    directory = scratch()
    firmware, store = (os.path.join(directory, name) for name in ('firmware', 'store'))
    open(firmware, 'w').close()
    open(os.path.join(directory, 'file'), 'w').close()
    for name, mode in (('everybodys', 0o777), ('groups', 0o770), ('sticky', 0o1777), ('mine', 0o700), ('others', 0o700)):
        os.mkdir(os.path.join(directory, name))
        os.chmod(os.path.join(directory, name), mode)
    os.symlink('mine', os.path.join(directory, 'link'))
    os.symlink('nowhere', os.path.join(directory, 'dangling'))
    places = ['everybodys', 'groups', 'sticky', 'file', 'link', 'dangling', 'everybodys/', 'link/', 'link//', 'link/.',
              'link/.//./', 'dangling/', 'dangling/.']
    if os.geteuid() == 0:
        os.chown(os.path.join(directory, 'others'), 70247, 70247)
        places.append('others')
    for name in places:
        path = os.path.join(directory, name)
        done = subprocess.run([QEMU, '--run', '--firmware', firmware, '--qemu', 'false', '--directory', path, store],
                              capture_output=True, text=True, env=environment(), timeout=30)
        same((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1), done)
        for words in ('--directory ' + path.rstrip('/.'), 'your own', 'nobody else'):
            check(words in done.stderr, done.stderr)
        same(os.path.isdir(path) and os.listdir(path) or [], [], name)
        check(not os.path.exists(store), name)


def slashes():
    """What stands behind a directory's name and says nothing is no hindrance"""
    for prepared in (None, {'state': b'something'}):
        run = Run("shut_down(b'guest-shutdown')", prepared=prepared, suffix='/.//')
        run.ends(0)
        same(run.boots(), 1)


def two():
    """A directory that another machine runs in is refused, and that machine goes on; after its end it is taken"""
    run = Run("open(sys.argv[0] + '.runs', 'w').close()", "end = time.monotonic() + 120",
              "while not os.path.exists(sys.argv[0] + '.go'):", "    check(time.monotonic() < end)", "    time.sleep(0.01)",
              "same(machine.get('Volatile')[0], SUCCESS)", "shut_down(b'guest-shutdown')")
    qemu, firmware, other = (os.path.join(run.directory, name) for name in ('qemu', 'firmware', 'other'))
    run.wait_for(qemu + '.runs')

    def files():
        return {file.name: (file.inode(), file.stat().st_size, file.stat().st_mtime_ns) for file in os.scandir(run.machine)}
    before = files()
    same(sorted(before), ['doorbell', 'memory', 'state'])
    command = [QEMU, '--run', '--firmware', firmware, '--keys', os.path.join(run.directory, 'keys'), '--qemu', 'false',
               '--directory', run.machine, other]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    same((done.returncode, done.stdout, done.stderr.count('\n')), (1, '', 1), done)
    check(f'--directory {run.machine}: another machine' in done.stderr, done.stderr)
    same((files(), os.path.exists(other)), (before, False))
    open(qemu + '.go', 'w').close()
    run.ends(0)
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    check('another machine' not in done.stderr and os.path.exists(other), done.stderr)


def shell():
    """The printed commands run the machine from a new directory, and nothing where it is there already"""
    directory = scratch()
    qemu, firmware, machine = (os.path.join(directory, name) for name in ('qemu', 'firmware', 'machine'))
    with open(qemu, 'w') as file:
        file.write('#!/bin/sh\n[ "$1" = --version ] && { echo QEMU emulator version 7.2.22; exit; }\n'
                   f'echo runs >{directory}/ran\nwhile [ ! -S {machine}/doorbell ]; do sleep 0.01; done\n')
    os.chmod(qemu, 0o755)
    open(firmware, 'w').close()
    os.mkdir(os.path.join(directory, 'keys'))

    def prints(suffix=''):
        done = subprocess.run([QEMU, '--qemu', qemu, '--firmware', firmware, '--keys', os.path.join(directory, 'keys'),
                               '--directory', machine + suffix, os.path.join(directory, 'store')], capture_output=True, text=True,
                              env=environment(), timeout=30)
        same(done.returncode, 0, done)
        return done
    printed = prints()
    same(printed.stderr, '')
    same(prints('/./').stdout, printed.stdout)
    os.mkdir(machine)
    os.chmod(machine, 0o777)
    done = subprocess.run(['sh', '-c', printed.stdout], capture_output=True, text=True, env=environment(), timeout=60)
    check(done.returncode != 0 and 'exist' in done.stderr, done)
    same((os.listdir(machine), os.path.exists(directory + '/ran'), os.path.exists(directory + '/store')), ([], False, False))
    again = prints()
    same(again.stdout, printed.stdout)
    check(machine in again.stderr and again.stderr.count('\n') == 1, again)
    os.rmdir(machine)
    done = subprocess.run(['sh', '-c', printed.stdout + 'status=$?\nkill $!\nwait $!\nexit $status\n'], capture_output=True,
                          text=True, env=environment(), timeout=60)
    same(done.returncode, 0, done)
    same(os.stat(machine).st_mode & 0o777, 0o700)
    check(os.path.exists(directory + '/ran'))


def page():
    """docs/qemu.md shows what is printed"""
    directory = scratch()
    qemu = os.path.join(directory, 'qemu-system-x86_64')
    with open(qemu, 'w') as file:
        file.write('#!/bin/sh\necho QEMU emulator version 7.2.22\n')
    os.chmod(qemu, 0o755)
    for name in ('usr/bin', 'usr/sbin', 'usr/share/uefistored'):
        os.makedirs(os.path.join(directory, name))
    program = shutil.copy(QEMU, os.path.join(directory, 'usr/bin'))
    for name in ('usr/sbin/uefistored', 'usr/share/uefistored/uefistored-qemu.fd'):
        open(os.path.join(directory, name), 'w').close()
    with open(os.path.join(HERE, '../../docs/qemu.md')) as file:
        block = re.search(r'\n    \$ uefistored-qemu (\S+)\n((?:    .*\n)+)', file.read())
    check(block, 'it shows no commands')
    env = environment()
    env['PATH'] = directory + ':' + env['PATH']
    done = subprocess.run([program, block[1]], capture_output=True, text=True, env=env, timeout=30)
    same(done.returncode, 0, done)
    shown = re.sub(r' \\\n +', ' ', re.sub('^    ', '', block[2], flags=re.M))
    same(shown, done.stdout.replace(directory + '/', '/'))


def images():
    """The image is the installed one, or the one that was built; without one it has to be named"""
    directory = scratch()
    qemu = os.path.join(directory, 'qemu')
    with open(qemu, 'w') as file:
        file.write('#!/bin/sh\necho QEMU emulator version 7.2.22\n')
    os.chmod(qemu, 0o755)
    images = [os.path.join(directory, name, 'uefistored-qemu.fd') for name in ('share/uefistored', 'firmware')]
    for path in (*images, os.path.join(directory, 'bin', 'program')):
        os.makedirs(os.path.dirname(path))
    for image in images:
        open(image, 'w').close()
    program = shutil.copy(QEMU, os.path.join(directory, 'bin'))

    def prints():
        return subprocess.run([program, '--directory', '/dev/shm/x', '--qemu', qemu, 'store'], capture_output=True,
                              text=True, env=environment(), timeout=30)
    for image in images:
        done = prints()
        found = re.search(r'-bios (\S+)', done.stdout)
        check(found, done)
        same(os.path.realpath(found[1]), os.path.realpath(image))
        os.unlink(image)
    done = prints()
    same((done.returncode, done.stdout), (2, ''), done.stderr)
    check('--firmware' in done.stderr, done.stderr)


tap.run(resets, failure, crash, crashes_on, cannot_go_on, gone, left_over, ended, ended_early,
        taken_directories, slashes, two, shell, page, images)
tap.end()
