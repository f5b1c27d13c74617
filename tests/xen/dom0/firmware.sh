#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# For the cases of guests with a real firmware, whose device model is QEMU and whose variables uefistored-dm has served.
# A case begins with ". /lab/firmware.sh"; its machine is always the same one, with one store.
. /lab/lib.sh

GUEST_MIB=192
# A look takes processor time from the guest, for there is one processor.
POLL_US=500000
GUEST_NAME=machine
store=$WORK/vm/$GUEST_NAME/nvram.json
serial=$WORK/serial.log
model_log=/var/log/xen/qemu-dm-$GUEST_NAME.log
TEST_GUID=6d0a8b56-2a0f-4c7e-9b41-35d20c7f11e8

mkdir -p /etc/uefistored "${store%/*}"
cat >/etc/uefistored/dm.conf <<-END
	[dm]
	directory=$WORK/vm
	user=uefistored+domid
	wait=50
END

# What stands on the guest's console, without the sequences that place and colour it.
printed() {
	[ ! -e "$serial" ] || sed "s/$(printf '\033')\\[[0-9;?=]*[A-Za-z]//g" "$serial" | tr -d '\r'
}

prints() {
	grep -aqs "$1" "$serial"
}

# The daemon's lines are in the log of what it was started by.
model_says() {
	grep -q "$1" "$model_log"
}

gather_logs() {
	printed | grep -v '^ *$' >"$WORK/console.log" || true
	rm -f "$serial"
	cp "$model_log" "$WORK/model.log" || true
}

hundredths() {
	tr -d . </proc/uptime | cut -d' ' -f1
}

# Starts the machine from a disk: boots DISK.
boots() {
	rm -f "$serial" "$model_log"
	cp "/lab/firmware/$1.disk" "$WORK/disk"
	began=$(hundredths)
	xl_guest "$(machine)"
}

machine() {
	cat <<-END
		type="hvm"
		bios="ovmf"
		bios_path_override="/lab/firmware/uefistored-xen.fd"
		device_model_override="/usr/bin/uefistored-dm"
		disk=["format=raw,vdev=hda,access=rw,backendtype=qdisk,target=$WORK/disk"]
		serial="file:$serial"
		on_reboot="restart"
		vga="none"
		vnc=0
		sdl=0
		usb=0
	END
}

# Waits until the console has a line that fits, and says what that took since xl create.
comes_to() {
	within $GUEST_SECONDS prints "$1" || fail "the guest does not come to '$1'"
	took=$(($(hundredths) - began))
	printed | grep "$1"
	echo "lab: figure: $2: $((took / 100)).$((took / 10 % 10)) s since xl create"
}

switches_itself_off() {
	domain=$(xl domid $GUEST_NAME)
	domains="$domains $domain"
	end=$(domain wait "$domain" $GUEST_SECONDS) || fail "domain $domain: $end"
	guest_is_destroyed
}
