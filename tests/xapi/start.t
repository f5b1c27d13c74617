#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The backend xapidb at the start: a first boot and a failure are told apart, every blob of the field is read, and what is not
understood is not touched."""
import hashlib
import signal
import struct
import subprocess
import sys
import time
sys.dont_write_bytecode = True
from session import *  # noqa: E402,F403

tap = XapiTap()

A = record('A', b'alpha')
B = record('B', b'beta')


def ends(session, status, *words, timeout=30):
    """The daemon that was started ends with this status, and says these words last."""
    same(session.daemon.process.wait(timeout), status, 'exit status: ' + session.daemon.log())
    last = session.daemon.log().splitlines()[-1]
    for word in words:
        check(word in last, f'{word!r} was expected in:', session.daemon.log())


def refuses(value, *words):
    """The daemon ends with 1, and what is stored is as it was."""
    session = Session(value=value, start=False)
    session.start(wait=False)
    ends(session, 1, *words)
    same(session.xapi.value, value, 'stored')
    same(session.xapi.effects, [])


def first_boot():
    """Nothing stored: a first boot, and what it made is stored by one call"""
    session = Session(nvram={'EFI-variables-on-boot': 'persist'})
    same(session.xapi.methods(), [*START, SET])
    same(session.xapi.effects[0][2], 'no')
    same(session.xapi.machine.nvram['EFI-variables-on-boot'], 'persist')
    check('first boot' in session.daemon.log(), session.daemon.log())
    same(session.guest.set('A', b'x'), SUCCESS)
    same(stored(session.xapi), {'A': b'x'})


def empty_text():
    """A text of nothing but white space is a first boot, too"""
    session = Session(value=' \n')
    check('first boot' in session.daemon.log(), session.daemon.log())


def second_boot():
    """The next boot finds it, and writes nothing"""
    session = Session()
    same(session.guest.set('A', b'x'), SUCCESS)
    before = session.xapi.value
    session.stop().start()
    same(session.xapi.methods()[-2:], START)
    same(session.guest.value('A'), b'x')
    same(session.xapi.value, before)
    same(session.guest.set('A', b'x'), SUCCESS, 'a write that changes nothing')
    same(session.xapi.methods()[-2:], START)


def keys_on_first_boot_only():
    """The host's keys are enrolled on a first boot, and never because XAPI failed"""
    session = Session('--keys', make_keys(), daemon={'default': False}, start=False)
    session.arguments += ('--config', session.write('config', b''))
    session.xapi.fault(GET, answer='failure', times=2)
    session.start()
    check(session.guest.value('KEK', GLOBAL), 'KEK')
    session.stop()
    session.xapi.value = text(blob(A))
    session.xapi.fault(GET, answer='failure', times=2)
    session.start()
    same(session.guest.value('KEK', GLOBAL), None)
    same(session.guest.value('A'), b'alpha')


FAILURES = {
    'a Failure': {'answer': 'failure'},
    'a Failure of XAPI': {'answer': 'failure', 'text': 'Server_error(HANDLE_INVALID, [ VM; OpaqueRef:x ])'},
    'a bare Failure': {'answer': 'bare'},
    'a nested Failure': {'answer': 'nested'},
    'a fault': {'answer': 'fault'},
    'an unknown method': {'answer': 'unknown', 'text': 'VM.get_NVRAM'},
    'no answer': {'answer': 'none'},
    'a reset': {'answer': 'reset'},
    'half an answer': {'answer': 'half'},
    'too long a length': {'answer': 'long'},
    'too short a length': {'answer': 'short'},
    'an empty body': {'answer': 'empty'},
    'no XML': {'answer': 'garbage'},
    'XML without its end': {'answer': 'cut'},
    'no status': {'answer': 'nostatus'},
    'status 500': {'answer': 'status', 'status': 500},
    'status 405': {'answer': 'status', 'status': 405, 'text': '<methodResponse></methodResponse>'},
    'status 200 and text': {'answer': 'status', 'status': 200, 'text': 'Not_found'},
    'an interim answer': {'answer': 'continue'},
    'an endless head': {'answer': 'head'},
    'silence': {'answer': 'hang'},
}


