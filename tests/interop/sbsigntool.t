#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What sbsigntool's sbsiglist and sbvarsign make is accepted.
. "$(dirname "$0")/session.sh"
need openssl sbsiglist sbvarsign
OWNER=11111111-2222-3333-4444-555555555555
PLAIN=NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS

# sign VARIABLE LIST KEY [OPTION...]: makes LIST an update, update.auth, of the present second: at least one later than the last.
sign() {
	local variable=$1 list=$2 key=$3 second
	shift 3
	second=$(date +%s)
	while [ "$second" = "${LAST_SECOND:-}" ]; do
		sleep 0.1
		second=$(date +%s)
	done
	sbvarsign --key "$key.key" --cert "$key.pem" --output update.auth "$@" "$variable" "$list" &&
		LAST_SECOND=$(date +%s)
}

sign_and_set() {
	sign "$@" --attr $PLAIN && guest set "$1" update.auth
}

# By default sbvarsign signs for all attributes that it knows, APPEND_WRITE too.
sign_and_append() {
	sign "$@" && guest append "$1" update.auth
}

for key in pk kek db other; do
	make_key $key
	sbsiglist --owner $OWNER --type x509 --output $key.esl $key.der
done
create_auth -g $OWNER db made.auth pk.pem
tail -c +41 made.auth >payload
try 'create-auth makes the list that sbsiglist makes' cmp payload pk.esl

try 'the daemon starts' new_machine
try 'setup mode: db, signed by KEK' sign_and_set db db.esl kek
try 'setup mode: KEK, signed by PK' sign_and_set KEK kek.esl pk
try 'setup mode: PK, signed by itself' sign_and_set PK pk.esl pk
try 'the platform is in user mode' guest check SetupMode --hex 00
for pair in PK:pk KEK:kek db:db; do
	try "${pair%:*} holds the list" holds "${pair%:*}" "${pair#*:}.esl"
done
try 'db is replaced, signed by KEK' sign_and_set db other.esl kek
try '  and holds the new list' holds db other.esl
try 'the same again is refused' refused EFI_SECURITY_VIOLATION set db update.auth
try 'db is appended to, signed by PK' sign_and_append db db.esl pk
cat other.esl db.esl >both.esl
try '  and holds both' holds db both.esl
try 'one by a stranger is signed' sign db db.esl other --attr $PLAIN
try '  and refused' refused EFI_SECURITY_VIOLATION set db update.auth

printf 'an image that is forbidden' | openssl dgst -sha256 -binary >digest
try 'sbsiglist takes a hash' sbsiglist --owner $OWNER --type sha256 --output hash.esl digest
try 'dbx is made by appending it' sign_and_append dbx hash.esl kek
try '  and holds the hash' holds dbx hash.esl

# A variable of one's own.
GUID=0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
printf 'some value' >value
try 'a private variable is signed' sign Private value other --guid $GUID --attr $PLAIN
try '  and made' guest set --attributes 0x27 "$GUID Private" update.auth
try '  and holds the value' holds "$GUID Private" value
try 'the daemon ends well' daemon_stop
end_tests
