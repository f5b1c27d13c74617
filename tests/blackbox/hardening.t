#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# What is installed is hardened as promised, and the daemon needs no library that it should not.
use strict;
use warnings;
use Test::More;

my $release = $ENV{RELEASE} // 'build/release';
my %needed = map { $_ => 1 } qw(libc.so.6 libcrypto.so.3 libglib-2.0.so.0 libjansson.so.4 libseccomp.so.2
	libxendevicemodel.so.1 libxenforeignmemory.so.1 libxenevtchn.so.1 libxentoolcore.so.1 libxenstore.so.4);

sub readelf {
	my ($what, $program) = @_;
	my $text = qx(readelf -W $what $program);
	die "readelf $what $program failed\n" if $?;
	return $text;
}

my @tools = map { s{^tools/(.*)\.c$}{$1}r =~ s/^guest$/uefistored-guest/r } glob 'tools/*.c';
ok(@tools >= 2, "there are tools: @tools");
for my $program ('uefistored', @tools) {
	my $path = "$release/$program";
	my ($header, $segments, $dynamic) = map { readelf($_, $path) } qw(-h -l -d);
	my $symbols = readelf('--dyn-syms', $path);

	like($header, qr/Type:\s+DYN/, "$program is loaded at a random address");
	like($dynamic, qr/FLAGS_1\).*\bPIE\b/, "$program is an executable");
	like($segments, qr/GNU_RELRO/, "$program: relocated data is read-only");
	like($dynamic, qr/FLAGS_1\).*\bNOW\b/, "$program: symbols are all bound at the start");
	like($segments, qr/GNU_STACK(\s+0x0+)+\s+RW\s/, "$program: stack cannot be executed");
	unlike($segments, qr/LOAD(\s+0x[0-9a-f]+)+\s+RWE/, "$program has no memory that is writable and executable");
	unlike($dynamic, qr/TEXTREL|R(UN)?PATH/, "$program has no text relocation and no search path");
	like($symbols, qr/__stack_chk_fail/, "$program: stack is guarded");
	like($symbols, qr/__\w+_chk\b/, "$program: copies are checked (FORTIFY_SOURCE)");
	unlike($symbols, qr/__(asan|ubsan)_/, "$program has no sanitizer");
}

# Debian's start files are not marked for CET, so a whole program is not either; everything of ours is.
SKIP: {
	skip 'no CET on this machine', 1 unless readelf('-h', "$release/uefistored") =~ /Machine:.*X86-64/;
	my @unmarked;
	for my $archive (qw(libuefivars libhost libtools)) {
		my (undef, %notes) = split /^File: (\S+)\n/m, readelf('-n', "$release/$archive.a");
		push @unmarked, "no object in $archive" unless %notes;
		push @unmarked, grep { $notes{$_} !~ /x86 feature:.*IBT.*SHSTK/ } sort keys %notes;
	}
	is("@unmarked", '', 'jumps and returns are guarded (CET) in every object');
}

my @extra = grep { !$needed{$_} } readelf('-d', "$release/uefistored") =~ /NEEDED\).*\[(\S+)\]/g;
is_deeply(\@extra, [], "the daemon needs libc, libcrypto, GLib, jansson, libseccomp and Xen's only");

done_testing();
