#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the cases have in common; a case begins with ". /lab/lib.sh" and runs in dom0 under "sh -eu", in busybox. It has
# failed if a command has, or if it called fail. $WORK is its directory; domains and daemons are ended with it.

# The seconds are bounds for what never comes; nothing is judged by them.
IMAGE=/lab/guest.elf
GUEST_MIB=16
GUEST_SECONDS=150
READY_SECONDS=60
END_SECONDS=60
POLL_US=50000
USER_ID=990

domains=
processes=
daemon=
domain=
guests=0
printf '[default]\ntpm=true\n' >"$WORK/uefistored.conf"

# What else is to be shown where a case has failed, as "$WORK"/*.log.
gather_logs() {
	:
}

clean_up() {
	status=$?
	trap - EXIT
	for one in $domains; do
		destroy "$one" 2>/dev/null || true
	done
	for one in $processes; do
		kill -9 "$one" 2>/dev/null || true
	done
	if [ $status != 0 ]; then
		gather_logs
		for log in "$WORK"/*.log; do
			echo "--- $log"
			tail -n 60 "$log"
		done
	fi
	exit $status
}
trap clean_up EXIT
trap 'exit 124' TERM

fail() {
	echo "failed: $*"
	exit 1
}

uptime_s() {
	read -r up _ </proc/uptime
	echo "${up%.*}"
}

# Waits until a command succeeds: within SECONDS COMMAND...
within() {
	deadline=$(($(uptime_s) + $1))
	shift
	until "$@"; do
		[ "$(uptime_s)" -lt $deadline ] || return 1
		usleep $POLL_US
	done
}

is_running() {
	kill -0 "$1" 2>/dev/null
}

has_ended() {
	! is_running "$1"
}

# A field of /proc/PID/status: process_status PID FIELD.
process_status() {
	sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"
}

# ---- Guests ----

# A paused domain, built by libxc alone: guest pvh|hvm MODE [VCPUS]. Sets $domain.
guest() {
	vcpus=${3:-1}
	domain=$(domain create "$1" $IMAGE $GUEST_MIB "$vcpus" "$2")
	domains="$domains $domain"
	echo "domain $domain: $1, $vcpus vCPU, does $2"
}

# One that xl makes: xl_guest LINES [OPTION...], of xl.cfg and for xl create. Each is a machine of its own unless
# $GUEST_NAME names it. Sets $domain.
xl_guest() {
	lines=$1
	shift
	guests=$((guests + 1))
	name=${GUEST_NAME:-guest$guests}
	{
		printf 'name="%s"\nmemory=%s\n' "$name" $GUEST_MIB
		printf 'on_poweroff="preserve"\non_crash="preserve"\n'
		echo "$lines"
	} >"$WORK/$name.cfg"
	xl create "$@" "$WORK/$name.cfg" || return 1
	domain=$(xl domid "$name")
	domains="$domains $domain"
	echo "domain $domain: by xl"
}

# The lines of one that needs no device model: xl_pvh MODE.
xl_pvh() {
	printf 'type="pvh"\nkernel="%s"\ncmdline="%s"\nvcpus=1\n' $IMAGE "$1"
}

# xl's own must be told of it.
destroy() {
	if [ -S /run/xenstored/socket ]; then
		xl destroy "$1"
	else
		domain destroy "$1"
	fi
}

# Lets the guest run to its end and wants it to be a good one.
guest_runs() {
	domain unpause "$domain"
	guest_passes
}

guest_passes() {
	end=$(domain wait "$domain" "${1:-$GUEST_SECONDS}") || fail "domain $domain: $end"
	guest_says '^verdict: pass$' || fail "domain $domain has not passed"
}

# For one that waits when it is through.
guest_waits() {
	domain unpause "$domain"
	within $GUEST_SECONDS guest_says '^verdict: ' || fail "domain $domain does not come to its verdict"
	guest_says '^verdict: pass, waiting$' || fail "domain $domain has not passed"
}

# What the guest has said so far.
guest_lines() {
	console | tr -d '\r' | sed -n "s/^(d$domain) //p"
}

# Whether one of its lines fits.
guest_says() {
	guest_lines | grep -q "$1"
}

guest_is_destroyed() {
	destroy "$domain"
	domains=$(echo "$domains" | sed "s/ $domain\$//; s/ $domain / /")
}

# ---- Daemons ----

# Starts the daemon for the domain, with the options given, until it is ready. Sets $daemon.
daemon() {
	: >>"$WORK/daemon.log"
	ready_before=$(count_ready)
	uefistored --domain "$domain" --config "$WORK/uefistored.conf" --keys "$WORK/keys" "$@" 2>>"$WORK/daemon.log" &
	daemon=$!
	processes="$processes $daemon"
	within $READY_SECONDS daemon_is_ready || fail 'the daemon is not ready'
	is_running $daemon || fail 'the daemon has ended'
}

count_ready() {
	grep -c ': ready$' "$WORK/daemon.log" || true
}

daemon_is_ready() {
	has_ended $daemon || [ "$(count_ready)" -gt "$ready_before" ]
}

daemon_without_store() {
	daemon --backend memory --state "$WORK/state" "$@"
}

daemon_with_store() {
	daemon --backend file --arg path:"$WORK/store.json" --arg save:"$WORK/save" --state "$WORK/state" "$@"
}

# As a toolstack runs it: a user of its own, in a root where the save file is and nothing can be made.
daemon_deprived() {
	mkdir -p "$WORK/root" "$WORK/store"
	: >>"$WORK/root/save"
	chown $USER_ID:$USER_ID "$WORK/root/save" "$WORK/store"
	daemon --backend file --arg path:"$WORK/store/nvram.json" --arg save:/save \
		--depriv --uid $USER_ID --gid $USER_ID --chroot "$WORK/root" "$@"
}

# Beside it one at port 0x200 that completes every request and does nothing else.
completer_serves() {
	completer "$domain" 2>"$WORK/completer.log" &
	processes="$processes $!"
	within $READY_SECONDS grep -q . "$WORK/completer.log" && grep -q ready "$WORK/completer.log" ||
		fail 'the completer is not ready'
}

# The domain is gone: the daemon ends by itself, well.
daemon_ends() {
	within $END_SECONDS has_ended "$daemon" || fail 'the daemon goes on without its domain'
	status=0
	wait "$daemon" || status=$?
	[ $status = 0 ] || fail "the daemon ended with status $status"
}

# SIGTERM: the daemon saves and ends.
daemon_is_ended() {
	kill "$daemon"
	daemon_ends
}

# SIGKILL.
daemon_is_killed() {
	kill -9 "$daemon"
	wait "$daemon" || true
}

# What it is now is what a daemon should be that may be taken over.
daemon_has_given_up_all() {
	for field in Uid:$USER_ID Gid:$USER_ID Seccomp:2 NoNewPrivs:1 CapEff:0000000000000000 CapPrm:0000000000000000 \
		CapBnd:0000000000000000; do
		is=$(process_status "$daemon" "${field%:*}")
		[ "$is" = "${field#*:}" ] || fail "${field%:*} of the daemon is $is"
	done
	[ "$(readlink "/proc/$daemon/root")" = "$WORK/root" ] || fail 'the daemon has another root'
}
