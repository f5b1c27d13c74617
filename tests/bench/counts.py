#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""counts.py [CASE...]   Instructions of a request, by callgrind: unlike times they do not depend on what else the machine
does. For each case of the benchmark, and each size of the store that it is measured with: instructions from uefivars_serve()
to its return; for the largest, the functions that they are spent in. BUILD names the directory of the benchmark (it has to be
built: make bench).
"""
import collections
import glob
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
        # A file for what comes before a measurement (the store is filled), and one for the measurement.
        done = subprocess.run(['valgrind', '--tool=callgrind', f'--callgrind-out-file={directory}/counts',
                               '--toggle-collect=uefivars_serve', '--dump-before=measure', '--dump-after=measure', BENCH,
                               '--filter', case], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        files = sorted(glob.glob(directory + '/counts.*'), key=lambda path: int(path.rsplit('.')[-1]))
        if done.returncode or len(files) < 2:
            sys.exit(f'counts: {case}: {done.stderr.strip()[-300:]}')
        measured = [read(path) for path in files[1::2]]
    for calls, own in measured:
        print(f'{case}: {sum(own.values()) / calls:.0f} instructions a request ({calls} requests)')
    calls, own = measured[-1]
    for function, spent in own.most_common(SHOWN):
        print(f'    {100 * spent / sum(own.values()):5.1f}%  {function}')


for case in sys.argv[1:] or CASES:
    count(case)
