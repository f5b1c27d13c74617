#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the targets of the Makefile say on a machine that has nothing but make and a shell, to one who is not root: in a
# line what they lack, with a status that is not 0. And `make help` lists them all.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
make=$(command -v make)

mkdir "$scratch/bin"
for program in sh cat cp sed sort tr grep cut xargs env rm mktemp dirname basename mkdir printf find head cmp uname nproc; do
	ln -s "$(command -v $program)" "$scratch/bin/"
done
printf '#!/bin/sh\necho 1000\n' >"$scratch/bin/id"
printf '#!/bin/sh\ntouch %s/installed\n' "$scratch" >"$scratch/bin/apt-get"
chmod +x "$scratch/bin/id" "$scratch/bin/apt-get"

ok() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$scratch/out"
	fi
}

# The target fails, and what it says has a line that is the pattern as a whole.
lacks() {
	local target=$1 pattern=$2
	shift 2
	! env -i HOME="$scratch" PATH="$scratch/bin" "$make" -s BUILD="$scratch/build" "$target" "$@" >"$scratch/out" 2>&1 &&
		grep -qxE -- "$pattern" "$scratch/out" && [ ! -e "$scratch/installed" ]
}

# $2: one of the packages that are missing
lacks_packages() {
	lacks "$1" "deps: (neither root nor sudo: as root, |missing packages: )apt-get install (.* )?$2 .*"
}

# Nor is this missing, for the same target.
names_not() {
	! grep -F -- "$1" "$scratch/out"
}

# Each target that has a text, docker-% among them.
helps() {
	MAKEFLAGS='' "$make" -s help >"$scratch/out" && grep -q '^  docker-% ' "$scratch/out" &&
		[ "$(grep -c '^  [a-z]' "$scratch/out")" -eq "$(grep -cE '^[a-z][^ ]*:.* ## ' Makefile)" ]
}

for target in all uefistored tools install check bench test-guest; do
	ok "make $target" lacks $target \
		'missing, or too old, of glib-2\.0 >= [0-9.]+ .* libcrypto >= 1\.1\.1 .*: run `make deps`'
done
for target in test demo deps test-xen firmware; do
	ok "make $target" lacks_packages $target libglib2.0-dev
done
for target in lint compilers scan-build deps-lint; do
	ok "make $target" lacks_packages $target clang
done
ok 'make fuzz' lacks_packages fuzz clang
ok 'which needs no AFL++' names_not 'afl++'
for target in fuzz-afl deps-fuzz; do
	ok "make $target" lacks_packages $target 'afl\+\+'
done
ok 'make deb' lacks_packages deb debhelper
ok 'make srpm' lacks_packages srpm rpm
ok 'make rpm' lacks_packages rpm rpm
ok 'make format' lacks format 'lint: there is no clang-format: make deps-lint'
ok 'make docker-shell' lacks docker-shell 'docker: there is no docker on this machine .*'
ok 'make docker-check' lacks docker-check 'docker: there is no docker on this machine .*'
ok 'make deploy' lacks deploy 'deploy: no host: make deploy HOST=.*'
ok 'make help has a line for each' helps
echo "1..$number"
