#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The package of the firmware has both images, byte by byte, and is not built without them. What stands for them here is
# no firmware: that takes minutes to build, and tests/guest boots it.
set -uo pipefail
. tests/packages/chroot.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
images=$scratch/build/firmware
place=usr/share/uefistored

# Only packages for all architectures: this one.
build() {
	MAKEFLAGS='' make -s deb BUILD="$scratch/build" PROFILES=nocheck,pkg.uefistored.firmware DEBFLAGS=-A
}

image() {
	mkdir -p "$images"
	head -c 65536 /dev/urandom >"$images/$1"
}

refuses() {
	! build >"$scratch/output" 2>&1 || return
	cat "$scratch/output"
	grep -x "package: $images/$1 is missing: make firmware first" "$scratch/output" &&
		! ls "$scratch"/build/deb/*.deb 2>/dev/null
}

# Of the sources alone, by whoever forgets where the images are.
rules_refuse() {
	rm -rf "$scratch/sources" && mkdir "$scratch/sources" && cp -a packaging/debian "$scratch/sources/" || return
	sed 's/@VERSION@/1/; s/@RFCDATE@/Thu, 01 Jan 2026 00:00:00 +0000/' packaging/debian/changelog.in >"$scratch/sources/debian/changelog"
	! MAKEFLAGS='' make -s -C "$scratch/sources" -f debian/rules build-indep UEFISTORED_FIRMWARE="$1" DEB_BUILD_PROFILES=pkg.uefistored.firmware \
		>"$scratch/output" 2>&1 || return
	cat "$scratch/output"
	grep "$2" "$scratch/output"
}

unpacked() {
	dpkg-deb -x "$scratch"/build/deb/uefistored-firmware_*_all.deb "$scratch/unpacked"
}

has_licences() {
	local licence
	for licence in BSD-2-Clause-Patent OpenSSL Expat; do
		grep -x "License: $licence" "$scratch/unpacked/usr/share/doc/uefistored-firmware/copyright" || return
	done
}

suggested() {
	sed -n '/^Package: uefistored$/,/^$/p' packaging/debian/control | sed -n '/^Suggests:/,/^[A-Z]/p' | grep -x ' uefistored-firmware,'
}

ok 'without any image there is no package' refuses uefistored-xen.fd
image uefistored-xen.fd
ok 'nor with one' refuses uefistored-qemu.fd
ok 'nor from the sources without a place of the images' rules_refuse '' 'UEFISTORED_FIRMWARE: the directory of .* was expected'
ok 'nor with a wrong one' rules_refuse "$scratch/none" "$scratch/none/uefistored-xen.fd"
image uefistored-qemu.fd
ok 'with both there is' build
ok 'which dpkg unpacks' unpacked
for name in uefistored-xen.fd uefistored-qemu.fd; do
	ok "it has $name" cmp "$images/$name" "$scratch/unpacked/$place/$name"
done
ok 'and the licences of what is in them' has_licences
ok 'the package of the daemon suggests it' suggested
end_of_tests
