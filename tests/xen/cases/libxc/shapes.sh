#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# accesses of every size and kind, frames and requests that are none
. /lab/lib.sh

guest pvh shapes
daemon_deprived
guest_runs
