#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# uefistored-guest from outside: its commands, how they are called, what they say, how they fail.
. "$(dirname "$0")/../interop/session.sh"
need openssl
GUID=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
GLOBAL=8be4df61-93ca-11d2-aa0d-00e098032b8c

usage() {
	fails_saying 2 "$1" guest "${@:2}"
}

failure() {
	fails_saying 1 "$1" guest "${@:2}"
}

# script_ends STATUS TEXT: does the script on stdin end with this exit status and, where it is not 0, one line with this text?
script_ends() {
	cat >script
	if [ "$1" -eq 0 ]; then
		guest run script >out && [ ! -s out ]
	else
		fails_saying "$1" "$2" guest run script
	fi
}

# prints LINE...: is this what the last `guest` of `says` printed?
prints() {
	printf '%s\n' "$@" | diff - out
}

try '--help says how' says 'Usage: uefistored-guest' guest --help
try '--version' says 'uefistored ' guest --version
try 'no daemon' failure 'no daemon can be reached' list
try 'the daemon starts' new_machine

# ---- Values in and out ----
printf 'abcdefghijklmnop\0\xffz' >value
try 'set' guest set "Some Name-$GUID" value
try 'get' says "$GUID NV,BS,RT" guest get "Some Name-$GUID"
try '  prints it in hexadecimal' prints "$GUID NV,BS,RT        19 Some Name" \
	'00000000  61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|' \
	'00000010  00 ff 7a                                         |..z|'
for form in "Some Name-$GUID" "Some Name-${GUID^^}" "$GUID Some Name"; do
	try "get --raw '$form'" holds "$form" value
done
try 'get with GUID and name in two words' says "$GUID" guest get "$GUID" 'Some Name'
try 'check of the right value' guest check "Some Name-$GUID" value
try 'check of another one' failure 'another value' check "Some Name-$GUID" --hex 00
try 'append' guest append "Some Name-$GUID" --hex 2122
printf '!"' >>value
try '  adds' holds "Some Name-$GUID" value
try 'delete' guest delete "Some Name-$GUID"
try '  and it is gone' failure 'get: EFI_NOT_FOUND' get "Some Name-$GUID"
try 'delete again' failure 'delete: EFI_NOT_FOUND' delete "Some Name-$GUID"
: >nothing
try 'an empty file deletes' eval 'guest set "N-$GUID" --hex 00 && guest set "N-$GUID" nothing && refused EFI_NOT_FOUND get "N-$GUID"'
try 'names beyond ASCII' guest set "Größe €𝄞-$GUID" --hex 01
try '  are found again' guest check "$GUID Größe €𝄞" --hex 01
guest delete "$GUID Größe €𝄞"

# ---- Well-known names and attributes ----
try 'a well-known name' guest set BootOrder --hex 0100
try '  has its GUID and attributes' says "$GLOBAL NV,BS,RT         2 BootOrder" guest get BootOrder
try '  with digits' failure EFI_NOT_FOUND get BootABCD
for pair in 7=NV,BS,RT 0x6=BS,RT bs=BS nv,bs=NV,BS; do
	try "attributes ${pair%%=*}" eval 'guest set --attributes ${pair%%=*} "A-$GUID" --hex 00 &&
		says "$GUID ${pair#*=} " guest get "A-$GUID" && guest delete "A-$GUID"'
done
try 'attributes that cannot be' failure EFI_INVALID_PARAMETER set --attributes NV "A-$GUID" --hex 00
try 'attributes of a deletion' eval 'guest set "A-$GUID" --hex 00 && refused EFI_INVALID_PARAMETER delete --attributes 3 "A-$GUID" &&
	guest delete --attributes 7 "A-$GUID"'
try 'a firmware variable' failure EFI_WRITE_PROTECTED set SecureBoot --hex 01
try 'the memory overwrite request' guest set MemoryOverwriteRequestControl --hex 01
try '  has its own GUID' says e20939be-32d4-41be-a150-897f85d49829 guest get MemoryOverwriteRequestControl

# ---- Signature databases ----
make_key pk
make_key db
create_auth -g "$GUID" db db.auth db.pem pk.pem
try 'an .auth file goes as it is, with the attributes of the database' guest set db db.auth
try '  and is shown by its certificates' says 'X509: 2 entries' guest get db
sed -n '2,$p' out >shown
try '  with owner and subject' diff shown - <<END
  X509: 2 entries
    owner $GUID: CN = test db
    owner $GUID: CN = test pk
END

# ---- The whole store ----
guest list >listed
try 'list shows GUID, attributes, size and name' grep -qx "$GLOBAL NV,BS,RT         2 BootOrder" listed
try '  and the firmware'"'"'s variables' grep -qx "$GLOBAL BS,RT            1 SetupMode" listed
try '  each once' eval '[ -z "$(sort listed | uniq -d)" ]'
try 'info tells the space' says 'of 131072 bytes free' guest info
try '  and the modes' grep -qx 'SetupMode: 1' out
try 'notify' guest notify
try '  is taken once' failure EFI_ACCESS_DENIED notify

