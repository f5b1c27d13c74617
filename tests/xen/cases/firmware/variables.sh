#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# what a guest sets is there after its own reset and in its next boot, what is volatile is not
# timeout: 600
. /lab/firmware.sh

printf '\1' >"$WORK/once"
varstore set -f "$store" $TEST_GUID TestResets 3 "$WORK/once"

# Two boots: the first one ends by a reset, for which xl builds another domain.
boots unsigned
first=$domain
comes_to 'TestApp runs, SecureBoot 0, run 2, volatile 0' 'application of the second boot, after a reset'
switches_itself_off
[ "$domain" != "$first" ] || fail 'there was no reset'
varstore ls -f "$store" | grep BootOrder || fail 'the firmware has kept no order of boot'

boots unsigned
comes_to 'TestApp runs, SecureBoot 0, run 3, volatile 0' 'application of the third boot'
switches_itself_off
[ "$(varstore get -f "$store" $TEST_GUID TestRuns | od -An -tu1 | tr -d ' ')" = 3 ] || fail 'TestRuns is not 3 in the store'
