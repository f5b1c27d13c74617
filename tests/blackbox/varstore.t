#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""varstore on files in all their forms: looked at, changed, converted; how it is run."""
import sys
sys.dont_write_bytecode = True
from varstore import *  # noqa: E402,F403


def round_trip():
    """set, get, ls and rm of a JSON store that did not exist"""
    place = Place()
    store = place.path('store')
    place.write('value', b'\0\xffvalue\n')
    place.does('set', '-f', store, VENDOR, 'Some Name', '7', 'value', says="host's keys will not be enrolled")
    same(place.get('-f', store, VENDOR, 'Some Name'), b'\0\xffvalue\n')
    same(os.stat(store).st_mode & 0o777, 0o600)
    lines = place.does('ls', '-f', store).decode().splitlines()
    check(f'{VENDOR} Some Name' in lines, lines)
    for name in ('SecureBoot', 'SetupMode', 'AuditMode', 'DeployedMode', 'SignatureSupport', 'VendorKeys'):
        check(f'{GLOBAL} {name}' in lines, name, 'in', lines)
    same(place.get('-f', store, 'SetupMode'), b'\1')
    place.does('rm', '-f', store, VENDOR, 'Some Name')
    check('Some Name' not in stored(store))
    place.fails(1, ['Some Name', 'EFI_NOT_FOUND'], 'get', '-f', store, VENDOR, 'Some Name')
    place.fails(1, ['Some Name', 'EFI_NOT_FOUND'], 'rm', '-f', store, VENDOR, 'Some Name')


def names():
    """A variable may be written in two words, as 'GUID NAME', as NAME-GUID, or by a well-known name alone"""
    place = Place()
    store = place.write('store', b'')
    place.write('v', b'1')
    forms = [(VENDOR, 'a b'), (VENDOR.upper(), 'a b'), (VENDOR + ' a b',), ('a b-' + VENDOR,)]
    for form in forms:
        for other in forms:
            place.run('set', '-f', store, *form, '7', 'v')
            same(place.get('-f', store, *other), b'1')
        place.does('rm', '-f', store, *form)
    place.write('order', b'\1\0')
    place.does('set', '-f', store, 'BootOrder', '7', 'order')
    same(place.get('-f', store, GLOBAL, 'BootOrder'), b'\1\0')
    place.does('set', '-f', store, VENDOR, 'Größe €', '7', 'v')
    check(f'{VENDOR} Größe €' in place.does('ls', '-f', store).decode().splitlines())
    place.does('rm', '-f', store, 'Größe €-' + VENDOR)


def attributes():
    """Attributes in any base and in words, append among them; get -a and ls -l show them"""
    place = Place()
    store = place.write('store', vars_blob())
    place.write('v', b'1')
    place.write('w', b'23')
    place.write('empty', b'')
    for number, stored_as in (('7', 7), ('0x3', 3), ('07', 7), ('3', 3), ('NV,BS', 3), ('nv,bs,rt', 7)):
        place.does('set', '-f', store, VENDOR, 'a', number, 'v')
        out = place.get('-a', '-f', store, VENDOR, 'a').decode().splitlines()
        same(out[0], f'Attributes = 0x{stored_as:08x} ({stored_as})')
        same(out[1:], ['EFI_VARIABLE_NON_VOLATILE', 'EFI_VARIABLE_BOOTSERVICE_ACCESS',
                       'EFI_VARIABLE_RUNTIME_ACCESS'][:bin(stored_as).count('1')])
        place.does('rm', '-f', store, VENDOR, 'a')
    place.does('set', '-f', store, VENDOR, 'a', '7', 'v')
    place.does('set', '-f', store, VENDOR, 'a', '0x47', 'w')
    same(place.get('-f', store, VENDOR, 'a'), b'123')
    line = [line for line in place.does('ls', '-l', '-f', store).decode().splitlines() if line.endswith(' a')][0]
    same(line.split(), [VENDOR, 'NV,BS,RT', '3', '-', 'a'])
    for how in (('7', 'empty'), ('0', 'v')):
        place.does('set', '-f', store, VENDOR, 'a', *how)
        place.fails(1, 'EFI_NOT_FOUND', 'get', '-f', store, VENDOR, 'a')
        place.does('set', '-f', store, VENDOR, 'a', '7', 'v')
    for wrong in ('', 'x', '7x', '0x', 'NV;BS', '4294967296', '-1'):
        place.fails(2, repr(wrong)[1:-1], 'set', '-f', store, VENDOR, 'a', wrong, 'v')
    for wrong in (VENDOR[:-1], VENDOR[:-1] + 'g'):
        place.fails(2, [wrong, 'GUID: 36 characters'], 'get', '-f', store, wrong, 'a')
    before = place.read('store')
    place.fails(1, ['EFI_INVALID_PARAMETER', 'attributes'], 'set', '-f', store, VENDOR, 'b', '1', 'v')
    place.fails(1, ['EFI_INVALID_PARAMETER', 'not the attributes'], 'set', '-f', store, VENDOR, 'a', '3', 'v')
    place.fails(1, ['EFI_WRITE_PROTECTED', 'read-only'], 'set', '-f', store, 'SecureBoot', '6', 'v')
    place.fails(1, ['EFI_WRITE_PROTECTED', 'read-only'], 'rm', '-f', store, 'SecureBoot')
    place.write('large', bytes(57345))
    place.fails(1, 'too large', 'set', '-f', store, VENDOR, 'b', '7', 'large')
    place.write('larger', bytes(65500))
    place.fails(1, 'at most 57344 bytes', 'set', '-f', store, VENDOR, 'b', '7', 'larger')
    same(place.read('store'), before, 'the store')


