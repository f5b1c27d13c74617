#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The pages keep their word: each command block that is marked as runnable is run, and no link leads nowhere.

A block is marked by its info string, which no reader sees: ```sh run. The blocks of a page are run in their order by one
shell, as by one who types them: in an empty directory, with the built programs in PATH, without a network, until one fails.
```sh run tree: in the top directory of the sources, in a shell of its own.
"""
import glob
import re
import sys
sys.dont_write_bytecode = True
HERE = sys.path[0]
sys.path.insert(0, HERE + '/../blackbox')
from daemon import *  # noqa: E402,F403

TOP = os.path.abspath(HERE + '/../..')
RELEASE = os.path.abspath(os.environ.get('RELEASE', 'build/release'))
PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', *sorted(glob.glob('docs/*.md', root_dir=TOP))]
# Those that would say nothing if a block of theirs could not be found.
HAVE_COMMANDS = ('README.md', 'docs/operate.md', 'docs/migrate.md', 'docs/develop.md')
SHELL = ('sh', 'sh run', 'sh run tree')
# No command takes so long: one that hangs is ended.
SECONDS = 600

tap = Tap()
work_in_memory()


class Block:
    """A fenced block: the page, the line where its text begins, its info string, its lines."""

    def __init__(self, page, line, kind):
        self.page, self.line, self.kind, self.lines = page, line, kind, []

    def __str__(self):
        return f'{self.page}:{self.line}'


def blocks_of(page):
    """Its blocks, and its text without them, line by line."""
    blocks, text, fence = [], [], None
    with open(f'{TOP}/{page}') as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            match = re.match(r'( *)(```+|~~~+)(.*)$', line)
            if fence is None and match:
                fence = match
                blocks.append(Block(page, number + 1, match.group(3).strip()))
            elif fence and match and match.group(2) == fence.group(2) and not match.group(3).strip():
                fence = None
            elif fence:
                blocks[-1].lines.append(line.removeprefix(fence.group(1)))
            text.append(line if fence is None and not match else '')
    check(fence is None, page, 'has a block without an end')
    return blocks, text


def marks_are_known():
    """The marks of blocks are those that are known here, and the pages with commands have some to run"""
    for page in PAGES:
        blocks, _ = blocks_of(page)
        for block in blocks:
            if re.match('(ba|da|)sh|console|.*run', block.kind, re.I):
                check(block.kind in SHELL, block, f"'{block.kind}' is none of", SHELL)
            check(''.join(block.lines).strip(), block, 'is empty')
    for page in HAVE_COMMANDS:
        check(any(block.kind.startswith('sh run') for block in blocks_of(page)[0]), page, 'has nothing to run')


def anchors(page):
    """What its headings are called in a link."""
    return {re.sub(r'[^\w\- ]', '', line.lstrip('#').strip().lower()).replace(' ', '-')
            for line in blocks_of(page)[1] if line.startswith('#')}


def links_lead_somewhere():
    """Each link to a file or heading of the project leads to one"""
    count = 0
    for page in PAGES:
        for number, line in enumerate(blocks_of(page)[1], 1):
            for target in re.findall(r'\]\(([^)\s]+)\)', line):
                if re.match(r'[a-z]+:', target):
                    continue
                count += 1
                path, _, anchor = target.partition('#')
                path = os.path.relpath(os.path.join(TOP, os.path.dirname(page), path), TOP) if path else page
                check(os.path.exists(f'{TOP}/{path}'), f'{page}:{number}: there is no', target)
                check(not anchor or anchor in anchors(path), f'{page}:{number}: {path} has no heading', anchor)
    check(count > 20, count)


def index_is_whole():
    """The index has each page of docs/"""
    with open(f'{TOP}/docs/README.md') as file:
        text = file.read()
    for page in PAGES:
        if page.startswith('docs/') and page != 'docs/README.md':
            check(f']({os.path.basename(page)})' in text, page, 'is not in docs/README.md')


def picture_is_the_demo():
    """The picture in README shows what the demo prints"""
    printed = subprocess.run([f'{TOP}/scripts/demo.sh'], env={**os.environ, 'BUILD': RELEASE}, check=True, capture_output=True)
    drawn = subprocess.run([f'{TOP}/scripts/picture', 'make demo'], input=printed.stdout, check=True, capture_output=True)
    with open(f'{TOP}/docs/demo.svg') as file:
        # How long the keys are is as it happens.
        shown, now = (re.sub(r'textLength="[^"]*"|\d+ digits', '', text) for text in (file.read(), drawn.stdout.decode()))
    check(shown == now, 'docs/demo.svg is of another demo: make demo-picture')


def log_lines():
    """What daemon and host log at warning and error, as (place, the beginnings of the parts of the line)."""
    for path in sorted(glob.glob('daemon/**/*.c', root_dir=TOP, recursive=True) +
                       glob.glob('host/**/*.c', root_dir=TOP, recursive=True)):
        if path.endswith('_debug.c'):
            continue
        with open(f'{TOP}/{path}') as file:
            text = file.read()
        for match in re.finditer(r'log_(?:write|limited)\([^;"]*LEVEL_(?:WARNING|ERROR)[^";]*((?:"(?:[^"\\]|\\.)*"\s*)+)',
                                 text):
            line = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', match.group(1)))
            parts = [part.strip(' ,(') for part in re.split(r'%[-0-9.*]*(?:zu|[a-z])|[:;]|\w*\) ', line)]
            parts = [' '.join(part.split()[:4]) for part in parts if len(part.split()) > 2]
            # Where all words come from elsewhere there are none.
            if parts:
                yield f'{path}:{text.count(chr(10), 0, match.start()) + 1}', parts


def log_is_explained():
    """docs/operate.md explains each line that is logged at warning and error"""
    with open(f'{TOP}/docs/operate.md') as file:
        page = file.read()
    lines = list(log_lines())
    check(len(lines) > 25, len(lines))
    missing = [place + ': ' + ', '.join(parts) for place, parts in lines if not any(part in page for part in parts)]
    check(not missing, *missing)


def without_network():
    """A command before which another runs where there is no network; nothing where the kernel does not let us."""
    command = ['unshare', '-c', '-n', '--']
    try:
        return command if subprocess.run([*command, 'true'], stderr=subprocess.DEVNULL).returncode == 0 else []
    except OSError:
        return []


def run_shell(script, directory, home):
    """(Exit status or None, output); what the script started and left behind is ended."""
    env = {name: value for name, value in environment().items()
           if not re.match('MAKE|UEFISTORED|BUILD$|RELEASE$|MFLAGS', name)}
    env.update(PATH=f"{RELEASE}:{env['PATH']}", HOME=home, LC_ALL='C.UTF-8')
    with open(home + '/output', 'w+') as output:
        process = subprocess.Popen([*ALONE, 'bash', '-c', script], cwd=directory, env=env, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, start_new_session=True)
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        output.seek(0)
        return status, output.read()


def run_page(blocks):
    """Runs a page's blocks that belong together; a test each."""
    directory, home = scratch(), scratch()
    parts = ['set -euo pipefail']
    for i, block in enumerate(blocks):
        path = f'{home}/{i}.sh'
        with open(path, 'w') as file:
            file.write('\n'.join(block.lines) + '\n')
        parts += [f': >{home}/{i}.begun', f'. {path}', f': >{home}/{i}.done']
    status, output = run_shell('\n'.join(parts), directory, home)
    begun = [os.path.exists(f'{home}/{i}.begun') for i in range(len(blocks))]
    done = [os.path.exists(f'{home}/{i}.done') for i in range(len(blocks))]
    keep = list(directories)
    directories.clear()
    for i, block in enumerate(blocks):
        def ran():
            check(begun[i], 'not reached: a block before it has failed')
            check(done[i], f'status {status}' if status is not None else f'not done in {SECONDS} s', output[-3000:])

        ran.__doc__ = f'{block}: {first_line(block)}'
        tap.run(ran)
    directories.extend(keep)
    clean_up()


def run_in_tree(block):
    def ran():
        # Whoever builds elsewhere tests what is there.
        text = re.sub(r'\bbuild/(?=debug\b|release\b)', os.path.dirname(RELEASE) + '/', '\n'.join(block.lines))
        status, output = run_shell('set -euo pipefail\n' + text, TOP, scratch())
        same(status, 0, output[-3000:])

    ran.__doc__ = f'{block}: {first_line(block)}'
    tap.run(ran)


def first_line(block):
    return next(line for line in block.lines if line.strip()).split(' #')[0].strip().lstrip('# ')[:70]


ALONE = without_network()
if not ALONE:
    print('# there is no namespace to be had: the network is within reach')
tap.run(marks_are_known, links_lead_somewhere, index_is_whole, picture_is_the_demo, log_is_explained)
for page in PAGES:
    runnable = blocks_of(page)[0]
    together = [block for block in runnable if block.kind == 'sh run']
    if together:
        run_page(together)
    for block in runnable:
        if block.kind == 'sh run tree':
            run_in_tree(block)
tap.end()
