#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A guest writes while calls to XAPI's guard fail at random, in every way that the fake guard knows. What is acknowledged has been stored
before. In the end no variable that was acknowledged is missing and none that was refused is there. SEED repeats a run, DURATION is how many
seconds it takes."""
import base64
import random
import signal
import sys
import threading
import time
sys.dont_write_bytecode = True
from session import *  # noqa: E402,F403

SEED = int(os.environ.get('SEED', random.randrange(1 << 32)))
SECONDS = float(os.environ.get('DURATION', 20))
SPEED = 50  # as HASTE; the looks for ghosts end 250 s / SPEED after a write
HASTY_RUN = {'UEFISTORED_DEBUG_XAPI_HASTE': str(SPEED), 'UEFISTORED_DEBUG_ANSWER_MS': str(19500 // SPEED)}
NAMES = [f'Variable{i}' for i in range(12)]

ANSWERS = ['none', 'gone', 'reset', 'half', 'long', 'short', 'empty', 'garbage', 'cut', 'nostatus', 'nolength', 'trickle', 'keep',
           'continue', 'head', 'hang', 'failure', 'bare', 'nested', 'fault', 'unknown', 'status', 'ok']

tap = XapiTap()


class Chaos:
    """Faults for about half of the calls, and a guard that comes and goes."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.quiet = False
        self.count = {}

    def choose(self, method):
        draw = self.random
        if self.quiet or draw.random() < 0.6:
            return None
        answer = draw.choice(ANSWERS)
        fault = Fault(answer=answer, effect=draw.random() < 0.5 if answer != 'ok' and answer != 'keep' else None,
                      text='VM.set_NVRAM_EFI_variables_v2' if answer == 'unknown' else 'Lwt_unix.Timeout',
                      status=draw.choice([400, 405, 500, 503]))
        if answer in ('ok', 'keep', 'nolength', 'trickle'):
            fault.effect = True
        # What says that it was not even begun has no effect.
        if answer == 'unknown' or (answer == 'status' and fault.status < 500):
            fault.effect = False
        delay = draw.choice([0, 0, 0, 0, 0.02, 0.1, 0.3, 0.6, 2.5])
        setattr(fault, draw.choice(['before', 'after']), delay)
        self.count[answer] = self.count.get(answer, 0) + 1
        return fault

    def shake(self, xapi, until):
        """The process itself: killed, gone for a while, or standing still."""
        while time.monotonic() < until:
            time.sleep(self.random.uniform(0.2, 1.5))
            what = self.random.choice(['restart', 'restart', 'down', 'freeze', 'nothing'])
            how = self.random.choice(['refused', 'absent'])
            pause = self.random.choice([0.01, 0.1, 0.4, 1])
            self.count[what] = self.count.get(what, 0) + 1
            if what == 'restart':
                xapi.kill(how)
            elif what == 'down':
                xapi.down(how)
            elif what == 'freeze':
                xapi.freeze()
            if what != 'nothing':
                time.sleep(pause)
            xapi.thaw()
            if not xapi.listener:
                xapi.up()


def was_stored(xapi, since, name, data):
    """Has one of the values that XAPI had since that many effects had `data` (None: no such variable)?"""
    before = [own(base64.b64decode(value)) for _, value, _ in xapi.effects[max(since - 1, 0):]]
    return any(held.get(name) == data for held in before + ([{}] if since == 0 else []))


def write_all(xapi, guest, names, draw, until, told, outcome):
    """A guest's life: told is what it may rely on."""
    number = 0
    while time.monotonic() < until:
        number += 1
        name = draw.choice(names)
        data = b'' if draw.random() < 0.1 else b'%s %d ' % (name.encode(), number) + bytes(draw.randrange(200))
        if not data and name not in told:
            continue
        since = len(xapi.effects)
        status = guest.set(name, data)
        check(status in (SUCCESS, DEVICE_ERROR), hex(status))
        outcome[status] = outcome.get(status, 0) + 1
        if status == SUCCESS and data:
            told[name] = data
        elif status == SUCCESS:
            told.pop(name, None)
        check(status != SUCCESS or was_stored(xapi, since, name, told.get(name)), f'{name}: acknowledged and not stored')
        same(guest.value(name), told.get(name), f'{name} after {hex(status)}')


def run_chaos(seed, seconds):
    draw = random.Random(seed)
    chaos = Chaos(seed + 1)
    session = Session(start=False, hasty=False, env=HASTY_RUN)
    session.start()
    session.xapi.chooser = chaos.choose
    until = time.monotonic() + seconds
    guests = [(session.daemon.guest(), NAMES[i::2], random.Random(draw.random()), {}, {}) for i in range(2)]
    errors = []

    def live(guest, names, own_draw, told, outcome):
        try:
            write_all(session.xapi, guest, names, own_draw, until, told, outcome)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=live, args=guest) for guest in guests]
    threads.append(threading.Thread(target=chaos.shake, args=(session.xapi, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    chaos.quiet = True
    told = {**guests[0][3], **guests[1][3]}
    outcomes = [guest[4] for guest in guests]
    print(f'# told {outcomes}, faults {chaos.count}, calls {len(session.xapi.calls)}')
    check(all(outcome.get(SUCCESS, 0) > 5 for outcome in outcomes), 'hardly anything succeeded')
    same(session.xapi.parallel_most, 1, 'connections at once')
    check(any(outcome.get(DEVICE_ERROR) for outcome in outcomes), 'nothing failed')
    return session, told


def ends_as_told():
    """Faults at random: what XAPI has at the end is what the guest was told"""
    session, told = run_chaos(SEED, SECONDS * 0.6)
    session.xapi.wait(lambda: stored(session.xapi) == told, 250 / SPEED + 10, f'{told} in place of {stored(session.xapi)}')
    # What is still to land, a ghost, is found.
    time.sleep(3.5)
    session.xapi.wait(lambda: stored(session.xapi) == told, 20, 'the repair')
    session.stop()
    same(stored(session.xapi), told)
    session.start()
    for name in NAMES:
        same(session.guest.value(name), told.get(name), name)


def ends_as_told_at_once():
    """The same, ended by a signal as soon as the guard is well again"""
    session, told = run_chaos(SEED + 2, SECONDS * 0.4)
    # What is under way in the guard comes to its end first: after our own there is nobody to look.
    session.xapi.restart(0)
    time.sleep(3.5)
    session.daemon.process.send_signal(signal.SIGTERM)
    same(session.daemon.process.wait(20), 0)
    same(stored(session.xapi), told)


print(f'# SEED={SEED} DURATION={SECONDS}')
tap.run(ends_as_told, ends_as_told_at_once)
tap.end()