def never_a_first_boot(fault):
    """Makes a test: as long as get_NVRAM fails so, there is no boot, and nothing is touched."""
    def test():
        session = Session(value=text(blob(A)), start=False, env={'UEFISTORED_DEBUG_XAPI_HASTE': '40'})
        before = session.xapi.value
        session.xapi.fault(GET, times=0, **fault)
        session.start(wait=False)
        ends(session, 1, session.xapi.path, 'the variables cannot be read')
        same(session.xapi.value, before)
        same(set(session.xapi.methods()), {GET})
    return test


def failures_that_pass():
    """Each of these once, and then an answer: a boot"""
    for name, fault in FAILURES.items():
        if name == 'silence':
            continue
        session = Session(value=text(blob(A)), start=False)
        session.xapi.fault(GET, **fault)
        session.start()
        same(session.guest.value('A'), b'alpha', name)
        session.stop()


def slow():
    """An answer that comes late is an answer; so is one that comes byte by byte, or is not closed, or has no length"""
    for fault in ({'before': 1}, {'after': 1}, {'answer': 'trickle'}, {'answer': 'keep'}, {'answer': 'nolength'}):
        session = Session(value=text(blob(A)), start=False)
        session.xapi.fault(GET, **fault)
        session.start()
        same(session.guest.value('A'), b'alpha', fault)
        session.stop()


def guard_not_there():
    """A guard that is being restarted is waited for"""
    for how in ('absent', 'refused'):
        session = Session(value=text(blob(A)), start=False)
        session.xapi.down(how)
        session.start(wait=False)
        time.sleep(0.4)
        same(session.daemon.process.poll(), None, session.daemon.log())
        session.xapi.up()
        session.daemon.wait_ready()
        same(session.daemon.guest().value('A'), b'alpha', how)
        session.stop()


def guard_forbidden():
    """A socket whose owner is not set yet is waited for, too"""
    if os.geteuid() == 0 and not os.path.exists('/usr/bin/setpriv'):
        return
    session = Session(value=text(blob(A)), start=False)
    as_nobody(session)
    session.xapi.down('forbidden')
    session.start(wait=False)
    session.daemon.wait_log('Permission denied')
    session.xapi.up()
    session.daemon.wait_ready()
    same(session.daemon.guest().value('A'), b'alpha')


def as_nobody(session):
    """Root may open every socket, so the daemon is somebody else."""
    if os.geteuid() == 0:
        plain(session.directory)
        os.chmod(session.directory, 0o777)
        session.more['user'] = 65534
        session.more['group'] = 65534
        session.more['extra_groups'] = []


def guard_never_there():
    """One that does not come back in time ends the start"""
    session = Session(start=False, env={'UEFISTORED_DEBUG_XAPI_HASTE': '40'})
    session.xapi.down('absent')
    session.start(wait=False)
    ends(session, 1, session.xapi.path, 'No such file')


def interrupted():
    """A signal ends the waiting at once, with status 0, and the socket does not appear"""
    for fault in ({'answer': 'hang'}, {'answer': 'failure'}):
        session = Session(start=False, hasty=False)
        session.xapi.fault(GET, times=0, **fault)
        session.start(wait=False)
        session.xapi.wait(lambda: GET in session.xapi.methods())
        session.daemon.process.send_signal(signal.SIGTERM)
        same(session.daemon.process.wait(2), 0, session.daemon.log())
        check(not os.path.exists(session.daemon.socket))
        same(session.xapi.effects, [])