def operator_may():
    """The rules for names and signatures do not bind the operator: undefined names, authenticated variables"""
    place = Place()
    store = enrolled(place)
    place.write('v', b'1')
    place.does('set', '-f', store, GLOBAL, 'Undefined', '7', 'v')
    same(place.get('-f', store, GLOBAL, 'Undefined'), b'1')
    subprocess.run([CREATE_AUTH, '-t', '2001-01-01', 'KEK', place.path('kek.auth'), key_path('new.der')], check=True)
    place.does('set', '-f', store, 'KEK', '0x27', 'kek.auth')
    with open(key_path('new.der'), 'rb') as file:
        check(place.get('-f', store, 'KEK').endswith(file.read()))
    same(place.get('-f', store, 'VendorKeys'), b'\0')
    place.does('set', '-f', store, 'KEK', '0x27', key_path('old') + '/KEK.auth')
    place.does('rm', '-f', store, 'PK')
    same(place.get('-f', store, 'SetupMode'), b'\1')
    subprocess.run([CREATE_AUTH, '-t', '2024-01-01', '-k', key_path('new.key'), '-c', key_path('new.pem'),
                    'Private-' + VENDOR,
                    place.path('p.auth'), place.path('v')], check=True)
    place.does('set', '-f', store, VENDOR, 'Private', '39', 'p.auth')
    same(place.get('-f', store, VENDOR, 'Private'), b'1')
    place.does('rm', '-f', store, VENDOR, 'Private')
    place.fails(1, ['EFI_SECURITY_VIOLATION', 'descriptor'], 'set', '-f', store, 'db', '0x27', 'v')


def forms():
    """A store is found out by its content, and written back in its form"""
    place = Place()
    place.write('v', b'xyz')
    data = vars_blob(record('a', b'1'), record('b', b'2' * 100, NV | BS))
    for version in (1, 2):
        data = vars_blob(record('a', b'1'), record('b', b'2' * 100, NV | BS), version=version)
        wrapped = '\n'.join(text(data)[i:i + 76] for i in range(0, len(text(data)), 76)) + '\n'
        for name, content in (('blob', data), ('text', text(data)), ('lines', ' \r\n' + wrapped)):
            store = place.write(name, content)
            same(place.get('-f', store, VENDOR, 'b'), b'2' * 100)
            same(place.read(name), content if isinstance(content, bytes) else content.encode(), 'untouched by get')
            place.does('set', '-f', store, VENDOR, 'c', '7', 'v')
            written = place.read(name)
            if name != 'blob':
                same(written.endswith(b'\n'), name == 'lines')
                same(written.strip().count(b'\n'), 0)
                written = base64.b64decode(written.strip(), validate=True)
            same(written[:8], b'VARS' + struct.pack('<I', 2))
            same([place.get('-f', store, VENDOR, n) for n in 'abc'], [b'1', b'2' * 100, b'xyz'])
    write_store(place.path('json'), variable('a', '31'), variable('b', '32', extra={'x': [1]}), more='kept')
    place.does('set', '-f', place.path('json'), VENDOR, 'a', '7', 'v')
    same(read_store(place.path('json'))['more'], 'kept')
    same(stored(place.path('json'))['b']['extra'], {'x': [1]})
    same(stored(place.path('json'))['a']['data'], b'xyz'.hex())


