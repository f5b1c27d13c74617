#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# HVM: all commands, the ports; two vCPUs
. /lab/lib.sh

guest hvm services
daemon_with_store
guest_runs
guest_is_destroyed
daemon_ends

guest hvm two 2
daemon_without_store
guest_runs
