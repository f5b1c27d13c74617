#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# state saved at the end of the daemon, resumed in a new domain
. /lab/lib.sh

guest pvh leave
daemon_with_store
guest_waits
daemon_is_ended
guest_is_destroyed
[ -s "$WORK/save" ] || fail 'nothing was saved'
mv "$WORK/save" "$WORK/resume"

guest pvh resumed
daemon_with_store --resume --arg resume:"$WORK/resume"
guest_runs
