#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The packages of `make deb`, in a fresh Debian: they are installed, work, and leave nothing behind. As root.
set -uo pipefail
. tests/packages/chroot.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
debs=$(echo "${BUILD:?}"/deb/*.deb | tr ' ' '\n' | grep -v dbgsym)

lint() {
	lintian --allow-root --fail-on error "$BUILD"/deb/*.changes
}

# All that is in the root but for what dpkg, the package manager's triggers and the programs themselves keep of anything.
snapshot() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./run/systemd -o -path ./var/log \
		-o -path ./var/cache/man -o -path ./root \) -prune -o -printf '%p %M %u %g %l\n' |
		grep -v -e '^./etc/[a-z]*- ' -e '^./var/cache/ldconfig/' -e '^./etc/.pwd.lock ' | sort)
	cat "$root"/etc/passwd "$root"/etc/group
}

install_all() {
	mkdir -p "$root/tmp/debs"
	# shellcheck disable=SC2086 # a list of files
	cp $debs "$root/tmp/debs/"
	inside sh -c 'dpkg -i /tmp/debs/*.deb'
}

purge_all() {
	# shellcheck disable=SC2046 # a list of names
	inside dpkg --purge $(for deb in $debs; do dpkg-deb -f "$deb" Package; done)
}

capabilities() {
	inside uefistored --print-capabilities >"$scratch/json" &&
		python3 -c 'import json, sys; can = json.load(open(sys.argv[1])); assert can["type"] == "uefistored", can
assert {"socket", "xen"} <= set(can["transports"]), can' "$scratch/json"
}

# As the unit of the machine does it, but for what systemd takes away: in the machine's directories, as the packages' user.
serves() {
	cat >"$root/tmp/serve" <<-'END'
		set -e
		install -d -o uefistored -g uefistored -m 700 /run/uefistored-vm/web /var/lib/uefistored/vm/web
		export TRANSPORT='--socket /run/uefistored-vm/web/socket' OPTIONS=
		command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/uefistored-vm@.service | sed 's/%i/web/g')
		eval "exec setpriv --reuid uefistored --regid uefistored --clear-groups $command" 2>/tmp/log &
		for _ in $(seq 600); do [ ! -S /run/uefistored-vm/web/socket ] || break; sleep 0.1; done
		export UEFISTORED_SOCKET=/run/uefistored-vm/web/socket
		uefistored-guest set --hex 0100 BootOrder
		uefistored-guest check BootOrder --hex 0100
		uefistored-guest info
		kill $!
		wait $!
		varstore ls -f /var/lib/uefistored/vm/web/nvram.json | grep BootOrder
		varstore-get -f /var/lib/uefistored/vm/web/nvram.json BootOrder | od -An -tx1 | grep '01 00'
	END
	inside sh /tmp/serve || { cat "$root/tmp/log"; return 1; }
}

manual() {
	inside sh -c "man -P cat '$1' | grep '$2'" >/dev/null
}

# The user, the directories and the units, by systemd's own tools.
systemd_agrees() {
	inside sh -c 'systemd-tmpfiles --create uefistored.conf && systemd-sysusers --dry-run uefistored.conf &&
		systemd-analyze verify --man=no /lib/systemd/system/uefistored-vm@.service /lib/systemd/system/uefistored@.service'
}

has_user() {
	inside getent passwd uefistored
}

no_user() {
	! has_user
}

needs_only() {
	inside sh -c 'ldd /usr/lib/*/libuefivars.so.0' >"$scratch/ldd" && grep -q libcrypto "$scratch/ldd" &&
		! grep -v -e libcrypto -e libc.so -e vdso -e ld-linux "$scratch/ldd"
}

nothing_is_left() {
	snapshot >"$scratch/after"
	grep -q '^./usr/bin/dpkg ' "$scratch/before" && diff "$scratch/before" "$scratch/after"
}

machine_is_left() {
	[ -s "$root/var/lib/uefistored/vm/web/nvram.json" ]
}

[ "$(id -u)" -eq 0 ] || { echo "Bail out! this test is for root: sudo make test-packages"; exit 1; }
ok 'lintian finds no error' lint
# shellcheck disable=SC2086,SC2046 # lists
ok 'a fresh Debian is made' make_root man-db $(dependencies $debs)
[ -x "$root/usr/bin/dpkg" ] || { echo 'Bail out! there is no Debian to install them in'; exit 1; }
snapshot >"$scratch/before"
ok 'dpkg -i installs the packages' install_all
ok 'uefistored --print-capabilities' capabilities
ok 'the user is there' has_user
ok 'a guest is served' serves
ok 'man uefistored' manual uefistored 'one virtual machine'
ok 'man varstore-sb-state' manual varstore-sb-state 'from the host'
ok 'man uefistored.conf' manual uefistored.conf secureboot_unmet
ok 'systemd takes the units, the user and the directories' systemd_agrees
ok 'the library needs nothing but libcrypto and libc' needs_only
ok 'dpkg --purge removes the packages' purge_all
ok "a machine's variables are still there" machine_is_left
ok 'and so is their owner' has_user
rm -rf "$root/var/lib/uefistored/vm/web"
ok 'the packages are installed again' install_all
ok 'and purged, now without any machine' purge_all
ok 'nothing is left' nothing_is_left
ok 'no user either' no_user
end_of_tests
