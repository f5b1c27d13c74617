#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A XAPI, or its guard on a machine's own socket, for tests: it speaks as they do, and fails as it is told to.

As a module: `with FakeXapi(path) as xapi: ...`. As a program: `fake_xapi.py --socket PATH [--control PATH] ...`; then the same
functions are called by lines of JSON on the control socket, `{"do": "fault", "answer": "none"}`, and answered by one line each.

Mode `guard` is the socket of one machine: session and machine are not looked at. Mode `xapi` is XAPI's own socket: sessions, references, codes.
Nothing is serialised and nothing is cancelled: each connection has a thread, and a call whose caller has gone is carried out.
"""
import argparse
import base64
import json
import os
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import uuid
from xml.etree import ElementTree

MACHINE = '11111111-2222-3333-4444-555555555555'
VALUE_MAX = 307100  # of a call's value; XAPI takes 307,200 bytes in a call
KEY = 'EFI-variables'


class Failure(Exception):
    """A description: a text, or a list of texts and lists."""

    def __init__(self, description):
        super().__init__(description)
        self.description = description


class Broken(Exception):
    """The connection is to be closed without a word."""


# ---- XML-RPC ----

def escape(text):
    text = ''.join(c for c in text if c >= ' ' or c in '\t\n\r')
    return text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('"', '&quot;')


def marshal(value):
    """Strings are never in an element of their own; names are not escaped."""
    if value is None:
        return '<value><nil/></value>'
    if isinstance(value, dict):
        return '<value><struct>' + ''.join(f'<member><name>{k}</name>{marshal(v)}</member>'
                                           for k, v in value.items()) + '</struct></value>'
    if isinstance(value, (list, tuple)):
        return '<value><array><data>' + ''.join(map(marshal, value)) + '</data></array></value>'
    return f'<value>{escape(str(value))}</value>'


def response(value):
    return '<?xml version="1.0"?><methodResponse><params><param>' + marshal(value) + '</param></params></methodResponse>'


def unmarshal(element):
    """A parameter: text, int, ('B64', ...) or another that no call takes."""
    children = list(element)
    if not children:
        return element.text or ''
    kind, text = children[0].tag, children[0].text or ''
    if kind == 'string':
        return text
    if kind in ('int', 'i4', 'i8'):
        return int(text)
    return kind, text


def parse(body):
    """(method, parameters). What stands behind the call is not looked at."""
    parser = ElementTree.XMLPullParser(['start', 'end'])
    depth = 0
    try:
        for at in range(0, len(body), 4096):
            parser.feed(body[at:at + 4096])
            for event, element in parser.read_events():
                depth += 1 if event == 'start' else -1
                if depth == 0 and element.tag == 'methodCall':
                    return (element.findtext('methodName') or '',
                            [unmarshal(value) for value in element.findall('params/param/value')])
    except (ElementTree.ParseError, ValueError):
        # What was read before the error may be a whole call.
        for event, element in parser.read_events():
            if event == 'end' and element.tag == 'methodCall':
                return (element.findtext('methodName') or '',
                        [unmarshal(value) for value in element.findall('params/param/value')])
    raise Failure(['Internal_error', 'Xmlm.Make(String)(Buffer).Error(_, -95440847)'])


# ---- What there is ----

class Machine:
    def __init__(self, identity, nvram=None):
        self.uuid = identity
        self.ref = 'OpaqueRef:' + str(uuid.uuid4())
        self.nvram = dict(nvram or {})
        self.state = 'ok'
        self.certcheck = 'ok'  # what XAPI finds out where a write does not say
        self.platform = {'secureboot': 'false'}
        self.power_state = 'Halted'


class Host:
    """certificates None: those of the pool, as its master has them."""

    def __init__(self, name='host', certificates=None):
        self.ref = 'OpaqueRef:' + str(uuid.uuid4())
        self.uuid = str(uuid.uuid4())
        self.name, self.certificates = name, certificates


class Pool:
    def __init__(self):
        self.ref = 'OpaqueRef:' + str(uuid.uuid4())
        self.uuid = str(uuid.uuid4())
        self.hosts = [Host()]
        self.certificates = ''
        self.custom = ''
        self.allow_custom = True


class Fault:
    """What happens to the calls that it is for: `times` of them (0: all) after `skip` others.

    before, after   seconds before and after the effect
    effect          whether there is one; None: as the answer has it
    lost            the effect does not come if the server is restarted before it
    answer          ok, none (closed without a byte), gone (the same, but before anything else happens), hang (nothing ever), half, long and short (a wrong length), empty,
                    garbage (no XML), cut (XML without its end), nostatus, nolength (ends with the connection), keep (not closed
                    after it), trickle (byte by byte), head (endless), continue (100 in front), reset; failure (text), code
                    (XAPI's list), bare, nested, fault, unknown, status (a HTTP status)
    """
    ANSWERS_WITHOUT_EFFECT = ('failure', 'code', 'bare', 'nested', 'fault', 'unknown', 'status')

    def __init__(self, method='*', answer='ok', before=0, after=0, effect=None, times=1, skip=0, text='Lwt_unix.Timeout',
                 status=500, lost=False):
        self.method, self.answer, self.before, self.after = method, answer, before, after
        self.effect = effect if effect is not None else answer not in self.ANSWERS_WITHOUT_EFFECT
        self.times, self.skip, self.text, self.status, self.lost = times, skip, text, status, lost

    def takes(self, method):
        return self.method in ('*', method) or method.endswith('.' + self.method)


NO_FAULT = Fault()


class FakeXapi:
    def __init__(self, path, mode='guard', guard='new', xapi='new', machine=MACHINE, value=None, nvram=None, chooser=None,
                 record=True):
        self.path, self.mode, self.guard, self.xapi = path, mode, guard, xapi
        self.machine = Machine(machine, nvram)
        if value is not None:
            self.machine.nvram[KEY] = value
        self.machines = {machine: self.machine}
        self.pool = Pool()
        self.sessions = set()
        self.messages = []
        self.chooser = chooser  # function of the method, gives a Fault or None
        self.record = record
        self.calls = []         # dicts: method, parameters, at, fault
        self.effects = []       # (time, value, update) of writes
        self.bytes = 0          # received, all in all
        self.connections = 0
        self.parallel_most = 0  # connections whose caller was there at the same time
        self.faults = []
        self.lock = threading.RLock()
        self.thawed = threading.Event()
        self.thawed.set()
        self.accepting = threading.Event()
        self.accepting.set()
        self.ending = threading.Event()
        self.open = set()
        self.generation = 0
        self.listener = None
        self.up()

    # -- As seen from a test --

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def value(self):
        """The base64 text, or None."""
        return self.machine.nvram.get(KEY)

    @value.setter
    def value(self, value):
        with self.lock:
            self.machine.nvram.pop(KEY, None)
            if value is not None:
                self.machine.nvram[KEY] = value

    @property
    def blob(self):
        return None if self.value is None else base64.b64decode(self.value, validate=True)

    def methods(self, since=0):
        with self.lock:
            return [call['method'] for call in self.calls[since:]]

    def wait(self, condition, timeout=20, what='the expected'):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f'{what} did not come; calls: {self.methods()[-20:]}')
            time.sleep(0.005)

    def fault(self, method='*', **more):
        with self.lock:
            self.faults.append(Fault(method, **more))

    def clear(self):
        with self.lock:
            self.faults = []
        self.thaw()
        self.go_on()

    def freeze(self):
        """Calls are taken, and nothing happens to them until thaw()."""
        self.thawed.clear()

    def thaw(self):
        self.thawed.set()

    def stall(self):
        """The process stands still: connections are made, up to the backlog, and nobody reads from them until go_on()."""
        self.accepting.clear()

    def go_on(self):
        self.accepting.set()

    def down(self, how='refused'):
        """refused, absent or forbidden; connections that are open stay so."""
        with self.lock:
            if self.listener:
                # close() alone does not end an accept() that is under way.
                self.listener.shutdown(socket.SHUT_RDWR)
                self.listener.close()
            self.listener = None
            if how == 'absent' and os.path.exists(self.path):
                os.unlink(self.path)
            elif how == 'forbidden':
                self.listen()
                os.chmod(self.path, 0)

    def up(self):
        with self.lock:
            if self.listener:
                self.down()
            self.listen()
            os.chmod(self.path, 0o666)

    def listen(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(2)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def kill(self, how='refused'):
        """The process has gone: what is open is closed, the socket's file stays (or not)."""
        with self.lock:
            self.down(how)
            self.generation += 1
            for connection in list(self.open):
                self.hang_up(connection)

    def restart(self, seconds=0.0, how='refused'):
        self.kill(how)
        threading.Timer(seconds, lambda: self.ending.is_set() or self.up()).start()

    def close(self):
        self.ending.set()
        self.thawed.set()
        self.accepting.set()
        self.kill('absent')

    # -- Connections --

    @staticmethod
    def hang_up(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepting.wait()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with self.lock:
            self.open.add(connection)
            self.connections += 1
            self.parallel_most = max(self.parallel_most, sum(map(self.is_held, self.open)))
        try:
            while self.serve_one(connection):
                pass
        except (Broken, OSError):
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
                connection.close()

    @staticmethod
    def is_held(connection):
        """Is the caller still there?"""
        poll = select.poll()
        poll.register(connection, select.POLLRDHUP)
        return not poll.poll(0)

    def receive(self, connection, size=65536):
        data = connection.recv(size)
        self.bytes += len(data)
        return data

    def read_request(self, connection):
        """(method, {header: value}, body), or Broken. A body that is cut short is taken as it is."""
        data = b''
        while b'\r\n\r\n' not in data:
            more = self.receive(connection)
            if not more or len(data) > 65536:
                raise Broken()
            data += more
        head, body = data.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        match = re.fullmatch(r'([A-Z]+) (\S+) HTTP/1\.([01])', lines[0])
        if not match:
            raise Broken()
        headers = {'version': match.group(3)}
        for line in lines[1:]:
            name, _, value = line.partition(':')
            headers[name.strip().lower()] = value.strip()
        if headers.get('transfer-encoding', '').lower() == 'chunked':
            body = self.read_chunks(connection, body)
        else:
            length = int(headers.get('content-length', '0')) if headers.get('content-length', '0').isdigit() else 0
            parts, size = [body], len(body)
            while size < length:
                more = self.receive(connection)
                if not more:
                    break
                parts.append(more)
                size += len(more)
            body = b''.join(parts)[:length]
        return match.group(1), headers, body

    def read_chunks(self, connection, data):
        body = b''
        while True:
            while b'\r\n' not in data:
                more = self.receive(connection)
                if not more:
                    raise Broken()
                data += more
            line, data = data.split(b'\r\n', 1)
            size = int(line.split(b';')[0], 16)
            while len(data) < size + 2:
                more = self.receive(connection)
                if not more:
                    return body
                data += more
            body, data = body + data[:size], data[size + 2:]
            if size == 0:
                return body

    def serve_one(self, connection):
        verb, headers, body = self.read_request(connection)
        generation = self.generation
        if verb != 'POST':
            self.answer(connection, response({'Status': 'Failure', 'ErrorDescription': 'Not allowed'}), 405)
            return False
        if self.mode == 'xapi' and 'content-length' not in headers:
            self.answer(connection, 'a length was expected', 400)
            return False
        fault = NO_FAULT
        try:
            method, parameters = parse(body)
            fault = self.choose(method, parameters)
            self.thawed.wait()
            if fault.answer == 'gone':
                connection.shutdown(socket.SHUT_RDWR)
            self.ending.wait(fault.before) if fault.before else None
            if self.ending.is_set() or (fault.lost and generation != self.generation):
                raise Broken()
            result = None
            if fault.effect:
                result = self.carry_out(method, parameters)
            if fault.after:
                self.ending.wait(fault.after)
            text = response({'Status': 'Success', 'Value': result})
        except Failure as failure:
            text = response({'Status': 'Failure', 'ErrorDescription': failure.description})
        # The caller may have gone.
        self.give(connection, fault, text)
        return headers.get('connection') != 'close' and headers['version'] == '1' and fault.answer in ('ok', 'keep')

    def choose(self, method, parameters):
        with self.lock:
            chosen = self.chooser(method) if self.chooser else None
            for fault in self.faults if not chosen else ():
                if not fault.takes(method):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                chosen = fault
                if fault.times == 1:
                    self.faults.remove(fault)
                elif fault.times:
                    fault.times -= 1
                break
            if self.record:
                self.calls.append({'method': method, 'parameters': parameters, 'at': time.monotonic(),
                                   'fault': chosen.answer if chosen else None})
        return chosen or NO_FAULT

    # -- Answers --

    def head(self, size, status=200):
        reason = {200: 'OK', 400: 'Bad Request', 405: 'Method Not Allowed', 500: 'Internal Server Error'}.get(status, 'Other')
        if self.mode == 'guard':
            return f'HTTP/1.1 {status} {reason}\r\ncontent-length: {size}\r\n\r\n'.encode()
        return (f'HTTP/1.1 {status} {reason}\r\nContent-Type: text/xml\r\nContent-Length: {size}\r\n'
                'Connection: close\r\nCache-Control: no-cache, no-store\r\n\r\n').encode()

    def answer(self, connection, text, status=200):
        body = text.encode()
        connection.sendall(self.head(len(body), status) + body)

    def description(self, fault):
        if fault.answer == 'unknown':
            return ['Internal_error', f'Idl.UnknownMethod("{fault.text}")']
        if fault.answer == 'bare':
            return 'Unknown_error'
        if fault.answer == 'nested':
            return ['Internal_error', ['Server_error', ['HANDLE_INVALID', ['VM', 'OpaqueRef:x']]]]
        if fault.answer == 'code':
            return fault.text.split()
        return ['Internal_error', fault.text]

    def give(self, connection, fault, text):
        kind, body = fault.answer, text.encode()
        if kind in ('failure', 'bare', 'nested', 'unknown', 'code'):
            self.answer(connection, response({'Status': 'Failure', 'ErrorDescription': self.description(fault)}))
        elif kind == 'fault':
            self.answer(connection, '<?xml version="1.0"?><methodResponse><fault>' +
                        marshal({'faultCode': 4, 'faultString': 'Too many parameters.'}) + '</fault></methodResponse>')
        elif kind == 'status':
            self.answer(connection, fault.text, fault.status)
        elif kind in ('none', 'gone'):
            raise Broken()
        elif kind == 'reset':
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            raise Broken()
        elif kind == 'hang':
            self.ending.wait()
        elif kind == 'half':
            whole = self.head(len(body)) + body
            connection.sendall(whole[:len(whole) // 2])
            raise Broken()
        elif kind in ('long', 'short'):
            connection.sendall(self.head(len(body) + (10 if kind == 'long' else -10)) + body)
            raise Broken()
        elif kind == 'empty':
            self.answer(connection, '')
        elif kind == 'garbage':
            self.answer(connection, 'Internal error: (Failure "int_of_string")')
        elif kind == 'cut':
            self.answer(connection, text[:len(text) // 2])
        elif kind == 'nostatus':
            self.answer(connection, response({'Value': ''}))
        elif kind == 'nolength':
            connection.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n' + body)
            raise Broken()
        elif kind == 'trickle':
            for byte in self.head(len(body)) + body:
                connection.sendall(bytes([byte]))
        elif kind == 'head':
            connection.sendall(b'HTTP/1.1 200 OK\r\n')
            while not self.ending.is_set():
                connection.sendall(b'x-filler: ' + b'x' * 500 + b'\r\n')
        elif kind == 'continue':
            connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n' + self.head(len(body)) + body)
        else:
            self.answer(connection, text)

    # -- Methods --

    def carry_out(self, method, parameters):
        table, name = (GUARD, 'g_') if self.mode == 'guard' else (XAPI, 'x_')
        row = table.get(method)
        if not row or (len(row) > 1 and self.is_old(row[1])):
            self.unknown(method, row)
        if self.mode == 'guard':
            self.check_guard_parameters(row[0], parameters)
        else:
            self.check_xapi_parameters(method, row[0], parameters)
        with self.lock:
            return getattr(self, name + re.sub(r'\W', '_', method))(*parameters)

    def is_old(self, since):
        return (since == 'guard' and (self.guard == 'old' or self.xapi == 'old')) or \
            (since == 'xapi' and self.xapi == 'old')

    def unknown(self, method, row):
        if self.mode == 'xapi':
            raise Failure(['MESSAGE_METHOD_UNKNOWN', method])
        if row and self.guard != 'old':
            raise Failure(['Internal_error', f'Server_error(MESSAGE_METHOD_UNKNOWN, [ {method} ])'])
        raise Failure(['Internal_error', f'Idl.UnknownMethod("{method}")'])

    @staticmethod
    def check_guard_parameters(kinds, parameters):
        if len(parameters) < len(kinds):
            raise Failure(['Internal_error', 'Idl.MarshalError("Incorrect number of arguments")'])
        for kind, parameter in zip(kinds, parameters):
            if kind == 's' and not isinstance(parameter, str):
                shown = f'I({parameter})' if isinstance(parameter, int) else f'{parameter[0]}({parameter[1]})'
                raise Failure(['Internal_error', f'Idl.MarshalError("Expected string, got \'{shown}\'")'])
            if kind == 'i' and not (isinstance(parameter, int) or (isinstance(parameter, str) and parameter.isdigit())):
                raise Failure(['Internal_error', f'Idl.MarshalError("Expected int, got \'S({parameter})\'")'])

    def check_xapi_parameters(self, method, kinds, parameters):
        least, most = len(kinds.rstrip('?')), len(kinds)
        if method == 'VM.set_NVRAM_EFI_variables' and self.xapi == 'old':
            most = least
        if not least <= len(parameters) <= most:
            raise Failure(['MESSAGE_PARAMETER_COUNT_MISMATCH', method, str(least), str(len(parameters))])
        if method != 'session.login_with_password' and parameters[0] not in self.sessions:
            raise Failure(['SESSION_INVALID', str(parameters[0])])

    def store(self, machine, value, update):
        if len(value) > VALUE_MAX:
            raise Failure(['Internal_error', 'Http_client.Http_error("500", "body too large")'])
        machine.nvram[KEY] = value
        if update == 'yes':
            machine.state = 'ok'
        elif update != 'no':
            machine.state = machine.certcheck
        if self.record:
            self.effects.append((time.monotonic(), value, update))

    def g_session_login_with_password(self, *_):
        return 'DUMMYSESSION'

    def g_session_logout(self, *_):
        return None

    def g_VM_get_by_uuid(self, *_):
        return 'DUMMYVM'

    def g_VM_get_NVRAM(self, *_):
        return dict(self.machine.nvram)

    def g_VM_set_NVRAM_EFI_variables(self, _session, _vm, value, *_):
        self.store(self.machine, value, 'unspecified')

    def g_VM_set_NVRAM_EFI_variables_v2(self, _session, _vm, value, update, *_):
        self.store(self.machine, value, update if update in ('yes', 'no') else 'unspecified')

    def g_VM_get_secureboot_certificates_state(self, *_):
        return self.machine.state

    def g_message_create(self, _session, _name, priority, _cls, _uuid, body, *_):
        self.messages.append({'name': 'VM_SECURE_BOOT_FAILED', 'priority': int(priority), 'cls': 'VM',
                              'uuid': self.machine.uuid, 'body': body})

    def x_session_login_with_password(self, *_):
        session = 'OpaqueRef:' + str(uuid.uuid4())
        self.sessions.add(session)
        return session

    def x_session_logout(self, session):
        self.sessions.discard(session)
        return ''

    def vm(self, ref):
        for machine in self.machines.values():
            if machine.ref == ref:
                return machine
        raise Failure(['HANDLE_INVALID', 'VM', ref])

    def x_VM_get_by_uuid(self, _, identity):
        if identity not in self.machines:
            raise Failure(['UUID_INVALID', 'VM', identity])
        return self.machines[identity].ref

    def x_VM_get_all(self, _):
        return [machine.ref for machine in self.machines.values()]

    def x_VM_get_uuid(self, _, ref):
        return self.vm(ref).uuid

    def x_VM_get_NVRAM(self, _, ref):
        return dict(self.vm(ref).nvram)

    def x_VM_get_platform(self, _, ref):
        return dict(self.vm(ref).platform)

    def x_VM_get_power_state(self, _, ref):
        return self.vm(ref).power_state

    def x_VM_set_NVRAM_EFI_variables(self, _, ref, value, update='unspecified'):
        if update not in ('yes', 'no', 'unspecified'):
            raise Failure(['INTERNAL_ERROR', f'Failure("{update}")'])
        self.store(self.vm(ref), value, update)
        return ''

    def x_VM_get_secureboot_certificates_state(self, _, ref):
        return self.vm(ref).state

    def x_VM_update_secureboot_certificates_on_boot(self, _, ref, mark):
        machine = self.vm(ref)
        wanted = {'true': 'update_on_boot', 'false': 'update_available'}.get(str(mark), 'update_on_boot')
        if machine.state == 'ok':
            raise Failure(['OPERATION_NOT_ALLOWED', 'the certificates are up to date'])
        machine.state = wanted
        return ''

    def halted(self, ref):
        machine = self.vm(ref)
        if machine.power_state != 'Halted':
            raise Failure(['VM_BAD_POWER_STATE', ref, 'halted', machine.power_state.lower()])
        return machine

    def x_VM_add_to_NVRAM(self, _, ref, key, value):
        machine = self.halted(ref)
        if key in machine.nvram:
            raise Failure(['MAP_DUPLICATE_KEY', 'VM', 'NVRAM', ref, key])
        machine.nvram[key] = value
        return ''

    def x_VM_remove_from_NVRAM(self, _, ref, key):
        self.halted(ref).nvram.pop(key, None)
        return ''

    def x_message_create(self, _session, name, priority, cls, identity, body):
        if identity not in self.machines:
            raise Failure(['UUID_INVALID', cls, identity])
        self.messages.append({'name': name, 'priority': int(priority), 'cls': cls, 'uuid': identity, 'body': body})
        return 'OpaqueRef:' + str(uuid.uuid4())

    def x_pool_get_all(self, _):
        return [self.pool.ref]

    def x_pool_get_uefi_certificates(self, _, _ref):
        return self.pool.certificates

    def x_pool_get_uuid(self, _, _ref):
        return self.pool.uuid

    def x_pool_set_uefi_certificates(self, _, _ref, value):
        if self.xapi != 'old':
            raise Failure(['OPERATION_NOT_ALLOWED', 'use set_custom_uefi_certificates'])
        self.pool.certificates = value
        return ''

    def x_pool_get_custom_uefi_certificates(self, _, _ref):
        return self.pool.custom

    def x_pool_set_custom_uefi_certificates(self, _, _ref, value):
        if not self.pool.allow_custom:
            raise Failure(['OPERATION_NOT_ALLOWED', 'allow-custom-uefi-certs is not set'])
        self.pool.custom = value
        return ''

    def host(self, ref):
        for host in self.pool.hosts:
            if host.ref == ref:
                return host
        raise Failure(['HANDLE_INVALID', 'host', ref])

    def x_host_get_all(self, _):
        return [host.ref for host in self.pool.hosts]

    def x_host_get_name_label(self, _, ref):
        return self.host(ref).name

    def x_host_get_uuid(self, _, ref):
        return self.host(ref).uuid

    def x_host_get_uefi_certificates(self, _, ref):
        own = self.host(ref).certificates
        return self.pool.certificates if own is None else own


# Parameters (s a string, i a number, ? may be left out), and who has to be new for it.
GUARD = {
    'session.login_with_password': ('ssss',),
    'session.logout': ('s',),
    'VM.get_by_uuid': ('ss',),
    'VM.get_NVRAM': ('ss',),
    'VM.set_NVRAM_EFI_variables': ('sss',),
    'VM.set_NVRAM_EFI_variables_v2': ('ssss', 'guard'),
    'VM.get_secureboot_certificates_state': ('ss', 'guard'),
    'message.create': ('ssisss',),
}
XAPI = {
    'session.login_with_password': ('ss??',),
    'session.logout': ('s',),
    'VM.get_by_uuid': ('ss',),
    'VM.get_all': ('s',),
    'VM.get_uuid': ('ss',),
    'VM.get_NVRAM': ('ss',),
    'VM.get_platform': ('ss',),
    'VM.get_power_state': ('ss',),
    'VM.set_NVRAM_EFI_variables': ('sss?',),
    'VM.get_secureboot_certificates_state': ('ss', 'xapi'),
    'VM.update_secureboot_certificates_on_boot': ('sss', 'xapi'),
    'VM.add_to_NVRAM': ('ssss',),
    'VM.remove_from_NVRAM': ('sss',),
    'message.create': ('ssssss',),
    'pool.get_all': ('s',),
    'pool.get_uuid': ('ss',),
    'pool.get_uefi_certificates': ('ss',),
    'pool.set_uefi_certificates': ('sss',),
    'pool.get_custom_uefi_certificates': ('ss', 'xapi'),
    'pool.set_custom_uefi_certificates': ('sss', 'xapi'),
    'host.get_all': ('s',),
    'host.get_name_label': ('ss',),
    'host.get_uuid': ('ss',),
    'host.get_uefi_certificates': ('ss',),
}


# ---- As a program ----

def obey(xapi, command):
    what = command.pop('do')
    if what in ('fault', 'clear', 'freeze', 'thaw', 'stall', 'go_on', 'down', 'up', 'kill', 'restart'):
        getattr(xapi, what)(**command)
        return {}
    if what == 'set':
        for name, value in command.items():
            if name == 'value':
                xapi.value = value
            elif name == 'nvram':
                xapi.machine.nvram = dict(value)
            elif name in ('state', 'certcheck', 'platform', 'power_state'):
                setattr(xapi.machine, name, value)
            elif name in ('certificates', 'custom', 'allow_custom'):
                setattr(xapi.pool, name, value)
            else:
                raise ValueError(f'{name}: unknown')
        return {}
    if what == 'get':
        with xapi.lock:
            return {'value': xapi.value, 'nvram': xapi.machine.nvram, 'state': xapi.machine.state, 'custom': xapi.pool.custom,
                    'messages': xapi.messages, 'methods': xapi.methods(), 'parallel': xapi.parallel_most,
                    'connections': xapi.connections, 'effects': len(xapi.effects)}
    if what == 'calls':
        with xapi.lock:
            return {'calls': list(xapi.calls)}
    raise ValueError(f'{what}: unknown')


def control(xapi, path):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen()

    def serve(connection):
        with connection, connection.makefile('rw') as lines:
            for line in lines:
                try:
                    answer = obey(xapi, json.loads(line))
                except (ValueError, TypeError, KeyError) as error:
                    answer = {'error': str(error)}
                lines.write(json.dumps(answer) + '\n')
                lines.flush()

    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--socket', required=True)
    parser.add_argument('--control', help='a socket for lines of JSON')
    parser.add_argument('--mode', choices=['guard', 'xapi'], default='guard')
    parser.add_argument('--guard', choices=['new', 'old'], default='new')
    parser.add_argument('--xapi', choices=['new', 'old'], default='new')
    parser.add_argument('--uuid', default=MACHINE)
    parser.add_argument('--value', help='the base64 of the variables')
    parser.add_argument('--blob', help='the file with them; what is not there is not stored')
    parser.add_argument('--state', default='ok')
    options = parser.parse_args()
    value = options.value
    if options.blob and os.path.exists(options.blob):
        with open(options.blob, 'rb') as file:
            value = base64.b64encode(file.read()).decode()
    xapi = FakeXapi(options.socket, options.mode, options.guard, options.xapi, options.uuid, value)
    xapi.machine.state = options.state
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if options.control:
            control(xapi, options.control)
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        xapi.close()


if __name__ == '__main__':
    main()