def both_versions():
    """Versions 1 and 2 boot, and version 2 is written"""
    for version in (1, 2):
        session = Session(value=text(blob(A, B, version=version)))
        same(session.guest.value('A'), b'alpha')
        same(session.guest.value('B'), b'beta')
        same(session.guest.set('C', b'c'), SUCCESS)
        same(session.xapi.blob[4:8], b'\2\0\0\0')
        same(stored(session.xapi), {'A': b'alpha', 'B': b'beta', 'C': b'c'})
        session.stop()


def line_breaks():
    """Base64 with line breaks, as an administrator may have stored it"""
    whole = text(blob(A, record('L', bytes(range(256)))))
    session = Session(value='\n' + '\n'.join(whole[i:i + 64] for i in range(0, len(whole), 64)) + '\r\n')
    same(session.guest.value('L'), bytes(range(256)))


def known_defects():
    """What old daemons left is taken: wrong length in the header, digests of garbage, data that no guest could write"""
    large = bytes(range(256)) * 240
    session = Session(value=text(blob(record('A', b'alpha', digest=b'\xee' * 32), record('Large', large), size=1)))
    same(session.guest.value('A'), b'alpha')
    same(session.guest.get('Large')[0], SUCCESS)
    same(session.guest.value('Large'), large)
    same(session.guest.set('B', b'beta'), SUCCESS)
    same(stored(session.xapi), {'A': b'alpha', 'Large': large, 'B': b'beta'})


def no_store():
    """What is no store is refused and not touched"""
    for value, *words in (('VkFS!', 'base64'), ('VkF', 'base64'), ('=VkFS', 'base64'), ('Vk=FS', 'base64'),
                          (text(b'JUNK' + bytes(300)), 'VARS'), (text(b''.join([b'VARS', bytes(8)])), 'VARS'),
                          (text(blob(A, version=3)), 'VARS'), (text(blob(A, version=0)), 'VARS'),
                          (text(blob(A)[:200]), 'VARS'), (text(blob(A)[:292]), 'VARS')):
        refuses(value, *words)


def bad_records():
    """Records that cannot be right are told, and go along with each write until somebody looks"""
    bad = [record(b'\0\0', b'1'), record('Empty', b''), record('Attributes', b'x', attributes=0),
           record('Volatile', b'x', attributes=BS | RT), record('A', b'second')]
    session = Session(value=text(blob(A, *bad)))
    log = session.daemon.log()
    same(log.count('is set aside and kept'), len(bad), log)
    for name in ('Empty', 'Attributes', 'Volatile'):
        check(name in log, log)
    same(session.guest.value('A'), b'alpha')
    same(session.guest.set('B', b'beta'), SUCCESS)
    kept = records(session.xapi.blob)
    same([name for name, *_ in kept][-len(bad):], ['\0', 'Empty', 'Attributes', 'Volatile', 'A'])
    # And again, unchanged.
    session.stop().start()
    same(session.guest.set('C', b'gamma'), SUCCESS)
    again = records(session.xapi.blob)
    same(again[-len(bad):], kept[-len(bad):])
    same([value for name, _, _, value in again if name in 'ABC'], [b'alpha', b'beta', b'gamma', b'second'])


def cut_blob():
    """A blob that ends within a record gives what it has; the rest is kept as a record of its own"""
    for tail, junk in ((blob(A, B)[:-10], B[:-10]), (blob(A) + b'trailing', b'trailing')):
        session = Session(value=text(tail))
        same(session.guest.value('A'), b'alpha')
        same(session.guest.value('B'), None)
        same(session.guest.set('C', b'c'), SUCCESS)
        same(records(session.xapi.blob)[-1][::3], ('Rejected', junk))
        session.stop().start()
        same(session.guest.value('Rejected'), None)
        same(session.guest.set('D', b'd'), SUCCESS)
        same(records(session.xapi.blob)[-1][::3], ('Rejected', junk))
        session.stop()


