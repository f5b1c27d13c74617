#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""run.py FIRMWARE GUEST   A real firmware and a real operating system on a real daemon, in plain QEMU.

FIRMWARE is where make firmware has put its images, GUEST where fetch.sh has put Debian's packages. What is seen is
written to GUEST/report.md, with what the guest printed, and the boot manager's screen to GUEST/boot-manager.png.
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import traceback
sys.dont_write_bytecode = True
from double import CALLS, Double
from image import hash_list, make_disk, make_initramfs
from machine import Failure, Machine, PATIENCE, program

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, '..', '..', '..', 'shared', 'data', 'microsoft')
GLOBAL = '8be4df61-93ca-11d2-aa0d-00e098032b8c'
IMAGE = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f'
TEST = '6d0a8b56-2a0f-4c7e-9b41-35d20c7f11e8'
VENDOR = '12345678-1234-5678-9abc-def012345678'
SHELL = 'UEFI Interactive Shell'


class Report:
    def __init__(self, path):
        self.file = open(path, 'w')
        self.failed = self.count = 0

    def step(self, name, function):
        self.count += 1
        began = time.monotonic()
        try:
            said, result = function() or '', 'ok'
        except Exception as error:  # a step that fails does not keep the others from being seen
            self.failed += 1
            said = str(error) if isinstance(error, Failure) else traceback.format_exc()
            result = 'not ok'
        print(f'{result} {self.count} - {name} ({time.monotonic() - began:.1f} s)', flush=True)
        if result != 'ok':
            print('\n'.join('# ' + line for line in said.splitlines()[-40:]), flush=True)
        self.file.write(f'## {name}: {result}\n\n' + ''.join(f'    {line}\n' for line in clean(said).splitlines()) + '\n')
        self.file.flush()


def clean(text):
    """Without the control sequences of a terminal."""
    return re.sub(r'\x1b\[[0-9;?=]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]', '', text.replace('\r', ''))


def load_option(description, path, options):
    """The value of a Boot#### variable, for a file on whichever disk has it."""
    name = (path + '\0').encode('utf-16le')
    nodes = struct.pack('<BBH', 4, 4, 4 + len(name)) + name + b'\x7f\xff\x04\x00'
    return (struct.pack('<IH', 1, len(nodes)) + (description + '\0').encode('utf-16le') + nodes +
            (options + '\0').encode('utf-16le'))


def check(condition, *what):
    if not condition:
        raise Failure(' '.join(str(word) for word in what))


