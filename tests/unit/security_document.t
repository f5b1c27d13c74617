#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# docs/security.md names tests that show what this program has not got wrong: each of them exists.
use strict;
use warnings;
use Test::More;

my $path = 'docs/security.md';
open my $document, '<', $path or die "$path: $!";
my (%contents, $file, @missing);
my ($files, $names) = (0, 0);
while (my $line = <$document>) {
	# A code span that begins with tests/ is a file; those behind it that begin with / are names of tests in it.
	$file = undef;
	while ($line =~ /`([^`]+)`/g) {
		my $span = $1;
		if ($span =~ m{^tests/}) {
			$file = $span;
			$files++;
			push @missing, "$path:$.: $file is not there" unless -e $file;
		} elsif ($span =~ m{^/} && $file) {
			$names++;
			next unless -f $file;
			$contents{$file} //= do { local (@ARGV, $/) = ($file); <> };
			push @missing, "$path:$.: $file has no test $span" unless index($contents{$file}, qq("$span")) >= 0;
		}
	}
	my @cells = split /\|/, $line;
	push @missing, "$path:$.: a class without a test" if @cells == 5 && $. > 1 && $line =~ /^\| (?!---|class|who)/ &&
		$cells[3] !~ m{`tests/};
}
ok($files > 40 && $names > 40, 'the document names tests');
is(join("\n", @missing), '', 'all of them exist');
done_testing;
