#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Xenstore's platform keys are followed: Secure Boot that cannot be had is refused
. /lab/lib.sh

xl_guest "$(xl_pvh services)" -p
xenstore-write "/local/domain/$domain/platform/secureboot" true
status=0
timeout 60 uefistored --domain "$domain" --backend memory --state "$WORK/state" --keys "$WORK/keys" \
	2>"$WORK/refused.log" || status=$?
cat "$WORK/refused.log"
[ $status = 1 ] || fail "status $status"
grep -q 'error:.*Secure Boot' "$WORK/refused.log" || fail 'no line that says why'
! xenstore-exists "/local/domain/$domain/varstored-pid" || fail 'varstored-pid was written'

xenstore-write "/local/domain/$domain/platform/secureboot" false
daemon_without_store
guest_runs
