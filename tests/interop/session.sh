# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What the scripts that drive the real programs share: TAP, keys, a daemon on a scratch store and its guest.
# Source it from the project's root's tests; $BUILD is where the programs are.
set -u -o pipefail
export LC_ALL=C
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "$TOP" && cd "${BUILD:-build/debug}" && pwd) || exit 1
SCRATCH=$(mktemp -d)
SOCKET=$SCRATCH/socket
DAEMON=
TESTS=0

session_end() {
	daemon_stop >/dev/null 2>&1
	rm -rf "$SCRATCH"
}
trap session_end EXIT
cd "$SCRATCH" || exit 1

# ---- TAP ----

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# Skips the whole test where one of these commands is missing.
need() {
	local command
	for command; do
		command -v "$command" >/dev/null || skip_all "there is no $command here"
	done
}

# try NAME COMMAND...: a test that passes where the command succeeds; else its output is told.
try() {
	local name=$1 status=0
	shift
	TESTS=$((TESTS + 1))
	"$@" >"$SCRATCH/output" 2>&1 || status=$?
	if [ $status -eq 0 ]; then
		echo "ok $TESTS - $name"
	else
		echo "not ok $TESTS - $name"
		echo "# $* (exit status $status)"
		head -n 20 "$SCRATCH/output" | sed 's/^/#   /'
	fi
}

skip() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS # SKIP $*"
}

end_tests() {
	echo "1..$TESTS"
}

# fails STATUS COMMAND...: does it end with this exit status and one line on stderr?
fails() {
	local expected=$1 status
	shift
	"$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
	status=$?
	cat "$SCRATCH/err"
	[ $status -eq "$expected" ] || { echo "exit status $status, expected $expected"; return 1; }
	[ "$(wc -l <"$SCRATCH/err")" -eq 1 ] || { echo "expected one line on stderr"; return 1; }
}

# fails_saying STATUS TEXT COMMAND...: the same, and the line contains this text?
fails_saying() {
	local text=$2
	fails "$1" "${@:3}" || return
	grep -qF -- "$text" "$SCRATCH/err" || { echo "expected in the message: $text"; return 1; }
}

# says TEXT COMMAND...: does the command succeed and print this text somewhere?
says() {
	local text=$1
	shift
	"$@" >"$SCRATCH/out" || return
	grep -qF -- "$text" "$SCRATCH/out" || { cat "$SCRATCH/out"; echo "expected in the output: $text"; return 1; }
}

# ---- Daemon and guest ----

# daemon_start OPTION...: on the store $SCRATCH/store.json; returns when it serves.
daemon_start() {
	"$BUILD/uefistored" --socket "$SOCKET" --backend file --arg "path:$SCRATCH/store.json" --keys "$SCRATCH/keys" "$@" \
		>>"$SCRATCH/daemon.log" 2>&1 &
	DAEMON=$!
	local i
	for ((i = 0; i < 500; i++)); do
		[ -S "$SOCKET" ] && "$BUILD/uefistored-guest" --socket "$SOCKET" info >/dev/null 2>&1 && return
		kill -0 "$DAEMON" 2>/dev/null || break
		sleep 0.02
	done
	cat "$SCRATCH/daemon.log"
	return 1
}

# Ends the daemon and tells whether it ended well.
daemon_stop() {
	[ -n "$DAEMON" ] || return 0
	local pid=$DAEMON
	DAEMON=
	kill -TERM "$pid" 2>/dev/null
	wait "$pid" || { tail -n 40 "$SCRATCH/daemon.log"; return 1; }
}

# A new machine with nothing stored: in setup mode, unless keys were put into $SCRATCH/keys.
new_machine() {
	daemon_stop || return
	rm -rf "$SCRATCH"/store.json*
	daemon_start "$@"
}

guest() {
	"$BUILD/uefistored-guest" --socket "$SOCKET" "$@"
}

# refused STATUS GUEST-COMMAND...: is the guest told this EFI status?
refused() {
	local expected=$1
	shift
	fails_saying 1 "$expected" guest "$@"
}

# Is the variable's content this file's?
holds() {
	guest get "$1" --raw >"$SCRATCH/value" && cmp "$SCRATCH/value" "$2"
}

create_auth() {
	"$BUILD/create-auth" "$@"
}

# ---- Keys and bytes ----

