#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PVH: all commands and the TPM's ports; the next boot finds what the first one left
. /lab/lib.sh

guest pvh services
daemon_with_store
guest_runs
guest_is_destroyed
daemon_ends

guest pvh second-boot
daemon_with_store
guest_runs