def too_much_to_keep():
    """What is set aside has its bound, so that the rest can still be written"""
    bad = [record(f'Bad{i}', bytes(20000), attributes=0) for i in range(10)]
    session = Session(value=text(blob(A, *bad)))
    same(session.daemon.log().count('is lost with the next write'), 7, session.daemon.log())
    same(session.guest.set('B', b'beta'), SUCCESS)
    same([name for name in own(session.xapi.blob)], ['A', 'B', 'Bad0', 'Bad1', 'Bad2'])


def nonpersistent():
    """--nonpersistent reads and never writes"""
    session = Session('--nonpersistent', value=text(blob(A)))
    before = session.xapi.value
    same(session.guest.value('A'), b'alpha')
    same(session.guest.set('A', b'other'), SUCCESS)
    same(session.guest.value('A'), b'other')
    session.stop()
    same(session.xapi.value, before)
    same(session.xapi.methods(), START)


def wrong_arguments():
    """Arguments that cannot be are told before anything is touched"""
    directory = scratch()
    for words, *arguments in ((['needs --arg socket'], '--arg', 'uuid:' + MACHINE),
                              (['needs --arg uuid'], '--arg', 'socket:/nowhere'),
                              (['uuid', 'VM'], '--arg', 'socket:/nowhere', '--arg', 'uuid:12345'),
                              (['socket', 'shorter'], '--arg', 'socket:/' + 'x' * 107, '--arg', 'uuid:' + MACHINE)):
        fails(2, words, '--socket', directory + '/s', '--backend', 'xapidb', *arguments, *plain(directory))


# ---- Resume and save ----

def resume():
    """Resumes from either version, without asking XAPI, volatile variables too, and writes back"""
    for version in (1, 2):
        saved = blob(A, record('V', b'volatile', attributes=BS | RT), version=version)
        session = Session(value=text(blob(B)), start=False)
        path = session.write('resume', saved)
        session.start('--resume', '--arg', 'resume:' + path)
        same(session.guest.value('A'), b'alpha')
        same(session.guest.value('V'), b'volatile')
        same(session.guest.value('B'), None)
        session.xapi.wait(lambda: session.xapi.effects, what='the write-back')
        same(session.xapi.methods(), [SET])
        same(session.xapi.effects[0][2], 'no')
        same(stored(session.xapi), {'A': b'alpha'})
        same(session.read('resume'), saved)
        session.stop()


def resume_nonpersistent():
    """... but not with --nonpersistent"""
    session = Session(value=text(blob(B)), start=False)
    session.start('--nonpersistent', '--resume', '--arg', 'resume:' + session.write('resume', blob(A)))
    same(session.guest.value('A'), b'alpha')
    session.stop()
    same(session.xapi.methods(), [])


def resume_while_down():
    """A guest that is resumed does not wait for XAPI; the write-back comes when XAPI does"""
    session = Session(start=False)
    session.xapi.down('absent')
    begun = time.monotonic()
    session.start('--resume', '--arg', 'resume:' + session.write('resume', blob(A)))
    same(session.guest.value('A'), b'alpha')
    check(time.monotonic() - begun < 5, 'it waited')
    time.sleep(1.5)
    session.xapi.up()
    session.xapi.wait(lambda: session.xapi.effects, what='the write-back')
    same(stored(session.xapi), {'A': b'alpha'})


def resume_refused():
    """A resume file that is none ends the start, and nothing is touched"""
    for content in (b'', b'VARS', blob(A, version=3), b'JUNK' * 100):
        session = Session(value=text(blob(B)), start=False)
        before = session.xapi.value
        session.start('--resume', '--arg', 'resume:' + session.write('resume', content), wait=False)
        ends(session, 1, 'resume')
        same(session.xapi.value, before)
        same(session.xapi.effects, [])


