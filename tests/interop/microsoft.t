#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Microsoft's published keys and updates, as they are in the field. They are no part of the project: where they are not
# found (set MICROSOFT to their directory, with certificates/ and updates/), this is skipped.
. "$(dirname "$0")/session.sh"
need openssl
MICROSOFT=${MICROSOFT:-$TOP/../shared/data/microsoft}
[ -d "$MICROSOFT/updates" ] || skip_all "Microsoft's Secure Boot objects are not here"
CERTIFICATES=$(cd "$MICROSOFT/certificates" && pwd)
UPDATES=$(cd "$MICROSOFT/updates" && pwd)
OWNER=77fa9abd-0359-4d32-bd60-28f4e78f784b
DBX=("$UPDATES/DBXUpdate-20100307.x64.bin" "$UPDATES/DBXUpdate-20230509.x64.bin" "$UPDATES/DBXUpdate-amd64.bin")

make_key pk
try 'an unsigned PK of ours' create_auth -t 2020-01-01 PK pk.auth pk.pem
try 'an unsigned KEK with both of Microsoft' create_auth -g $OWNER -t 2020-01-01 KEK kek.auth \
	"$CERTIFICATES/MicCorKEKCA2011_2011-06-24.der" "$CERTIFICATES/microsoft_corporation_kek_2k_ca_2023.der"
try 'an unsigned db with the loaders of 2011' create_auth -g $OWNER -t 2020-01-01 db db.auth \
	"$CERTIFICATES/MicWinProPCA2011_2011-10-19.der" "$CERTIFICATES/MicCorUEFCA2011_2011-06-27.der"

# A machine with these keys, in user mode.
enrolled_machine() {
	new_machine && guest set db db.auth && guest set KEK kek.auth && guest set PK pk.auth && guest check SetupMode --hex 00
}

# How many entries does dbx have?
entries() {
	guest get dbx 2>/dev/null | sed -n 's/^  [A-Z0-9_]*: \([0-9]*\) entr.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }'
}

# append_grows FILE: is the append taken, and does dbx have more entries then?
append_grows() {
	local before
	before=$(entries)
	guest append dbx "$1" && echo "$before entries before, $(entries) after" && [ "$(entries)" -gt "$before" ]
}

# append_again FILE: is it taken, and dbx as it was?
append_again() {
	guest get dbx --raw >before && guest append dbx "$1" && holds dbx before
}

# ---- dbx in order, each twice ----
try 'keys are enrolled' enrolled_machine
for update in "${DBX[@]}"; do
	name=$(basename "$update")
	try "$name adds to dbx" append_grows "$update"
	try "$name once more is no error and changes nothing" append_again "$update"
done
try 'the oldest once more is no error and changes nothing' append_again "${DBX[0]}"
guest get dbx --raw >in_order
total=$(entries)
try 'all is there after a restart' eval 'daemon_stop && daemon_start && holds dbx in_order'

# ---- An append is nothing else ----
try 'the dbx update as a replacement is refused' refused EFI_SECURITY_VIOLATION set dbx "${DBX[2]}"
try 'the dbx update for db is refused' refused EFI_SECURITY_VIOLATION append db "${DBX[2]}"
cp "${DBX[2]}" forged
last=$(tail -c 1 forged | od -A n -t u1)
truncate -s -1 forged
le 1 $((last ^ 1)) >>forged
try 'one changed bit is refused' refused EFI_SECURITY_VIOLATION append dbx forged
try '  and dbx is as it was' holds dbx in_order

# ---- db and KEK ----
guest get db --raw >db.esl
try 'DBUpdate2024 is taken' guest append db "$UPDATES/DBUpdate2024.bin"
try '  and db has the Windows UEFI CA 2023 now' says 'CN = Windows UEFI CA 2023' guest get db
try '  beside what it had' says 'CN = Microsoft Corporation UEFI CA 2011' guest get db
try 'DBUpdate2024 once more is no error' guest append db "$UPDATES/DBUpdate2024.bin"
try "Red Hat's KEK update is refused under our PK" refused EFI_SECURITY_VIOLATION append KEK "$UPDATES/KEKUpdate_RedHat_PK1.bin"

# ---- dbx out of order ----
try 'keys are enrolled again' enrolled_machine
try 'the newest dbx update first' append_grows "${DBX[2]}"
for update in "${DBX[1]}" "${DBX[0]}"; do
	try "$(basename "$update") after it" guest append dbx "$update"
done
try 'the same number of entries comes together' test "$(entries)" -eq "$total"

# ---- Red Hat's machine: its PK signs its KEK update ----
split_update "$UPDATES/KEKUpdate_RedHat_PK1.bin"
wrap_signed_data p7 wrapped
try "Red Hat's certificate is in its update" eval 'openssl pkcs7 -inform DER -in wrapped -print_certs >redhat.pem'
try 'it makes a PK' create_auth -t 2020-01-01 PK pk.auth redhat.pem
try 'keys are enrolled with it' enrolled_machine
try "Red Hat's KEK update is taken" guest append KEK "$UPDATES/KEKUpdate_RedHat_PK1.bin"

# ---- A PK whose private key is Microsoft's can be enrolled, unsigned, in setup mode only ----
try "Microsoft's PK for devices" create_auth -t 2020-01-01 PK pk.auth "$CERTIFICATES/WindowsOEMDevicesPK.der"
try '  is refused in user mode' refused EFI_SECURITY_VIOLATION set PK pk.auth
try '  and taken in setup mode' enrolled_machine
try 'the daemon ends well' daemon_stop
end_tests
