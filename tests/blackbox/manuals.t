#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Man pages, --help, configuration files and completion say the same as the programs."""
import glob
import re
import sys
sys.dont_write_bytecode = True
from daemon import *  # noqa: E402,F403

RELEASE = os.environ.get('RELEASE', 'build/release')
# What has a name of its own, too.
LINKS = ('ls', 'get', 'set', 'rm', 'sb-state', 'nvram-certcheck')
VARSTORE = ('ls', 'get', 'set', 'rm', 'sb-state', 'status', 'convert', 'nvram-certcheck')
HAS_MANY = {'varstore': [[], *([command] for command in VARSTORE)]}
# A screen: what a terminal has had since there are any.
LINES, COLUMNS = 24, 80
OPTION = re.compile(r'(?<![\w-])--?[A-Za-z][\w-]*')

tap = Tap()
work_in_memory()


def built(name):
    return os.access(f'{RELEASE}/{name}', os.X_OK)


def programs():
    """Those that are installed, by their sources; some are left out of some builds."""
    names = ['uefistored', *(os.path.basename(path)[:-2] for path in glob.glob('tools/*.c'))]
    check('varstore' in names and len(names) > 4, names)
    return [name for name in names if built(name)]


def page_of(name):
    """The source of its man page, as plain text with the requests."""
    paths = glob.glob(f'docs/man/{name}.[1-8]')
    same(len(paths), 1)
    with open(paths[0]) as file:
        text = file.read()
    return re.sub(r'\\f[A-Z]|\\fR', '', text).replace('\\-', '-').replace('\\(dq', '"')


def section(page, title):
    match = re.search(rf'^\.SH "?{title}"?$(.*?)(?=^\.SH |\Z)', page, re.M | re.S)
    check(match, 'no section', title)
    return match.group(1)


def tags(text):
    """The lines behind .TP: what each paragraph is about."""
    return re.findall(r'^\.TP\n(.*)$', text, re.M)


def help_of(name, *words):
    done = subprocess.run([f'{RELEASE}/{name}', *words, '--help'], capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ''))
    return done.stdout


def options_of_help(text):
    lines = [re.match(r' +(-.*?)(?:   *\S|$)', line) for line in text.splitlines()]
    return {option for line in lines if line for option in OPTION.findall(line.group(1))}


def is_absent(name, option):
    """Does the program know the option, but this build does not have it?"""
    done = subprocess.run([f'{RELEASE}/{name}', option, 'x'], capture_output=True, text=True)
    return done.returncode == 2 and 'this build has no' in done.stderr


