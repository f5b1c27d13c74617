#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What efitools make is accepted, what create-auth makes they can read.
. "$(dirname "$0")/session.sh"
need openssl cert-to-efi-sig-list sign-efi-sig-list hash-to-efi-sig-list sig-list-to-certs
export TZ=UTC
OWNER=77fa9abd-0359-4d32-bd60-28f4e78f784b

# to_list NAME: NAME.esl from NAME.pem.
to_list() {
	cert-to-efi-sig-list -g $OWNER "$1.pem" "$1.esl"
}

# sign VARIABLE LIST KEY TIME [OPTION...]: makes LIST an update, update.auth.
sign() {
	local variable=$1 list=$2 key=$3 time=$4
	shift 4
	rm -f update.auth
	sign-efi-sig-list "$@" -g $OWNER -t "$time" -k "$key.key" -c "$key.pem" "$variable" "$list" update.auth
	[ -s update.auth ]
}

sign_and_set() {
	sign "$@" && guest set "$1" update.auth
}

sign_and_append() {
	sign "$@" -a && guest append "$1" update.auth
}

sign_and_be_refused() {
	sign "$@" && refused EFI_SECURITY_VIOLATION set "$1" update.auth
}

for key in pk kek db new_pk new_kek other; do
	make_key $key
	to_list $key >/dev/null
done
make_key ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
to_list ec >/dev/null

# ---- Signature lists ----
for key in pk ec; do
	try "create-auth makes the list that cert-to-efi-sig-list makes, key $key" create_auth -g $OWNER db made.auth $key.der
	tail -c +41 made.auth >payload
	try '  byte for byte' cmp payload $key.esl
done
cat kek.esl new_kek.esl ec.esl >several.esl
try 'create-auth takes lists of efitools beside certificates' create_auth -g $OWNER -k kek.key -c kek.pem db made.auth kek.esl \
	new_kek.pem ec.esl
split_update made.auth
try '  and puts them one after the other' cmp payload several.esl
try 'sig-list-to-certs reads them' sig-list-to-certs payload certificate
for pair in 0:kek 1:new_kek 2:ec; do
	try "  certificate $pair comes out as it went in" cmp "certificate-${pair%:*}.der" "${pair#*:}.der"
done

# ---- Enrolment ----
try 'the daemon starts' new_machine
try 'setup mode: db, signed by KEK' sign_and_set db db.esl kek '2020-01-01 00:00:00'
try 'setup mode: KEK, signed by PK' sign_and_set KEK kek.esl pk '2020-01-01 00:00:00'
try 'setup mode: PK, signed by itself' sign_and_set PK pk.esl pk '2020-01-01 00:00:00'
try 'the platform is in user mode' guest check SetupMode --hex 00
for pair in PK:pk KEK:kek db:db; do
	try "${pair%:*} holds the list" holds "${pair%:*}" "${pair#*:}.esl"
done

# ---- Updates in user mode ----
try 'db is replaced, signed by KEK' sign_and_set db other.esl kek '2021-01-01 00:00:00'
try '  and holds the new list' holds db other.esl
try 'the same again is refused' refused EFI_SECURITY_VIOLATION set db update.auth
try 'an older one is refused' sign_and_be_refused db db.esl kek '2020-06-01 00:00:00'
try 'one by a stranger is refused' sign_and_be_refused db db.esl other '2022-01-01 00:00:00'
try 'KEK signed by KEK is refused' sign_and_be_refused KEK new_kek.esl kek '2022-01-01 00:00:00'
try 'KEK is appended to, signed by PK' sign_and_append KEK new_kek.esl pk '2021-01-01 00:00:00'
cat kek.esl new_kek.esl >both.esl
try '  and holds both' holds KEK both.esl
try 'db is appended to, signed by the new KEK' sign_and_append db db.esl new_kek '2021-06-01 00:00:00'
cat other.esl db.esl >both.esl
try '  and holds both' holds db both.esl
try 'the same append again is no error' guest append db update.auth
try '  and changes nothing' holds db both.esl

# ---- Hashes ----
binary=$(dpkg -L efitools 2>/dev/null | grep '\.efi$' | head -n 1)
if [ -n "$binary" ]; then
	try 'hash-to-efi-sig-list' hash-to-efi-sig-list "$binary" hash.esl
	try 'dbx is made by appending it' sign_and_append dbx hash.esl kek '2021-01-01 00:00:00'
	try '  and holds the hash' holds dbx hash.esl
	try 'the guest counts it' says 'SHA256: 1 entry' guest get dbx
	try 'create-auth takes such a list' create_auth -a -k kek.key -c kek.pem dbx made.auth hash.esl
	try '  and the daemon its update' guest append dbx made.auth
	try '  of which nothing was new' holds dbx hash.esl
else
	skip 'efitools came without an EFI binary to hash'
fi

# ---- Signed elsewhere: the bytes out, openssl's signature in (DER: efitools put it in as it is) ----
detached() {
	local time='2023-01-01 00:00:00'
	sign-efi-sig-list -o -t "$time" db db.esl bundle &&
		openssl smime -sign -binary -noattr -md sha256 -in bundle -signer kek.pem -inkey kek.key -outform DER -out bundle.p7 &&
		sign-efi-sig-list -i bundle.p7 -t "$time" db db.esl update.auth && guest set db update.auth
}
try 'a detached signature by openssl' detached
try '  and the list is there' holds db db.esl

# ---- Replacing and deleting the keys ----
: >empty.esl
try 'db is deleted' sign_and_set db empty.esl kek '2024-01-01 00:00:00'
try '  and is gone' refused EFI_NOT_FOUND get db
try 'PK signed by a new PK is refused' sign_and_be_refused PK new_pk.esl new_pk '2024-01-01 00:00:00'
try 'PK is replaced, signed by the old one' sign_and_set PK new_pk.esl pk '2024-01-01 00:00:00'
try '  and the old one has no power any more' sign_and_be_refused KEK kek.esl pk '2025-01-01 00:00:00'
try 'PK is deleted, signed by itself' sign_and_set PK empty.esl new_pk '2025-01-01 00:00:00'
try '  which is setup mode' guest check SetupMode --hex 01
cat kek.esl new_kek.esl >both.esl
try '  and KEK is kept' holds KEK both.esl
try 'the daemon ends well' daemon_stop
end_tests