def no_stores():
    """What is no store is refused with one line, and stays as it is"""
    place = Place()
    place.write('v', b'1')
    same('SetupMode' in place.names('-f', place.write('store', b' \n')), True)
    for content, words in ((b'hello', 'no variable store'), (b'{', 'not JSON'),
                           (b'{"version": 3, "variables": []}', 'version 3'),
                           (b'VARS', 'VARS blob of version 1 or 2'),
                           (b'VARS' + struct.pack('<IQQ', 7, 0, 0), 'VARS blob'),
                           (b'\0' * 4096, 'no variable store'), (text(b'VARS\2').encode(), 'VARS blob'),
                           (text(vars_blob()).encode() + b'!', 'base64')):
        store = place.write('store', content)
        for command in (('ls', '-f', store), ('rm', '-f', store, VENDOR, 'a'),
                        ('set', '-f', store, VENDOR, 'a', '7', 'v'),
                        ('status', '-f', store), ('sb-state', '-f', store, 'setup')):
            same(place.fails(1, [store, words], *command), b'')
            same(place.read('store'), content)
        place.fails(1, [store, words], 'convert', store, 'out.json')
        check(not os.path.exists(place.path('out.json')))
    for command in (('ls', '-f', 'absent'), ('get', '-f', 'absent', 'PK'), ('rm', '-f', 'absent', 'PK'),
                    ('status', '-f', 'absent'), ('convert', 'absent', 'out.json')):
        place.fails(1, ['absent', 'No such file'], *command)
        check(not os.path.exists(place.path('absent')))
    place.fails(1, ['v', 'absent/v'], 'set', '-f', 'store', 'PK', '7', 'absent/v')
    place.fails(1, ['absent/store'], 'set', '-f', 'absent/store', VENDOR, 'a', '7', 'v')


def set_aside():
    """Records that cannot be right are told; JSON keeps them, beside a blob they are kept in a file"""
    place = Place()
    place.write('v', b'1')
    write_store(place.path('json'), variable('good'), variable('bad', 'xx'), variable('good', '11'))
    status, out, err = place.run('set', '-f', place.path('json'), VENDOR, 'new', '7', 'v')
    same(status, 0)
    told = ('set aside: bad: data', 'set aside: good: stored twice')
    same([line for line in err.splitlines() if any(words in line for words in told)], err.splitlines())
    same([(v['name'], v['data']) for v in read_store(place.path('json'))['variables'] if v['guid'] == VENDOR],
         [('good', '00'), ('new', '31'), ('bad', 'xx'), ('good', '11')])
    store = place.write('blob', vars_blob(record('good', b'1'), record('empty', b''), record('v', b'1', BS)) + b'tail')
    before = place.read('blob')
    status, out, err = place.run('ls', '-f', store)
    same((status, len(err.splitlines())), (0, 2), err)
    same(place.read('blob'), before)
    check(not os.path.exists(store + '.rejected'))


def rejected_beside():
    """A blob that is written again leaves in a file beside it what it does not have any more"""
    place = Place()
    place.write('v', b'1')
    bad = record('empty', b'')
    store = place.write('blob', vars_blob(record('good', b'1'), bad, record('long' * 2000, b'1')))
    status, out, err = place.run('set', '-f', store, VENDOR, 'new', '7', 'v')
    same((status, len(err.splitlines())), (0, 2), err)
    lines = [json.loads(line) for line in place.read('blob.rejected').decode().splitlines()]
    same(lines[0], {'reason': 'data that this variable cannot have', 'record': bad.hex()})
    same(len(lines), 2)
    same([name for name in place.names('-f', store) if name in ('good', 'new', 'empty')], ['good', 'new'])
    place.does('rm', '-f', store, VENDOR, 'new')


