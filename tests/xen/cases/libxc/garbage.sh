#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# a minute of garbage: the daemon lives, its memory is flat, its log bounded
# timeout: 300
. /lab/lib.sh

WARM_SECONDS=15
MEMORY_KIB=512
LOG_KIB=256

guest pvh garbage
daemon_deprived
domain unpause "$domain"
sleep $WARM_SECONDS
before=$(process_status "$daemon" VmRSS)
guest_passes
after=$(process_status "$daemon" VmRSS)
log=$(($(wc -c <"$WORK/daemon.log") / 1024))
echo "lab: figure: daemon has $before KiB after $WARM_SECONDS s, $after KiB at the end; $log KiB of log"
[ $((after - before)) -le $MEMORY_KIB ] || fail 'memory grows'
[ $log -le $LOG_KIB ] || fail 'the log grows'
