#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes through the guard of XAPI: what they cost, and what becomes of them under each fault. What XAPI has at the end is what the
guest was told, whatever happened in between."""
import base64
import signal
import struct
import sys
import time
sys.dont_write_bytecode = True
from session import *  # noqa: E402,F403

tap = XapiTap()


# ---- In the ordinary case ----

def one_call():
    """A write is one call on one connection, with no login, and hardly more than its base64"""
    for count in (20, 60):
        session = Session(start=False)
        session.start()
        for i in range(count):
            same(session.guest.set(f'Variable{i}', bytes([i]) * 1024), SUCCESS)
        calls, connections, size = len(session.xapi.calls), session.xapi.connections, session.xapi.bytes
        same(session.guest.set('Variable0', b'\xff' * 1024), SUCCESS)
        same(session.xapi.methods(calls), [SET])
        same(session.xapi.connections - connections, 1)
        check(session.xapi.bytes - size <= len(session.xapi.value) + 1024, session.xapi.bytes - size)
        same(session.xapi.calls[-1]['parameters'][3], 'no')
        same(session.xapi.parallel_most, 1, 'connections at once')
        session.stop()


def nothing_changed():
    """A write that changes nothing is no call, and neither is a volatile or a refused one"""
    session = began()
    same(session.guest.set('A', b'old'), SUCCESS)
    same(session.guest.set('V', b'volatile', BS | RT), SUCCESS)
    check(session.guest.set('', b'x') != SUCCESS)
    same(session.xapi.methods(), [])


def every_change():
    """Create, overwrite, append and delete arrive"""
    session = began()
    for name, data, attributes, after in (('B', b'1', 7, b'1'), ('B', b'22', 7, b'22'), ('B', b'3', 0x47, b'223'),
                                          ('B', b'', 7, None)):
        same(session.guest.set(name, data, attributes), SUCCESS)
        same(stored(session.xapi).get('B'), after)
    same(len(session.xapi.effects), 4)


def not_before_it_is_stored():
    """No answer before the write is stored; readers are served meanwhile"""
    session = began()
    session.xapi.fault(SET, before=0.5)
    writing(session, 'A', b'new')
    session.xapi.wait(lambda: session.xapi.methods() == [SET])
    same(session.daemon.guest().value('A'), b'old')
    check(not session.guest.answered_within(0.1), 'it was answered before it was stored')
    same(answered(session), SUCCESS)
    same(stored(session.xapi), {'A': b'new'})


def others_wait():
    """A write behind another waits for it, and both arrive"""
    session = began()
    session.xapi.fault(SET, before=0.5)
    other = session.daemon.guest()
    writing(session, 'A', b'new')
    session.xapi.wait(lambda: session.xapi.methods() == [SET])
    same(other.set('B', b'other'), SUCCESS)
    same(answered(session), SUCCESS)
    same(stored(session.xapi), {'A': b'new', 'B': b'other'})


def old_guard():
    """A guard that does not know the newer call is asked once, and then as it wants"""
    for old in ('guard', 'xapi'):
        session = Session(**{old: 'old'})
        same(session.xapi.methods(), [*START, SET, SET_OLD])
        same(session.guest.set('A', b'x'), SUCCESS)
        same(session.guest.set('A', b'y'), SUCCESS)
        same(session.xapi.methods()[4:], [SET_OLD, SET_OLD])
        same(len(session.xapi.calls[-1]['parameters']), 3)
        same(stored(session.xapi), {'A': b'y'})
        # After a restart it may be a newer one.
        session.xapi.guard = session.xapi.xapi = 'new'
        session.xapi.restart(0.1)
        time.sleep(0.05)
        same(session.guest.set('A', b'z'), SUCCESS)
        same(session.xapi.methods()[-1], SET)
        session.stop()
    # A guard that knows the call, in front of a XAPI that does not want that many parameters.
    session = began()
    session.xapi.fault(SET, answer='code', text='MESSAGE_PARAMETER_COUNT_MISMATCH VM.set_NVRAM_EFI_variables 3 4', effect=False)
    same(session.guest.set('A', b'x'), SUCCESS)
    same(session.xapi.methods(), [SET, SET_OLD])


def pace():
    """100 writes at once, then two a second; only the write that waits waits"""
    session = Session(hasty=False)
    for i in range(99):
        same(session.guest.set('A', b'%d' % i), SUCCESS)
    waits = []
    other = session.daemon.guest()
    for i in range(3):
        begun = time.monotonic()
        writing(session, 'A', b'slow %d' % i)
        # The write is not answered yet, and a read sees what was before it.
        same(other.value('A'), b'98' if i == 0 else b'slow %d' % (i - 1))
        same(answered(session), SUCCESS)
        waits.append(time.monotonic() - begun)
    check(all(wait > 0.2 for wait in waits[1:]), waits)
    # The end does not wait for it.
    writing(session, 'A', b'last')
    time.sleep(0.1)
    begun = time.monotonic()
    session.stop()
    check(time.monotonic() - begun < 2)
    same(stored(session.xapi), {'A': b'last'})


def pace_of_looks():
    """What is read for a write costs a credit as well, also where XAPI refuses everything"""
    session = began()
    session.xapi.fault('*', answer='failure', times=0)
    for i in range(200):
        same(session.guest.set('A', b'%d' % i), DEVICE_ERROR)
    # One call for each write, and now and then an attempt to undo the first.
    check(len(session.xapi.calls) < 250, len(session.xapi.calls))


# ---- Faults ----

def refused_at_once(**fault):
    """The call is refused: EFI_DEVICE_ERROR at once, and XAPI has what it had."""
    session = began()
    session.xapi.fault(SET, **fault)
    begun = time.monotonic()
    same(session.guest.set('A', b'new'), DEVICE_ERROR, fault)
    check(time.monotonic() - begun < 1, 'at once')
    settles(session, {'A': b'old'})
    same(session.guest.set('A', b'newer'), SUCCESS)
    same(stored(session.xapi), {'A': b'newer'})
    session.stop()
    return session


def failures():
    """A Failure of any shape, or another status than 200: EFI_DEVICE_ERROR at once, and the next write is right again"""
    for fault in ({'answer': 'failure'}, {'answer': 'failure', 'text': 'Unix.Unix_error(Unix.ECONNREFUSED, "connect", "")'},
                  {'answer': 'failure', 'text': 'Server_error(HANDLE_INVALID, [ VM; OpaqueRef:x ])'},
                  {'answer': 'failure', 'text': 'Idl.MarshalError("Incorrect number of arguments")'},
                  {'answer': 'bare'}, {'answer': 'nested'}, {'answer': 'fault'}, {'answer': 'status'},
                  {'answer': 'status', 'status': 405}, {'answer': 'status', 'status': 400}):
        refused_at_once(**fault)


def failures_with_effect():
    """... and where the write took effect all the same, it is undone"""
    for fault in ({'answer': 'failure'}, {'answer': 'bare'}, {'answer': 'fault'}, {'answer': 'status'}):
        session = refused_at_once(effect=True, **fault)
        values = [own(base64.b64decode(value))['A'] for _, value, _ in session.xapi.effects]
        same(values[:2], [b'new', b'old'], fault)


def xapi_down():
    """As long as XAPI is down each write fails at once, and the first after it succeeds"""
    session = began()
    session.xapi.fault('*', answer='failure', times=0)
    for i in range(3):
        begun = time.monotonic()
        same(session.guest.set('A', b'new %d' % i), DEVICE_ERROR)
        check(time.monotonic() - begun < 1, 'at once')
    same(session.guest.value('A'), b'old')
    session.xapi.clear()
    same(session.guest.set('A', b'newer'), SUCCESS)
    settles(session, {'A': b'newer'})


UNANSWERED = ({'answer': 'none'}, {'answer': 'reset'}, {'answer': 'half'}, {'answer': 'long'}, {'answer': 'short'},
              {'answer': 'empty'}, {'answer': 'garbage'}, {'answer': 'cut'}, {'answer': 'nostatus'}, {'answer': 'continue'},
              {'answer': 'head'})


def unanswered():
    """No answer that can be understood, the write done or not: it is looked up, and sent again where it is missing"""
    for fault in UNANSWERED:
        for effect in (False, True):
            session = began()
            session.xapi.fault(SET, effect=effect, **fault)
            same(session.guest.set('A', b'new'), SUCCESS, fault)
            same(session.xapi.methods(), [SET, GET] if effect else [SET, GET, SET], fault)
            same(stored(session.xapi), {'A': b'new'})
            session.stop()


def always_unanswered():
    """Where that happens again and again the write fails in time, and is undone when it took effect"""
    for effect in (False, True):
        session = began()
        session.xapi.fault('*', answer='none', effect=effect, times=0)
        begun = time.monotonic()
        same(session.guest.set('A', b'new'), DEVICE_ERROR)
        check(time.monotonic() - begun < 20 / HASTE + 0.5, 'in time')
        session.xapi.clear()
        settles(session, {'A': b'old'})
        same(session.guest.set('A', b'newer'), SUCCESS)
        settles(session, {'A': b'newer'})
        session.stop()


def not_reachable():
    """A guard that is being restarted is waited for"""
    for how in ('absent', 'refused'):
        session = began()
        session.xapi.down(how)
        writing(session, 'A', b'new')
        time.sleep(0.3)
        session.xapi.up()
        same(answered(session), SUCCESS)
        same(session.xapi.methods(), [SET])
        same(stored(session.xapi), {'A': b'new'})
        session.stop()


def never_reachable():
    """One that does not come back in time: EFI_DEVICE_ERROR, and nothing is left of the write"""
    session = began()
    session.xapi.down('absent')
    begun = time.monotonic()
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    check(time.monotonic() - begun < 20 / HASTE, 'in time')
    session.xapi.up()
    same(session.guest.set('B', b'other'), SUCCESS)
    same(session.xapi.methods(), [SET])
    settles(session, {'A': b'old', 'B': b'other'})


def restarted():
    """A guard that ends in the middle of a call, before or after the effect, and comes back"""
    for effect in (False, True):
        session = began()
        if effect:
            session.xapi.fault(SET, after=60)
        else:
            session.xapi.fault(SET, before=60, lost=True)
        writing(session, 'A', b'new')
        session.xapi.wait(lambda: session.xapi.methods() == [SET] and len(session.xapi.effects) == effect)
        session.xapi.restart(0.3, 'absent')
        same(answered(session), SUCCESS)
        same(stored(session.xapi), {'A': b'new'})
        session.stop()


def slow():
    """An answer that is slow, but comes in time, is all that is needed"""
    for fault in ({'before': 1}, {'after': 1}, {'answer': 'trickle'}, {'answer': 'keep'}, {'answer': 'nolength'}):
        session = began()
        session.xapi.fault(SET, **fault)
        same(session.guest.set('A', b'new'), SUCCESS, fault)
        same(session.xapi.methods(), [SET])
        session.stop()


def silence_after_the_effect():
    """The write is done and nobody says so: it is looked up, and the guest is told in time"""
    session = began()
    session.xapi.fault(SET, answer='hang')
    begun = time.monotonic()
    same(session.guest.set('A', b'new'), SUCCESS)
    check(1 < time.monotonic() - begun < 20 / HASTE)
    same(session.xapi.methods(), [SET, GET])
    settles(session, {'A': b'new'})


def all_hangs():
    """Write and look hang: EFI_DEVICE_ERROR in time, and the next write looks first"""
    session = began()
    session.xapi.fault(SET, answer='hang', effect=False)
    session.xapi.fault(GET, answer='hang', times=2)
    begun = time.monotonic()
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    check(time.monotonic() - begun < 20 / HASTE + 0.2, 'in time')
    begun = time.monotonic()
    same(session.guest.set('B', b'newer'), SUCCESS)
    methods = session.xapi.methods()
    same((methods[0], methods[-2:]), (SET, [GET, SET]), methods)
    settles(session, {'A': b'old', 'B': b'newer'})


def frozen():
    """A guard that stands still for longer than a write may take, and then does all at once"""
    session = began()
    session.xapi.freeze()
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    same(session.guest.set('B', b'other'), DEVICE_ERROR)
    session.xapi.thaw()
    settles(session, {'A': b'old'})
    same(session.guest.set('B', b'other'), SUCCESS)
    settles(session, {'A': b'old', 'B': b'other'})


def failed_then_down():
    """A write of unknown outcome is undone as soon as that can be"""
    session = began()
    session.xapi.fault(SET, answer='failure', effect=True)
    session.xapi.fault(GET, answer='failure', times=2)
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    same(stored(session.xapi), {'A': b'new'})
    settles(session, {'A': b'old'})


def ends_with_a_write_to_undo():
    """... also when the daemon is to end meanwhile"""
    session = began()
    session.xapi.fault(SET, answer='failure', effect=True)
    session.xapi.fault(GET, answer='failure', times=1)
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    session.stop()
    same(stored(session.xapi), {'A': b'old'})


def in_real_time():
    """With the times as they are: EFI_DEVICE_ERROR within 20 s from a guard that hangs"""
    session = began(hasty=False)
    session.xapi.freeze()
    begun = time.monotonic()
    same(session.guest.set('A', b'new'), DEVICE_ERROR)
    check(18 < time.monotonic() - begun < 20, time.monotonic() - begun)
    session.xapi.thaw()
    settles(session, {'A': b'old'}, 20)


def signal_during_a_write():
    """SIGTERM: a write that is under way is waited for, and what was saved is what the guest was told"""
    session = Session(start=False, hasty=False)
    session.arguments = ('--arg', 'save:' + session.write('save', b''))
    session.start()
    same(session.guest.set('A', b'old'), SUCCESS)
    session.xapi.fault(SET, before=1)
    writing(session, 'A', b'new')
    time.sleep(0.2)
    session.daemon.process.send_signal(signal.SIGTERM)
    same(session.daemon.process.wait(9), 0)
    same(stored(session.xapi), {'A': b'new'})
    same(own(session.read('save')), {'A': b'new'})


# ---- The alert ----

def alert():
    """The first Secure Boot failure is an alert, of priority 5, and the only one"""
    session = Session()
    same(session.guest.notify(), SUCCESS)
    same(session.xapi.messages, [{'name': 'VM_SECURE_BOOT_FAILED', 'priority': 5, 'cls': 'VM', 'uuid': MACHINE,
                                  'body': 'The VM failed to pass Secure Boot verification.'}])
    check(session.guest.notify() != SUCCESS)
    same(len(session.xapi.messages), 1)


def alert_fails():
    """One that cannot be delivered is EFI_DEVICE_ERROR, in time"""
    for fault in ({'answer': 'failure'}, {'answer': 'none', 'effect': False}, {'answer': 'status'}, {'answer': 'hang'}):
        session = Session()
        session.xapi.fault(MESSAGE, **fault)
        begun = time.monotonic()
        same(session.guest.notify(), DEVICE_ERROR, fault)
        check(time.monotonic() - begun < 20 / HASTE + 0.2)
        # And the write behind it is a write like any other.
        same(session.guest.set('A', b'x'), SUCCESS)
        session.stop()


def alert_to_a_restarted_guard():
    """A guard that is being restarted is waited for"""
    session = Session()
    session.xapi.down('absent')
    session.guest.put(struct.pack('<II', 1, 4))
    session.guest.ring()
    time.sleep(0.3)
    session.xapi.up()
    same(answered(session), SUCCESS)
    same(len(session.xapi.messages), 1)


def alert_at_the_start():
    """Secure Boot wanted and impossible: one alert, delivered before the daemon ends with 1"""
    session = Session('--secure-boot', 'true', start=False)
    session.xapi.fault(MESSAGE, before=0.5)
    session.start(wait=False)
    same(session.daemon.process.wait(20), 1)
    same(len(session.xapi.messages), 1)
    same(session.xapi.effects, [])


def alert_once_a_life():
    """With secureboot_unmet=warn the guest's own report is no second one"""
    session = Session('--secure-boot', 'true', start=False, daemon={'default': False})
    config = session.write('config', b'[default]\nsecureboot_unmet=warn\n')
    os.mkdir(session.path('keys'))
    session.arguments += ('--config', config, '--keys', session.path('keys'))
    session.start()
    same(session.guest.notify(), SUCCESS)
    same(len(session.xapi.messages), 1)


tap.run(one_call, nothing_changed, every_change, not_before_it_is_stored, others_wait, old_guard, pace,
        pace_of_looks,
        failures, failures_with_effect, xapi_down, unanswered, always_unanswered, not_reachable, never_reachable, restarted,
        slow, silence_after_the_effect, all_hangs, frozen, failed_then_down, ends_with_a_write_to_undo, in_real_time, signal_during_a_write,
        alert, alert_fails, alert_to_a_restarted_guard, alert_at_the_start, alert_once_a_life)
tap.end()
