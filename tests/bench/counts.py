#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""counts.py [CASE...]   Instructions of a request, by callgrind: unlike times they do not depend on what else the machine
does. For each case of the benchmark: instructions from uefivars_serve() to its return, and the functions that they are
spent in. BUILD names the directory of the benchmark (it has to be built: make bench).
"""
import collections
import os
import re
import subprocess
import sys
import tempfile

BENCH = os.path.join(os.environ.get('BUILD', 'build/release'), 'bench')
CASES = ('get-hit', 'get-miss', 'next-step', 'query', 'set-volatile', 'set-nonvolatile')
SHOWN = 6


def read(path):
    """(calls of uefivars_serve, {function: its own instructions}) of a callgrind file."""
    names, own, calls = {}, collections.Counter(), 0

    def name(text):
        number, _, rest = text.partition(' ')
        if rest:
            names[number] = re.sub(r"'\d+$", '', rest)
        return names[number]
    function = called = None
    skip = False
    with open(path) as file:
        for line in file:
            line = line.rstrip('\n')
            if line.startswith('fn='):
                function = name(line[3:])
            elif line.startswith('cfn='):
                called = name(line[4:])
            elif line.startswith('calls='):
                if called == 'uefivars_serve':
                    calls += int(line[6:].split()[0])
                skip = True
            elif line and (line[0].isdigit() or line[0] in '+-*'):
                if not skip:
                    own[function] += int(line.split()[-1])
                skip = False
    return calls, own


def count(case):
    with tempfile.TemporaryDirectory() as directory:
        path = directory + '/callgrind'
        done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=' + path,
                               '--toggle-collect=uefivars_serve', BENCH, '--filter', case],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not os.path.exists(path):
            sys.exit(f'counts: {case}: {done.stderr.strip()[-300:]}')
        calls, own = read(path)
    total = sum(own.values())
    print(f'{case}: {total / calls:.0f} instructions a request ({calls} requests)')
    for function, spent in own.most_common(SHOWN):
        print(f'    {100 * spent / total:5.1f}%  {function}')


for case in sys.argv[1:] or CASES:
    count(case)
