#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the openssl program signs is accepted, in every form that the specification or the field knows; what create-auth
# signs, openssl verifies.
. "$(dirname "$0")/session.sh"
need openssl

# cms DIGEST KEY [OPTION...]: signs the file `content` by openssl cms; makes the ContentInfo `wrapped` and the SignedData `bare`.
cms() {
	local digest=$1 key=$2
	shift 2
	openssl cms -sign -binary -md "$digest" -in content -signer "$key.pem" -inkey "$key.key" -outform DER \
		-out wrapped "$@" && unwrap_signed_data wrapped bare
}

# sign_update VARIABLE GUID ATTRIBUTES YEAR PAYLOAD DIGEST KEY [OPTION...]: leaves update.bare and update.wrapped.
sign_update() {
	local name=$1 guid=$2 attributes=$3 year=$4 payload=$5
	shift 5
	efi_time "$year" 1 2 3 4 5 >stamp
	signed_bytes "$name" "$guid" "$attributes" stamp "$payload" >content
	cms "$@" || return
	descriptor stamp bare "$payload" >update.bare
	descriptor stamp wrapped "$payload" >update.wrapped
}

# sign_and_set FORM VARIABLE GUID YEAR PAYLOAD DIGEST KEY [OPTION...]: is such an update taken?
sign_and_set() {
	local form=$1 name=$2 guid=$3
	shift 3
	sign_update "$name" "$guid" $((0x27)) "$@" && guest set "$name" "update.$form"
}

sign_and_be_refused() {
	local form=$1 name=$2 guid=$3
	shift 3
	sign_update "$name" "$guid" $((0x27)) "$@" && refused EFI_SECURITY_VIOLATION set "$name" "update.$form"
}

make_lists() {
	create_auth "$1" lists.auth "${@:3}" && tail -c +41 lists.auth >"$2"
}

# ---- Keys: a PK; in KEK an RSA key, an EC key, a root, and a leaf alone ----
make_key pk
make_key rsa
make_key rsa4096 -newkey rsa:4096
make_key ec256 -newkey ec -pkeyopt ec_paramgen_curve:P-256
make_key ec384 -newkey ec -pkeyopt ec_paramgen_curve:P-384
make_key stranger
make_key root
make_issued_key middle root 'basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign,cRLSign'
make_issued_key leaf middle 'basicConstraints=critical,CA:FALSE' 'extendedKeyUsage=serverAuth'
make_key other_root
make_issued_key trusted_middle other_root 'basicConstraints=critical,CA:TRUE'
make_issued_key leaf_of_trusted trusted_middle 'basicConstraints=critical,CA:FALSE'
try 'lists of certificates are made' make_lists KEK kek.esl rsa.pem rsa4096.der ec256.pem ec384.pem root.pem trusted_middle.pem
try 'lists for db are made' make_lists db db.esl rsa.pem
try 'the daemon starts' new_machine

# ---- Setup mode, all by openssl: KEK and db unsigned in effect, PK by itself ----
try 'setup mode: KEK signed by a stranger' sign_and_set bare KEK "$GUID_GLOBAL" 2020 kek.esl sha256 stranger -noattr
try 'setup mode: db in a ContentInfo' sign_and_set wrapped db "$GUID_DATABASE" 2020 db.esl sha256 stranger -noattr
make_lists PK pk.esl pk.pem
try 'setup mode: PK signed by itself' sign_and_set bare PK "$GUID_GLOBAL" 2020 pk.esl sha256 pk -noattr
try 'the platform is in user mode' guest check SetupMode --hex 00
try 'KEK holds what was signed' holds KEK kek.esl

# ---- User mode: who may write, by which digest, in which form ----
year=2021
for digest in sha256 sha384 sha512; do
	for form in bare wrapped; do
		try "db by KEK, $digest, $form SignedData" \
			sign_and_set $form db "$GUID_DATABASE" $((year++)) db.esl $digest rsa -noattr
		try "db by KEK, $digest, $form SignedData, signed attributes" \
			sign_and_set $form db "$GUID_DATABASE" $((year++)) db.esl $digest rsa
	done
done
for key in rsa4096 ec256 ec384; do
	try "db by KEK, key $key" sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha256 $key -noattr
	try "db by KEK, key $key, signed attributes" sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha384 $key
done
try 'db by PK' sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha256 pk -noattr
try 'KEK by PK' sign_and_set bare KEK "$GUID_GLOBAL" 2021 kek.esl sha512 pk -noattr
try 'KEK by KEK is refused' sign_and_be_refused bare KEK "$GUID_GLOBAL" 2022 kek.esl sha256 rsa -noattr
try 'db by a stranger is refused' sign_and_be_refused bare db "$GUID_DATABASE" $year db.esl sha256 stranger -noattr
for digest in sha1 sha224; do
	try "db by KEK, $digest, is refused" \
		sign_and_be_refused bare db "$GUID_DATABASE" $year db.esl $digest rsa -noattr
done
try 'content inside the SignedData is refused' \
	sign_and_be_refused bare db "$GUID_DATABASE" $year db.esl sha256 rsa -noattr -nodetach
try 'no certificate inside is refused' \
	sign_and_be_refused bare db "$GUID_DATABASE" $year db.esl sha256 rsa -noattr -nocerts

# ---- Chains ----
try 'leaf and middle inside, root in KEK' \
	sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha256 leaf -noattr -certfile middle.pem
try 'leaf, middle and root inside, root in KEK' \
	sign_and_set wrapped db "$GUID_DATABASE" $((year++)) db.esl sha256 leaf -certfile <(cat middle.pem root.pem)
