/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-guest/guest.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/support/variable_name.h"

static const char help[] = "Usage: uefistored-guest [--socket PATH] [OPTION...] COMMAND [OPERAND...]\n"
			   "Does by hand what firmware and operating system do with a variable store.\n"
			   "\n"
			   "  get NAME           show the variable; signature databases by certificates\n"
			   "  set NAME FILE      SetVariable with the file's bytes (PK, KEK, db, dbx: .auth)\n"
			   "  append NAME FILE   the same with APPEND_WRITE\n"
			   "  delete NAME        SetVariable without data\n"
			   "  check NAME FILE    fail unless the variable has just these bytes\n"
			   "  list, info         all variables; space that is left and the platform's modes\n"
			   "  notify             tell that an image was refused by Secure Boot\n"
			   "  run SCRIPT         commands from a file ('-': stdin), one a line\n"
			   "  bench              measure round trips\n"
			   "\n"
			   "NAME is a well-known name alone (PK, Boot0001, ...), 'guid name', or Name-guid.\n"
			   "\n"
			   "  --socket PATH      where the daemon listens; default: $" GUEST_SOCKET_VARIABLE "\n"
			   "  --runtime          ask as after ExitBootServices\n"
			   "  --attributes ATTR  for set, append, delete: like NV,BS,RT,AT, or a number\n"
			   "  --hex DIGITS       the value in hexadecimal, in place of FILE\n"
			   "  --raw              get: the bytes alone\n"
			   "  --count N          bench: so many rounds\n"
			   "  --help, --version  this text (man uefistored-guest tells more); the version\n";

enum { SOCKET = 0x100, RUNTIME, ATTRIBUTES, HEX, RAW, COUNT, HELP, PROGRAM_VERSION };

static const struct option option_table[] = {
	{ "socket", required_argument, NULL, SOCKET },
	{ "runtime", no_argument, NULL, RUNTIME },
	{ "attributes", required_argument, NULL, ATTRIBUTES },
	{ "hex", required_argument, NULL, HEX },
	{ "raw", no_argument, NULL, RAW },
	{ "count", required_argument, NULL, COUNT },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, PROGRAM_VERSION },
	{ NULL, 0, NULL, 0 },
};

static bool set_count(struct guest_options *options, const char *text)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || count < 1 || count > 10000000) {
		report("--count: '%s': a number from 1 to 10000000 is expected", text);
		return false;
	}
	options->count = (unsigned int)count;
	return true;
}

/* Takes one option; returns false where it is wrong. */
static bool take_option(struct guest_options *options, int option)
{
	switch (option) {
	case SOCKET:
		options->socket = optarg;
		return true;
	case RUNTIME:
		options->runtime = true;
		return true;
	case ATTRIBUTES:
		options->has_attributes = attributes_parse(optarg, &options->attributes);
		if (!options->has_attributes)
			report("--attributes: '%s': words like NV,BS,RT,AT or a number are expected", optarg);
		return options->has_attributes;
	case HEX:
		options->hex = optarg;
		return true;
	case RAW:
		options->raw = true;
		return true;
	case COUNT:
		return set_count(options, optarg);
	case HELP:
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	case PROGRAM_VERSION:
		options_print_version();
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

int guest_parse_options(struct guest_options *options, int argc, char **argv, bool in_script)
{
	int option;

	while ((option = options_next(argc, argv, ":", option_table)) != -1) {
		if (in_script && (option == SOCKET || option == COUNT || option == HELP || option == PROGRAM_VERSION)) {
			report("'%s' is no option of a command", argv[optind - 1]);
			return 0;
		}
		if (!take_option(options, option))
			return 0;
	}
	return optind;
}
