#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# uefistored-dm: create and reboot; a daemon that cannot start is refused, by a line in the log
. /lab/lib.sh

REFUSED_SECONDS=50
GUEST_MIB=64

# The lines of an HVM guest; the first two are what an operator writes, the others stand in for a firmware.
machine() {
	cat <<-END
		type="hvm"
		device_model_override="/usr/bin/uefistored-dm"
		device_model_version="qemu-xen"
		firmware_override="$IMAGE"
		bios="ovmf"
		bios_path_override="/etc/xen/xl.conf"
		vga="none"
		vnc=0
		sdl=0
		usb=0
	END
}

# configure DAEMON
configure() {
	mkdir -p /etc/uefistored
	printf '[dm]\ndevice_model=/lab/bin/device-model\ndaemon=%s\ndirectory=%s\nuser=uefistored+domid\nwait=8\n' \
		"$1" "$WORK/vm" >/etc/uefistored/dm.conf
}

served_by() {
	xenstore-read "/local/domain/$domain/varstored-pid"
}

# The second boot is another domain of the same name.
second_boot_has_ended() {
	second=$(xl domid guest1 2>/dev/null) && [ "$second" != "$first" ] && domain wait "$second" 1 >/dev/null
}

configure /usr/sbin/uefistored
xl_guest "$(machine)"
first=$domain
within $GUEST_SECONDS second_boot_has_ended || fail 'the guest does not come to the end of its second boot'
domain=$second
domains="$domains $domain"
guest_passes
daemon=$(served_by)
[ "$(process_status "$daemon" Seccomp)" = 2 ] || fail 'the daemon has no sandbox'
grep -q Boots "$WORK/vm/guest1/nvram.json" || fail 'the variable is not in the store'
guest_is_destroyed
within $END_SECONDS has_ended "$daemon" || fail 'the daemon goes on without its domain'

# refused DAEMON REASON: xl create fails, soon, and its log says why.
refused() {
	configure "$1"
	begin=$(cut -d. -f1 /proc/uptime)
	! xl_guest "$(machine)" || fail 'the domain was started'
	took=$(($(cut -d. -f1 /proc/uptime) - begin))
	log=/var/log/xen/qemu-dm-guest$guests.log
	cat "$log"
	grep -q "$2" "$log" || fail 'no reason in the log'
	[ $took -le $REFUSED_SECONDS ] || fail "it took $took s"
}

refused /bin/false 'has ended before it was ready'
printf '#!/bin/sh\nexec sleep 100\n' >"$WORK/sleeper"
chmod +x "$WORK/sleeper"
refused "$WORK/sleeper" 'is not ready after 8 s'
