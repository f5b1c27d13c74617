# SPDX-License-Identifier: GPL-2.0-only
# For tests that are read in by bash, as root: a fresh Debian, and TAP.
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

# The first mirror that this machine has its packages from.
mirror() {
	local found
	found=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
		sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' | grep '/debian/*$')
	found=${found%%$'\n'*}
	echo "${found:-http://deb.debian.org/debian}"
}

# What the packages want from Debian, by the first of each alternative.
dependencies() {
	local deb
	for deb; do
		dpkg-deb -f "$deb" Depends
	done | tr ',' '\n' | sed 's/|.*//; s/(.*//; s/ //g' | sort -u | grep -v -e '^$' -e uefi
}

bootstrap() {
	rm -rf "$1"
	debootstrap --variant=minbase --include="$2" bookworm "$1" "$(mirror)" >"$1.log" 2>&1
}

# Makes a Debian in the directory, with these packages besides the least there can be. What was made once is kept.
make_root() {
	local root=$1 words kept
	shift
	words=$(printf '%s,' "$@")
	kept=${BUILD:?}/chroot/$(printf '%s' "$words" | sha256sum | cut -c 1-16).tar
	if [ ! -e "$kept" ]; then
		mkdir -p "${kept%/*}"
		# A mirror may be out of reach for a moment.
		bootstrap "$root" "${words%,}" || bootstrap "$root" "${words%,}" || { tail -n 20 "$root.log"; return 1; }
		rm -rf "$root"/var/cache/apt/archives/*.deb
		tar -C "$root" -cf "$kept.new" . && mv "$kept.new" "$kept"
	else
		mkdir -p "$root" && tar -C "$root" -xf "$kept"
	fi
}

# Runs a command in there, with /proc and processes of its own, all of which end with it.
inside() {
	LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --pid --ipc --fork --kill-child --mount-proc="${root:?}/proc" \
		chroot "$root" "$@" </dev/null
}
