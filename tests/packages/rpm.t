#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages for XCP-ng, as far as Debian's rpm can build them: their names, what they take the place of, and what
# becomes of the keys of a host whose varstored they replace. As root.
set -uo pipefail
. tests/packages/chroot.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
top=$(pwd)
rpms=$top/${BUILD:?}/rpm
case $BUILD in
/*) rpms=$BUILD/rpm ;;
esac
keys=/usr/share/varstored

source_builds() {
	make -s srpm && rpm -qpl "$rpms"/uefistored-*.src.rpm | grep '^uefistored-.*\.tar\.gz$' >/dev/null
}

# What the packages of Debian lack by name is there.
builds() {
	MAKEFLAGS='' RPMFLAGS='--nodeps --nocheck' make -s rpm
}

has() {
	local package=$1 path
	shift
	rpm -qpl "$rpms"/x86_64/"$package"-[0-9]*.rpm >"$scratch/files" || return
	for path; do
		grep -qx -- "$path" "$scratch/files" || { echo "$path is missing"; cat "$scratch/files"; return 1; }
	done
}

# It is newer than uefistored 1, is no more what varstored obsoletes, and takes both their places.
takes_places() {
	rpm -qp --qf '%{epoch}\n' "$rpms"/x86_64/uefistored-[0-9]*.rpm | grep -x 1 >/dev/null &&
		rpm -qp --obsoletes "$rpms"/x86_64/uefistored-[0-9]*.rpm | grep -x 'varstored < 1:0' >/dev/null &&
		rpm -qp --provides "$rpms"/x86_64/uefistored-[0-9]*.rpm | grep '^varstored = 1:' >/dev/null &&
		rpm -qp --requires "$rpms"/x86_64/uefistored-[0-9]*.rpm | grep -x varstored-guard >/dev/null &&
		rpm -qp --obsoletes "$rpms"/x86_64/uefistored-tools-*.rpm | grep -x 'varstored-tools < 1:0' >/dev/null
}

# For XCP-ng 8.2 the pool's keys stay where XAPI puts them.
old_host() {
	rpmspec -P --define 'dist .xcpng8.2' "$rpms/uefistored.spec" | grep '^echo .varstore_dir=/var/lib/uefistored' >/dev/null &&
		! rpmspec -P --define 'dist .xcpng8.3' "$rpms/uefistored.spec" | grep '^echo .varstore_dir=' >/dev/null &&
		rpmspec -P --define 'dist .xcpng8.3' "$rpms/uefistored.spec" | grep '^Conflicts: xapi-core < 23.6.0-1' >/dev/null
}

old_compiler() {
	rpmspec -P --define 'rhel 7' "$rpms/uefistored.spec" >"$scratch/spec" &&
		grep -q '^BuildRequires: devtoolset-11-gcc' "$scratch/spec" &&
		[ "$(grep -c '^\. /opt/rh/devtoolset-11/enable' "$scratch/spec")" -eq 3 ]
}

# The openssl-devel of XCP-ng 8 may be 1.0.2.
openssl_of_a_version() {
	rpm -qp --requires "$rpms"/uefistored-*.src.rpm | grep -x 'pkgconfig(libcrypto) >= 1.1.1' >/dev/null &&
		! rpm -qp --requires "$rpms"/uefistored-*.src.rpm | grep '^openssl'
}

# A host with a varstored, of which only the files matter here.
host_with_varstored() {
	cat >"$scratch/varstored.spec" <<-END
		Name: varstored
		Version: 1.3.4
		Release: 1
		Summary: what was there before
		License: none
		%description
		%install
		mkdir -p %{buildroot}/usr/sbin %{buildroot}$keys
		echo old >%{buildroot}/usr/sbin/varstored
		for key in PK KEK db; do echo \$key >%{buildroot}$keys/\$key.auth; done
		%files
		/usr/sbin/varstored
		$keys
	END
	rpmbuild -bb --define "_topdir $scratch/tree" "$scratch/varstored.spec" &&
		install_rpm "$scratch"/tree/RPMS/*/varstored-*.rpm && [ "$(cat "$root$keys/PK.auth")" = PK ]
}

