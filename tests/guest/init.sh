#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# The guest's first program: does what the kernel's command line names (guest=NAME), says each step's name, output and
# status, and switches off.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
# efitools run the system's mount by the system's shell, with options that busybox does not know.
ln -sf dash /bin/sh
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
others() {
	[ "$(value BySocket)" = 'by socket' ] && [ "$(value ByVarstore)" = 'by varstore' ] && value BySocket && echo && value ByVarstore
}
mok() { mokutil --sb-state; }

enrol() {
	cd /keys || return 1
	sign-efi-sig-list -g "$G" -k PK.key -c PK.crt PK PK.esl /tmp/PK.auth &&
		efi-updatevar -e -f db.esl db && efi-updatevar -e -f KEK.esl KEK && efi-updatevar -f /tmp/PK.auth PK && efi-readvar
}
# The last word is the variable; where it is there already it is immutable.
update() {
	for variable; do :; done
	for file in "$E/$variable"-*; do
		[ ! -e "$file" ] || chattr -i "$file" || return 1
	done
	efi-updatevar "$@"
}

# A write is refused by the store, and not by a tool that does not run.
refused() {
	said=$("$@" 2>&1) && return 1
	echo "$said"
	# EACCES is the store's; EPERM would be that of the immutable flag.
	echo "$said" | grep -q -e 'Permission denied' -e 'Cannot write to .*, wrong filesystem permissions'
}

wrong_signer() {
	cd /keys || return 1
	sign-efi-sig-list -t '2032-01-01 00:00:00' -g "$G" -k db.key -c db.crt db db.esl /tmp/wrong.auth &&
		refused update -f /tmp/wrong.auth db
}
revoke() {
	cd /keys || return 1
	sign-efi-sig-list -a -g "$G" -k KEK.key -c KEK.crt dbx TestApp.esl /tmp/dbx.auth &&
		update -a -f /tmp/dbx.auth dbx && efi-readvar -v dbx
}
replay() {
	cd /keys || return 1
	sign-efi-sig-list -t '2033-01-01 00:00:00' -g "$G" -k KEK.key -c KEK.crt db db.esl /tmp/old.auth &&
		sign-efi-sig-list -t '2034-01-01 00:00:00' -g "$G" -k KEK.key -c KEK.crt db db.esl /tmp/new.auth &&
		update -f /tmp/new.auth db && refused update -f /tmp/old.auth db
}
real_dbx() { update -a -f /keys/DBXUpdate.bin dbx && efi-readvar -v dbx | tail -n 4; }
real_replay() { refused update -f /keys/DBXUpdate-old.bin dbx; }
# Without a message bus nobody tells it where the system partition is; there only has to be one.
fwupd() {
	mkdir -p /boot/efi /var/lib/fwupd
	export FWUPD_UEFI_ESP_PATH=/boot/efi
	fwupdtool get-devices --plugins uefi_dbx > /tmp/devices 2>&1
	grep -v '^Loading' /tmp/devices
	device=$(sed -n 's/.*Device ID: *//p' /tmp/devices)
	[ -n "$device" ] || return 1
	fwupdtool install-blob /keys/DBXUpdate.bin "$device" --plugins uefi_dbx --no-reboot-check > /tmp/update 2>&1
	status=$?
	grep -v '^Loading' /tmp/update
	return $status
}
dbx_tool() { dbxtool --list > /tmp/dbx && tail -n 3 /tmp/dbx; }

echo '@guest'
for name in $(tr ' ' '\n' < /proc/cmdline | sed -n 's/^guest=//p' | tr ',' ' '); do
	step "$name" "$name"
done
echo '@end'
sync
poweroff -f
