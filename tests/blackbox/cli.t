#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The command line: what is wrong is told in one line, with the exit status of cli.md, and nothing is touched."""
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

tap = Tap()
work_in_memory()


def usage(words, *arguments, **more):
    fails(2, words, *arguments, **more)


def failure(words, *arguments, **more):
    fails(1, words, *arguments, **more)


def with_store(directory, *more):
    return ['--socket', directory + '/s', '--backend', 'file', '--arg', 'path:' + directory + '/store',
            *plain(directory), *more]


def help_and_version():
    """--help, --version and --print-capabilities print and exit 0"""
    code, out, err = run('--version')
    same((code, err), (0, ''))
    check(out.startswith('uefistored ') and out.count('\n') == 1 and out.split()[1][0].isdigit(), out)
    code, out, err = run('--help')
    same((code, err), (0, ''))
    for option in ('socket', 'backend', 'arg', 'resume', 'nonpersistent', 'keys', 'secure-boot', 'auth-enforce', 'pidfile',
                   'config', 'log-level', 'print-capabilities', 'version'):
        check('--' + option in out, option)
    code, out, err = run('--print-capabilities')
    same((code, err), (0, ''))
    can = json.loads(out)
    same(can['type'], 'uefistored')
    check({'qemu', 'socket'} <= set(can['transports']) and {'file', 'memory'} <= set(can['backends']), can)
    same(can['version'], run('--version')[1].split()[1])
    same(can['limits']['data'], 57344)
    same(can['signatures']['digests'], ['sha256', 'sha384', 'sha512'])
    same(can['formats']['save'], ['vars-2'])


def wrong_options():
    """Unknown, malformed and missing options and values"""
    socket_option = ['--socket', '/nowhere/s']
    usage(['--nonsense'], '--nonsense')
    usage(['--nonsense'], *socket_option, '--nonsense=1')
    usage(["'extra'", 'option was expected'], *socket_option, 'extra')
    usage(['--socket PATH'])
    usage(['--socket'], '--socket')
    usage(['--socket', 'PATH'], '--socket', '')
    usage(['--socket', '107 bytes'], '--socket', '/' + 'x' * 107)
    usage(['--socket', 'twice'], *socket_option, *socket_option)
    usage(['--secure-boot', 'true or false', "'yes'"], *socket_option, '--secure-boot', 'yes')
    usage(['--auth-enforce', 'true or false', "'1'"], *socket_option, '--auth-enforce=1')
    usage(['--log-level', 'DEBUG', "'LOUD'"], *socket_option, '--log-level', 'LOUD')
    usage(['--log-level', 'DEBUG', "'info'"], *socket_option, '--log-level=info')
    usage(['--resume'], *socket_option, '--resume=1', '--backend', 'memory')


def absent_parts():
    """What this build does not have is named"""
    transports = json.loads(run('--print-capabilities')[1])['transports']
    for name, option, words in (('xen', ['--domain', '5'], 'no Xen transport'),):
        if name not in transports:
            usage([option[0], words, '--socket'], *option)
            usage([option[0], words], '--socket', '/nowhere/s', *option)
    usage(['--backend', "'nonsense'", 'file', 'memory'], '--socket', '/nowhere/s', '--backend', 'nonsense')


def backend_arguments():
    """Arguments of the backends: unknown, twice, missing, empty"""
    base = ['--socket', '/nowhere/s', '--config', '/dev/null']
    usage(['file', '--arg path:'], *base)
    usage(['file', '--arg path:'], *base, '--backend', 'file')
    usage(['nonsense:1', 'no argument'], *base, '--arg', 'nonsense:1')
    usage(['path:/x', 'memory', 'no argument'], *base, '--backend', 'memory', '--arg', 'path:/x')
    usage(['pat:/x', 'no argument'], *base, '--arg', 'pat:/x')
    usage(['NAME:VALUE'], *base, '--arg', 'path')
    usage(['NAME:VALUE'], *base, '--arg', ':x')
    usage(['--arg'], *base, '--arg', '')
    usage(['value', 'path:'], *base, '--arg', 'path:')
    usage(['path', 'twice'], *base, '--arg', 'path:/a', '--arg', 'path:/b')
    usage(['save', 'twice'], *base, '--arg', 'path:/a', '--arg', 'save:/b', '--arg', 'save:/b')
    usage(['--resume', 'resume:FILE'], *base, '--arg', 'path:/a', '--resume')


def nothing_touched():
    """A usage error touches nothing"""
    directory = scratch()
    command = with_store(directory, '--pidfile', directory + '/pid', '--arg', 'save:' + directory + '/save')
    before = sorted(os.listdir(directory))
    usage(['--secure-boot'], *command, '--secure-boot', 'maybe')
    usage(['nonsense'], *command, '--arg', 'nonsense:1')
    usage(['--config', 'twice'], *command, '--config', directory + '/none')
    same(sorted(os.listdir(directory)), before)


