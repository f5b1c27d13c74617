#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# a daemon that cannot start says so and touches nothing
. /lab/lib.sh

refused() {
	status=0
	timeout 20 uefistored "$@" 2>"$WORK/refused.log" || status=$?
	cat "$WORK/refused.log"
	[ $status = 1 ] || fail "status $status"
	[ "$(grep -c 'error:' "$WORK/refused.log")" = 1 ] || fail 'not one line that says why'
}

# There is no such domain.
refused --domain 30000 --backend memory

# A store that is none. The domain is untouched: another daemon can serve it.
guest pvh services
echo nonsense >"$WORK/bad.json"
refused --domain "$domain" --backend file --arg path:"$WORK/bad.json"
daemon_with_store
guest_runs
