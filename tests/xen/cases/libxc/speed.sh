#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the time of an exchange: completed only, and served
. /lab/lib.sh

# The guest's figure behind a word, in ns.
figure() {
	guest_lines | sed -n "s/^speed:.*$1 \\([0-9]*\\) ns.*/\\1/p"
}

guest pvh speed
completer_serves
daemon_without_store
guest_runs
served=$(figure GetVariable)
completed=$(figure only)
echo "lab: figure: GetVariable $served ns, completed only $completed ns:" \
	"the daemon's part is $((served - completed)) ns, $(((served - completed) * 100 / completed)) %"
