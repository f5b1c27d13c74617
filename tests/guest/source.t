#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the firmware is built from, without a network: firmware/fetch.sh's sums, firmware/derive-fdf.sh's expectations.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/support/tap.sh
. tests/support/tap.sh

give() {
	printf '#!/bin/sh\n%s\n' "$2" >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}

# A mirror that has this version. Debian's patches have the sum that is asked for if they say so.
mirror() {
	mkdir -p "$scratch/bin"
	give apt-get "case \" \$* \" in *' source '*) echo tarball >edk2_2022.11.orig.tar.xz; echo $2 >edk2_$1.debian.tar.xz ;; esac"
	give apt-cache "echo 'Version: $1'"
	give dpkg-source 'for directory; do :; done; mkdir "$directory"'
	give sha256sum 'read -r sum file; case $file in *.debian.tar.xz) grep -q right "$file" ;; esac'
}

fetch() {
	rm -rf "$scratch/firmware"
	said=$(PATH=$scratch/bin:$PATH firmware/fetch.sh "$scratch/firmware" 2>&1)
}

known_patches() {
	mirror 2022.11-6+deb12u2 right
	fetch && ! grep warning <<<"$said" && [ -d "$scratch/firmware/edk2" ]
}

other_patches() {
	mirror 2022.11-6+deb12u2 wrong
	! fetch && grep 'edk2_2022.11-6+deb12u2.debian.tar.xz' <<<"$said" && [ ! -e "$scratch/firmware/edk2" ]
}

later_patches() {
	mirror 2022.11-6+deb12u99 wrong
	fetch && [ "$(grep -c warning <<<"$said")" = 1 ] && grep 'warning.*deb12u99' <<<"$said" && [ -d "$scratch/firmware/edk2" ]
}

# The lines of a platform that derive-fdf.sh looks for: layout NAME [LINE]...
layout() {
	printf '%s\r\n' 'INF OvmfPkg/QemuFlashFvbServicesRuntimeDxe/FvbServicesRuntimeDxe.inf' \
		'  INF OvmfPkg/Other/FvbServicesRuntimeDxe.inf' 'INF OvmfPkg/EmuVariableFvbRuntimeDxe/Fvb.inf' \
		'INF MdeModulePkg/FaultTolerantWriteDxe.inf' 'INF MdeModulePkg/VariableRuntimeDxe.inf' \
		'INF MdeModulePkg/DriverHealthManagerDxe.inf' 'INF MdeModulePkg/SecurityStubDxe.inf' "${@:2}" >"$scratch/$1"
}

derive() {
	firmware/derive-fdf.sh "$scratch/$1"
}

enrolment_is_left_out() {
	layout OvmfPkgX64.fdf '  INF  SecurityPkg/SecureBootConfigDxe/SecureBootConfigDxe.inf'
	layout OvmfXen.fdf
	derive OvmfPkgX64.fdf && ! derive OvmfPkgX64.fdf | grep SecureBootConfig && derive OvmfXen.fdf
}

enrolment_of_another_name() {
	layout OvmfPkgX64.fdf '  INF  SecurityPkg/SecureBootConfigDxe/SecureBootSetupDxe.inf'
	! derive OvmfPkgX64.fdf
}

enrolment_twice() {
	layout OvmfPkgX64.fdf '  INF  SecurityPkg/SecureBootConfigDxe/SecureBootConfigDxe.inf' \
		'INF SecurityPkg/SecureBootConfigDxe/SecureBootConfigMm.inf'
	! derive OvmfPkgX64.fdf
}

enrolment_under_xen() {
	layout OvmfXen.fdf '  INF  SecurityPkg/SecureBootConfigDxe/SecureBootConfigDxe.inf'
	! derive OvmfXen.fdf
}

ok "Debian's patches of the known version are taken" known_patches
ok 'others under its name are refused' other_patches
ok 'a later security update is taken with one warning' later_patches
ok 'the enrolment page is left out' enrolment_is_left_out
ok 'one of another name is noticed' enrolment_of_another_name
ok 'a second one is noticed' enrolment_twice
ok 'one in the platform of Xen is noticed' enrolment_under_xen
end_of_tests
