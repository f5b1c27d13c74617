#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# killed 20 times while the guest runs: its transcript is that of an undisturbed run
# timeout: 300
. /lab/lib.sh

KILLS=20

xl_guest "$(xl_pvh transcript)" -p
daemon_deprived
guest_runs
guest_lines >"$WORK/undisturbed"
guest_is_destroyed
daemon_ends
rm -r "$WORK/root" "$WORK/store"

xl_guest "$(xl_pvh transcript)" -p
daemon_deprived
domain unpause "$domain"
for kill in $(seq $KILLS); do
	usleep $((kill * 37 % 20 * 4000))
	daemon_is_killed
	daemon_deprived
done
at=$(guest_lines | wc -l)
! guest_says '^verdict' || fail 'the guest was through before the last kill'
daemon_has_given_up_all
guest_passes
guest_lines >"$WORK/killed"
diff "$WORK/undisturbed" "$WORK/killed" || fail 'the guest has noticed'
echo "lab: figure: $(wc -l <"$WORK/killed") lines are the same; the last kill was before line $at"
