# SPDX-License-Identifier: GPL-2.0-only
# For tests that are read in by bash, as root: a fresh Debian.
# shellcheck shell=bash
# shellcheck source=tests/support/tap.sh
. tests/support/tap.sh

# The directory of that Debian; the test says where.
root=

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

# Runs apt-get in there, with the sources of this machine's Debian: security updates are among them.
apt_inside() {
	cp /etc/resolv.conf "$root/etc/"
	cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/" 2>/dev/null && rm -f "$root/etc/apt/sources.list"
	cp /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null
	inside env DEBIAN_FRONTEND=noninteractive ${http_proxy:+"http_proxy=$http_proxy"} \
		apt-get -q -y --no-install-recommends -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}

# Makes a Debian in $root, with these packages besides the least there can be. What was made once is kept.
make_root() {
	local kept
	kept=${BUILD:?}/chroot/$(printf '%s ' "$@" | sha256sum | cut -c 1-16).tar
	if [ -e "$kept" ]; then
		mkdir -p "$root" && tar -C "$root" -xf "$kept"
		return
	fi
	mkdir -p "${kept%/*}"
	debootstrap --variant=minbase bookworm "$root" "$(mirror)" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; return 1; }
	apt_inside update && apt_inside upgrade && apt_inside install "$@" && apt_inside clean &&
		tar -C "$root" -cf "$kept.new" . && mv "$kept.new" "$kept"
}

# Runs a command in there, with /proc and processes of its own, all of which end with it.
inside() {
	LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --pid --ipc --fork --kill-child --mount-proc="${root:?}/proc" \
		chroot "$root" "$@" </dev/null
}
