#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# the pages of a request are given back, got anew and exchanged
. /lab/lib.sh

guest pvh memory
daemon_deprived
guest_runs