def forms():
    """Options permute and take --option=value"""
    directory = scratch()
    keys = plain(directory)
    daemon = Daemon('--arg=path:' + directory + '/store:with:colons', *keys, '--log-level=DEBUG', '--nonpersistent',
                    '--secure-boot=false', '--auth-enforce=true', directory=directory, default=False)
    same(daemon.guest().set('a', b'1'), SUCCESS)
    daemon.stop()
    check(not os.path.exists(directory + '/store:with:colons'))


def configuration():
    """The configuration file: missing, unreadable, wrong"""
    directory = scratch()
    config = directory + '/c'
    base = ['--socket', directory + '/s', '--backend', 'memory', '--keys', directory, '--config', config]
    usage([config, 'No such file'], *base)
    os.mkdir(config)
    usage([config, 'Is a directory'], *base)
    os.rmdir(config)
    for text, words in (('[default]\nloglevl=DEBUG\n', ["'loglevl'", 'no setting', 'loglevel']),
                        ('[default]\nloglevel=x\n', ['loglevel', 'DEBUG, INFO, WARNING or ERROR', "'x'"]),
                        ('[default]\ndeployed=\n', ['deployed', 'true or false']),
                        ('[defaults]\n', ['[defaults]', '[default]']),
                        ('nonsense', ['not a configuration file'])):
        with open(config, 'w') as file:
            file.write(text)
        usage([config, *words], *base)
    check(not os.path.exists(directory + '/s'))
    with open(config, 'w') as file:
        file.write('[default]\nloglevel=ERROR\n')
    daemon = Daemon(*base[2:], directory=directory, default=False)
    daemon.stop()
    same(daemon.log(), '')
    daemon = Daemon(*base[2:], '--log-level', 'DEBUG', directory=directory, default=False)
    daemon.stop()
    check('first boot' in daemon.log(), daemon.log())


def store_failures():
    """A store that is none, that is locked, that cannot be opened: exit 1, the file untouched"""
    directory = scratch()
    store = directory + '/store'
    command = with_store(directory)
    for text, words in ((b'hello', ['not JSON', 'line 1, column']),
                        (b'{"version": 2,\n"variables": [\n{"guid"', ['not JSON', 'line 3, column']),
                        (b'[]', ['not a JSON object']),
                        (b'{"version": 1, "variables": []}', ['version 1', 'version 2 was expected']),
                        (b'{"variables": []}', ['version']),
                        (b'{"version": 2}', ['variables']),
                        (b'VARS\x02\0\0\0', ['not JSON', 'varstore convert']),
                        (b'VkFSUwIAAAA=', ['not JSON', 'varstore convert']),
                        (bytes(100), ['NUL']),
                        (b'{"version": 2, "variables": []} x', ['not JSON'])):
        with open(store, 'wb') as file:
            file.write(text)
        for more in ([], ['--nonpersistent']):
            failure([store, *words], *command, *more)
        with open(store, 'rb') as file:
            same(file.read(), text)
    os.unlink(store)
    os.mkdir(store)
    failure([store], *command)
    os.rmdir(store)
    failure([directory + '/none/store', 'No such file'], *command[:4], '--arg', 'path:' + directory + '/none/store', *plain(directory))
    same(sorted(os.listdir(directory)), ['config', 'keys'])
    for save, word in ((directory + '/none/save', 'No such file'), (directory + '/keys', 'Is a directory')):
        failure([save, 'cannot be saved', word], *command, '--arg', 'save:' + save)
    same(sorted(os.listdir(directory)), ['config', 'keys'])
    holder = Daemon(store=store, directory=directory)
    failure([store, 'locked', 'another program'], *with_store(directory)[2:], '--socket', directory + '/s2')
    same(holder.guest().set('a', b'1'), SUCCESS)
    failure([store, 'locked'], *with_store(directory)[2:], '--socket', directory + '/s2')
    holder.stop()


def socket_failures():
    """A socket in use is exit 1, a stale one is replaced, what is no socket stays"""
    directory = scratch()
    path = directory + '/s'
    command = ['--socket', path, '--backend', 'memory', *plain(directory)]
    daemon = Daemon('--backend', 'memory', directory=directory)
    failure([path, 'another process serves'], *command)
    same(daemon.guest().get('none')[0], NOT_FOUND)
    daemon.process.kill()
    daemon.process.wait()
    check(os.path.exists(path))
    stale = os.stat(path).st_ino
    daemon = Daemon('--backend', 'memory', directory=directory, wait=False)
    end = time.monotonic() + 10
    while os.stat(path).st_ino == stale and time.monotonic() < end:
        time.sleep(0.002)
    same(daemon.guest().get('none')[0], NOT_FOUND)
    same(os.stat(path).st_mode & 0o777, 0o600)
    daemon.stop()
    check(not os.path.exists(path), 'the socket is left behind')
    with open(path, 'w') as file:
        file.write('mine')
    failure([path, 'no socket'], *command)
    with open(path) as file:
        same(file.read(), 'mine')
    failure([directory + '/none/s'], '--socket', directory + '/none/s', '--backend', 'memory', *plain(directory))


