#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `make install` puts everything where it belongs, and the program in the README builds against what it installed.
set -u
top=$(pwd)
release=${RELEASE:-build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
number=0

# One test: does the command succeed?
ok() {
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$scratch/output" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$scratch/output"
	fi
}

has_mode() {
	[ "$(stat -c %a "$root$1")" = "$2" ] || { echo "$1: mode $(stat -c %a "$root$1"), expected $2"; return 1; }
}

make_install() {
	MAKEFLAGS='' make -s BUILD="${release%/release}" DESTDIR="$root" prefix=/usr install
}

# The fenced C block of the README.
example() {
	sed -n '/^```c$/,/^```$/p' "$top/README.md" | sed '1d;$d'
}

build_example() {
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig \
		pkg-config --cflags --libs uefivars >"$scratch/flags" || return
	example >"$scratch/example.c"
	# shellcheck disable=SC2046 # a list of options
	${CC:-cc} -Wall -Wextra -Werror "$scratch/example.c" $(cat "$scratch/flags") -o "$scratch/example"
}

run_example() {
	"$scratch/example" >"$scratch/answer" && cat "$scratch/answer" &&
		grep -qE '^status 0, room for [0-9]+ of 131072 bytes$' "$scratch/answer"
}

ok 'make install succeeds' make_install
ok 'the daemon runs' "$root/usr/sbin/uefistored" --version
for file in tools/*.c; do
	program=$(basename "$file" .c | sed 's/^guest$/uefistored-guest/')
	ok "$program runs" "$root/usr/bin/$program" --version
done
for file in usr/include/uefivars.h usr/lib/libuefivars.a usr/lib/pkgconfig/uefivars.pc etc/uefistored/uefistored.conf \
	usr/share/doc/uefistored/README.md usr/share/doc/uefistored/LICENSE usr/share/doc/uefistored/docs/protocol.md; do
	ok "/$file is there, readable by all" has_mode "/$file" 644
done
ok 'the header alone is a C program' sh -c "echo '#include <uefivars.h>' | ${CC:-cc} -std=c11 -pedantic -Wall -Wextra \
	-Werror -fsyntax-only -I'$root/usr/include' -x c -"
ok 'the program of the README builds' build_example
ok 'and answers' run_example
echo '# mine' >"$root/etc/uefistored/uefistored.conf"
ok 'a second make install succeeds' make_install
ok 'and keeps the configuration' grep -qx '# mine' "$root/etc/uefistored/uefistored.conf"
echo "1..$number"
