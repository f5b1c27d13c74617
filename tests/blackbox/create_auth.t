#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# create-auth from outside: what it takes, what it makes, how it fails.
. "$(dirname "$0")/../interop/session.sh"
need openssl
umask 022
for key in a b; do
	make_key $key
done
cat a.pem b.pem >both.pem

# makes NAME FILE OPTION...: does create-auth make FILE, quietly?
makes() {
	create_auth "$@" >"$SCRATCH/said" 2>&1 || { cat "$SCRATCH/said"; return 1; }
	[ ! -s "$SCRATCH/said" ] || { cat "$SCRATCH/said"; echo 'expected no word'; return 1; }
}

# usage TEXT OPTION...: exit status 2, one line with this text, and no file made?
usage() {
	local text=$1
	shift
	rm -f out.auth
	fails_saying 2 "$text" create_auth "$@" && [ ! -e out.auth ]
}

# failure TEXT OPTION...: exit status 1, one line with this text, out.auth as it was, nothing left beside it?
failure() {
	local text=$1
	shift
	echo old >out.auth
	ls -A >before
	fails_saying 1 "$text" create_auth "$@" || return
	[ "$(cat out.auth)" = old ] || { echo 'out.auth was touched'; return 1; }
	ls -A | diff before - || { echo 'files came or went'; return 1; }
}
touch err out value said before

# has_payload FILE: is this the payload of out.auth?
has_payload() {
	split_update out.auth && cmp payload "$1"
}

# has_number OFFSET WIDTH NUMBER: does out.auth have this integer there?
has_number() {
	[ "$(read_le out.auth "$1" "$2")" -eq "$3" ]
}

try '--help says how' says 'Usage: create-auth' create_auth --help
try '--version' says 'uefistored ' create_auth --version

