#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the containers are made by, without Docker: scripts/deps where there is yum, the Dockerfiles, scripts/docker.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/support/tap.sh
. tests/support/tap.sh

# A machine with yum and without apt-get: the programs that deps itself uses, and those that the test gives it.
mkdir "$scratch/bin"
for program in sh cat cp sed sort tr grep env rm mktemp; do
	ln -s "$(command -v $program)" "$scratch/bin/"
done

give() {
	printf '#!/bin/sh\n%s\n' "$2" >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}

deps() {
	PATH=$scratch/bin sh scripts/deps "$@"
}

installs_by_yum() {
	give id 'echo 0'
	give nothing 'exit 0'
	give yum "echo \"\$@\" >>$scratch/yum; for name in prove python3 openssl cert-to-efi-sig-list sbvarsign cc; do
		cp $scratch/bin/nothing $scratch/bin/\$name; done"
	deps test && grep -qE -e '^-q -y install .*efitools.*libasan.*perl-Test-Harness.*python3' "$scratch/yum"
}

nothing_more_is_missing() {
	rm "$scratch/yum"
	deps test && [ ! -e "$scratch/yum" ]
}

says_what_yum_did_not_bring() {
	rm "$scratch/bin/prove"
	give yum 'exit 0'
	! deps test >"$scratch/out" 2>&1 && grep -q 'still not found: perl-Test-Harness' "$scratch/out"
}

# As root on a host whose OpenSSL is too old. $1 is what its repositories have, $2 what is to be installed.
openssl_by_choice() {
	local has=$1 chosen=$2
	give pkg-config "case \"\$*\" in *'libcrypto >= 1.1.1') [ -e $scratch/new-openssl ] ;; esac"
	rm -f "$scratch/yum" "$scratch/new-openssl"
	give id 'echo 0'
	give prove 'exit 0'
	give rpmbuild 'exit 0'
	give yum "case \"\$*\" in '-q list $has') exit 0 ;; '-q list '*) exit 1 ;; esac
		echo \"\$@\" >$scratch/yum; : >$scratch/new-openssl"
	deps xcp-ng >"$scratch/out" 2>&1
	grep -qE -- "install (.* )?$chosen( |$)" "$scratch/yum" && ! grep -q "[|]" "$scratch/yum"
}

names_only() {
	give yum "touch $scratch/yum"
	give id "echo $1"
	shift
	! deps "$@" >"$scratch/out" 2>&1 && grep -q 'yum install perl-Test-Harness' "$scratch/out" && [ ! -e "$scratch/yum" ]
}

# Each package comes by the script, but for what fetches it; its groups exist.
by_the_script() {
	local file=$1 groups group
	grep -q '^COPY deps /tmp/deps$' "$file" || return
	groups=$(grep -oE '/tmp/deps [a-z -]+' "$file" | sed 's|/tmp/deps ||')
	[ -n "$groups" ] || return
	for group in $groups; do
		scripts/deps --check "$group" 2>&1 | grep 'no group' && return 1
	done
	! grep -oE '(apt-get|yum) install [^&]*' "$file" | tr ' ' '\n' | grep -vxE '(-.*|apt-get|yum|install|git|make|ca-certificates|)'
}

runs() {
	mkdir -p "$scratch/other"
	printf '#!/bin/sh\necho "$@" >>%s/docker\n' "$scratch" >"$scratch/other/docker"
	chmod +x "$scratch/other/docker"
	rm -f "$scratch/docker"
	PATH=$scratch/other:$PATH "$@"
}

shell_in_debian() {
	runs scripts/docker shell </dev/null && diff "$scratch/docker" - <<-END
		version
		build -q -t uefistored-debian --build-arg XCP_NG=8.3 -f packaging/docker/Dockerfile.debian scripts
		run --rm -i -v $(pwd):/work -u $(id -u):$(id -g) -e HOME=/tmp uefistored-debian bash
	END
}

target_in_xcp_ng() {
	MAKEFLAGS='' IMAGE=xcp-ng XCP_NG=8.2 runs make -s docker-rpm </dev/null && diff "$scratch/docker" - <<-END
		version
		build -q -t uefistored-xcp-ng-8.2 --build-arg XCP_NG=8.2 -f packaging/docker/Dockerfile.xcp-ng scripts
		run --rm -i -v $(pwd):/work -u $(id -u):$(id -g) -e HOME=/tmp uefistored-xcp-ng-8.2 make rpm BUILD=build-xcp-ng
	END
}

refuses() {
	local status=$1 words=$2
	shift 2
	"$@" >"$scratch/out" 2>&1
	[ $? -eq "$status" ] && grep -q -- "$words" "$scratch/out"
}

ok 'deps installs by yum, as root' installs_by_yum
ok 'and only what is missing' nothing_more_is_missing
ok 'what yum did not bring is said' says_what_yum_did_not_bring
ok 'with --check it names the packages' names_only 0 --check test
ok 'and for who is not root' names_only 1000 test
ok 'OpenSSL of XCP-ng 8 comes under its own name' openssl_by_choice xs-openssl-devel xs-openssl-devel
ok 'and as everywhere where there is no such package' openssl_by_choice nothing openssl-devel
for file in packaging/docker/Dockerfile.*; do
	ok "$file has its packages from scripts/deps" by_the_script "$file"
done
ok 'a shell in a container' shell_in_debian
ok 'a target in a container of XCP-ng' target_in_xcp_ng
ok 'no such image' refuses 2 "'nonsense': debian or xcp-ng was expected" env IMAGE=nonsense scripts/docker shell
ok 'no docker' refuses 1 'there is no no-docker' env DOCKER=no-docker scripts/docker shell
ok 'a docker without its engine' refuses 1 'false is here, but cannot be used' env DOCKER=false scripts/docker shell
end_of_tests
