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

run_make() {
	MAKEFLAGS='' make -s BUILD="${release%/release}" DESTDIR="$root" prefix=/usr "$@"
}

# The fenced C block of the README.
example() {
	sed -n '/^```c$/,/^```$/p' "$top/README.md" | sed '1d;$d'
}

# Against the shared library, or with --static and -static-pie against the other one.
build_example() {
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root/usr/lib/pkgconfig \
		pkg-config --cflags --libs ${1:+"$1"} uefivars >"$scratch/flags" || return
	[ -z "${1:-}" ] || sed -i 's/-luefivars/-Wl,-Bstatic & -Wl,-Bdynamic/' "$scratch/flags"
	example >"$scratch/example.c"
	# shellcheck disable=SC2046 # a list of options
	${CC:-cc} -Wall -Wextra -Werror "$scratch/example.c" $(cat "$scratch/flags") -o "$scratch/example"
}

run_example() {
	LD_LIBRARY_PATH=$root/usr/lib "$scratch/example" >"$scratch/answer" && cat "$scratch/answer" &&
		grep -qE '^status 0, room for [0-9]+ of 131072 bytes$' "$scratch/answer"
}

needs_library() {
	readelf -d "$scratch/example" | grep -q 'NEEDED.*\[libuefivars\.so\.[0-9]*\]'
}

# What the shared library exports is what its header declares, and what the list of it says.
exports() {
	grep -oE '^[a-z].*\buefivars_[a-z_]+\(' lib/uefivars.h | grep -oE 'uefivars_[a-z_]+\(' | tr -d '(' | sort >"$scratch/header"
	sed -n 's/^\t\(uefivars_[a-z_]*\);$/\1/p' lib/uefivars.map | sort >"$scratch/map"
	nm -D --defined-only "$root"/usr/lib/libuefivars.so | sed -n 's/.* T \([a-z_]*\)@@UEFIVARS_[0-9]*$/\1/p' | sort >"$scratch/so"
	[ -s "$scratch/header" ] && diff "$scratch/header" "$scratch/map" && diff "$scratch/map" "$scratch/so"
}

no_words_left() {
	! grep -rEI '@[A-Z]+@' "$root"
}

links_lead() {
	broken=$(find "$root" -xtype l)
	[ -z "$broken" ] || { echo "$broken"; return 1; }
}

manifest_is_whole() {
	for page in docs/man/*.[1-8]; do
		[ -e "$root/usr/share/man/man${page##*.}/${page##*/}" ] || echo "$page is not installed"
	done
	for page in docs/*.md docs/*.svg; do
		[ -e "$root/usr/share/doc/uefistored/$page" ] || echo "$page is not installed"
	done
	for program in "$release"/*; do
		! file_is_program "$program" || [ -x "$root/usr/bin/${program##*/}" ] ||
			[ -x "$root/usr/sbin/${program##*/}" ] || echo "$program is not installed"
	done
} >"$scratch/lacking"

whole() {
	manifest_is_whole
	[ ! -s "$scratch/lacking" ] || { cat "$scratch/lacking"; return 1; }
}

# bash looks for a program's completion under the program's name.
completes() {
	for program in "$root"/usr/bin/* "$root"/usr/sbin/*; do
		bash -c '. "$1/${2##*/}" && complete -p "${2##*/}"' - "$root/usr/share/bash-completion/completions" "$program" || return
	done
}

# Two parts are two packages: a file of both could not be installed with the second.
belongs_once() {
	run_make list PARTS='daemon tools lib dev firmware' | grep -v '^dir ' >"$scratch/list" || return
	[ -s "$scratch/list" ] || return
	twice=$(sed 's/^[a-z]* //' "$scratch/list" | sort | uniq -d)
	[ -z "$twice" ] || { echo "in two parts: $twice"; return 1; }
}

# An image that was built brings its licence with it, whichever it is, and needs nothing else that was built.
licence_with_image() {
	for image in '' uefistored-xen.fd uefistored-qemu.fd; do
		rm -rf "$scratch/images" "$scratch/firmware"
		mkdir -p "$scratch/images/firmware" "$scratch/firmware"
		[ -z "$image" ] || echo image >"$scratch/images/firmware/$image" || return
		MAKEFLAGS='' make -s BUILD="$scratch/images" DESTDIR="$scratch/firmware" prefix=/usr PARTS=firmware install || return
		(cd "$scratch/firmware" && find . -type f -printf '%f\n') | sort >"$scratch/list"
		cat "$scratch/list"
		[ "$(cat "$scratch/list")" = "${image:+LICENSE
$image}" ] || return
	done
	cmp firmware/LICENSE "$scratch/firmware/usr/share/uefistored/LICENSE" && [ ! -e "$scratch/images/release" ]
}