def locked():
    """A store that a running daemon uses can be looked at, and is not changed"""
    place = Place()
    place.write('v', b'1')
    daemon = Daemon(store=place.path('store'), directory=place.directory)
    guest = daemon.guest()
    same(guest.set('Mine', b'guest'), SUCCESS)
    before = place.read('store')
    for command in (('set', '-f', 'store', VENDOR, 'Mine', '7', 'v'), ('rm', '-f', 'store', VENDOR, 'Mine'),
                    ('rm', '-c', '-f', 'store'), ('sb-state', '-f', 'store', 'setup')):
        place.fails(1, ['store', 'locked', 'another program'], *command)
    place.write('other', vars_blob())
    place.fails(1, ['store', 'locked'], 'convert', 'other', 'store', '--to', 'json')
    same(place.read('store'), before)
    same(place.get('-f', 'store', VENDOR, 'Mine'), b'guest')
    check('Mine' in place.names('-f', 'store'))
    daemon.stop()
    place.does('set', '-f', 'store', VENDOR, 'Mine', '7', 'v')
    daemon = Daemon(store=place.path('store'), directory=place.directory)
    same(daemon.guest().value('Mine'), b'1')
    daemon.stop()


def save_file():
    """A save file keeps what the running guest sees, and the guest resumes with the change"""
    place = Place()
    place.write('v', b'tool')
    daemon = Daemon('--backend', 'memory', '--arg', 'save:' + place.path('save'), directory=place.directory)
    guest = daemon.guest()
    same(guest.set('Nv', b'1'), SUCCESS)
    same(guest.set('Volatile', b'2', BS | RT), SUCCESS)
    daemon.stop()
    same(place.get('-f', 'save', VENDOR, 'Volatile'), b'2')
    place.does('set', '-f', 'save', VENDOR, 'Nv', '7', 'v')
    place.does('set', '-f', 'save', VENDOR, 'Volatile2', 'BS,RT', 'v')
    check('the saved state of a guest' in place.does('status', '-f', 'save').decode())
    place.fails(1, ['save', 'saved state'], 'sb-state', '-f', 'save', 'user', '-k', key_path('old'))
    daemon = Daemon('--backend', 'memory', '--resume', '--arg', 'resume:' + place.path('save'),
                    directory=place.directory)
    guest = daemon.guest()
    same([guest.value(n) for n in ('Nv', 'Volatile', 'Volatile2')], [b'tool', b'2', b'tool'])
    daemon.stop()


def registers():
    """A change of a blob that is no save file leaves what it has besides variables as it is; so does convert"""
    place = Place()
    place.write('v', b'xyz')
    extra = bytes(range(1, 9)) + struct.pack('<I', 5) + bytes(range(256))
    enrolled(place)
    place.does('convert', 'store', 'enrolled.vars')
    data = place.read('enrolled.vars')
    data = data[:24] + extra + data[24 + len(extra):]
    for form in (bytes, text):
        for command in (['sb-state', 'user', '-k', key_path('new')], ['sb-state', 'setup'], ['rm', 'KEK'],
                        ['set', VENDOR, 'a', '7', 'v']):
            place.write('blob', form(data))
            place.does(command[0], '-f', 'blob', *command[1:])
            written = place.read('blob') if form is bytes else base64.b64decode(place.read('blob'), validate=True)
            check(written != data, command)
            same(written[24:24 + len(extra)], extra, command)
    place.write('blob', data)
    for name in ('again.vars', 'again.b64'):
        check('nothing lost' in place.does('convert', 'blob', name).decode())
    same(place.read('again.vars'), data)
    same(base64.b64decode(place.read('again.b64').strip(), validate=True), data)
    out = place.does('convert', 'blob', 'out.json').decode().splitlines()
    same(out[:-1], ['lost: the key of MemoryOverwriteRequestControlLock', 'lost: the registers of TPM physical presence'])


