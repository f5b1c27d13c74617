#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# killed when a write is durable and not yet answered: it is not lost and not done twice
# timeout: 300
. /lab/lib.sh

STRIKES=10

guest pvh transcript
daemon_with_store
guest_runs
guest_lines >"$WORK/undisturbed"
guest_is_destroyed
daemon_ends
rm -f "$WORK/store.json" "$WORK/save" "$WORK/state"

guest pvh transcript
daemon_with_store
domain unpause "$domain"
for strike in $(seq $STRIKES); do
	timeout $GUEST_SECONDS strike "$daemon" "$WORK/store.json" || fail "no write to strike at ($strike)"
	wait "$daemon" || true
	daemon_with_store
done
guest_passes
guest_lines >"$WORK/struck"
diff "$WORK/undisturbed" "$WORK/struck" || fail 'the guest has noticed'
