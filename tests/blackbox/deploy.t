#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts/deploy, with an ssh and an scp that reach a directory instead of a host.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
mkdir "$scratch/bin" "$scratch/made"
place=$scratch/host/usr

cat >"$scratch/bin/ssh" <<'END'
#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
[ "$1" = vm@lab ] || { echo "ssh: no host $1" >&2; exit 255; }
shift
[ "$1 ${FAKE_LACKING:-}" != 'ldd yes' ] || { echo '	libjansson.so.4 => not found'; exit 0; }
[ "$1" != ldd ] || exit 1
exec "$@"
END
cat >"$scratch/bin/scp" <<'END'
#!/bin/sh
[ "$1 $2 $3" = '-q -o BatchMode=yes' ] && exec cp "$4" "${5#vm@lab:}"
exit 1
END
printf '#!/bin/sh\necho "uefistored 1.2.3"\n' >"$scratch/made/uefistored"
printf '#!/bin/sh\n' >"$scratch/made/create-auth"
chmod +x "$scratch/bin/ssh" "$scratch/bin/scp" "$scratch/made/uefistored" "$scratch/made/create-auth"

# One test: deploy ends with the status, and its output matches the pattern.
deploys() {
	number=$((number + 1))
	name=$1 status=$2 pattern=$3 host=$4 prefix=$5
	output=$(PATH=$scratch/bin:$PATH scripts/deploy "$host" "$prefix" "$scratch/made/uefistored" \
		"$scratch/made/create-auth" 2>&1)
	got=$?
	if [ $got -eq "$status" ] && echo "$output" | grep -q -- "$pattern"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "# status $got, expected $status and '$pattern':"
		echo "$output" | sed 's/^/# /'
	fi
}

# One test: does the command succeed?
ok() {
	number=$((number + 1))
	name=$1
	shift
	if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; fi
}

deploys 'no host is an error of use' 2 'HOST=' '' "$place"
deploys 'an option is no host' 2 "HOST '-oProxyCommand=x'" '-oProxyCommand=x' "$place"
deploys 'a relative place is an error of use' 2 'absolute path' vm@lab usr
deploys 'a host that is not there is named' 1 'cannot log in to vm@other' vm@other "$place"
FAKE_LACKING=yes
export FAKE_LACKING
deploys 'a missing library is named' 1 'libjansson.so.4 => not found' vm@lab "$place"
ok 'and nothing is left behind' test -z "$(find "$place" -type f)"
unset FAKE_LACKING
deploys 'programs are copied and the version is told' 0 'vm@lab now has uefistored 1.2.3' vm@lab "$place"
ok 'the daemon is in sbin' test -x "$place/sbin/uefistored"
ok 'the program is in bin' test -x "$place/bin/create-auth"
ok 'and no temporary file' test -z "$(find "$place" -name '*.new')"
echo "1..$number"