def atomic():
    """Mode and links stay, nothing is left beside the store; a change that changes nothing writes nothing"""
    place = Place()
    place.write('v', b'1')
    os.mkdir(place.path('there'))
    store = place.write('there/store', json.dumps({'version': 2, 'variables': []}))
    os.chmod(store, 0o640)
    os.symlink('there/store', place.path('link'))
    place.does('set', '-f', 'link', VENDOR, 'a', '7', 'v')
    same((os.path.islink(place.path('link')), os.stat(store).st_mode & 0o777), (True, 0o640))
    same(os.listdir(place.path('there')), ['store'])
    before = os.stat(store)
    place.does('set', '-f', store, VENDOR, 'a', '7', 'v')
    same((os.stat(store).st_ino, os.stat(store).st_mtime_ns), (before.st_ino, before.st_mtime_ns),
         'nothing changed, nothing written')


def converted():
    """convert: there and back nothing changes; what is lost is told"""
    place = Place()
    place.write('v', b'1')
    store = enrolled(place, 'new')
    place.does('set', '-f', store, VENDOR, 'Größe', '3', 'v')
    before = read_store(store)
    check('nothing lost' in place.does('convert', store, 'x.vars').decode())
    check('nothing lost' in place.does('convert', 'x.vars', 'x.b64').decode())
    same(base64.b64decode(place.read('x.b64').strip(), validate=True), place.read('x.vars'))
    check('nothing lost' in place.does('convert', 'x.b64', 'y', '--to', 'json').decode())
    same(read_store(place.path('y')), before)
    same((os.stat(place.path('y')).st_mode & 0o777), 0o600)
    done = subprocess.run([PROGRAM, 'convert', 'y', '-', '--to', 'vars'], cwd=place.directory, capture_output=True,
                          check=True,
                          env=environment())
    same(done.stdout, place.read('x.vars'))
    check(b'nothing lost' in done.stderr, done.stderr)
    place.fails(2, ["'out'", '--to'], 'convert', store, 'out')
    place.fails(2, "'xml'", 'convert', store, 'out', '--to', 'xml')
    place.fails(2, 'IN OUT', 'convert', store)


def conversion_losses():
    """convert: volatile variables, keys of MOR and TPM, unknown keys and bad records are told when they are lost"""
    place = Place()
    extra = b'\1' * 8 + bytes(4) + b'\2' + bytes(255)
    place.write('save.dat', vars_blob(record('Nv', b'1'), record('Gone', b'2', BS | RT),
                                      record('SetupMode', b'\1', BS | RT, GLOBAL),
                                      record('bad', b''), extra=extra))
    out = place.does('convert', 'save.dat', 'out.json').decode().splitlines()
    same([line for line in out if line.startswith('lost: ')],
         ['lost: bad: data that this variable cannot have', 'lost: Gone: volatile', 'lost: SetupMode: volatile',
          'lost: whether the guest has left boot services', 'lost: the key of MemoryOverwriteRequestControlLock',
          'lost: the registers of TPM physical presence'])
    same(list(stored(place.path('out.json'))), ['Nv'])
    same(out[-1], 'out.json: 1 variables as JSON')
    out = place.does('convert', 'save.dat', 'again.dat').decode()
    same(out.count('lost'), 1, out)
    check(extra in place.read('again.dat'))
    write_store(place.path('j.json'), variable('a', '31', extra=1), variable('bad', 'xx'), owner='me')
    out = place.does('convert', 'j.json', 'j.vars').decode().splitlines()
    same(out[:-1], ['lost: bad: data is not hexadecimal', 'lost: "owner": "me": keys of the store',
                    'lost: further keys of 1 variable'])
    same(place.get('-f', 'j.vars', VENDOR, 'a'), b'1')


