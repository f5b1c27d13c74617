#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# The house's floors, checked mechanically: who may include what, and what libuefivars.a needs and holds.
use strict;
use warnings;
use File::Find;
use Test::More;

my $release = $ENV{RELEASE} // 'build/release';

# Each room's floor in the library; rooms of one floor do not know each other.
my %floor = (efi => 0, store => 1, auth => 2, codec => 2, service => 3, rpc => 4);

# All that the library takes from the C library's headers.
my %plain_header = map { $_ => 1 } qw(assert.h limits.h stdalign.h stdbool.h stddef.h stdint.h stdlib.h string.h);

# All that it takes from the C library, besides what the compiler adds for hardening (__memcpy_chk and the like).
my %plain_symbol = map { $_ => 1 } qw(memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp strnlen
	calloc free malloc realloc bsearch qsort abort __assert_fail __stack_chk_fail explicit_bzero _GLOBAL_OFFSET_TABLE_);

# Returns [file, included header, 1 where it is in angle brackets] for each include below the directories.
sub includes {
	my @found;
	find({ no_chdir => 1, wanted => sub {
		return unless /\.[ch]$/;
		open my $file, '<', $_ or die "$_: $!";
		while (my $line = <$file>) {
			push @found, [$File::Find::name, $2, $1 eq '<'] if $line =~ /^\s*#\s*include\s*([<"])([^>"]+)/;
		}
	} }, grep { -d } @_);
	return @found;
}

# One test: the list of what is wrong is empty.
sub none {
	my $name = shift;
	is(join("\n", @_), '', $name);
}

# One test: no include of the directories is forbidden by the rule, which gets (file, header, angle brackets).
sub rule {
	my ($name, $allowed, @directories) = @_;
	my @wrong = map { "$_->[0] includes $_->[1]" } grep { !$allowed->(@$_) } includes(@directories);
	none($name, @wrong);
}

sub room {
	return $_[0] =~ s{^lib/}{}r =~ m{^(\w+)/} ? $1 : 'uefivars';
}

ok(-f 'lib/uefivars.h' && includes('lib') > 0, 'the sources are here');
none('lib/ has no room without a floor', grep { !exists $floor{$_} } map { m{^lib/(\w+)$} } grep { -d } glob 'lib/*');

rule('a room of the library knows its own and lower floors only', sub {
	my ($file, $header, $system) = @_;
	return 1 if $system || $header eq 'uefivars.h';
	my ($from, $to) = (room($file), room($header));
	return 0 unless exists $floor{$to} && (exists $floor{$from} || $from eq 'uefivars');
	return 1 if $from eq 'uefivars' || $from eq $to;
	return $floor{$to} < $floor{$from};
}, 'lib');
rule('the library includes plain C headers, and those of OpenSSL in auth/ only', sub {
	my ($file, $header, $system) = @_;
	return !$system || $plain_header{$header} || ($header =~ m{^openssl/} && room($file) eq 'auth');
}, 'lib');
rule('uefivars.h stands alone', sub {
	my ($file, $header, $system) = @_;
	return $file ne 'lib/uefivars.h' || $plain_header{$header};
}, 'lib');

rule('what daemon and tools share knows neither', sub { $_[1] !~ m{^(daemon|tools|tests)/} }, 'host');
rule('the daemon knows no tool', sub { $_[1] !~ m{^(tools|tests)/} }, 'daemon');
rule('a tool does not know the daemon', sub { $_[1] !~ m{^(daemon|tests)/} }, 'tools');
rule('outside of the library its face and floor 0 are enough', sub {
	my ($file, $header, $system) = @_;
	# A program that handles key files reads their descriptors.
	return 1 if $file =~ m{^tools/} && $header eq 'auth/descriptor.h';
	return $system || $header !~ m{^(store|auth|codec|service|rpc)/};
}, 'host', 'daemon', 'tools');
rule('transports and backends do not know each other', sub {
	my ($file, $header) = @_;
	return 0 if $file =~ m{^daemon/transport/} && $header =~ m{^backend/};
	return !($file =~ m{^host/backend/} && $header =~ m{transport/});
}, 'host', 'daemon');
rule('jansson is known to the backends only', sub { $_[1] !~ /^jansson/ || $_[0] =~ m{^host/backend/} },
	'lib', 'host', 'daemon', 'tools');
rule('OpenSSL is known to auth/, the tools and where it is started', sub {
	return $_[1] !~ m{^openssl/} || $_[0] =~ m{^(lib/auth/|tools/|host/crypto\.c$)};
}, 'lib', 'host', 'daemon', 'tools');
rule('libseccomp is known to the sandbox only', sub { $_[1] !~ /^seccomp/ || $_[0] =~ m{^host/sandbox} },
	'lib', 'host', 'daemon', 'tools');
rule('Xen is known to its transport only', sub { $_[1] !~ /^(xen|xs)\w*[.\/]/ ||
	$_[0] =~ m{^(daemon/transport/xen|tools/uefistored-dm)} },
	'lib', 'host', 'daemon', 'tools');

my $archive = "$release/libuefivars.a";
my (%defined, %wanted);
my $object = '';
for my $line (qx(nm $archive)) {
	$object = $1 if $line =~ /^(\S+\.o):/;
	next unless $line =~ /^[0-9a-f]*\s+([A-Za-z])\s+(\S+)/;
	if ($1 eq 'U' || $1 eq 'w') { push @{$wanted{$2}}, $object } else { $defined{$2} = 1 }
}
ok($? == 0 && %wanted, "$archive can be read");
my %of_auth = map { s{.*/}{}r =~ s/\.c$/.o/r => 1 } glob 'lib/auth/*.c';
my @strange;
for my $symbol (sort keys %wanted) {
	next if $defined{$symbol} || $plain_symbol{$symbol} || $symbol =~ /^__(mem|str)\w+_chk$/;
	my @objects = grep { !($of_auth{$_} && $symbol =~ /^[A-Za-z]\w*_\w+$/ && openssl($symbol)) } @{$wanted{$symbol}};
	push @strange, "$symbol (@objects)" if @objects;
}
none('the library needs no file, socket, clock, environment or output', @strange);

# Is the symbol one that libcrypto exports?
my %libcrypto;
sub openssl {
	unless (%libcrypto) {
		my ($path) = map { /libcrypto\.so\S* => (\S+)/ } qx(ldd $release/create-auth);
		%libcrypto = map { (split)[2] =~ s/@.*//r => 1 } grep { (split) == 3 } qx(nm -D --defined-only $path);
	}
	return $libcrypto{$_[0]};
}

# Sections that can be written to, but for those that the loader makes read-only again (.data.rel.ro).
my @mutable = map { (split)[-1] } grep {
	/\s(\.t?bss|\.t?data|\*COM\*)(\.\S*)?\s+0*[1-9a-f][0-9a-f]*\s/ && !/\s\.data\.rel\.ro/
} qx(objdump -t $archive);
none('the library holds nothing that can change', @mutable);

done_testing();
