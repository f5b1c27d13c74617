#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# two vCPUs at once: undisturbed, with the daemon killed, and one that rewrites the requests of the other
# timeout: 300
. /lab/lib.sh

guest pvh two 2
daemon_with_store
guest_runs
guest_is_destroyed
daemon_ends
rm -f "$WORK/store.json"

guest pvh two 2
daemon_with_store
domain unpause "$domain"
for pause in 30000 0 50000 10000; do
	usleep $pause
	daemon_is_killed
	daemon_with_store
done
guest_passes
guest_is_destroyed
daemon_ends

guest pvh flip 2
daemon_without_store
guest_runs
