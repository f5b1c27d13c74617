#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""varstore at XAPI's own socket and at the guard's, as people and as XAPI run it."""
import sys
sys.dont_write_bytecode = True
from varstore import *  # noqa: E402,F403


LOGIN, LOGOUT, FIND = 'session.login_with_password', 'session.logout', 'VM.get_by_uuid'
GET, SET = 'VM.get_NVRAM', 'VM.set_NVRAM_EFI_variables'


def xapi_calls():
    """XAPI's own socket: a real session, the call with three parameters, one write for each command"""
    for age in ('new', 'old'):
        place = Place(mode='xapi', xapi=age, value=text(vars_blob(record('a', b'1'))),
                      nvram={'EFI-variables-backend': 'xapidb'})
        place.write('v', b'2')
        at = [MACHINE, '-s', place.path('xapi')]
        check('a' in place.names(*at))
        same(place.xapi.methods(), [LOGIN, FIND, GET, LOGOUT])
        same(place.xapi.sessions, set(), 'sessions that stay')
        place.does('varstore-set', MACHINE, VENDOR, 'b', '7', 'v', '-s', place.path('xapi'))
        same(place.xapi.methods(4), [LOGIN, FIND, GET, SET, 'VM.get_power_state', LOGOUT])
        same(len([c for c in place.xapi.calls if c['method'] == SET][0]['parameters']), 3)
        same(place.get(*at, VENDOR, 'b'), b'2')
        same(place.xapi.machine.nvram['EFI-variables-backend'], 'xapidb')
        check('\n' not in place.xapi.value, 'line breaks')
        effects = len(place.xapi.effects)
        place.does('varstore-rm', MACHINE, VENDOR, 'b', '-s', place.path('xapi'))
        same(len(place.xapi.effects), effects + 1)
        place.fails(1, 'EFI_NOT_FOUND', 'varstore-rm', MACHINE, VENDOR, 'b', '-s', place.path('xapi'))
        place.does('sb-state', *at, 'user', '-k', key_path('new'))
        same(len(place.xapi.effects), effects + 2, 'one write for all keys')
        same(place.get(*at, 'SetupMode'), b'\0')
        # What is so already is not written.
        place.does('sb-state', *at, 'setup')
        effects = len(place.xapi.effects)
        place.does('sb-state', *at, 'setup')
        same(len(place.xapi.effects), effects)


def xapi_running():
    """A machine that runs will overwrite a change: that is told"""
    place = Place(mode='xapi', value=text(vars_blob()))
    place.write('v', b'2')
    place.xapi.machine.power_state = 'Running'
    place.does('set', MACHINE, '-s', place.path('xapi'), VENDOR, 'a', '7', 'v', says='the machine is running')


def xapi_readiness():
    """What XAPI makes of varstore-ls after varstore-sb-state"""
    place = Place(mode='xapi', value=text(vars_blob(record('a', b'1'))))
    at = [MACHINE, '-s', place.path('xapi')]

    def readiness():
        names = place.names(*at)
        found = {name: name in names for name in ('PK', 'KEK', 'db', 'dbx')}
        if not found['PK']:
            return 'setup_mode'
        if not (found['KEK'] and found['db']):
            return 'certs_incomplete'
        return 'ready' if found['dbx'] else 'ready_no_dbx'

    same(readiness(), 'setup_mode')
    for keys, expected in (('old', 'ready_no_dbx'), ('new', 'ready')):
        place.does('varstore-sb-state', MACHINE, 'user', '-k', key_path(keys), '-s', place.path('xapi'))
        same(readiness(), expected)
    place.does('varstore-rm', *at, 'KEK')
    same(readiness(), 'certs_incomplete')
    place.does('varstore-sb-state', MACHINE, 'setup', '-s', place.path('xapi'))
    same(readiness(), 'setup_mode')


def xapi_never_booted():
    """A machine with nothing stored: ls works, rm -c leaves it so, setup ends it"""
    place = Place(mode='xapi')
    at = [MACHINE, '-s', place.path('xapi')]
    check('SetupMode' in place.names(*at))
    os.mkdir(place.path('rules'))
    place.write('rules/one', f'{VENDOR} a\n')
    place.does('varstore-rm', '-c', *at, '--rules', place.path('rules'))
    same(place.xapi.value, None)
    out = place.does('varstore-sb-state', *at, 'setup')
    check(place.xapi.value, out)
    same(place.get(*at, 'SetupMode'), b'\1')


