# SPDX-License-Identifier: GPL-2.0-only
# For tests that are written for bash, from the project's root: TAP.
# shellcheck shell=bash
number=0

# One test: does the command succeed? What it says is shown if not.
ok() {
	local name=$1 output
	shift
	number=$((number + 1))
	if output=$("$@" 2>&1); then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
}

end_of_tests() {
	echo "1..$number"
}