class Guest:
    def __init__(self, firmware, directory):
        self.firmware = os.path.join(firmware, 'uefistored-qemu.fd')
        self.application = os.path.join(firmware, 'TestApp.efi')
        self.directory = os.path.join(directory, 'work')
        self.out = directory
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.store = self.path('store.json')
        self.make_keys()
        self.root = os.path.join(directory, 'root')
        with open(os.path.join(HERE, 'init.sh'), 'rb') as file:
            self.init = file.read()
        files = {'keys/' + name: self.bytes(name) for name in os.listdir(self.directory) if '.' in name}
        for name, source in (('DBXUpdate.bin', 'updates/DBXUpdate-amd64.bin'),
                             ('DBXUpdate-old.bin', 'updates/DBXUpdate-20100307.x64.bin')):
            if os.path.exists(os.path.join(DATA, source)):
                with open(os.path.join(DATA, source), 'rb') as file:
                    files['keys/' + name] = file.read()
        self.files = files
        self.initramfs = self.path('initramfs')
        self.kernel = make_initramfs(self.root, self.path('initramfs.d'), self.initramfs, self.init, files)

    def path(self, name):
        return os.path.join(self.directory, name)

    def bytes(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def run(self, *command):
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True)
        check(done.returncode == 0, command, done.stderr)
        return done.stdout

    def make_keys(self):
        for name in ('PK', 'KEK', 'db'):
            self.run('openssl', 'req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-subj',
                     f'/CN=guest test {name}', '-keyout', name + '.key', '-out', name + '.crt')
            self.run('cert-to-efi-sig-list', name + '.crt', name + '.esl')
        self.run('sbsign', '--key', 'db.key', '--cert', 'db.crt', '--output', 'TestApp.signed.efi', self.application)
        with open(self.path('TestApp.esl'), 'wb') as file:
            file.write(hash_list(self.bytes('TestApp.signed.efi')))

    def stored(self, store=None):
        with open(store or self.store) as file:
            return {record['name']: record for record in json.load(file)['variables']}

    def machine(self, *qemu, store=None, **more):
        return Machine(self.firmware, store or self.store, *qemu, **more)

    # ---- Steps ----

    def first_boot(self):
        with self.machine() as machine:
            machine.expect(SHELL)
            said = machine.output()
        names = sorted(self.stored())
        check('BootOrder' in names and 'Boot0000' in names, 'BootOrder was expected among', names)
        return said + '\nstored: ' + ' '.join(names)

    def second_boot(self):
        before = self.stored()
        with self.machine() as machine:
            machine.expect(SHELL)
        after = self.stored()
        for name in before:
            if name.startswith('Boot'):
                check(before[name]['data'] == after[name]['data'], name, 'has changed')
        return 'BootOrder ' + after['BootOrder']['data']

    def linux(self, *names, signed=None, log=None, initramfs=None, **more):
        """Boots Linux, has it do these steps, and returns what they printed. A signed kernel is booted from a disk:
        what -kernel is given, no signature is asked of."""
        command = f'console=ttyS0 quiet panic=-1 guest={",".join(names)}'
        if signed:
            options = self.boot_next(signed, initramfs or self.initramfs, command, more.get('store'))
        else:
            options = ('-kernel', self.kernel, '-initrd', self.initramfs, '-append', command)
        with self.machine(*options, memory=1024, log=log, **more) as machine:
            said = clean(machine.wait())
        steps = {name: (int(status), output) for name, output, status in
                 re.findall(r'^@begin (\S+)\n(.*?)^@status (\d+)$', said, re.M | re.S)}
        check('@end' in said, 'Linux did not come to its end:', said[-3000:])
        wrong = [name for name in names if steps.get(name, (1, ''))[0] != 0]
        check(not wrong, 'failed:', ' '.join(wrong), '\n' + said[-6000:])
        return '\n'.join(f'{name}:\n{steps[name][1]}' for name in names)

    def boot_next(self, kernel, initramfs, command, store):
        """Has the next boot start the kernel from a disk; returns QEMU's options for it."""
        disk = self.path('linux-disk')
        make_disk(disk, {'EFI/linux.efi': kernel, 'initramfs': initramfs})
        for name, value in (('Boot00AA', load_option('Linux', '\\EFI\\linux.efi', 'initrd=\\initramfs ' + command)),
                            ('BootNext', b'\xaa\x00')):
            with open(self.path(name), 'wb') as file:
                file.write(value)
            self.run(program('varstore'), 'set', '-f', store or self.store, GLOBAL, name, '7', self.path(name))
        return '-drive', f'file={disk},format=raw,if=virtio'

    def linux_variables(self):
        return self.linux('create', 'immutable', 'overwrite', 'append', 'print', 'large', 'list', 'delete', 'boot_entries')

    def linux_mokutil(self):
        said = self.linux('mok')
        check('SecureBoot disabled' in said, said)
        return said

    def linux_enrols(self):
        said = self.linux('enrol')
        stored = self.stored()
        check('PK' in stored and 'KEK' in stored and 'db' in stored, sorted(stored))
        return said

    def boots_application(self, application, runs):
        disk, log = self.path('disk'), self.path('log-' + os.path.basename(application))
        if os.path.exists(log):
            os.unlink(log)
        make_disk(disk, {'EFI/BOOT/BOOTX64.EFI': application})
        with self.machine('-drive', f'file={disk},format=raw,if=virtio', secure_boot='true', log=log) as machine:
            if runs:
                said = machine.wait()
                check('TestApp runs, SecureBoot 1' in said, said[-2000:])
            else:
                machine.expect_log('failed Secure Boot')
                machine.expect('Access Denied', 'Security Violation')
                said = machine.output()
                check('TestApp runs' not in said, said[-2000:])
            said += '\nthe daemon:\n' + machine.log()
        return said

    def linux_secure(self):
        signed = self.path('linux.signed')
        self.run('sbsign', '--key', 'db.key', '--cert', 'db.crt', '--output', signed, self.kernel)
        log = self.path('log-linux')
        said = self.linux('mok', 'wrong_signer', 'replay', 'revoke', signed=signed, secure_boot='true', log=log)
        with open(log) as file:
            lines = list(file)
        check('failed Secure Boot' not in ''.join(lines), 'an image was denied:', lines)
        refused = [line for line in lines if 'write refused: db-' + IMAGE in line]
        check(len(refused) == 2, 'two refused writes of db were expected:', refused)
        said += '\nthe daemon:\n' + ''.join(refused)
        check('SecureBoot enabled' in said, said)
        return said

    def boot_manager(self):
        value = self.path('OsIndications')
        with open(value, 'wb') as file:
            file.write((1).to_bytes(8, 'little'))
        self.run(program('varstore'), 'set', '-f', self.store, GLOBAL, 'OsIndications', '7', value)
        picture = os.path.join(self.out, 'boot-manager.png')
        with self.machine(secure_boot='true') as machine:
            machine.expect('Secure Boot: On')
            machine.expect('F10', 'Esc', '<Enter>')
            machine.command('screendump', filename=picture, format='png')
            said = machine.output()
        check(os.path.getsize(picture) > 1000, picture, 'is empty')
        return said + '\n' + picture

    def killed_daemon(self):
        """The daemon is killed under Linux's first steps and started again: the guest does not notice."""
        command = 'console=ttyS0 quiet panic=-1 guest=create,list,large,list,delete'
        store = self.path('killed.json')
        with self.machine('-kernel', self.kernel, '-initrd', self.initramfs, '-append', command, memory=1024,
                          store=store) as machine:
            machine.expect('@guest')
            machine.kill_daemon()
            machine.start_daemon()
            said = clean(machine.wait())
        check(re.findall(r'^@status (\d+)$', said, re.M) == ['0'] * 5, said[-3000:])
        return said

    def wrong_answers(self):
        disk, store, once = (self.path(name) for name in ('calls-disk', 'calls.json', 'once'))
        make_disk(disk, {'EFI/BOOT/BOOTX64.EFI': self.application})
        with open(once, 'wb') as file:
            file.write(b'\1')
        self.run(program('varstore'), 'set', '-f', store, TEST, 'TestCalls', '3', once)
        with Double(self.firmware, store, '-drive', f'file={disk},format=raw,if=virtio') as machine:
            said = clean(machine.wait())
        calls = [line for line in said.splitlines() if re.match('(Set|Get|GetNext)Variable', line)]
        different = [f'{got}, and not {wanted}' for got, wanted in zip(calls, CALLS.splitlines()) if got != wanted]
        check(calls == CALLS.splitlines(), '\n'.join(different), '\n' + said[-3000:])
        stored = sorted(name for name in self.stored(store) if name.startswith('Test'))
        check('TestHalves' in stored and 'TestSilent' not in stored, stored)
        return said

    def runs_by_itself(self):
        """The test application resets once, and then switches off; that ends uefistored-qemu, too."""
        disk, store, serial, once, qemu = (self.path(name) for name in
                                           ('run-disk', 'run.json', 'run-serial', 'once', 'qemu-without-kvm'))
        make_disk(disk, {'EFI/BOOT/BOOTX64.EFI': self.application})
        with open(once, 'wb') as file:
            file.write(b'\1')
        self.run(program('varstore'), 'set', '-f', store, TEST, 'TestResets', '3', once)
        with open(qemu, 'w') as file:
            file.write('#!/bin/sh\nfor word; do\n\tshift\n\t[ "$word" != kvm ] || word=tcg\n\tset -- "$@" "$word"\ndone\n'
                       'exec qemu-system-x86_64 "$@"\n')
        os.chmod(qemu, 0o755)
        keys = self.path('nokeys')
        os.makedirs(keys, exist_ok=True)
        self.run('timeout', str(int(PATIENCE)), program('uefistored-qemu'), '--run', '--firmware', self.firmware, '--memory', '256', '--keys', keys,
                 '--qemu', qemu, store, '--', '-display', 'none', '-nic', 'none',
                 '-chardev', f'file,id=serial,path={serial},append=on', '-serial', 'chardev:serial',
                 '-drive', f'file={disk},format=raw,if=virtio')
        said = clean(self.bytes(serial).decode(errors='replace'))
        runs = re.findall(r'TestApp runs, SecureBoot 0, run (\d), volatile (\d)', said)
        check(runs == [('1', '0'), ('2', '0')], runs, said[-2000:])
        check(self.stored(store)['TestRuns']['data'] == '02', self.stored(store))
        return said

    def by_socket(self, *commands):
        """What the guest of the socket transport prints of these commands on the store."""
        path, keys = self.path('s'), self.path('nokeys')
        os.makedirs(keys, exist_ok=True)
        daemon = subprocess.Popen([program('uefistored'), '--socket', path, '--arg', 'path:' + self.store, '--keys', keys,
                                   '--config', '/dev/null'])
        try:
            while not os.path.exists(path):
                check(daemon.poll() is None, 'the daemon ended')
                time.sleep(0.01)
            return ''.join(self.run(program('uefistored-guest'), '--socket', path, *command) for command in commands)
        finally:
            daemon.terminate()
            daemon.wait()

    def in_turn(self):
        """One store: written by QEMU's guest, by the socket transport's and by varstore, and read by each of them."""
        value = self.path('value')
        with open(value, 'wb') as file:
            file.write(b'by varstore')
        self.run(program('varstore'), 'set', '-f', self.store, VENDOR, 'ByVarstore', '7', value)
        with open(value, 'wb') as file:
            file.write(b'by socket')
        listed = self.by_socket(('--attributes', '7', 'set', 'BySocket-' + VENDOR, value), ('list',))
        for line in self.run(program('varstore'), 'ls', '-f', self.store).splitlines():
            check(line.split()[-1] in listed, line, 'is not listed by the socket transport:', listed)
        command = [program('varstore'), 'get', '-f', self.store, VENDOR, 'Large']
        by_linux = subprocess.run(command, capture_output=True, check=True).stdout
        check(len(by_linux) >= 30000, 'the large variable has', len(by_linux), 'bytes')
        return listed + self.linux('others')

    # ---- Microsoft's certificates ----

    def make_microsoft_keys(self):
        keys = self.path('microsoft-keys')
        os.makedirs(keys, exist_ok=True)
        certificates = os.path.join(DATA, 'certificates')
        everything = {'PK': [self.path('PK.crt')],
                      'KEK': [os.path.join(certificates, 'MicCorKEKCA2011_2011-06-24.der'),
                              os.path.join(certificates, 'microsoft_corporation_kek_2k_ca_2023.der'), self.path('KEK.crt')],
                      'db': [os.path.join(certificates, name) for name in
                             ('MicCorUEFCA2011_2011-06-27.der', 'microsoft_uefi_ca_2023.der',
                              'MicWinProPCA2011_2011-10-19.der', 'windows_uefi_ca_2023.der')] + [self.path('db.crt')]}
        for name, sources in everything.items():
            self.run(program('create-auth'), '-k', self.path('PK.key'), '-c', self.path('PK.crt'), name,
                     os.path.join(keys, name + '.auth'), *sources)
        return keys

    def shim_and_grub(self):
        disk = self.path('shim-disk')
        make_disk(disk, {'EFI/BOOT/BOOTX64.EFI': os.path.join(self.root, 'usr/lib/shim/shimx64.efi.signed'),
                         'EFI/BOOT/grubx64.efi': os.path.join(self.root, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
                         'EFI/BOOT/mmx64.efi': os.path.join(self.root, 'usr/lib/shim/mmx64.efi.signed'),
                         'EFI/debian/grub.cfg': b'terminal_output console\necho "GRUB is here, lockdown $lockdown"\n'
                                                b'sleep 1\nhalt\n'})
        with self.machine('-drive', f'file={disk},format=raw,if=virtio', store=self.path('microsoft.json'),
                          keys=self.make_microsoft_keys(), secure_boot='true') as machine:
            said = machine.wait()
        check('GRUB is here' in said, said[-3000:])
        return said

    def real_dbx(self):
        signed = self.path('linux.signed')
        before = len(self.stored(self.path('microsoft.json')).get('dbx', {'data': ''})['data']) // 2
        log = self.path('log-dbx')
        said = self.linux('mok', 'real_dbx', 'real_replay', signed=signed, secure_boot='true', log=log,
                          store=self.path('microsoft.json'))
        with open(log) as file:
            refused = [line for line in file if 'write refused: dbx-' + IMAGE in line]
        check(len(refused) == 1, 'a refused write of dbx was expected:', refused)
        said += '\nthe daemon:\n' + ''.join(refused)
        after = len(self.stored(self.path('microsoft.json'))['dbx']['data']) // 2
        check(after > before, 'dbx:', before, after)
        return said + f'\ndbx: {before} bytes, then {after}'

    def tools_dbx(self):
        return self.linux('dbx_tool', signed=self.path('linux.signed'), secure_boot='true',
                          store=self.path('microsoft.json'))

    def fwupd_dbx(self):
        """From the dbx of 2010 to today's, by fwupd: its device is there only where there is a dbx."""
        store, initramfs, log = self.path('fwupd.json'), self.path('initramfs-fwupd'), self.path('log-fwupd')
        shutil.copy(self.path('microsoft.json'), store)
        self.run(program('varstore'), 'rm', '-f', store, IMAGE, 'dbx')
        self.run(program('varstore'), 'set', '-f', store, IMAGE, 'dbx', '0x27',
                 os.path.join(DATA, 'updates', 'DBXUpdate-20100307.x64.bin'))
        before = len(self.stored(store)['dbx']['data']) // 2
        make_initramfs(self.root, self.path('initramfs-fwupd.d'), initramfs, self.init, self.files,
                       more=('usr/bin/fwupdtool', 'etc/fwupd', 'usr/share/fwupd/quirks.d'))
        said = self.linux('fwupd', signed=self.path('linux.signed'), secure_boot='true', store=store,
                          initramfs=initramfs, log=log)
        after = len(self.stored(store)['dbx']['data']) // 2
        check('Current version:    20100307' in said, 'fwupd has seen another dbx:', said)
        check(after > 10 * before, 'dbx:', before, after, said)
        return said + f'\ndbx: {before} bytes, then {after}'


def main():
    firmware, directory = (os.path.abspath(path) for path in sys.argv[1:])
    guest = Guest(firmware, directory)
    report = Report(os.path.join(directory, 'report.md'))
    unsigned, signed = guest.application, guest.path('TestApp.signed.efi')
    steps = [
        ('first boot: the firmware enumerates and writes', guest.first_boot),
        ('second boot: BootOrder is found', guest.second_boot),
        ('Linux: efivarfs, efivar, efibootmgr', guest.linux_variables),
        ('Linux: mokutil says that Secure Boot is off', guest.linux_mokutil),
        ('Linux: the daemon is killed and started again', guest.killed_daemon),
        ('uefistored-qemu --run: a reset begins the machine anew', guest.runs_by_itself),
        ('wrong answers: the driver checks them, and gives up on a store that is silent', guest.wrong_answers),
        ('one store: Linux, varstore and the socket transport see what the others write', guest.in_turn),
        ('Linux enrols the keys', guest.linux_enrols),
        ('an unsigned application is refused, and the daemon says so', lambda: guest.boots_application(unsigned, False)),
        ('a signed application runs', lambda: guest.boots_application(signed, True)),
        ('an unsigned kernel is refused', lambda: guest.boots_application(guest.kernel, False)),
        ('Linux under Secure Boot: updates by a wrong signer and replayed ones are refused, a hash is revoked', guest.linux_secure),
        ('the revoked application is refused', lambda: guest.boots_application(signed, False)),
        ('the boot manager shows that Secure Boot is on', guest.boot_manager),
    ]
    if os.path.isdir(DATA):
        steps += [
            ("Debian's shim and grub start under Microsoft's certificates", guest.shim_and_grub),
            ('a real dbx update from inside the guest, and an old one refused', guest.real_dbx),
            ('dbxtool sees it', guest.tools_dbx),
            ('fwupdtool finds dbx, and applies the update', guest.fwupd_dbx),
        ]
    print(f'1..{len(steps)}')
    only = os.environ.get('GUEST_ONLY')
    for name, function in steps:
        if not only or re.search(only, name):
            report.step(name, function)
    sys.exit(1 if report.failed else 0)


main()