def xapi_status():
    """status knows from XAPI whether Secure Boot is wanted; the guard does not tell"""
    place = Place(mode='xapi', value=text(vars_blob()))
    at = [MACHINE, '-s', place.path('xapi'), '--json']
    for wanted, expected in (('true', True), ('false', False), ('TRUE', True), ('True', True), ('1', True), ('0', False),
                             ('yes', False), ('true ', False), ('', False), (None, False)):
        place.xapi.machine.platform = {'secureboot': wanted} if wanted is not None else {}
        got = json.loads(place.does('status', *at))
        same((got['secure_boot']['wanted'], got['secure_boot']['effective']), (expected, False), wanted)
        same((got['store'], got['form']), (MACHINE, 'XAPI'))
    place.xapi.machine.platform = {'secureboot': 'true'}
    check('WANTED, BUT IMPOSSIBLE' in place.does('status', *at[:-1]).decode())
    place.does('sb-state', *at[:3], 'user', '-k', key_path('new'))
    same(json.loads(place.does('status', *at))['secure_boot']['effective'], True)
    guard = Place(mode='guard', value=place.xapi.value)
    got = json.loads(guard.does('status', MACHINE, '-s', guard.path('xapi'), '--json'))
    same((got['secure_boot']['wanted'], got['secure_boot']['possible']), (None, True))
    same(guard.xapi.methods(), [LOGIN, FIND, GET, LOGOUT])


def xapi_refusals():
    """What XAPI refuses is one line with its words; exit status 1; nothing was changed"""
    place = Place(mode='xapi', value=text(vars_blob(record('a', b'1'))))
    place.write('v', b'2')
    other = '99999999-2222-3333-4444-555555555555'
    at = ['-s', place.path('xapi')]
    before = place.xapi.value
    place.fails(1, ['UUID_INVALID', place.path('xapi')], 'varstore-ls', other, *at)
    for answer, words in (('failure', 'Lwt_unix.Timeout'), ('code', 'Lwt_unix.Timeout'), ('bare', 'Unknown_error'),
                          ('nested', 'HANDLE_INVALID'), ('status', 'HTTP status 500'), ('fault',
                                                                                        'Too many parameters')):
        for method in (LOGIN, FIND, GET, SET):
            place.xapi.fault(method, answer=answer)
            place.fails(1, [method, words], 'varstore-set', MACHINE, VENDOR, 'b', '7', 'v', *at)
            place.xapi.clear()
            same(place.xapi.value, before)
    place.xapi.value = 'rubbish!'
    place.fails(1, [MACHINE, 'base64'], 'varstore-ls', MACHINE, *at)
    place.xapi.value = text(b'rubbish')
    place.fails(1, [MACHINE, 'VARS blob'], 'varstore-set', MACHINE, VENDOR, 'b', '7', 'v', *at)
    same(place.xapi.value, text(b'rubbish'))
    same(place.xapi.sessions, set(), 'sessions that stay')


def xapi_troubles():
    """A XAPI that restarts, answers late or loses an answer: tried again, looked whether it was done"""
    place = Place(mode='xapi', value=text(vars_blob(record('a', b'1'))))
    place.write('v', b'2')
    at = ['-s', place.path('xapi')]
    slow = {'UEFISTORED_DEBUG_XAPI_HASTE': '1'}
    place.xapi.restart(0.5)
    check(b' a\n' in place.does('varstore-ls', MACHINE, *at, env=slow))
    for answer in ('none', 'half', 'garbage', 'reset', 'cut', 'empty'):
        place.xapi.fault(SET, answer=answer)
        place.does('varstore-set', MACHINE, VENDOR, 'b' + answer, '7', 'v', *at)
        same(place.get(MACHINE, *at, VENDOR, 'b' + answer), b'2')
    # Carried out, but the answer never comes.
    place.xapi.fault(SET, answer='hang')
    place.does('varstore-set', MACHINE, VENDOR, 'hang', '7', 'v', *at)
    same(place.get(MACHINE, *at, VENDOR, 'hang'), b'2')
    # Neither.
    place.xapi.fault(SET, answer='hang', effect=False, times=0)
    place.fails(1, [SET, 'no answer in time'], 'varstore-set', MACHINE, VENDOR, 'never', '7', 'v', *at)
    place.xapi.clear()
    place.xapi.down('absent')
    place.fails(1, [place.path('xapi'), 'No such file'], 'varstore-ls', MACHINE, *at)


