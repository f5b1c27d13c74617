#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The library against the model, and the model against libraries with a bug planted in each: it must find them.
# MODEL_SEQUENCES and MODEL_SEED choose how much and what; MODEL_JOBS how many processes.
set -u
driver=${BUILD:-build/debug}/tests/model/driver
cc=${CC:-cc}
sequences=${MODEL_SEQUENCES:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
planted=(tests/model/planted/*.patch)
echo "1..$((1 + ${#planted[@]}))"

# Says how a test went; the model's own words are its diagnosis.
tell() {
	sed 's/^/# /' "$work/out"
	[ "$2" -eq 0 ] || printf 'not '
	echo "ok $1 - $3"
}

tests/model/model.py "$driver" --sequences "$sequences" --jobs "${MODEL_JOBS:-2}" \
	${MODEL_SEED:+--seed "$MODEL_SEED"} >"$work/out" 2>&1
tell 1 $? "$sequences sequences agree"

# The library and the driver once more, from sources with this patch. (Exit status: that of the model.)
with_bug() {
	rm -rf "$work/tree" && mkdir "$work/tree" && cp -r lib "$work/tree/" || return 2
	(cd "$work/tree" && GIT_DIR=/nonexistent git apply) <"$1" || return 2
	# shellcheck disable=SC2046 # lists of files and options
	"$cc" -std=gnu17 -D_GNU_SOURCE -O1 -I"$work/tree/lib" -o "$work/driver" tests/model/driver.c \
		$(find "$work/tree/lib" -name '*.c') $(pkg-config --cflags --libs libcrypto) || return 2
	# Always the same sequences: whether they find it is no matter of luck.
	tests/model/model.py "$work/driver" --seed planted --sequences 1000 --show 1 --stop
}

number=1
for patch in "${planted[@]}"; do
	number=$((number + 1))
	with_bug "$patch" >"$work/out" 2>&1
	[ $? -eq 1 ] && grep -q ' sequences differ' "$work/out"
	tell $number $? "a planted bug is found: $(basename "$patch" .patch)"
done
