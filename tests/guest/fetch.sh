#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fetch.sh DIR   Unpacks into DIR/root what a guest is made of: Debian's kernel, the programs that it runs and all that
# these need. Nothing is installed on this machine, no root is needed. What is there already is kept.
set -euo pipefail

packages=(linux-image-cloud-amd64 busybox-static dash mount e2fsprogs efivar efibootmgr mokutil efitools fwupd shim-signed
	grub-efi-amd64-signed shim-unsigned)

[ $# -eq 1 ] || { echo 'usage: fetch.sh DIR' >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
stamp="${packages[*]} 1"
if [ -e "$dir/fetched" ] && [ "$(cat "$dir/fetched")" = "$stamp" ]; then
	exit 0
fi

fail() {
	tail -n 10 "$dir/apt/log" >&2
	printf 'fetch.sh: %s\n' "$*" >&2
	exit 1
}

rm -rf "$dir/apt" "$dir/root" "$dir/fetched"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/root"
# An empty machine: so all that the packages need is fetched, whatever this one has.
: > "$dir/apt/status"
apt=(apt-get -q -y -o "Dir::State::Lists=$dir/apt/lists" -o "Dir::State::status=$dir/apt/status"
	-o "Dir::State::extended_states=$dir/apt/extended" -o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root
	-o Acquire::Retries=3 -o Debug::NoLocking=1)
"${apt[@]}" update >"$dir/apt/log" 2>&1 || true
"${apt[@]}" install --download-only --no-install-recommends "${packages[@]}" >>"$dir/apt/log" 2>&1 ||
	fail "cannot be fetched: ${packages[*]}"
for package in "$dir"/apt/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$dir/root" >>"$dir/apt/log" 2>&1 || fail "cannot be unpacked: $package"
done
echo "$stamp" > "$dir/fetched"
rm -rf "$dir/apt"
