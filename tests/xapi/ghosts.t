#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes that nobody has answered for, and that land later: what XAPI has at the end is what the guest was told."""
import base64
import sys
import time
sys.dont_write_bytecode = True
from session import *  # noqa: E402,F403

tap = XapiTap()


def effects(session):
    """What of VENDOR's each write that took effect had."""
    return [own(base64.b64decode(value)) for _, value, _ in session.xapi.effects]


def late_effect():
    """A write that lands long after the guest was told that it failed is undone"""
    session = began()
    session.xapi.fault(SET, before=2.7)
    begun = time.monotonic()
    same(session.guest.set('A', b'late'), DEVICE_ERROR)
    check(time.monotonic() - begun < 20 / HASTE + 0.2, 'in time')
    same(session.guest.value('A'), b'old')
    session.xapi.wait(lambda: stored(session.xapi) == {'A': b'late'}, what='the late effect')
    settles(session, {'A': b'old'})
    same(session.xapi.parallel_most, 1, 'connections at once')


def late_effect_and_a_newer_write():
    """A newer write is not sent before the older one has landed, and is not lost under it"""
    session = began()
    session.xapi.fault(SET, before=2.7)
    same(session.guest.set('A', b'late'), DEVICE_ERROR)
    same(session.guest.set('B', b'newer'), SUCCESS)
    values = [own(base64.b64decode(value)) for _, value, _ in session.xapi.effects]
    same((values[0], values[-1]), ({'A': b'late'}, {'A': b'old', 'B': b'newer'}))
    check(all(value['A'] == b'old' for value in values[1:]), values)
    settles(session, {'A': b'old', 'B': b'newer'})


def lost_and_a_newer_write():
    """Where the older one never lands, the newer one is sent when it is taken to be lost, having looked first"""
    session = began()
    session.xapi.fault(SET, answer='hang', effect=False)
    same(session.guest.set('A', b'lost'), DEVICE_ERROR)
    calls = len(session.xapi.calls)
    same(session.guest.set('B', b'newer'), SUCCESS)
    same(session.xapi.methods(calls)[-2:], [GET, SET])
    check(session.xapi.calls[-1]['at'] - session.xapi.calls[0]['at'] >= 3.4, 'it was not waited for long enough')
    settles(session, {'A': b'old', 'B': b'newer'})


def taken_to_be_lost_and_landing():
    """One that lands even later, over a newer one, is undone as well"""
    session = began()
    session.xapi.fault(SET, before=5)
    same(session.guest.set('A', b'ghost'), DEVICE_ERROR)
    same(session.guest.set('B', b'newer'), SUCCESS)
    session.xapi.wait(lambda: stored(session.xapi) == {'A': b'ghost'}, what='the ghost')
    settles(session, {'A': b'old', 'B': b'newer'})
    check('an old write has landed' in session.daemon.log(), session.daemon.log())


def sent_twice():
    """A session in which A is `newer`, while the first sending of `ghost` is still to land."""
    session = began()
    session.xapi.fault(SET, before=1.5)
    writing(session, 'A', b'ghost')
    session.xapi.wait(lambda: session.xapi.methods() == [SET])
    session.xapi.kill()
    session.xapi.up()
    same(answered(session), SUCCESS)
    same(session.guest.set('A', b'newer'), SUCCESS)
    return session


def broken_off_and_landing():
    """The same where the connection was broken off, and the write was sent again"""
    session = sent_twice()
    same(len(session.xapi.effects), 2)
    session.xapi.wait(lambda: stored(session.xapi) == {'A': b'ghost'}, what='the ghost')
    settles(session, {'A': b'newer'})


def ends_with_a_ghost():
    """At the end it is looked once more"""
    session = sent_twice()
    calls = len(session.xapi.calls)
    session.xapi.value = session.xapi.effects[0][1]
    session.stop()
    same(session.xapi.methods(calls), [GET, SET])
    same(stored(session.xapi), {'A': b'newer'})


def somebody_elses_change():
    """What an administrator stores meanwhile is no ghost: only the next write replaces it"""
    session = began()
    session.xapi.fault(SET, answer='none')
    same(session.guest.set('A', b'new'), SUCCESS)
    theirs = text(blob(record('A', b'theirs')))
    session.xapi.value = theirs
    calls = len(session.xapi.calls)
    session.xapi.wait(lambda: len(session.xapi.calls) >= calls + 3, what='a few looks')
    same(session.xapi.value, theirs)
    same(session.guest.set('B', b'x'), SUCCESS)
    same(stored(session.xapi), {'A': b'new', 'B': b'x'})