def save_and_resume():
    """What is saved is what is resumed; the copy for XAPI has neither volatile variables nor the MOR key"""
    session = Session(start=False)
    save = session.write('save', b'')
    session.arguments = ('--arg', 'save:' + save)
    session.start()
    same(session.guest.set('A', b'alpha'), SUCCESS)
    same(session.guest.set('V', b'volatile', BS | RT), SUCCESS)
    same(session.guest.set('MemoryOverwriteRequestControlLock', b'keykey!!', NV | BS | RT,
                           'bb983ccf-151d-40e1-a07b-4a17be168292'), SUCCESS)
    session.stop()
    saved = session.read('save')
    check(b'keykey!!' in saved and b'volatile' in saved)
    check(b'keykey!!' not in session.xapi.blob and b'volatile' not in session.xapi.blob)
    session.start('--resume', '--arg', 'resume:' + save)
    same(session.guest.value('V'), b'volatile')
    same(session.guest.value('A'), b'alpha')
    session.stop()
    same(session.read('save'), saved)


def save_while_it_hangs():
    """On SIGTERM the state is saved at once, in place, while the guard hangs with a write"""
    session = Session(start=False, hasty=False)
    save = session.write('save', b'')
    node = os.stat(save).st_ino
    session.arguments = ('--arg', 'save:' + save)
    session.start()
    same(session.guest.set('A', b'alpha'), SUCCESS)
    session.xapi.freeze()
    session.guest.put(session.guest.set_request('B', b'beta'))
    session.guest.ring()
    session.xapi.wait(lambda: session.xapi.methods()[-1] == SET and len(session.xapi.methods()) == 5)
    begun = time.monotonic()
    session.daemon.process.send_signal(signal.SIGTERM)
    while not os.path.getsize(save):
        check(time.monotonic() - begun < 1, 'it was not saved within a second')
        time.sleep(0.005)
    same(own(session.read('save')), {'A': b'alpha'})
    same(session.daemon.process.wait(9), 0)
    same(os.stat(save).st_ino, node)
    same(own(session.read('save')), {'A': b'alpha'})


# ---- Secure Boot certificates ----

OWNER = '01234567-89ab-cdef-0123-456789abcdef'
SHA256 = 'c1c41626-504c-4092-aca9-41f936934328'


def list_of(*entries):
    """An EFI_SIGNATURE_LIST of hashes."""
    hashes = b''.join(guid_bytes(OWNER) + hashlib.sha256(entry).digest() for entry in entries)
    return guid_bytes(SHA256) + struct.pack('<III', 28 + len(hashes), 0, 48) + hashes


def make_keys(*entries):
    """A directory of keys whose KEK, db and dbx have these entries."""
    directory = scratch()
    for name in ('KEK', 'db', 'dbx'):
        esl = os.path.join(directory, name + '.esl')
        with open(esl, 'wb') as file:
            file.write(list_of(*entries or (b'host',)))
        subprocess.run([os.path.join(os.path.dirname(UEFISTORED), 'create-auth'), name,
                        os.path.join(directory, name + '.auth'), esl], check=True, stdout=subprocess.DEVNULL)
    return directory


def machine_with(entry):
    """The blob of a machine whose KEK and db have this entry."""
    signed = NV | BS | RT | AT
    return blob(A, record('KEK', list_of(entry), signed, GLOBAL), record('db', list_of(entry), signed, IMAGE))


def update_session(**more):
    # In real time: on a busy machine the state would not be there in a tenth of its time.
    session = Session('--keys', make_keys(b'new'), daemon={'default': False}, start=False, hasty=False,
                      value=text(machine_with(b'old')), **more)
    session.arguments += ('--config', session.write('config', b''))
    return session


def update_on_boot():
    """update_on_boot: the host's certificates are added, and XAPI is told in the write that has them"""
    session = update_session()
    session.xapi.machine.state = 'update_on_boot'
    session.start()
    same(session.xapi.methods(), [*START, SET])
    same((session.xapi.machine.state, session.xapi.effects[0][2]), ('ok', 'yes'))
    same(session.guest.value('KEK', GLOBAL), list_of(b'old') + list_of(b'new'))
    same(session.guest.value('db', IMAGE), list_of(b'old') + list_of(b'new'))
    same(session.guest.value('dbx', IMAGE), list_of(b'new'))
    same(session.guest.set('B', b'beta'), SUCCESS)
    same(session.xapi.effects[1][2], 'no')
    # The next boot has nothing to do.
    session.stop().start()
    same(session.xapi.methods()[-2:], START)
    same(session.guest.value('db', IMAGE), list_of(b'old') + list_of(b'new'))


