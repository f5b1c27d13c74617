#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause-Patent
# fetch.sh DIR   Puts edk2's source, as Debian 12 has it, into DIR/edk2. What is there already is kept.
# It comes from this machine's own mirrors: its apt sources are read again as source entries, in DIR/apt. Nothing of the
# system is changed, no root is needed. The tarball's sum is pinned, and so is that of Debian's patches on it, for each
# version below. A later security update of Debian 12 is taken all the same, with a warning: apt alone vouches for it.
set -euo pipefail

version=2022.11-6
stamp=$version+pinned-1
tarball=edk2_2022.11.orig.tar.xz
sum=64257dd8a2778c969b8a869cd3b6eda2db2a346bfcf24dc729859745968f1fd6
declare -A patches=(
	[2022.11-6+deb12u2]=a1d848115ae9b140e64d3ab34f7c08210b665bee473e3242a6801c163678780e
)

[ $# -eq 1 ] || { echo 'usage: fetch.sh DIR' >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
if [ -e "$dir/edk2/.fetched" ] && [ "$(cat "$dir/edk2/.fetched")" = "$stamp" ]; then
	exit 0
fi

fail() {
	printf 'fetch.sh: %s\n' "$*" >&2
	exit 1
}

for command in apt-get dpkg-source sha256sum; do
	command -v $command >/dev/null || fail "$command is missing: scripts/deps firmware"
done

rm -rf "$dir/apt" "$dir/edk2" "$dir/edk2.new"
mkdir -p "$dir/apt/sources.d" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ -f "$list" ] && sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$list" >> "$dir/apt/sources.d/machine.list"
done
for sources in /etc/apt/sources.list.d/*.sources; do
	[ -f "$sources" ] && sed 's/^Types:.*/Types: deb-src/' "$sources" > "$dir/apt/sources.d/${sources##*/}"
done
apt=(apt-get -q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$dir/apt/sources.d"
	-o "Dir::State::Lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root
	-o Acquire::Retries=3)

# A mirror of something else may have no sources: only the package itself decides.
"${apt[@]}" update >"$dir/apt/log" 2>&1 || true
found=$(apt-cache "${apt[@]:2}" showsrc edk2 2>>"$dir/apt/log" | sed -n 's/^Version: //p' | sort -Vr |
	grep -m 1 -xE "${version//./\\.}(\+deb12u[0-9]+)?" || true)
if [ -z "$found" ]; then
	tail -n 5 "$dir/apt/log" >&2
	fail "edk2 $version is not among the sources of this machine's mirrors"
fi
(cd "$dir/apt" && "${apt[@]}" source --download-only "edk2=$found" >>log 2>&1) || {
	tail -n 5 "$dir/apt/log" >&2
	fail "edk2 $found cannot be fetched"
}
has_sum() {
	echo "$2  $dir/apt/$1" | sha256sum --check --status
}
has_sum "$tarball" "$sum" || fail "$tarball is not the one that this package was written for"
series=edk2_$found.debian.tar.xz
if [ -z "${patches[$found]:-}" ]; then
	echo "fetch.sh: warning: the sum of $series is not known here: read its patches, then pin it in fetch.sh" >&2
elif ! has_sum "$series" "${patches[$found]}"; then
	fail "$series is not the one whose sum is pinned in fetch.sh: see which mirror it came from"
fi
dpkg-source -x "$dir/apt/edk2_$found.dsc" "$dir/edk2.new" >>"$dir/apt/log" 2>&1 ||
	{ tail -n 5 "$dir/apt/log" >&2; fail "edk2 $found cannot be unpacked"; }
echo "$stamp" > "$dir/edk2.new/.fetched"
mv "$dir/edk2.new" "$dir/edk2"
rm -rf "$dir/apt/lists" "$dir/apt/cache"
echo "edk2 $found"