try 'middle inside, root in KEK' sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha256 middle -noattr
try 'leaf inside, its issuer (no root) in KEK' \
	sign_and_set bare db "$GUID_DATABASE" $((year++)) db.esl sha256 leaf_of_trusted -noattr
try 'leaf inside, middle missing, is refused' \
	sign_and_be_refused bare db "$GUID_DATABASE" $year db.esl sha256 leaf -noattr

# ---- Time and the signed bytes ----
try 'an update' sign_and_set bare db "$GUID_DATABASE" $((++year)) db.esl sha256 rsa -noattr
try 'the same again is refused' refused EFI_SECURITY_VIOLATION set db update.bare
try 'an older one is refused' sign_and_be_refused bare db "$GUID_DATABASE" $((year - 1)) db.esl sha256 rsa -noattr
sign_update dbx "$GUID_DATABASE" $((0x27)) $((++year)) db.esl sha256 rsa -noattr
try 'one signed for dbx is refused by db' refused EFI_SECURITY_VIOLATION set db update.bare
try '  and taken by dbx' guest set dbx update.bare
sign_update db "$GUID_DATABASE" $((0x67)) $((++year)) kek.esl sha256 rsa -noattr
try 'one signed as an append is refused as a replacement' refused EFI_SECURITY_VIOLATION set db update.bare
try '  and taken as an append' guest append db update.bare
cat db.esl >expected
tail -c +$(($(stat -c %s db.esl) + 1)) kek.esl >>expected
try '  which adds what was not there' holds db expected

# ---- openssl smime, the older command ----
smime() {
	efi_time $((++year)) 1 2 3 4 5 >stamp
	signed_bytes db "$GUID_DATABASE" $((0x27)) stamp db.esl >content
	openssl smime -sign -binary -md sha256 -in content -signer rsa.pem -inkey rsa.key -outform DER -out wrapped "$@" &&
		descriptor stamp wrapped db.esl >update && guest set db update
}
try 'openssl smime without signed attributes' smime -noattr
try 'openssl smime with signed attributes' smime

# ---- A private variable belongs to who made it ----
PRIVATE_GUID=12345678-9abc-def0-1234-56789abcdef0
PRIVATE='\x78\x56\x34\x12\xbc\x9a\xf0\xde\x12\x34\x56\x78\x9a\xbc\xde\xf0'
printf 'owned' >value
# set_private YEAR KEY STATUS: what does the guest hear about an update of it that KEY signed?
set_private() {
	sign_update Mine "$PRIVATE" $((0x27)) "$1" value sha256 "$2" -noattr || return
	if [ "$3" = EFI_SUCCESS ]; then
		guest set --attributes 0x27 "Mine-$PRIVATE_GUID" update.bare
	else
		refused "$3" set --attributes 0x27 "Mine-$PRIVATE_GUID" update.bare
	fi
}
try 'a private variable is made' set_private 2020 ec256 EFI_SUCCESS
try '  another key may not change it' set_private 2021 stranger EFI_SECURITY_VIOLATION
try '  its own may' set_private 2022 ec256 EFI_SUCCESS
printf 'still owned' >value
create_auth -k ec256.key -c ec256.pem -t 2023-01-01 "Mine-$PRIVATE_GUID" mine.auth value
try '  also by create-auth' guest set --attributes 0x27 "Mine-$PRIVATE_GUID" mine.auth
try '  and the value is what was signed' holds "Mine-$PRIVATE_GUID" value

# ---- What create-auth makes ----
# verified KEY [OPTION...]: does openssl verify the signature in made.auth, over the bytes that it has to cover?
verified() {
	local key=$1
	shift
	split_update made.auth || return
	signed_bytes "$NAME" "$NAME_GUID" "$ATTRIBUTES" stamp payload >content
	wrap_signed_data p7 wrapped
	openssl cms -verify -binary -inform DER -in wrapped -content content -CAfile "$key.pem" -purpose any -out verified "$@" &&
		cmp verified content
}
shape() {
	openssl asn1parse -inform DER -in p7 >parsed || return
	grep -q 'OBJECT *:sha256$' parsed || return
	! grep -qE 'pkcs7-signedData|messageDigest|signingTime' parsed
}
for key in rsa ec256 ec384; do
	NAME=db NAME_GUID=$GUID_DATABASE ATTRIBUTES=$((0x27))
	try "create-auth signs, key $key" create_auth -k $key.key -c $key.pem -t 2077-05-06T07:08:09Z db made.auth rsa.pem ec256.der
	try '  openssl cms verifies it' verified $key
	try '  it is a bare SignedData by SHA-256, without attributes' shape
	try '  openssl smime verifies it' openssl smime -verify -binary -inform DER -in wrapped -content content -CAfile $key.pem \
		-purpose any
	efi_time 2077 5 6 7 8 9 >expected
	try '  its time is the one given' cmp stamp expected
done
NAME=KEK NAME_GUID=$GUID_GLOBAL ATTRIBUTES=$((0x67))
try 'create-auth signs an append' create_auth -a -k rsa.key -c rsa.pem KEK made.auth rsa.pem
try '  openssl verifies it' verified rsa
NAME=dbx NAME_GUID=$GUID_DATABASE ATTRIBUTES=$((0x27))
cat leaf.pem middle.pem >chain.pem
try 'create-auth signs a deletion, with a chain' create_auth -k leaf.key -c chain.pem -t 9000-01-01 dbx made.auth
try '  openssl verifies it up to the root' verified root
try '  it has no payload' test ! -s payload
try '  the daemon takes it' guest set dbx made.auth
try '  and the variable is gone' refused EFI_NOT_FOUND get dbx
try 'the daemon ends well' daemon_stop
end_tests