def nothing_to_update():
    """... and where nothing was missing XAPI is told all the same"""
    session = update_session()
    session.xapi.machine.state = 'update_on_boot'
    session.start().stop()
    session.xapi.machine.state = 'update_on_boot'
    session.start()
    same((session.xapi.machine.state, session.xapi.effects[-1][2]), ('ok', 'yes'))
    same(session.xapi.effects[0][1], session.xapi.effects[-1][1])


def no_update():
    """In every other state, and where the state cannot be read, the certificates stay"""
    for state, fault in (('ok', {}), ('update_available', {}), ('update_on_boot', {'answer': 'failure'}),
                         ('update_on_boot', {'answer': 'none'}), ('update_on_boot', {'answer': 'hang'}),
                         ('update_on_boot', {'answer': 'status'}), ('update_on_boot', {'answer': 'garbage'})):
        session = update_session()
        session.xapi.machine.state = state
        if fault:
            session.xapi.fault(STATE, **fault)
        session.start()
        same(session.guest.value('db', IMAGE), list_of(b'old'), (state, fault))
        same(session.xapi.machine.state, state)
        check(bool(fault) == ('the state of the certificates' in session.daemon.log()), session.daemon.log())
        session.stop()


def update_that_cannot_be():
    """A file that cannot be taken leaves the state as it is"""
    session = update_session()
    session.xapi.machine.state = 'update_on_boot'
    # The machine is nearly full: db's new entry fits, dbx does not.
    full = [record(f'F{i}', bytes(32000)) for i in range(4)] + [record('G', bytes(2000))]
    session.xapi.value = text(blob(*full, record('db', list_of(b'old'), NV | BS | RT | AT, IMAGE)))
    session.start()
    same(session.xapi.machine.state, 'update_on_boot')
    check('cannot be added' in session.daemon.log(), session.daemon.log())
    check('yes' not in [update for _, _, update in session.xapi.effects])


def update_without_keys():
    """Where the host has no KEK or db, or a file that is being written, nothing was updated, and the state stays"""
    for missing, torn, value, words in (
            (('KEK', 'db', 'dbx'), None, machine_with(b'old'), 'KEK.auth and db.auth are expected'),
            (('KEK', 'db', 'dbx'), None, None, 'KEK.auth and db.auth are expected'),
            (('db', 'dbx'), None, machine_with(b'old'), 'KEK.auth and db.auth are expected'),
            (('KEK',), None, None, 'KEK.auth and db.auth are expected'),
            ((), 'db', machine_with(b'old'), 'KEK.auth and db.auth are expected'),
            ((), 'dbx', machine_with(b'old'), 'dbx.auth is no good')):
        session = update_session()
        for name in missing:
            os.unlink(os.path.join(session.arguments[1], name + '.auth'))
        if torn:
            os.truncate(os.path.join(session.arguments[1], torn + '.auth'), 30)
        session.xapi.value = value and text(value)
        session.xapi.machine.state = 'update_on_boot'
        session.start()
        same(session.xapi.machine.state, 'update_on_boot', (missing, torn))
        check(words in session.daemon.log(), session.daemon.log())
        check('yes' not in [update for _, _, update in session.xapi.effects])
        if value:
            same(session.guest.value('db', IMAGE), list_of(b'old'))
        session.stop()


