#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# What XCP-ng 8 has not is not needed: by the names of functions, as this machine's own libraries are newer. What the
# compiler sees (GLib) is not looked at here.
use strict;
use warnings;
use File::Temp;
use Test::More;

my $release = $ENV{RELEASE} // 'build/release';
my $compiler = $ENV{CC} // 'cc';
my $scratch = File::Temp->newdir;
# Of Linux on x86-64 and Arm; POSIX does not name it.
use constant SIGSYS => 31;

sub put {
	my ($name, $text) = @_;
	open my $file, '>', "$scratch/$name" or die "$name: $!";
	print $file $text;
	close $file or die "$name: $!";
	return "$scratch/$name";
}

# ---- The functions of the C library ----

# They are inline functions before glibc 2.33, of what is in every version of it; and main() is entered in another way.
my %inline = map { $_ => 1 } qw(stat lstat fstat fstatat mknod mknodat __libc_start_main);

# bench is not installed, and perhaps of another day.
my @programs = grep { -f && (-x || /\.so/) && !m{/bench$} && `head -c 4 $_` eq "\x7fELF" } glob "$release/*";
ok(@programs > 5 && grep({ m{/uefistored$} } @programs), 'the programs are here');

# Since which version each name is there: it keeps its first one where it got others later.
my ($libc) = map { /libc\.so\S* => (\S+)/ } qx(ldd $release/uefistored);
my %since;
for my $line (qx(nm -D --defined-only $libc)) {
	next unless $line =~ /\s(\w+)\@+GLIBC_2\.(\d+)/;
	$since{$1} = $2 if !exists $since{$1} || $2 < $since{$1};
}
is($since{closefrom}, 34, 'the versions are told by the C library');

my %newer;
for my $program (@programs) {
	for my $line (qx(nm -D --undefined-only $program)) {
		next unless $line =~ /\s(\w+)\@GLIBC_/ && !$inline{$1};
		push @{$newer{"$1 (2.$since{$1})"}}, $program =~ s{.*/}{}r if ($since{$1} // 99) > 17;
	}
}
is(join("\n", map { "$_: @{$newer{$_}}" } sort keys %newer), '',
	'the programs need no function that is newer than glibc 2.17');

# ---- The rule of lint ----

my @sources = split ' ', qx(find lib host daemon tools tests -name '*.[ch]');
is(qx(scripts/newer @sources), '', 'the sources call nothing that is newer');

my $planted = put('planted.c', <<'END');
#include <sys/random.h>
/* closefrom(3) is newer. */
/*
 * So is memfd_create().
 */
static const struct sandbox_call calls[] = { CALL(getrandom), CALL_IF(renameat2, IS(0, 1)) };
#ifdef SCMP_ACT_KILL_PROCESS
static const unsigned kill = SCMP_ACT_KILL_PROCESS;
#endif
void (*close_most)(int) = closefrom;
int f(void) { puts("getrandom"); return my_getrandom(1) + getrandom(NULL, 0, 0); }
int g(filter) { return seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) || EVP_PKEY_is_a(key, "RSA"); }
json_t *h(void) { /* here */ return json_sprintf("%d", statx(1)); }
END
is(qx(scripts/newer $planted) =~ s/\Q$planted\E://gr, <<'END', 'what is newer is named, not what only looks like it');
1: sys/random.h (glibc 2.25)
10: closefrom (glibc 2.34)
11: getrandom (glibc 2.25)
12: SCMP_FLTATR_CTL_OPTIMIZE (libseccomp 2.5)
12: EVP_PKEY_is_a (OpenSSL 3)
13: statx (glibc 2.28)
13: json_sprintf (jansson 2.11)
END

# ---- The filter under a libseccomp that cannot kill a process ----

put('seccomp.h', <<'END');
#include_next <seccomp.h>
#undef SCMP_ACT_KILL_PROCESS
#undef SCMP_VER_MINOR
#define SCMP_VER_MINOR 3
END

# A thread makes a call that is not in the list while the other one waits: if it died alone, that would wait on.
my $program = put('program.c', <<'END');
#include <glib.h>
#include <pthread.h>
#include <unistd.h>

#include "sandbox_filter.h"

static const struct sandbox_call calls[] = { CALL(read), CALL(write) };
static int ends[2], never[2];

static void *misbehave(void *unused)
{
	char byte;

	if (read(ends[0], &byte, 1) == 1)
		getppid();
	return unused;
}

int main(void)
{
	const struct sandbox_list list = { calls, G_N_ELEMENTS(calls) };
	pthread_t thread;
	char byte;

	if (pipe(ends) < 0 || pipe(never) < 0 || pthread_create(&thread, NULL, misbehave, NULL) != 0)
		return 1;
	alarm(10);
	if (!sandbox_filter_load(&list, 1, NULL) || write(ends[1], "", 1) != 1)
		return 2;
	return (int)read(never[0], &byte, 1);
}
END
my $flags = `pkg-config --cflags --libs glib-2.0 libseccomp` =~ s/\n//r;
for my $library ('this machine', 'XCP-ng 8') {
	my $include = $library eq 'this machine' ? '' : "-I$scratch";
	my $made = system("$compiler -std=gnu17 -D_GNU_SOURCE -pthread $include -Ihost -I. -o $scratch/program $program " .
		"host/sandbox_filter.c host/error.c $flags") == 0;
	ok($made, "the filter is built with the libseccomp of $library");
	system("ulimit -c 0; exec $scratch/program");
	is($? & 127, SIGSYS, 'a call that is not in its list ends the process with all threads');
}
done_testing();