# ---- The descriptor ----
try 'an unsigned deletion' makes -t 2024-02-29T01:02:03Z db out.auth
try '  is the descriptor alone' test "$(stat -c %s out.auth)" -eq 40
efi_time 2024 2 29 1 2 3 >stamp
: >nothing
descriptor stamp nothing nothing >expected
try '  byte for byte' cmp out.auth expected
try '  readable by all, as the umask allows' test "$(stat -c %a out.auth)" = 644
umask 077
try 'a closed umask' makes db out.auth a.pem
try '  closes the file' test "$(stat -c %a out.auth)" = 600
umask 022
for pair in '@0=1970 1 1 0 0 0' '@1709168523=2024 2 29 1 2 3' '2024-02-29=2024 2 29 0 0 0' '2024-02-29 01:02:03=2024 2 29 1 2 3' \
	'9999-12-31T23:59:59=9999 12 31 23 59 59' '1900-01-01=1900 1 1 0 0 0'; do
	makes -t "${pair%%=*}" db out.auth
	head -c 16 out.auth >stamp
	# shellcheck disable=SC2086 # six numbers
	efi_time ${pair#*=} >expected
	try "the time '${pair%%=*}'" cmp stamp expected
done
makes db out.auth
try 'the present is the default' test "$(read_le out.auth 0 2)" -ge 2024

# ---- Certificates and lists, told apart by content ----
owner='\x88\x77\x66\x55\xaa\x99\xcc\xbb\xdd\xee\xff\x00\x11\x22\x33\x44'
list() {
	printf '\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72'
	le 4 $((28 + 16 + $(stat -c %s "$1")))
	le 4 0
	le 4 $((16 + $(stat -c %s "$1")))
	printf '%b' "$owner"
	cat "$1"
}
list a.der >a.esl
list b.der >b.esl
cat a.esl b.esl >both.esl
OWNER=55667788-99aa-bbcc-ddee-ff0011223344
try 'a DER certificate' makes -g $OWNER db out.auth a.der
try '  is one list with the owner' has_payload a.esl
try 'the owner in capitals' makes -g "${OWNER^^}" db out.auth a.der
try '  is the same' has_payload a.esl
try 'a PEM file with two certificates' makes -g $OWNER db out.auth both.pem
try '  is two lists' has_payload both.esl
cat a.key a.pem b.key b.pem >mixed.pem
try 'PEM with keys among the certificates' makes -g $OWNER db out.auth mixed.pem
try '  is the same' has_payload both.esl
try 'a list and a certificate, options last' makes db out.auth a.esl b.der -g $OWNER
try '  is the same' has_payload both.esl
try 'the names of files do not matter' eval 'cp b.esl b.crt && makes -g $OWNER KEK out.auth a.esl b.crt && has_payload both.esl'

# ---- Any variable ----
GUID=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
printf 'no list at all' >raw
for form in "Some Name-$GUID" "$GUID Some Name"; do
	try "a variable called '$form'" makes -k a.key -c a.pem -t 2024-02-29 "$form" out.auth raw
	mv out.auth "form${form:0:1}.auth"
	try '  has the bytes of the file' eval "mv 'form${form:0:1}.auth' out.auth && has_payload raw"
	cp out.auth "form${form:0:1}.auth"
done
try 'both forms name the same variable' cmp formS.auth form0.auth
try 'GUID and name in two words' makes -k a.key -c a.pem -t 2024-02-29 "$GUID" 'Some Name' out.auth raw
try '  too' cmp formS.auth out.auth
try 'attributes in words or numbers' eval 'makes -k a.key -c a.pem -t 2024-02-29 -A nv,bs,rt,at "Some Name-$GUID" out.auth raw &&
	cmp formS.auth out.auth && makes -k a.key -c a.pem -t 2024-02-29 -A 39 "Some Name-$GUID" out.auth raw && cmp formS.auth out.auth'
makes -k a.key -c a.pem -t 2024-02-29 -A 0x23 "Some Name-$GUID" out.auth raw
try '  and they matter' eval '! cmp formS.auth out.auth'
makes -a -k a.key -c a.pem -t 2024-02-29 "Some Name-$GUID" out.auth raw
try '  as -a does' eval '! cmp formS.auth out.auth'

# ---- Keys ----
openssl rsa -in a.key -outform DER -out a.key.der 2>/dev/null
openssl rsa -in a.key -traditional -out a.key.old 2>/dev/null
for key in a.key.der a.key.old; do
	makes -k $key -c a.der -t 2024-02-29 db out.auth a.pem
	cp out.auth $key.auth
done
makes -k a.key -c a.pem -t 2024-02-29 db out.auth a.pem
try 'a key in DER is the same key' cmp out.auth a.key.der.auth
try 'a key in the old form of PEM is the same key' cmp out.auth a.key.old.auth
try 'the certificates of the chain are in the signature' eval 'makes -k a.key -c both.pem db out.auth a.pem && split_update out.auth &&
	wrap_signed_data p7 wrapped && [ "$(openssl pkcs7 -inform DER -in wrapped -print_certs | grep -c BEGIN)" -eq 2 ]'

# ---- Where the output goes ----
try 'an existing file is replaced' eval 'echo old >out.auth && makes db out.auth a.pem && has_number 20 2 512'
try 'a pipe is written to' eval 'create_auth -t 2024-02-29 db /dev/stdout >piped && create_auth -t 2024-02-29 db out.auth && cmp piped out.auth'
try 'a symbolic link stays' eval 'mkdir -p there && echo old >there/file && ln -sf there/file link && makes db link a.pem && [ -L link ] &&
	[ "$(stat -c %s there/file)" -gt 40 ]'

# ---- Asked for wrongly ----
try 'nothing' usage 'VARIABLE and OUT.auth'
try 'no output' usage 'VARIABLE and OUT.auth' db
try 'a GUID and a name, but no output' usage 'OUT.auth is expected' $GUID Name
try 'an unknown option' usage "'--frob'" --frob db out.auth
try 'an unknown letter' usage "'-z'" -z db out.auth
try 'an unknown letter among others' usage "'-z'" -az db out.auth
try 'an option without its value' usage "'-t'" db out.auth -t
try 'a value for an option that has none' usage '--append=yes' --append=yes db out.auth
try 'a key without a certificate' usage '-k KEY and -c CERT' -k a.key db out.auth a.pem
try 'a certificate without a key' usage '-k KEY and -c CERT' -c a.pem db out.auth a.pem
for time in 2024-02-30 2024-13-01 2024-1-1 2024-02-29T24:00:00Z 2024-02-29T12:00:60Z 2024-02-29T12:00:00+01:00 2024-02-29Z yesterday '' \
	@ @-9999999999999 @1x @999999999999 1899-12-31; do
	try "the time '$time'" usage "'$time'" -t "$time" db out.auth a.pem
done
for name in '' Frob boot0000 Boot000 "Frob-$GUID-" "Frob-${GUID:1}" "$GUID "; do
	try "the variable '$name'" usage "'$name'" "$name" out.auth a.pem
done
try 'a GUID that is none' usage "'12'" -g 12 db out.auth a.pem
for attributes in 7 0x67 NV,BS,RT NV,,AT 'NV,AT,' FOO 0x27x 0x100000027; do
	try "the attributes '$attributes'" usage "'$attributes'" -A "$attributes" db out.auth a.pem
done
try 'an append of nothing' usage '-a' -a db out.auth
try 'an append to PK' usage 'PK' -a PK out.auth a.pem
try 'two values for a variable that is no database' usage 'one FILE' "Name-$GUID" out.auth raw raw

# ---- What cannot be done ----
head -c 500 a.der >cut.der
cat a.der nothing raw >long.der
head -n 5 a.pem >cut.pem
head -c 100 a.esl >cut.esl
head -c -1 both.esl >cut2.esl
head -c 60000 /dev/zero >large
head -c 5000000 /dev/zero >huge
try 'a file that is not there' failure 'absent.pem' db out.auth absent.pem
for file in raw nothing a.key cut.der long.der cut.pem cut.esl cut2.esl; do
	try "a certificate file like $file" failure "$file" db out.auth a.pem $file
done
try 'the second PEM certificate malformed' eval 'cat a.pem cut.pem >second.pem && failure second.pem db out.auth second.pem'
try 'two certificates for PK' failure 'PK holds exactly one certificate' PK out.auth both.pem
try 'too much data' failure 'at most 57344' "Name-$GUID" out.auth large
try 'far too much data' failure 'huge' "Name-$GUID" out.auth huge
try 'an empty value' failure 'nothing' "Name-$GUID" out.auth nothing
try 'a key of another certificate' failure 'not the certificate of the key' -k a.key -c b.pem db out.auth a.pem
try 'a key that is none' failure 'a.pem' -k a.pem -c a.pem db out.auth a.pem
try 'a key that is not there' failure 'absent.key' -k absent.key -c a.pem db out.auth a.pem
openssl genpkey -algorithm ed25519 -out ed.key 2>/dev/null
openssl req -x509 -key ed.key -out ed.pem -subj /CN=ed -days 9 2>/dev/null
try 'a key of another kind' failure 'RSA or EC' -k ed.key -c ed.pem db out.auth a.pem
try 'a directory that is not there' failure 'absent/out.auth' db absent/out.auth a.pem
try 'a directory in place of the output' failure 'there' db there a.pem
end_tests