def torn_keys():
    """A file of the host's keys that is no good keeps only a new machine from starting"""
    session = update_session()
    path = os.path.join(session.arguments[1], 'KEK.auth')
    for spoil in (lambda: os.truncate(path, 30), lambda: os.truncate(path, 0), lambda: (os.unlink(path), os.mkdir(path))):
        spoil()
        session.xapi.value = text(machine_with(b'old'))
        session.start()
        check('the machine starts without it' in session.daemon.log(), session.daemon.log())
        same(session.guest.value('KEK', GLOBAL), list_of(b'old'))
        same(session.guest.value('dbDefault', GLOBAL), list_of(b'new'))
        session.stop()
        session.write('resume', machine_with(b'resumed'))
        session.start('--resume', '--arg', 'resume:' + session.path('resume'))
        same(session.guest.value('KEK', GLOBAL), list_of(b'resumed'))
        session.stop()
    session.xapi.value = None
    session.start(wait=False)
    ends(session, 1, path)
    same(session.xapi.value, None)


def start_that_cannot_be_stored():
    """XAPI does not take what the start has made: the machine starts, and XAPI has it as soon as it takes it"""
    for value in (None, text(machine_with(b'old'))):
        session = update_session()
        session.xapi.machine.state = 'update_on_boot'
        session.xapi.value = value
        session.xapi.fault(SET, answer='failure', times=3)
        session.start()
        session.xapi.wait(lambda: session.xapi.effects, 20, 'what the start has made')
        same((session.xapi.machine.state, session.xapi.effects[0][2]), ('ok', 'yes'))
        same(session.guest.set('A', b'x'), SUCCESS)
        session.stop()


def first_boot_with_update():
    """On a first boot the machine gets the host's certificates anyway, and XAPI is told"""
    session = update_session()
    session.xapi.value = None
    session.xapi.machine.state = 'update_on_boot'
    session.start()
    same((session.xapi.machine.state, session.xapi.effects[0][2]), ('ok', 'yes'))
    same(session.guest.value('db', IMAGE), list_of(b'new'))


def update_that_is_not_stored():
    """With --nonpersistent the machine has them for this boot, and XAPI's mark stays"""
    session = update_session()
    session.arguments += ('--nonpersistent',)
    session.xapi.machine.state = 'update_on_boot'
    session.start()
    same(session.guest.value('db', IMAGE), list_of(b'old') + list_of(b'new'))
    session.stop()
    same((session.xapi.machine.state, session.xapi.effects), ('update_on_boot', []))


def no_update_on_resume():
    """A resume does not ask"""
    session = update_session()
    session.xapi.machine.state = 'update_on_boot'
    session.start('--resume', '--arg', 'resume:' + session.write('resume', machine_with(b'old')))
    same(session.guest.value('db', IMAGE), list_of(b'old'))
    session.xapi.wait(lambda: session.xapi.effects)
    same((session.xapi.methods(), session.xapi.machine.state), ([SET], 'update_on_boot'))


def update_with_an_old_guard():
    """A guard, or a XAPI, that does not know of certificates is no error and no warning"""
    for old in ('guard', 'xapi'):
        session = update_session(**{old: 'old'})
        session.start()
        check('warning' not in session.daemon.log(), session.daemon.log())
        same(session.guest.value('db', IMAGE), list_of(b'old'))
        session.stop()


tap.run(first_boot, empty_text, second_boot, keys_on_first_boot_only)
for what, how in FAILURES.items():
    run_it = never_a_first_boot(how)
    run_it.__doc__ = f'Never a first boot: {what}'
    tap.run(run_it)
tap.run(failures_that_pass, slow, guard_not_there, guard_forbidden, guard_never_there, interrupted,
        both_versions, line_breaks, known_defects, no_store, bad_records, cut_blob, too_much_to_keep, nonpersistent,
        wrong_arguments,
        resume, resume_nonpersistent, resume_while_down, resume_refused, save_and_resume, save_while_it_hangs,
        update_on_boot, nothing_to_update, no_update, update_that_cannot_be, update_without_keys, torn_keys,
        start_that_cannot_be_stored, first_boot_with_update, update_that_is_not_stored, no_update_on_resume, update_with_an_old_guard)
tap.end()
