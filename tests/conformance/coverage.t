#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every ID of the behaviour reference is tested or explained, and docs/conformance.md lists the tests that there are.
here=$(cd "$(dirname "$0")" && pwd)
list=$here/../../scripts/conformance-list
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# told NUMBER WHAT: reports the last command.
told() {
	if [ "$status" -eq 0 ]; then
		echo "ok $1 - $2"
	else
		echo "not ok $1 - $2"
		sed 's/^/# /' "$scratch/output"
	fi
}

echo 1..3
"$list" --check >"$scratch/output" 2>&1
status=$?
told 1 'every ID is tested or explained'

cp "$here/ids.txt" "$scratch/ids"
echo NONE-1 >>"$scratch/ids"
! "$list" --check --ids "$scratch/ids" >"$scratch/output" 2>&1 && grep -q '^NONE-1: neither' "$scratch/output"
status=$?
told 2 'an ID without a test is found'

grep -v '^APP-08$' "$here/ids.txt" >"$scratch/ids"
! "$list" --check --ids "$scratch/ids" >"$scratch/output" 2>&1 && grep -q '^APP-08: not in the list' "$scratch/output"
status=$?
told 3 'a test of an unknown ID is found'