def administrators_text():
    """base64 with line breaks in XAPI, as an administrator may have put it there"""
    data = text(vars_blob(record('a', b'1' * 200)))
    place = Place(mode='xapi', value='\n'.join(data[i:i + 64] for i in range(0, len(data), 64)) + '\n')
    same(place.get(MACHINE, '-s', place.path('xapi'), VENDOR, 'a'), b'1' * 200)


def records_of(data):
    """The records of a blob, as their bytes; its head must tell the truth of them."""
    count, size = struct.unpack_from('<QQ', data, 8)
    at, found = 292, []
    while at < len(data):
        name_size, = struct.unpack_from('<Q', data, at)
        data_size, = struct.unpack_from('<Q', data, at + 8 + name_size)
        end = at + 8 + name_size + 8 + data_size + 68
        found.append(data[at:end])
        at = end
    same((len(found), len(data) - 292, at), (count, size, len(data)), 'the head of the blob')
    return found


def xapi_set_aside():
    """Records that cannot be right stay in XAPI, byte for byte, until one of their name is set or removed"""
    place = Place(mode='xapi')
    place.write('v', b'x')
    at = [MACHINE, '-s', place.path('xapi')]
    bad = [record('empty', b''), record('volatile', b'3', BS), record('a', b'2')]
    before = text(vars_blob(record('a', b'1'), *bad) + b'tail')

    def changes(*command, told=4):
        status, out, err = place.run(command[0], *at, *command[1:])
        same((status, len([line for line in err.splitlines() if 'set aside' in line])), (0, told), err)
        return records_of(place.xapi.blob)

    for command in (['set', VENDOR, 'b', '7', 'v'], ['sb-state', 'user', '-k', key_path('old')]):
        place.xapi.value = before
        found = changes(*command)
        check(record('a', b'1') in found, command)
        same([r in found for r in bad], [True] * 3, command)
        same(sum(b'tail' in r for r in found), 1, command)
    # What was cut is in a record of its own, which stays as it is.
    tail = [r for r in found if b'tail' in r]
    found = changes('set', VENDOR, 'c', '7', 'v')
    same([r in found for r in bad + tail], [True] * 4)
    # The second one of a name does not come back when the first is removed.
    found = changes('rm', VENDOR, 'a')
    same([r in found for r in bad + tail], [True, True, False, True])
    check('a' not in [line.split(' ')[1] for line in place.run('ls', *at)[1].decode().splitlines()])
    found = changes('set', VENDOR, 'empty', '7', 'v', told=3)
    same([r in found for r in bad + tail], [False, True, False, True])
    # So it is with a clone, even where there is nothing but such a record.
    os.mkdir(place.path('rules'))
    place.write('rules/one', f'{VENDOR} a\n{VENDOR} volatile\n')
    place.xapi.value = before
    found = changes('rm', '-c', '--rules', place.path('rules'))
    same([r in found for r in [record('a', b'1')] + bad], [False, True, False, False])
    # More than 64 KiB are not kept: it is told which.
    large = [record(name, bytes(30000), BS) for name in ('one', 'two', 'three')] + [record('four', bytes(66000))]
    place.xapi.value = text(vars_blob(record('a', b'1'), *large))
    status, out, err = place.run('set', *at, VENDOR, 'b', '7', 'v')
    same([line.split(': ')[3] for line in err.splitlines() if 'a change loses it' in line], ['three', 'four'], err)
    found = records_of(place.xapi.blob)
    same([r in found for r in large], [True, True, False, False])


def needs_root():
    if os.geteuid() != 0:
        raise Skip('only root can change to another user and root')


