# SPDX-License-Identifier: GPL-2.0-only
"""What a guest starts from: an initramfs of Debian's programs, and a disk with an EFI system partition."""
import glob
import gzip
import hashlib
import os
import re
import shutil
import struct
import subprocess
import uuid

# Those of fwupd are in a directory that has its version in its name.
LIBRARIES = ('lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/fwupd-*')
PROGRAMS = ('bin/dash', 'bin/mount', 'usr/bin/efivar', 'bin/efibootmgr', 'usr/bin/mokutil', 'usr/bin/efi-updatevar',
            'usr/bin/efi-readvar',
            'usr/bin/sign-efi-sig-list', 'usr/bin/dbxtool',
            'usr/bin/lsattr', 'usr/bin/chattr')
MODULES = ('efivarfs',)


def needed(path):
    """The libraries that a program names."""
    output = subprocess.run(['objdump', '-p', path], capture_output=True, text=True, check=True).stdout
    return re.findall(r'^\s+NEEDED\s+(\S+)', output, re.M)


class Initramfs:
    def __init__(self, root, directory):
        self.root = root
        self.directory = directory
        shutil.rmtree(directory, ignore_errors=True)
        for name in ('bin', 'dev', 'proc', 'sys', 'tmp', 'lib64', 'lib/x86_64-linux-gnu', 'modules', 'etc'):
            os.makedirs(os.path.join(directory, name))
        self.have = set()

    def find(self, name):
        """A file of Debian's packages, wherever the merge of /usr has it."""
        for place in (name, 'usr/' + name, name.replace('usr/', '', 1), name.replace('bin/', 'sbin/', 1),
                      'usr/' + name.replace('bin/', 'sbin/', 1)):
            for path in glob.glob(os.path.join(self.root, place)):
                return os.path.realpath(path)
        return None

    def library(self, name):
        if name in self.have:
            return
        self.have.add(name)
        for place in LIBRARIES + ('lib64',):
            path = self.find(os.path.join(place, name))
            if path and os.path.isfile(path):
                to = 'lib64' if name.startswith('ld-linux') else 'lib/x86_64-linux-gnu'
                shutil.copy(path, os.path.join(self.directory, to, name))
                for other in needed(path):
                    self.library(other)
                return
        raise RuntimeError(f'{name}: not found below {self.root}')

    def program(self, name):
        path = self.find(name)
        if not path:
            raise RuntimeError(f'{name}: not found below {self.root}')
        shutil.copy(path, os.path.join(self.directory, 'bin', os.path.basename(name)))
        for library in needed(path):
            self.library(library)

    def put(self, name, data, mode=0o644):
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
        os.chmod(path, mode)

    def pack(self, path):
        names = subprocess.run(['find', '.', '-mindepth', '1'], cwd=self.directory, capture_output=True, check=True).stdout
        archive = subprocess.run(['cpio', '-o', '-H', 'newc', '-R', '0:0', '--quiet'], cwd=self.directory, input=names,
                                 capture_output=True, check=True).stdout
        with open(path, 'wb') as file:
            file.write(gzip.compress(archive, 1))


def make_initramfs(root, directory, path, init, files, more=()):
    """Returns the kernel that its modules are for. more: other programs, and directories that they read."""
    ramfs = Initramfs(root, directory)
    shutil.copy(ramfs.find('bin/busybox'), os.path.join(directory, 'bin/busybox'))
    for name in PROGRAMS + tuple(more):
        if os.path.isdir(os.path.join(root, name)):
            shutil.copytree(os.path.join(root, name), os.path.join(directory, name))
        else:
            ramfs.program(name)
    release = os.listdir(os.path.join(root, 'lib/modules'))[0]
    for module in MODULES:
        for folder, _, names in os.walk(os.path.join(root, 'lib/modules', release)):
            for name in names:
                if name == module + '.ko':
                    shutil.copy(os.path.join(folder, name), os.path.join(directory, 'modules', name))
    ramfs.put('init', init, 0o755)
    for name, data in files.items():
        ramfs.put(name, data)
    ramfs.pack(path)
    return os.path.join(root, 'boot', 'vmlinuz-' + release)


def make_disk(path, files, mib=64):
    """A disk that is one FAT file system, as of a removable medium; files: {'EFI/BOOT/BOOTX64.EFI': path or bytes}."""
    with open(path, 'wb') as file:
        file.truncate(mib << 20)
    environment = dict(os.environ, MTOOLS_SKIP_CHECK='1')
    run = lambda *command, **more: subprocess.run(command, check=True, env=environment, capture_output=True, **more)
    run('mformat', '-i', path, '-F', '-T', str(mib << 11), '-h', '64', '-s', '32', '::')
    made = set()
    for name, source in files.items():
        parts = name.split('/')[:-1]
        for i in range(1, len(parts) + 1):
            folder = '/'.join(parts[:i])
            if folder not in made:
                run('mmd', '-i', path, '::/' + folder)
                made.add(folder)
        if isinstance(source, bytes):
            run('mcopy', '-i', path, '-', '::/' + name, input=source)
        else:
            run('mcopy', '-i', path, source, '::/' + name)


SHA256_LIST = uuid.UUID('c1c41626-504c-4092-aca9-41f936934328').bytes_le


def authenticode(image):
    """The SHA-256 of an image as its signature has it: without checksum, the signature's place and the signature."""
    header = struct.unpack_from('<I', image, 0x3c)[0]
    optional = header + 24
    checksum = optional + 64
    table = optional + (144 if struct.unpack_from('<H', image, optional)[0] == 0x20b else 128)
    place, size = struct.unpack_from('<II', image, table)
    end = place if size else len(image)
    return hashlib.sha256(image[:checksum] + image[checksum + 4:table] + image[table + 8:end]).digest()


def hash_list(image):
    """A signature list that has the hash of the image."""
    return SHA256_LIST + struct.pack('<III', 28 + 48, 0, 48) + bytes(16) + authenticode(image)
