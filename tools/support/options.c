/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/options.h"

#include <stdio.h>

#include "tools/support/report.h"

int options_next(int argc, char *const *argv, const char *letters, const struct option *options)
{
	int before = optind ? optind : 1, option;

	opterr = 0;
	option = getopt_long(argc, argv, letters, options, NULL);
	if (option == ':') {
		report("'%s' needs a value (see --help)", argv[optind - 1]);
		return '?';
	}
	if (option != '?')
		return option;
	/* A letter inside "-abc" leaves optind where it was. */
	if (optopt > 0 && optopt < 0x80 && (optind == before || argv[optind - 1][1] != '-'))
		report("'-%c' is no option (see --help)", optopt);
	else
		report("'%s' is no option, or takes no value (see --help)", argv[optind - 1]);
	return '?';
}

void options_restart(void)
{
	optind = 0;
}

void options_print_version(void)
{
	puts("uefistored " UEFISTORED_VERSION);
}