# uefistored-qemu finds the image where the manifest puts it.
finds_firmware() {
	image=$(sed -n 's|^firmware  *file  *@BUILD@/firmware/\([^ ]*qemu[^ ]*\) .*|\1|p' packaging/manifest)
	[ -n "$image" ] || return
	mkdir -p "$root/usr/share/uefistored" && : >"$root/usr/share/uefistored/$image" || return
	printf '#!/bin/sh\necho QEMU emulator version 7.2.0\n' >"$scratch/qemu" && chmod +x "$scratch/qemu" || return
	"$root/usr/bin/uefistored-qemu" --qemu "$scratch/qemu" "$scratch/store" >"$scratch/commands"
	status=$?
	rm -r "$root/usr/share/uefistored"
	[ $status = 0 ] && grep "share/uefistored/$image" "$scratch/commands"
}

# A typing error is told before anything is made.
refuses_firmware() {
	! "$root/usr/bin/uefistored-qemu" --run --firmware "$scratch/none" --qemu false "$scratch/store" 2>"$scratch/answer" &&
		grep -x "uefistored-qemu: --firmware $scratch/none: there is no such file" "$scratch/answer" && [ ! -e "$scratch/store" ]
}

# The configuration is read where the man page has it.
agrees_on_configuration() {
	page=$(sed -n 's/^\.I \(.*uefistored\.conf\)$/\1/p' "$root/usr/share/man/man5/uefistored.conf.5")
	[ -n "$page" ] && "$root/usr/sbin/uefistored" --help | grep -- "--config .* $page\$" && [ -e "$root$page" ]
}

# The benchmark is for us.
file_is_program() {
	[ -f "$1" ] && [ -x "$1" ] && [ "${1##*/}" != bench ] && [ "${1##*.}" != 0 ]
}

only_configuration_is_left() {
	left=$(cd "$root" && find . ! -type d | sort)
	[ "$left" = "./etc/uefistored/dm.conf
./etc/uefistored/uefistored.conf" ] || [ "$left" = ./etc/uefistored/uefistored.conf ] || { echo "$left"; return 1; }
}

ok 'make install succeeds' run_make install
ok 'the daemon runs' "$root/usr/sbin/uefistored" --version
for file in tools/*.c; do
	program=$(basename "$file" .c | sed 's/^guest$/uefistored-guest/')
	ok "$program runs" "$root/usr/bin/$program" --version
done
for file in usr/include/uefivars.h usr/lib/libuefivars.a usr/lib/pkgconfig/uefivars.pc etc/uefistored/uefistored.conf \
	usr/share/doc/uefistored/README.md usr/share/doc/uefistored/LICENSE usr/share/doc/uefistored/docs/protocol.md \
	usr/share/man/man8/uefistored.8 usr/lib/tmpfiles.d/uefistored.conf usr/lib/sysusers.d/uefistored.conf; do
	ok "/$file is there, readable by all" has_mode "/$file" 644
done
ok 'the header alone is a C program' sh -c "echo '#include <uefivars.h>' | ${CC:-cc} -std=c11 -pedantic -Wall -Wextra \
	-Werror -fsyntax-only -I'$root/usr/include' -x c -"
ok 'the program of the README builds' build_example
ok 'and answers' run_example
ok 'by the shared library' needs_library
ok 'it builds against the archive, too' build_example --static
ok 'and answers the same' run_example
ok 'without the shared library' sh -c "! readelf -d '$scratch/example' | grep -q libuefivars"
ok 'the library exports what its header declares' exports
ok 'no word is left to be filled in' no_words_left
ok 'every link leads somewhere' links_lead
ok 'every page and every program is installed' whole
ok 'and belongs to one part' belongs_once
ok 'every program has its completion' completes
ok 'an image of the firmware has its licence beside it' licence_with_image
ok 'the configuration is read where it is installed' agrees_on_configuration
ok 'uefistored-qemu finds its firmware there' finds_firmware
ok 'and runs nothing without one' refuses_firmware
echo '# mine' >"$root/etc/uefistored/uefistored.conf"
ok 'a second make install succeeds' run_make install
ok 'and keeps the configuration' grep -qx '# mine' "$root/etc/uefistored/uefistored.conf"
ok 'make uninstall succeeds' run_make uninstall
ok 'and leaves the configuration alone' only_configuration_is_left
echo "1..$number"
