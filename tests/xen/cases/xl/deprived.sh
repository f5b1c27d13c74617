#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# a guest of xl, a daemon that has given up all; varstored-pid
. /lab/lib.sh

xl_guest "$(xl_pvh services)" -p
daemon_deprived
daemon_has_given_up_all
[ "$(xenstore-read "/local/domain/$domain/varstored-pid")" = "$daemon" ] || fail 'varstored-pid is another one'
guest_runs
daemon_has_given_up_all
guest_is_destroyed
daemon_ends

# The next boot of the same store.
xl_guest "$(xl_pvh second-boot)" -p
daemon_deprived
guest_runs
