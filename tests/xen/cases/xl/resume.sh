#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# state saved, or left by a daemon that was killed, resumed in a new domain
. /lab/lib.sh

# leave HOW: a guest leaves state behind, and its daemon ends so; it is resumed in another domain.
leave() {
	rm -rf "$WORK/root" "$WORK/store"
	xl_guest "$(xl_pvh leave)" -p
	daemon_deprived
	guest_waits
	"$1"
	guest_is_destroyed
	[ -s "$WORK/root/save" ] || fail 'nothing was saved'
	mv "$WORK/root/save" "$WORK/root/resume"

	xl_guest "$(xl_pvh resumed)" -p
	daemon_deprived --resume --arg resume:/resume
	daemon_has_given_up_all
	guest_runs
	guest_is_destroyed
	daemon_ends
}

leave daemon_is_ended
leave daemon_is_killed
