#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uefistored-dm as far as it gets without Xenstore: its settings, what it becomes, its refusals."""
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

DM = os.path.join(os.path.dirname(UEFISTORED), 'uefistored-dm')
if not os.path.exists(DM):
    print('1..0 # SKIP built without uefistored-dm')
    sys.exit(0)

tap = Tap()


class Wrapper:
    def __init__(self, *lines, model='printf "%s\\n" "$0" "$@"'):
        self.directory = scratch()
        self.model, self.config = self.directory + '/model', self.directory + '/dm.conf'
        with open(self.model, 'w') as file:
            file.write('#!/bin/sh\n' + model + '\n')
        os.chmod(self.model, 0o755)
        with open(self.config, 'w') as file:
            file.write('\n'.join(('[dm]', *lines, '')))
            if not any(line.startswith(('device_model=', '[')) for line in lines):
                file.write(f'device_model={self.model}\n')

    def run(self, *arguments):
        env = {'UEFISTORED_DM_CONFIG': self.config}
        done = subprocess.run([DM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(env), timeout=30)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def refuses(self, status, words, *arguments):
        code, out, err = self.run(*arguments)
        same((code, out), (status, ''), err)
        for word in words:
            check(word in err, f'{word!r} was expected in:', err)


def becomes():
    """What is not for a domain with firmware becomes the device model, with all arguments and its exit status"""
    wrapper = Wrapper()
    for arguments in (('-help',), ('a b', ''), ('-xen-domid', '5', '-M', 'xenpv'),
                      ('-machine', 'xenpv,accel=xen', '-xen-domid', '5')):
        same(wrapper.run(*arguments), (0, '\n'.join((wrapper.model, *arguments)) + '\n', ''), arguments)
    same(Wrapper(model='exit 7').run('-help')[0], 7)
    same(Wrapper(model='kill -9 $$').run('-help')[0], -9)


def settings():
    """A setting that is not understood, or a program that is none, is named, and nothing is started"""
    for line, words in (('nonsense=1', ("'nonsense'", '[dm]')), ('wait=0', ('wait', "'0'")), ('wait=51', ('wait',)),
                        ('sandbox=yes', ('sandbox', 'true or false')), ('secure_boot=1', ('secure_boot',)),
                        ('device_model=/none', ('device_model', '/none')), ('[other]', ('[other]',)),
                        ('[vm a]\nuser=x', ('[vm a]', "'user'")), ('no line', ('dm.conf',))):
        Wrapper(line).refuses(1, words, '-help')
    wrapper = Wrapper()
    os.unlink(wrapper.config)
    wrapper.refuses(1, (wrapper.config,), '-help')


def refusals():
    """What is no domain's number is refused, and the device model not started"""
    wrapper = Wrapper()
    for number in ('0', '-1', 'x', '', '32752', '99999999999'):
        for option in ('-xen-domid', '--serve'):
            wrapper.refuses(2, (f"'{number}'", 'the number of a domain'), option, number)
    wrapper.refuses(2, ("''",), '-xen-domid')
    wrapper.refuses(2, ('libxl', '--help'))
    wrapper.refuses(2, ('--serve', 'DOMID'), '--serve')
    wrapper.refuses(2, ('--serve', 'DOMID'), '--serve', '1', '2')


def words():
    """--version and --help need no configuration"""
    for option in ('--version', '--help'):
        code, out, err = Wrapper('nonsense=1').run(option)
        same((code, err), (0, ''), option)
        check('uefistored' in out, out)


tap.run(becomes, settings, refusals, words)
tap.end()