def usage():
    """Wrong usage is one line: exit status 2, and 1 for the names that XAPI knows"""
    place = Place()
    place.write('store', b'')
    check(b'Usage: varstore COMMAND' in place.does('--help'))
    check(b'uefistored ' in place.does('--version'))
    for name in NAMES + ['status', 'convert']:
        check(f'Usage: varstore {name} '.encode() in place.does(name, '--help'))
        check(b'uefistored ' in place.does(name, '--version'))
    for name in NAMES:
        check(f'Usage: varstore-{name} '.encode() in place.does('varstore-' + name, '-h'))
    code = subprocess.run([PROGRAM], capture_output=True, env=environment())
    same((code.returncode, b'a command is expected' in code.stderr), (2, True))
    for words, arguments in (("'frob' is no command", ['frob']), ('UUID', ['ls']), ("'x' is no UUID", ['ls', 'x']),
                             ("'-z'", ['ls', '-z', MACHINE]), ("'--frob'", ['ls', '--frob', MACHINE]),
                             ("'-s'", ['ls', MACHINE, '-s']), ('--clone', ['ls', '-c', MACHINE]),
                             ('--json', ['ls', '--json', MACHINE]), ("'more'", ['ls', MACHINE, 'more']),
                             ('GUID NAME', ['get', MACHINE]), ("'Frob'", ['get', MACHINE, 'Frob']),
                             ("'more'", ['get', MACHINE, VENDOR, 'a', 'more']), ("'more'",
                                                                                 ['rm', MACHINE, 'PK', 'more']),
                             ('GUID NAME, or -c', ['rm', MACHINE]), ("'PK'", ['rm', '-c', MACHINE, 'PK']),
                             ('ATTRIBUTES FILE', ['set', MACHINE, 'PK', '7']),
                             ("'Frob'", ['set', MACHINE, 'Frob', '7', 'v']),
                             ('GUID NAME, and then', ['set', MACHINE, 'PK', '7', 'v', 'w']),
                             ("-u 'root'", ['ls', '-u', 'root', MACHINE]), ("-g '-1'", ['ls', '-g', '-1', MACHINE]),
                             ("-u '4294967295'", ['ls', '-u', '4294967295', MACHINE]),
                             ('-f is for a file and -s', ['ls', '-f', 'store', '-s', 'x']),
                             ('-f is for a file, -r', ['ls', '-f', 'store', '-r', '/']),
                             ("'x'", ['ls', '-f', 'store', 'x'])):
        place.fails(2, words, *arguments)
        if arguments[0] in NAMES:
            place.fails(1, words, 'varstore-' + arguments[0], *arguments[1:])
    if os.path.exists('/dev/full'):
        with open('/dev/full', 'w') as full:
            done = subprocess.run([PROGRAM, 'ls', '-f', place.path('store')], stdout=full, stderr=subprocess.PIPE,
                                  env=environment())
        same((done.returncode, b'standard output' in done.stderr), (1, True))


def clone_rules():
    """rm -c: the lines of all files; comments, blanks, both ways of writing; what cannot be removed is no error"""
    place = Place()
    place.write('v', b'1')
    os.mkdir(place.path('rules'))
    os.mkdir(place.path('rules/directory'))
    place.write('rules/10-one', f'# a comment\n\n{VENDOR} One\n  {VENDOR}\tTwo Words \r\n')
    place.write('rules/20-two', f'Three-{VENDOR}\n{VENDOR} Missing\n{GLOBAL} SecureBoot\n{GLOBAL} KEK\nBootOrder')
    place.write('rules/.hidden', 'not a rule')
    store = enrolled(place)
    for name in ('One', 'Two Words', 'Three', 'Stays'):
        place.does('set', '-f', store, VENDOR, name, '7', 'v')
    status, out, err = place.run('rm', '-c', '-f', store, '--rules', place.path('rules'))
    same(status, 0, err)
    check('SecureBoot: EFI_WRITE_PROTECTED' in err and len(err.splitlines()) == 1, err)
    same(set(stored(store)) & {'One', 'Two Words', 'Three', 'Stays', 'KEK', 'PK'}, {'Stays', 'PK'})
    before = place.read('store')
    place.fails(1, [place.path('none'), 'No such file'], 'rm', '-c', '-f', store, '--rules', place.path('none'))
    for wrong in ('rubbish', f'{VENDOR}', f'{VENDOR[:-1]} Name', f'{VENDOR}x Name'):
        place.write('rules/30-three', f'{VENDOR} Stays\n{wrong}\n')
        place.fails(1, 'rules/30-three:2', 'rm', '-c', '-f', store, '--rules', place.path('rules'))
    same(place.read('store'), before)


run_tests(round_trip, names, attributes, operator_may, forms, no_stores, set_aside, rejected_beside, locked,
          save_file, registers, atomic,
          converted, conversion_losses, usage, clone_rules)