# ---- Scripts ----
try 'a script' script_ends 0 '' <<END
# a comment, then an empty line

set S-$GUID --hex 0102   # a comment after a command
check "S-$GUID" --hex 0102
expect EFI_SUCCESS append S-$GUID --hex 03
check $GUID S --hex 010203
expect EFI_INVALID_PARAMETER set --attributes NV,BS S-$GUID --hex 00
delete S-$GUID
expect EFI_NOT_FOUND check "$GUID S" --hex 010203
	expect EFI_WRITE_PROTECTED set SetupMode --hex 01
END
try 'an answer that was not expected' script_ends 1 'script:2: EFI_NOT_FOUND where EFI_SUCCESS was expected' <<END
set S-$GUID --hex 01
delete T-$GUID
delete S-$GUID
END
try '  ends it there' guest check "S-$GUID" --hex 01
try 'a success that was not expected' script_ends 1 'script:1: EFI_SUCCESS where EFI_NOT_FOUND was expected' <<END
expect EFI_NOT_FOUND delete S-$GUID
END
try 'a wrong value' script_ends 1 'script:1: the variable has another value' <<<'check SetupMode --hex 00'
try 'an unknown command' script_ends 2 "script:1: 'frob' is no command" <<<frob
try 'an unknown status' script_ends 2 "script:1: 'EFI_FROB' is no EFI status" <<<'expect EFI_FROB list'
try 'an expectation of nothing' script_ends 2 'script:1: expect' <<<'expect EFI_NOT_FOUND'
try 'a quotation without its end' script_ends 2 'script:1: a "' <<<'get "Some'
try 'an option that is for the program' script_ends 2 "script:1: '--help'" <<<'get --help BootOrder'
try 'a line of options' script_ends 2 'script:1: a command is expected' <<<'--raw'
try 'a script from stdin' eval 'echo "check BootOrder --hex 0100" | guest run -'
try 'a script that is not there' failure 'absent' run absent
try 'options of a line do not outlive it' script_ends 1 'script:2: EFI_INVALID_PARAMETER' <<END
set --attributes NV,BS S-$GUID --hex 01
set S-$GUID --hex 02
END

# ---- After ExitBootServices ----
try 'a boot services variable is there at boot' guest check "S-$GUID" --hex 01
try '  and not at runtime' failure EFI_NOT_FOUND get --runtime "S-$GUID"
try '  nor listed' eval '! guest --runtime list | grep -q "$GUID"'
try '  and stays so' failure EFI_NOT_FOUND get "S-$GUID"
try 'a runtime variable is' says BootOrder guest --runtime get BootOrder

# ---- Asked for wrongly ----
try 'no command' usage 'a command is expected'
try 'an unknown command' usage "'frob'" frob
try 'an unknown option' usage "'--frob'" --frob list
try 'no variable' usage 'the name of a variable' get
try 'an unknown name' usage "'Frob'" get Frob
try 'no file' usage 'one FILE' set BootOrder
try 'a word too many' usage "'more'" get BootOrder more
try 'a file and --hex' usage "'value'" set BootOrder value --hex 00
for hex in 0 0g xx '0 '; do
	try "--hex '$hex'" usage "'$hex'" set BootOrder --hex "$hex"
done
try 'attributes that are none' usage "'NV+BS'" --attributes NV+BS set BootOrder --hex 0100
try 'a count that is none' usage "'0'" bench --count 0
try 'no script' usage 'one SCRIPT' run
try 'no socket' fails_saying 2 '--socket PATH' "$BUILD/uefistored-guest" list
try 'the socket from the environment' env UEFISTORED_SOCKET="$SOCKET" "$BUILD/uefistored-guest" info
try 'a file that is not there' failure 'absent' set BootOrder absent
head -c 65500 /dev/zero >large
try 'more data than a request carries' failure 'more than a request can carry' set "Large-$GUID" large
try 'a full output' fails_saying 1 'standard output' bash -c '"$@" >/dev/full' - "$BUILD/uefistored-guest" --socket "$SOCKET" list
try 'a path too long for a socket' fails_saying 1 'at most 107 bytes' "$BUILD/uefistored-guest" \
	--socket "/$(head -c 200 /dev/zero | tr '\0' x)" list

# ---- Measuring ----
try 'a new machine' new_machine
try 'bench measures' says 'get, 64 bytes ' guest bench --count 100
try '  with median and p99' grep -qE '^set, volatile, 64 bytes +100 rounds +[0-9]+ /s +median +[0-9.]+ us +p99 +[0-9.]+ us$' out
try '  and leaves nothing behind' eval '! guest list | grep -q 59a3c8b6'
try 'the daemon ends well' daemon_stop
end_tests