# rpm of this machine, on a root of its own with a database of its own. What a package runs finds /proc there, as on a host.
install_rpm() {
	unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
		rpm --root "$root" --dbpath /var/lib/rpm --nodeps --ignorearch -U "$@"
}

replaced() {
	install_rpm "$rpms"/x86_64/uefistored-[0-9]*.rpm "$rpms"/x86_64/uefistored-tools-*.rpm &&
		! rpm --root "$root" --dbpath /var/lib/rpm -q varstored &&
		[ "$(readlink "$root/usr/sbin/varstored")" = uefistored ]
}

keys_stay() {
	local key
	for key in PK KEK db; do
		[ "$(cat "$root$keys/$key.auth")" = $key ] || return
	done
	[ ! -e "$root$keys/dbx.auth" ] && [ ! -e "$root/var/lib/rpm-state/uefistored" ]
}

xapi_finds_them() {
	[ "$(readlink "$root/var/lib/varstored")" = $keys ]
}

# As xenopsd, which knows the name alone.
runs_as_varstored() {
	inside /usr/sbin/varstored --print-capabilities | grep uefistored >/dev/null &&
		inside /opt/xensource/libexec/create-auth --version && inside /usr/sbin/secureboot-certs --version
}

# Without these uefistored-vm@.service does not start.
has_user_and_directories() {
	inside getent passwd uefistored && inside getent group uefistored &&
		inside stat -c '%a %U' /var/lib/uefistored/vm /run/uefistored-vm >"$scratch/modes" && cat "$scratch/modes" &&
		[ "$(tr '\n' , <"$scratch/modes")" = '711 root,755 root,' ]
}

removed() {
	rpm --root "$root" --dbpath /var/lib/rpm -e uefistored uefistored-tools
}

nothing_is_left() {
	(cd "$root" && find . -name '*uefi*' -o -name '*varstore*' -o -name create-auth) >"$scratch/left"
	[ ! -s "$scratch/left" ] || { cat "$scratch/left"; return 1; }
}

[ "$(id -u)" -eq 0 ] || { echo 'Bail out! this test is for root: sudo make test-packages'; exit 1; }
ok 'the source package is built' source_builds
ok 'the packages are built' builds
ok 'the daemon has the name that xenopsd looks for' has uefistored /usr/sbin/uefistored /usr/sbin/varstored $keys \
	/usr/share/man/man8/uefistored.8 /etc/uefistored/uefistored.conf
ok 'the tools have the names that XAPI runs' has uefistored-tools /usr/bin/varstore-rm /usr/bin/varstore-sb-state \
	/usr/bin/varstore-ls /usr/bin/varstore-nvram-certcheck /usr/bin/varstore-get /usr/bin/varstore-set \
	/opt/xensource/libexec/create-auth /usr/sbin/secureboot-certs
ok 'the library stands alone' has uefistored-libs '/usr/lib.*/libuefivars.so.0'
ok 'they take the places of varstored and of uefistored 1' takes_places
ok 'for XCP-ng 8.2 XAPI is told where the keys are' old_host
ok 'for XCP-ng 8 a compiler is asked for that knows C17' old_compiler
ok 'OpenSSL is asked for by its version, not by the name of a package' openssl_of_a_version
root=$scratch/root
# shellcheck disable=SC2046 # a list of words
ok 'a root is made' make_root man-db $(dependencies "$top/${BUILD#"$top"/}"/deb/uefistored_*.deb \
	"$top/${BUILD#"$top"/}"/deb/uefistored-tools_*.deb "$top/${BUILD#"$top"/}"/deb/libuefivars*.deb)
ok 'with varstored in it' host_with_varstored
ok 'which is replaced' replaced
ok 'the keys that it came with stay' keys_stay
ok 'and XAPI finds them' xapi_finds_them
ok 'the programs run by these names' runs_as_varstored
ok 'the user of the units is there, and the directories' has_user_and_directories
ok 'they are removed' removed
ok 'nothing is left' nothing_is_left
end_of_tests