def longest_path():
    """A socket's path may have 107 bytes, and can be connected to"""
    directory = scratch()
    path = os.path.join(directory, 'x' * (106 - len(directory)))
    same(len(path), 107)
    daemon = Daemon('--backend', 'memory', directory=directory, socket_path=path)
    same(daemon.guest().get('none')[0], NOT_FOUND)
    daemon.stop()


def relative_paths():
    """Relative paths are seen from where the daemon was started"""
    directory = scratch()
    program = os.path.abspath(UEFISTORED)
    os.mkdir(directory + '/keys')
    process = subprocess.Popen([program, '--socket', 's', '--arg', 'path:store', '--arg', 'save:saved', '--keys', 'keys',
                                '--config', '/dev/null'], cwd=directory, env=environment(), stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while not os.path.exists(directory + '/s') and time.monotonic() < end:
        time.sleep(0.002)
    same(Guest(directory + '/s').set('a', b'1'), SUCCESS)
    process.terminate()
    same(process.wait(10), 0)
    same(sorted(os.listdir(directory)), ['keys', 'saved', 'store'])


def pidfile():
    """The pidfile: written, locked, refused while another holds it, gone at the end"""
    import fcntl
    directory = scratch()
    path = directory + '/pid'
    with open(path, 'w') as file:
        file.write('a stale and longer text\n')
    daemon = Daemon('--backend', 'memory', '--pidfile', path, directory=directory)
    with open(path) as file:
        same(file.read(), f'{daemon.process.pid}\n')
    with open(path, 'r+') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise AssertionError('the pidfile is not locked')
        except OSError:
            pass
    command = ['--socket', directory + '/s2', '--backend', 'memory', *plain(directory), '--pidfile']
    failure([path, 'another process holds it'], *command, path)
    failure([directory + '/none/pid', 'No such file'], *command, directory + '/none/pid')
    daemon.stop()
    check(not os.path.exists(path))


def log_prefixes():
    """Under systemd each line carries its priority"""
    code, _, err = run('--nonsense', env={'INVOCATION_ID': '0123456789abcdef'})
    same(code, 2)
    check(err.startswith('<3>uefistored: error: '), err)
    code, _, err = run('--nonsense', env={'INVOCATION_ID': '0123456789abcdef', 'JOURNAL_STREAM': '1:2'})
    check(err.startswith('uefistored: error: '), err)


def closed_descriptors():
    """Standard descriptors that are closed do not become the store"""
    directory = scratch()
    store = directory + '/store'
    command = [UEFISTORED, *with_store(directory)]
    process = subprocess.Popen(['/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh', *command], env=environment())
    end = time.monotonic() + 10
    while not os.path.exists(directory + '/s') and time.monotonic() < end:
        time.sleep(0.002)
    same(Guest(directory + '/s').set('a', b'1'), SUCCESS)
    for number in range(3):
        same(os.readlink(f'/proc/{process.pid}/fd/{number}'), '/dev/null')
    process.terminate()
    same(process.wait(10), 0)
    check('a' in stored(store))


def blocks_signals(pid):
    """Are SIGHUP, SIGINT and SIGTERM blocked, to be looked at later?"""
    with open(f'/proc/{pid}/status') as file:
        blocked = int(file.read().split('SigBlk:')[1].split()[0], 16)
    return blocked & 0x4003 == 0x4003


def signals():
    """SIGTERM, SIGINT and SIGHUP end it with 0 and the socket gone, ready or not; SIGPIPE does nothing"""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        daemon = Daemon('--backend', 'memory')
        daemon.process.send_signal(signal.SIGPIPE)
        same(daemon.guest().get('none')[0], NOT_FOUND)
        daemon.stop(number)
        check(not os.path.exists(daemon.socket))
    # In the middle of the start, too: at whatever point a signal arrives once it is blocked.
    for delay in (0.004, 0.01, 0.02, 0.03, 0.05):
        directory = scratch()
        daemon = Daemon(store=directory + '/store', directory=directory, wait=False)
        while not blocks_signals(daemon.process.pid) and not os.path.exists(daemon.socket):
            time.sleep(0.0005)
        time.sleep(delay)
        daemon.stop()
        check(not os.path.exists(daemon.socket))
        if os.path.exists(directory + '/store'):
            read_store(directory + '/store')


tap.run(help_and_version, wrong_options, absent_parts, backend_arguments, nothing_touched, forms, configuration,
        store_failures, socket_failures, longest_path, relative_paths, pidfile, log_prefixes, closed_descriptors, signals)
tap.end()
