#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the end of the domain ends the daemon: state saved, no spinning
. /lab/lib.sh

CPU_TICKS=30

# Hundredths of a second that a process has used.
cpu() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

guest pvh idle
daemon_with_store
guest_waits
rm -f "$WORK/save"
before=$(cpu "$daemon")
sleep 2
echo "lab: figure: idle for 2 s: $(($(cpu "$daemon") - before)) ticks of the CPU"
[ $(($(cpu "$daemon") - before)) -le $CPU_TICKS ] || fail 'the daemon spins while the guest sleeps'
guest_is_destroyed
daemon_ends
[ -s "$WORK/save" ] || fail 'nothing was saved'
