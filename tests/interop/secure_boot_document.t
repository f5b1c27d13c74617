#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The commands of docs/secure-boot.md, run from the page, block by block: each succeeds, or ends as its comment says.
. "$(dirname "$0")/session.sh"
need openssl awk
DOCUMENT=$TOP/docs/secure-boot.md
PATH=$BUILD:$PATH
export UEFISTORED_SOCKET=vm.sock

kill_daemon() {
	[ ! -s vm.pid ] || kill -KILL "$(cat vm.pid)" 2>/dev/null
	session_end
}
trap kill_daemon EXIT

# expect STATUS COMMAND...: what "# EFI_..." behind a command means.
expect() {
	local status=$1
	shift
	! "$@" 2>refusal || { echo "no error: $*"; return 1; }
	grep -q ": $status\$" refusal || { cat refusal; echo "expected $status"; return 1; }
}
export -f expect

# Blocks become files 1.sh, 2.sh, ...; a command with "# EFI_..." behind it is to end so.
awk '/^```sh$/ { block++; inside = 1; next } /^```$/ { inside = 0 } inside { print > (block ".sh") }' "$DOCUMENT"
sed -i -E 's/^([^#]*[^# ]) +# (EFI_[A-Z_]+)$/expect \2 \1/' ./*.sh
blocks=$(find . -name '[0-9]*.sh' | wc -l)
try 'the page has its commands' test "$blocks" -ge 10
try 'and tells of refusals' grep -q '^expect EFI_SECURITY_VIOLATION' ./*.sh
for ((i = 1; i <= blocks; i++)); do
	try "block $i: $(head -n 1 $i.sh)" timeout 60 bash -eu -o pipefail $i.sh
done
end_tests