# make_key NAME [KEY-OPTION...]: NAME.key and a self-signed NAME.pem and NAME.der; RSA-2048 unless told otherwise.
make_key() {
	local name=$1
	shift
	[ $# -gt 0 ] || set -- -newkey rsa:2048
	openssl req -x509 "$@" -nodes -keyout "$name.key" -out "$name.pem" -subj "/CN=test $name" -days 3650 -sha256 \
		2>/dev/null || return
	openssl x509 -in "$name.pem" -outform DER -out "$name.der"
}

# make_issued_key NAME ISSUER EXTENSION...: the same, but the certificate is signed by ISSUER's key.
make_issued_key() {
	local name=$1 issuer=$2
	shift 2
	openssl req -new -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=test $name" 2>/dev/null &&
		openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 3650 -sha256 \
			-extfile <(printf '%s\n' "$@") -out "$name.pem" 2>/dev/null &&
		openssl x509 -in "$name.pem" -outform DER -out "$name.der"
}

# le WIDTH NUMBER: a little-endian integer of so many bytes.
le() {
	local i number=$2
	for ((i = 0; i < $1; i++)); do
		# shellcheck disable=SC2059 # the escape is the point
		printf "\\x$(printf %02x $((number & 255)))"
		number=$((number >> 8))
	done
}

# read_le FILE OFFSET WIDTH: such an integer of a file, in decimal.
read_le() {
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# efi_time YEAR MONTH DAY HOUR MINUTE SECOND: the 16 bytes of an EFI_TIME.
efi_time() {
	le 2 "$1"
	le 1 "$2"
	le 1 "$3"
	le 1 "$4"
	le 1 "$5"
	le 1 "$6"
	le 9 0
}

# utf16 TEXT: ASCII text as UTF-16LE without a NUL.
utf16() {
	local i
	for ((i = 0; i < ${#1}; i++)); do
		printf '%s\0' "${1:i:1}"
	done
}

GUID_GLOBAL='\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c'
GUID_DATABASE='\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f'
GUID_PKCS7='\x9d\xd2\xaf\x4a\xdf\x68\xee\x49\x8a\xa9\x34\x7d\x37\x56\x65\xa7'

# signed_bytes NAME GUID ATTRIBUTES TIME-FILE PAYLOAD-FILE: what the signature of an authenticated write covers.
signed_bytes() {
	utf16 "$1"
	printf '%b' "$2"
	le 4 "$3"
	cat "$4" "$5"
}

# descriptor TIME-FILE SIGNATURE-FILE PAYLOAD-FILE: EFI_VARIABLE_AUTHENTICATION_2 and the payload.
descriptor() {
	cat "$1"
	le 4 $((24 + $(stat -c %s "$2")))
	le 2 $((0x0200))
	le 2 $((0x0ef1))
	printf '%b' "$GUID_PKCS7"
	cat "$2" "$3"
}

# split_update FILE: takes an update apart into stamp (the EFI_TIME), p7 (the SignedData) and payload.
split_update() {
	local length
	length=$(read_le "$1" 16 4)
	head -c 16 "$1" >stamp
	tail -c +41 "$1" | head -c $((length - 24)) >p7
	tail -c +$((17 + length)) "$1" >payload
}

# der_header TAG LENGTH: with three bytes of length, more than DER would take and what every reader of BER knows.
der_header() {
	# shellcheck disable=SC2059 # the escapes are the point
	printf "\\x$1\\x83\\x$(printf %02x $(($2 >> 16)))\\x$(printf %02x $(($2 >> 8 & 255)))\\x$(printf %02x $(($2 & 255)))"
}

# wrap_signed_data IN OUT: puts the ContentInfo around a bare SignedData that most programs want.
wrap_signed_data() {
	local size
	size=$(stat -c %s "$1")
	{
		der_header 30 $((size + 5 + 11))
		printf '\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02'
		der_header a0 "$size"
		cat "$1"
	} >"$2"
}

# unwrap_signed_data IN OUT: takes the ContentInfo off.
unwrap_signed_data() {
	local offset
	offset=$(openssl asn1parse -inform DER -in "$1" | sed -n '4s/^ *\([0-9]*\):.*/\1/p') &&
		openssl asn1parse -inform DER -in "$1" -strparse "$offset" -noout -out "$2"
}
