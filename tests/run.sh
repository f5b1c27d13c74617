#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How prove runs one test: a compiled one speaks TAP when asked to, a script by itself. UNDER is a command that the
# compiled ones run under (valgrind). GLib's harness calls for the end of all testing where one program aborts: here that
# program has failed, and the others are run.
set -o pipefail
case $1 in
*.t) exec "$@" ;;
*) ${UNDER:-} "$1" --tap | sed -u 's/^Bail out!/# Bail out!/' ;;
esac
