#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause-Patent
# derive-fdf.sh PLATFORM.fdf   Prints the flash layout of a platform of OvmfPkg with our driver in the place of its own.
# It fails where the layout is no longer what this was written for.
set -euo pipefail

fail() {
	printf 'derive-fdf.sh: %s: %s\n' "$layout" "$*" >&2
	exit 1
}

[ $# -eq 1 ] || { echo 'usage: derive-fdf.sh PLATFORM.fdf' >&2; exit 2; }
layout=$1
text=$(tr -d '\r' < "$layout")

# What is taken out, and how often it has to be there.
expect() {
	local found
	found=$(grep -c -- "$2" <<<"$text" || true)
	[ "$found" -eq "$1" ] || fail "'$2' was expected $1 times, and is there $found times"
}
expect 2 '^ *INF .*/FvbServicesRuntimeDxe\.inf$'
expect 1 '^INF .*/EmuVariableFvbRuntimeDxe/Fvb\.inf$'
expect 1 '^INF .*/FaultTolerantWriteDxe\.inf$'
expect 1 '^INF .*/VariableRuntimeDxe\.inf$'
expect 1 '^INF .*/DriverHealthManagerDxe\.inf$'
# The platform of Xen has no page to enrol keys.
case ${layout##*/} in
OvmfXen.fdf) expect 0 'SecureBootConfig' ;;
*) expect 1 '^ *INF .*/SecureBootConfigDxe\.inf$' ;;
esac

text=$(sed -E \
	-e 's,^(!include )([A-Za-z]+\.fdf\.inc)$,\1OvmfPkg/\2,' \
	-e '/^ *INF .*\/FvbServicesRuntimeDxe\.inf$/d' \
	-e '/^INF .*\/EmuVariableFvbRuntimeDxe\/Fvb\.inf$/d' \
	-e '/^INF .*\/FaultTolerantWriteDxe\.inf$/d' \
	-e '/^ *INF .*\/SecureBootConfigDxe\.inf$/d' \
	-e 's,^INF .*/VariableRuntimeDxe\.inf$,INF UefistoredPkg/VariableForwardDxe/VariableForwardDxe.inf,' \
	-e 's,^(INF .*/DriverHealthManagerDxe\.inf)$,\1\nINF UefistoredPkg/SecureBootStatusDxe/SecureBootStatusDxe.inf,' \
	<<<"$text")

expect 1 '^INF UefistoredPkg/VariableForwardDxe/VariableForwardDxe\.inf$'
expect 1 '^INF UefistoredPkg/SecureBootStatusDxe/SecureBootStatusDxe\.inf$'
expect 1 '^INF .*/SecurityStubDxe\.inf$'
expect 0 '^!include [A-Za-z]*\.fdf\.inc$'
expect 0 'SecureBootConfig'
# The driver of a platform that keeps variables in system management mode is switched off by SMM_REQUIRE.
expect 0 '/VariableRuntimeDxe\.inf$'
printf '%s\n' "$text"
