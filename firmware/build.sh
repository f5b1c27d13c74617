#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause-Patent
# build.sh DIR [driver|xen|qemu|stock]...   Builds firmware images into DIR, out of edk2 as Debian 12 has it.
#   driver   compiles our drivers alone, and makes no image
#   xen      DIR/uefistored-xen.fd: for HVM guests of Xen
#   qemu     DIR/uefistored-qemu.fd: for QEMU, with or without KVM
#            with each of them DIR/TestApp.efi, which the tests boot
#   stock    DIR/stock-qemu.fd: the same, with edk2's own variable driver, to compare with
# Without a name: xen and qemu. DEBUG=1: debug builds, whose messages go to the debug port.
# DIR/edk2 stays as it was fetched but for its tools; what is built is in DIR/workspace, and used again by the next run.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '3,11s/^# //p' "$0" >&2; exit 2; }
"$here/fetch.sh" "$1"
out=$(cd "$1" && pwd)
shift
images=("$@")
[ ${#images[@]} -gt 0 ] || images=(xen qemu)
edk2=$out/edk2
workspace=$out/workspace
target=${DEBUG:+DEBUG}
target=${target:-RELEASE}
jobs=${JOBS:-$(nproc)}

fail() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}

# Runs a command, and shows what it said only if it failed.
quietly() {
	local log=$out/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null || { tail -n 40 "$log" >&2; fail "failed: $* (all of it: $log)"; }
}

replace_if_changed() {
	if cmp -s "$1" "$2"; then
		rm "$1"
	else
		mv "$1" "$2"
	fi
}

for command in gcc g++ make nasm iasl; do
	command -v $command >/dev/null || fail "$command is missing: scripts/deps build firmware"
done
mkdir -p "$workspace/Conf" "$workspace/UefistoredPkg"
# Only what changed, so that only that is compiled again.
(cd "$here/UefistoredPkg" && find . -type f) | while read -r file; do
	mkdir -p "$workspace/UefistoredPkg/${file%/*}"
	cp "$here/UefistoredPkg/$file" "$workspace/new"
	replace_if_changed "$workspace/new" "$workspace/UefistoredPkg/$file"
done
for platform in Xen:OvmfXen Qemu:OvmfPkgX64; do
	"$here/derive-fdf.sh" "$edk2/OvmfPkg/${platform#*:}.fdf" > "$workspace/new"
	replace_if_changed "$workspace/new" "$workspace/UefistoredPkg/Uefistored${platform%:*}.fdf"
done

# The tools of edk2 take the system's Python, and no flags of ours.
export PYTHON3_ENABLE=TRUE PYTHON_COMMAND=/usr/bin/python3
unset CFLAGS CPPFLAGS CXXFLAGS LDFLAGS MAKEFLAGS MAKELEVEL MFLAGS BUILD CC
quietly tools make -C "$edk2/BaseTools/Source/C" -j"$jobs" ARCH=X64

# Its set-up script looks at the arguments of whoever reads it in, and minds neither errors nor unset names.
set --
export WORKSPACE=$workspace PACKAGES_PATH=$edk2:$workspace EDK_TOOLS_PATH=$edk2/BaseTools CONF_PATH=$workspace/Conf
cd "$workspace"
set +eu
# shellcheck disable=SC1091 # it is part of edk2
. "$edk2/edksetup.sh" >"$out/setup.log" 2>&1
set -eu

edk2_build() {
	quietly "$1" build -a X64 -t GCC5 -b "$target" -n "$jobs" -s \
		-D FD_SIZE_2MB -D SECURE_BOOT_ENABLE=TRUE -D NETWORK_ENABLE=FALSE ${DEBUG:+-D DEBUG_ON_HYPERVISOR_CONSOLE} "${@:2}"
}

for image in "${images[@]}"; do
	begin=$SECONDS
	case $image in
	driver)
		for driver in VariableForwardDxe SecureBootStatusDxe TestApp; do
			edk2_build driver -p UefistoredPkg/UefistoredQemu.dsc -m "UefistoredPkg/$driver/$driver.inf"
		done
		# It has our library for Xen in it.
		edk2_build driver -p UefistoredPkg/UefistoredXen.dsc -m MdeModulePkg/Bus/Pci/PciHostBridgeDxe/PciHostBridgeDxe.inf
		echo "drivers compiled in $((SECONDS - begin)) s"
		continue
		;;
	xen) edk2_build xen -p UefistoredPkg/UefistoredXen.dsc; name=uefistored-xen platform=Xen ;;
	qemu) edk2_build qemu -p UefistoredPkg/UefistoredQemu.dsc; name=uefistored-qemu platform=Qemu ;;
	stock) edk2_build stock -p UefistoredPkg/Stock.dsc; name=stock-qemu platform=Stock ;;
	*) fail "'$image': driver, xen, qemu or stock was expected" ;;
	esac
	cp "$workspace/Build/$platform/${target}_GCC5/FV/OVMF.fd" "$out/$name.new"
	mv "$out/$name.new" "$out/$name.fd"
	[ $platform = Stock ] || cp "$workspace/Build/$platform/${target}_GCC5/X64/TestApp.efi" "$out/"
	echo "$out/$name.fd: $(stat -c %s "$out/$name.fd") bytes, built in $((SECONDS - begin)) s"
done