def every_program_has_a_page():
    """Each program has a man page that says its name, and each page a program or a file"""
    for name in programs():
        page = page_of(name)
        check(re.search(rf'^\.SH NAME\n{re.escape(name)} \\?- ', page.replace('\\-', '-'), re.M), name)
        for title in ('SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'SEE ALSO'):
            section(page, title)
    for path in glob.glob('docs/man/*.[1-8]'):
        name = os.path.basename(path)[:-2]
        check(name.endswith('.conf') or name == 'uefistored' or os.path.exists(f'tools/{name}.c'), path)


def pages_and_help():
    """Each option of --help is in the man page's OPTIONS, and each of these is in --help"""
    for name in programs():
        told = {option for words in HAS_MANY.get(name, [[]]) for option in options_of_help(help_of(name, *words))}
        written = {option for tag in tags(section(page_of(name), 'OPTIONS')) for option in OPTION.findall(tag)}
        check(len(told) >= 3 and '--help' in told and '--version' in told, name, told)
        same((name, sorted(told - written)), (name, []))
        same((name, sorted(o for o in written - told if not is_absent(name, o) and o != '-h')), (name, []))


def options_are_known():
    """Each option of --help is one that the program takes"""
    for name in programs():
        for words in HAS_MANY.get(name, [[]]):
            for option in options_of_help(help_of(name, *words)) - {'--help', '-h', '--version', '--serve'}:
                done = subprocess.run([f'{RELEASE}/{name}', *words, option], capture_output=True, text=True,
                                      stdin=subprocess.DEVNULL, env={**os.environ, 'UEFISTORED_SOCKET': ''})
                for words_of_refusal in ('is no option', 'Unknown option', 'unknown option'):
                    check(words_of_refusal not in done.stderr, name, option, done.stderr)


def help_fits():
    """--help fits a screen of 24 lines of 80 columns"""
    for name in programs():
        for words in HAS_MANY.get(name, [[]]):
            lines = help_of(name, *words).splitlines()
            check(3 < len(lines) <= LINES, name, words, len(lines), 'lines')
            for line in lines:
                check(len(line) <= COLUMNS, name, words, line)


def commands():
    """The commands of varstore and uefistored-guest are in their pages, and known"""
    page = page_of('varstore')
    same(sorted(tag.split()[-1] for tag in tags(section(page, 'COMMANDS'))), sorted(VARSTORE))
    for command in VARSTORE:
        check(re.search(rf'^  {command}\b', help_of('varstore'), re.M), command)
    told = re.findall(r'^  ([a-z]+)(?:, ([a-z]+))? ', help_of('uefistored-guest'), re.M)
    written = [tag.split()[0] for tag in tags(section(page_of('uefistored-guest'), 'COMMANDS'))]
    same(sorted(written), sorted(word for words in told for word in words if word))


def keys_of(path):
    """The keys of an example of a configuration, which has them as comments, with their defaults."""
    with open(path) as file:
        text = file.read()
    return dict(re.findall(r'^#([a-z_]+)=(.*)$', text, re.M))


def configuration():
    """The keys of the pages are those of the installed files; the daemon takes each with its default, and no other"""
    for page, example in (('uefistored.conf', 'packaging/uefistored.conf'), ('uefistored-dm.conf', 'packaging/dm.conf')):
        written = [tag.split('=')[0] for tag in tags(section(page_of(page), 'KEYS'))]
        same(sorted(written), sorted(keys_of(example)))
    directory = scratch()
    path = directory + '/c'
    keys = keys_of('packaging/uefistored.conf')
    for key, value in keys.items():
        with open(path, 'w') as file:
            file.write(f'[default]\n{key}={value}\n')
        command = ['--socket', directory + '/none/s', '--backend', 'memory', '--keys', directory, '--config', path]
        code, _, err = run(*command)
        same(code, 1)
        check(directory + '/none/s' in err, err)
    with open(path, 'w') as file:
        file.write('[default]\nnonsense=1\n')
    code, _, err = run(*command)
    same((code, sorted(re.search(r'\(there are (.*)\)', err).group(1).split(', '))), (2, sorted(keys)))


def complete(*words, path=RELEASE):
    """What bash offers for the last of the words, with the programs in `path`."""
    script = '''
    compopt() { :; }
    for file in packaging/completion/*; do . "$file" || exit; done
    PATH=$1:$PATH; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    set -- "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    function=$(complete -p "${1##*/}" | sed 's/.*-F \\([^ ]*\\).*/\\1/') && "$function" "$@" && printf '%s\\n' "${COMPREPLY[@]}"
    '''
    done = subprocess.run(['bash', '-c', script, 'bash', path, *words], capture_output=True, text=True)
    same(done.stderr, '')
    return [line for line in done.stdout.splitlines() if line]


def long_options(*words):
    return {option for option in options_of_help(help_of(*words)) if option.startswith('--')}


def completion_of_links():
    """bash completes the programs that are commands of varstore as these"""
    directory = scratch()
    for command in LINKS:
        os.symlink(os.path.abspath(f'{RELEASE}/varstore'), f'{directory}/varstore-{command}')
    for command in LINKS:
        for name in (f'varstore-{command}', f'{directory}/varstore-{command}'):
            same((name, set(complete(name, '--', path=directory))), (name, long_options('varstore', command)))
    same(complete('varstore-sb-state', '-f', 'ls', 'u', path=directory), ['user'])
    same(complete('varstore-ls', '', path=directory), [])


def completion():
    """bash completes options, commands and values"""
    for name in programs():
        same((name, set(complete(name, '--'))), (name, long_options(name)))
    same(complete('uefistored', '--backend', 'x'), ['xapidb'])
    same(complete('uefistored', '--secure-boot', ''), ['true', 'false'])
    same(complete('uefistored', '--config', '/et'), [])
    same(complete('varstore', ''), ['ls', 'get', 'set', 'rm', 'sb-state', 'status', 'convert', 'nvram-certcheck'])
    check({'--keys', '--json', '--file'} <= set(complete('varstore', 'status', '--')))
    check('--json' not in complete('varstore', 'ls', '--'))
    same(complete('varstore', 'sb-state', 'u'), ['user'])
    same(complete('uefistored-guest', '--socket', 'x', 'get', 'Boot'), ['BootOrder', 'BootNext'])
    same(complete('create-auth', 'd'), ['db', 'dbx', 'dbt', 'dbr'])
    if built('secureboot-certs'):
        same(complete('secureboot-certs', 'extract', 'd'), ['db', 'dbx'])


tap.run(every_program_has_a_page, pages_and_help, options_are_known, help_fits, commands, configuration, completion,
        completion_of_links)
tap.end()
