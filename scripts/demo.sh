#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh   Play a guest against the daemon on a scratch store, and tell what is asked, what is answered and why.
# BUILD is where the programs are. The exit status is 0 only if every step came out as told; nothing is left behind.
set -euo pipefail
build=$(cd "${BUILD:-build/release}" && pwd)
scratch=$(mktemp -d)
socket=$scratch/socket
daemon=

end() {
	[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
	rm -rf "$scratch"
}
trap end EXIT
cd "$scratch"
: >log
: >output

surprise() {
	echo "demo: not as told: $*" >&2
	sed 's/^/  /' "$scratch/output" "$scratch/log" >&2
	exit 1
}

# tell ASKED ANSWER WHY
tell() {
	printf '   %-28s -> %-22s  %s\n' "$1" "$2" "$3"
}

guest() {
	"$build/uefistored-guest" --socket "$socket" "$@" >"$scratch/output" 2>&1
}

# writes STATUS WHY COMMAND...: SetVariable; the guest must be answered this EFI status.
writes() {
	local expected=$1 why=$2 answer=EFI_SUCCESS
	shift 2
	guest "$@" || answer=$(sed -n 's/.*: \(EFI_[A-Z_]*\)$/\1/p' output)
	[ "$answer" = "$expected" ] || surprise "$*: '$answer' where $expected was expected"
	tell "${*/ --hex/}" "$answer" "$why"
}

# reads VARIABLE HEX WHY: GetVariable; these bytes must be there.
reads() {
	guest check "$1" --hex "$2" || surprise "$1 is not $2"
	tell "get $1" "$2" "$3"
}

start() {
	"$build/uefistored" --socket "$socket" --backend file --arg "path:$scratch/store.json" --keys "$scratch/keys" \
		--secure-boot true >>log 2>&1 &
	daemon=$!
	local i
	for ((i = 0; i < 200; i++)); do
		if [ -S "$socket" ] && guest info; then
			return
		fi
		kill -0 "$daemon" 2>/dev/null || break
		sleep 0.02
	done
	surprise 'the daemon did not start'
}

stop() {
	kill -TERM "$daemon"
	wait "$daemon" || surprise "the daemon ended with exit status $?"
	daemon=
}

make_key() {
	openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj "/CN=demo $1" -keyout "$1.key" -out "$1.pem" 2>output ||
		surprise 'openssl made no key'
}

# sign KEY CREATE-AUTH-ARGUMENT...
sign() {
	"$build/create-auth" -k "$1.key" -c "$1.pem" "${@:2}" 2>output || surprise 'create-auth made no update'
}

echo '1. The host makes keys with openssl and signs them with create-auth: PK (the owner), KEK (may change db), db, dbx.'
for key in PK KEK db vendor attacker; do
	make_key "$key"
done
mkdir keys
sign PK -t 2024-01-01 PK keys/PK.auth PK.pem
sign PK -t 2024-01-01 KEK keys/KEK.auth KEK.pem
sign KEK -t 2024-01-01 db keys/db.auth db.pem
sign KEK -t 2024-01-01 -a dbx keys/dbx.auth attacker.pem
sign attacker -t 2025-01-01 db forged.auth attacker.pem
sign KEK -t 2025-01-01 -a db vendor.auth vendor.pem
sign KEK -t 2026-01-01 db newer.auth db.pem vendor.pem
sign KEK -t 2024-06-01 db old.auth db.pem

echo '2. uefistored starts on an empty store, with these keys and --secure-boot true; a guest boots:'
start
reads SetupMode 00 'the keys are enrolled: the platform has an owner'
reads SecureBoot 01 'Secure Boot is on,'
writes EFI_WRITE_PROTECTED 'and no guest can switch it off' set SecureBoot --hex 00
writes EFI_SECURITY_VIOLATION 'forged: its signer is neither in KEK nor PK' set db forged.auth
writes EFI_SUCCESS 'signed by KEK: another vendor is trusted, too' append db vendor.auth
writes EFI_SUCCESS 'signed by KEK, and newer than what was there' set db newer.auth
writes EFI_SECURITY_VIOLATION 'an old one replayed: well signed, but its time is past' set db old.auth
writes EFI_SUCCESS 'an ordinary variable needs no signature' set BootOrder --hex 0100
guest get db --raw || surprise 'db cannot be read'
db=$(od -A n -v -t x1 output | tr -d ' \n')

# The braces take the shell's own word about the killed process.
echo '3. The daemon is killed (kill -9) the moment that was answered, and started again on the same store:'
{ kill -KILL "$daemon" && wait "$daemon"; } 2>/dev/null || true
start
reads BootOrder 0100 'the last write is there'
guest check db --hex "$db" || surprise 'db is another one'
tell 'get db' "the same ${#db} digits" 'and so is every byte of db,'
writes EFI_SECURITY_VIOLATION 'and the time of its last update: still no replay' set db newer.auth

echo '4. It is told to end (SIGTERM), which it does with exit status 0, and started once more:'
stop
start
reads SecureBoot 01 'Secure Boot is still on'
guest check db --hex "$db" || surprise 'db is another one'
tell 'get db' "the same ${#db} digits" 'with the same keys'
stop
echo 'Every answer was the one that was expected.'