def nothing_newer_meanwhile():
    """While an earlier sending of what has landed may be under way, nothing newer is sent"""
    session = began(env={'UEFISTORED_DEBUG_XAPI_HASTE': '1', 'UEFISTORED_DEBUG_ANSWER_MS': '19500'})
    session.xapi.fault(SET, answer='gone', before=0.8)
    same(session.guest.set('A', b'first'), SUCCESS)
    same(session.guest.set('A', b'newer'), SUCCESS)
    # Both of the first, then the newer, and nothing had to be undone.
    same(effects(session), [{'A': b'first'}, {'A': b'first'}, {'A': b'newer'}])


def one_of_two_landed():
    """A write that fails after it was sent twice: it is undone when neither can land any more"""
    session = began()
    session.xapi.fault(SET, answer='gone', before=2.3)
    session.xapi.fault(SET, answer='hang', before=3.0)
    same(session.guest.set('A', b'failed'), DEVICE_ERROR)
    session.xapi.wait(lambda: len(session.xapi.effects) >= 3, 20, 'the repair')
    settles(session, {'A': b'old'})
    same(effects(session)[:2], [{'A': b'failed'}] * 2)


def ends_while_nothing_is_sent():
    """The end looks at once, also while an earlier sending may be under way"""
    session = began(env={'UEFISTORED_DEBUG_XAPI_HASTE': '1', 'UEFISTORED_DEBUG_ANSWER_MS': '19500',
                         'UEFISTORED_DEBUG_SETTLE_MS': '1000'})
    session.xapi.fault(SET, answer='gone', effect=False)
    same(session.guest.set('A', b'x'), SUCCESS)
    calls = len(session.xapi.calls)
    session.stop()
    same(session.xapi.methods(calls), [GET])
    check('that the guest was told had failed' not in session.daemon.log(), session.daemon.log())


def quiet_has_an_end():
    """After one that was sent twice and answered late the next write is not refused"""
    session = began()
    session.xapi.fault(SET, answer='gone', effect=False)
    session.xapi.fault(SET, answer='hang')
    same(session.guest.set('A', b'slow'), SUCCESS)
    same(session.guest.set('A', b'next'), SUCCESS)
    settles(session, {'A': b'next'})


def ends_after_a_back_off():
    """What was to be repaired, and was written since, holds up no later repair"""
    session = began()
    session.xapi.fault(SET, answer='status', status=500)
    # The look that would undo it fails, again and again, so that the next attempt is far away.
    session.xapi.fault(GET, answer='failure', times=4)
    same(session.guest.set('A', b'failed'), DEVICE_ERROR)
    session.xapi.wait(lambda: session.xapi.methods().count(GET) == 4, 20, 'four attempts')
    session.xapi.fault(SET, answer='gone', effect=False)
    same(session.guest.set('A', b'ghost'), SUCCESS)
    ghost = session.xapi.value
    same(session.guest.set('A', b'newest'), SUCCESS)
    session.xapi.value = ghost
    session.stop()
    same(stored(session.xapi), {'A': b'newest'})


def many_ghosts():
    """However many there are, none is forgotten"""
    session = began()
    sent = []

    def choose(method):
        if method != SET:
            return None
        sent.append(method)
        if len(sent) > 40 or len(sent) % 2 == 0:
            return None
        return Fault(answer='gone', before=15 if len(sent) == 1 else 0, effect=len(sent) == 1)

    session.xapi.chooser = choose
    for i in range(20):
        same(session.guest.set('A', b'%d' % i), SUCCESS)
    check(len(sent) == 40, sent)
    session.xapi.wait(lambda: stored(session.xapi) == {'A': b'0'}, 20, 'the ghost')
    settles(session, {'A': b'19'})


tap.run(late_effect, late_effect_and_a_newer_write, lost_and_a_newer_write, taken_to_be_lost_and_landing, broken_off_and_landing,
        ends_with_a_ghost, somebody_elses_change, nothing_newer_meanwhile, one_of_two_landed,
        ends_while_nothing_is_sent, quiet_has_an_end, ends_after_a_back_off, many_ghosts)
tap.end()