def clone_as_xapi_does():
    """varstore-rm as XAPI runs it for a clone: options behind the UUID, chroot, user and group, the guard's socket"""
    needs_root()
    place = Place()
    root = place.path('root')
    guard = os.path.join(root, 'xapi-depriv-socket')
    before = text(vars_blob(record('a', b'1'), record('b', b'2')))
    os.mkdir(root)
    os.chmod(place.directory, 0o755)
    place.xapi = FakeXapi(guard)
    os.chown(guard, 0, 65001)
    os.chmod(guard, 0o660)
    os.chown(root, 0, 65001)
    os.chmod(root, 0o750)
    os.mkdir(place.path('rules'))
    place.write('rules/one', f'{VENDOR} a\n')
    arguments = ['-c', MACHINE, '-r', root, '-u', '65000', '-g', '65001', '-s', '/xapi-depriv-socket', '--rules',
                 place.path('rules')]
    place.xapi.machine.state = 'update_on_boot'
    for depriv in ([], ['-d']):
        place.xapi.value = before
        place.does('varstore-rm', *arguments, *depriv, env=NO_LEAKS)
        blob_names = [name for name in ('a', 'b') if name_bytes(name) + struct.pack('<Q', 1) in place.xapi.blob]
        same(blob_names, ['b'])
        same(place.xapi.machine.state, 'update_on_boot')
        same(place.xapi.methods()[-5:], [LOGIN, FIND, GET, SET + '_v2', LOGOUT])
    # Exactly what XAPI gives, with the host's own rules; a guard of before knows the old call alone.
    place.does('varstore-rm', *arguments[:-2], env=NO_LEAKS)
    place.xapi.value, place.xapi.guard = before, 'old'
    place.does('varstore-rm', *arguments, env=NO_LEAKS)
    same(place.xapi.methods()[-4:], [GET, SET + '_v2', SET, LOGOUT])
    # A change of KEK or db is one that XAPI looks at.
    place.xapi.guard = 'new'
    place.does('varstore-sb-state', MACHINE, 'user', '-k', key_path('old'), '-s', guard)
    same((place.xapi.methods()[-2], place.xapi.machine.state), (SET, 'ok'))
    # XAPI fails for a moment, with the variables or with the result: the clone is made all the same.
    for method in (GET, SET + '_v2'):
        for answer in ('failure', 'nested', 'status'):
            place.xapi.value = before
            place.xapi.fault(method, answer=answer)
            place.does('varstore-rm', *arguments, env=NO_LEAKS)
            check(place.xapi.value != before, method, answer)
    # It goes on failing: the clone is not made.
    place.xapi.value = before
    for method in (GET, SET + '_v2'):
        place.xapi.fault(method, answer='failure', times=0)
        place.fails(1, [method, 'Lwt_unix.Timeout'], 'varstore-rm', *arguments, env=NO_LEAKS)
        place.xapi.clear()
    # The socket is for the group alone.
    arguments[arguments.index('65001')] = '65002'
    place.fails(1, ['/xapi-depriv-socket', 'Permission denied'], 'varstore-rm', *arguments, env=NO_LEAKS)
    place.fails(1, ['/none', 'No such file'], 'varstore-rm', '-c', MACHINE, '-r', '/none', env=NO_LEAKS)
    same(place.xapi.value, before)


def privileges():
    """What -r, -u, -g and -d leave: seen from the other end of the socket"""
    needs_root()
    place = Place()
    os.chmod(place.directory, 0o755)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(place.path('s'))
    listener.listen()
    os.chmod(place.path('s'), 0o666)

    def look(*arguments):
        """/proc/PID/status of the program when it has called, its root, and its network namespace."""
        tool = subprocess.Popen([PROGRAM, 'ls', MACHINE, *arguments], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL,
                                env=environment(dict(HASTY, **NO_LEAKS)))
        connection, _ = listener.accept()
        try:
            with open(f'/proc/{tool.pid}/status') as file:
                state = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
            # By what it is: the link's text is another where this test runs in a chroot itself.
            root = [at for at in ('/', place.directory) if os.path.samefile(at, f'/proc/{tool.pid}/root')]
            return state, root[0] if root else None, os.readlink(f'/proc/{tool.pid}/ns/net')
        finally:
            tool.kill()
            tool.wait()
            connection.close()

    state, root, network = look('-s', place.path('s'))
    same((root, network), ('/', os.readlink('/proc/self/ns/net')))
    state, root, network = look('-s', '/s', '-r', place.directory, '-u', '65000', '-g', '65001')
    same((root, state['Uid'].split(), state['Gid'].split(), state['Groups'].split()),
         (place.directory, ['65000'] * 4, ['65001'] * 4, []))
    same((int(state['CapEff'], 16), int(state['CapPrm'], 16)), (0, 0))
    state, root, network = look('-s', '/s', '-r', place.directory, '-u', '65000', '-g', '65001', '-d')
    same((root, state['Uid'].split(), state['NoNewPrivs'], int(state['CapPrm'], 16), state['Seccomp']),
         (place.directory, ['65000'] * 4, '1', 0, '2'))
    check(network != os.readlink('/proc/self/ns/net'), network)
    # Root that stays root has no capability left.
    state, root, network = look('-s', place.path('s'), '-d')
    same((int(state['CapEff'], 16), int(state['CapPrm'], 16), state['NoNewPrivs']), (0, 0, '1'))
    listener.close()


run_tests(xapi_calls, xapi_running, xapi_readiness, xapi_never_booted, xapi_status, xapi_refusals, xapi_troubles,
          administrators_text, xapi_set_aside, clone_as_xapi_does, privileges)
