#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Secure Boot: an unsigned application is refused and the daemon says so, a signed one runs
# timeout: 600
. /lab/firmware.sh

echo secure_boot=true >>/etc/uefistored/dm.conf
varstore sb-state -f "$store" -k /lab/firmware/keys user
varstore status -f "$store" -k /lab/firmware/keys

boots unsigned
within $GUEST_SECONDS model_says 'failed Secure Boot' || fail 'the daemon does not report a refusal'
comes_to 'Access Denied' 'refusal'
! prints 'TestApp runs' || fail 'the unsigned application has run'
guest_is_destroyed

boots signed
comes_to 'TestApp runs, SecureBoot 1, run 1, volatile 0' 'signed application'
! model_says 'failed Secure Boot' || fail 'a refusal is reported'
switches_itself_off
