#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The guest's first program: does what the kernel's command line names (guest=NAME), says each step's name, output and
# status, and switches off.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
# efitools ask for the mounts of one kind in a way that busybox does not know.
rm /bin/mount
cat > /bin/mount <<-'END'
	#!/bin/sh
	[ "$1" = -l ] && { busybox mount | grep " type $3 "; exit; }
	exec busybox mount "$@"
END
chmod 755 /bin/mount
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
insmod /modules/efivarfs.ko 2>/dev/null
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
E=/sys/firmware/efi/efivars
G=12345678-1234-5678-9abc-def012345678

step() {
	echo "@begin $1"
	shift
	"$@" </dev/null 2>&1
	printf "\n@status %s\n" $?
}

value() {
	tail -c +5 "$E/$1-$G"
}

# What the shell writes to a file of efivarfs has to be one write.
put() {
	dd of="$E/$1-$G" bs=65536 2>/dev/null
}

create() { printf '\007\000\000\000hello' | put Plain && [ "$(value Plain)" = hello ] && echo "$(value Plain)"; }
immutable() { ! printf '\007\000\000\000again' | put Plain && [ "$(value Plain)" = hello ] && echo 'not to be overwritten by accident'; }
overwrite() { chattr -i "$E/Plain-$G" && printf '\007\000\000\000other' | put Plain && [ "$(value Plain)" = other ] && value Plain; }
append() { printf more > /tmp/more && efivar -a -n "$G-Plain" -f /tmp/more && [ "$(value Plain)" = othermore ] && value Plain; }
print() { efivar -p -n "$G-Plain"; }
large() {
	head -c 30000 /dev/urandom > /tmp/large
	(printf '\007\000\000\000'; cat /tmp/large) > /tmp/large.var
	dd if=/tmp/large.var of="$E/Large-$G" bs=65536 2>/dev/null
	value Large | cmp - /tmp/large && ls -l "$E/Large-$G"
}
delete() { chattr -i "$E/Plain-$G" && rm "$E/Plain-$G" && [ ! -e "$E/Plain-$G" ]; }
list() { [ "$(efivar -l | wc -l)" -gt 10 ] && efivar -l; }
boot_entries() { efibootmgr && efibootmgr -q -t 3 && efibootmgr | grep 'Timeout: 3'; }
mok() { mokutil --sb-state; }

enrol() {
	cd /keys || return 1
	sign-efi-sig-list -g "$G" -k PK.key -c PK.crt PK PK.esl /tmp/PK.auth &&
		efi-updatevar -e -f db.esl db && efi-updatevar -e -f KEK.esl KEK && efi-updatevar -f /tmp/PK.auth PK && efi-readvar
}
unsigned_db() { ! efi-updatevar -e -f /keys/db.esl db; }
revoke() {
	cd /keys || return 1
	hash-to-efi-sig-list TestApp.signed.efi /tmp/hash.esl &&
		sign-efi-sig-list -a -g "$G" -k KEK.key -c KEK.crt dbx /tmp/hash.esl /tmp/dbx.auth &&
		efi-updatevar -a -f /tmp/dbx.auth dbx && efi-readvar -v dbx
}
replay() {
	cd /keys || return 1
	sign-efi-sig-list -t '2024-01-01 00:00:00' -g "$G" -k KEK.key -c KEK.crt db db.esl /tmp/old.auth &&
		sign-efi-sig-list -t '2025-01-01 00:00:00' -g "$G" -k KEK.key -c KEK.crt db db.esl /tmp/new.auth &&
		efi-updatevar -f /tmp/new.auth db && ! efi-updatevar -f /tmp/old.auth db
}
real_dbx() { efi-updatevar -a -f /keys/DBXUpdate.bin dbx && efi-readvar -v dbx | tail -n 4; }
real_replay() { ! efi-updatevar -f /keys/DBXUpdate-old.bin dbx; }
dbx_tool() { dbxtool --list | tail -n 3; }
fwupd_dbx() { fwupdtool get-devices --plugins uefi-dbx --no-unreported-check; }

echo '@guest'
for name in $(tr ' ' '\n' < /proc/cmdline | sed -n 's/^guest=//p' | tr ',' ' '); do
	step "$name" "$name"
done
echo '@end'
sync
poweroff -f
