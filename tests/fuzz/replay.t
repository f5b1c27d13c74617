#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target over its seeds and over every input that once stopped it. No fuzzer is needed for that.
set -u
programs=${BUILD:-build/debug}/tests/fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export G_SLICE=always-malloc REPLAY_VERBOSE=1
test=0

# Says how a test went: a name, and whether its command succeeded (its output is in $work/out).
tell() {
	test=$((test + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $test - $1"
	else
		echo "not ok $test - $1"
		tail -n 40 "$work/out" | sed 's/^/# /'
	fi
}

"$programs/seeds" "$work/seeds" >"$work/out" 2>&1
tell 'the seeds are made' $?
for source in tests/fuzz/fuzz_*.c; do
	target=${source##*/}
	target=${target%.c}
	[ -n "$(ls "$work/seeds/$target" 2>/dev/null)" ]
	tell "$target has seeds" $?
	[ -s "tests/fuzz/dict/$target.dict" ]
	tell "$target has a dictionary" $?
	# shellcheck disable=SC2046 # a list of paths
	"$programs/$target" "$work/seeds/$target" $(ls -d "tests/fuzz/regressions/$target" 2>/dev/null) >"$work/out" 2>&1
	tell "$target takes its seeds and regressions" $?
done
echo "1..$test"
