/* SPDX-License-Identifier: GPL-2.0-only */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/xapi_session.h"
#include "efi/guid.h"
#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/varstore/command.h"

static const char machine_help[] = "\n"
				   "  -f, --file FILE        a JSON store, VARS blob, or its base64 text in the\n"
				   "                         place of UUID; is written back in the same form\n"
				   "  -s, --socket PATH      XAPI's, or its guard's, seen from the chroot;\n"
				   "                         default: " XAPI_SOCKET "\n"
				   "  -r, --chroot DIR       before XAPI is spoken to: all files outside of DIR,\n"
				   "  -g, --gid GID          the group and all others,\n"
				   "  -u, --uid UID          the user,\n"
				   "  -d, --depriv           and what else is not needed, are given up\n";

static const char common_help[] = "  -h, --help             this text (man varstore tells more)\n"
				  "      --version          the version\n"
				  "\n"
				  "GUID NAME may be one word: 'GUID NAME', NAME-GUID, or a well-known name alone.\n";

/* Letters of options that have none for the user. */
enum { JSON = 'J', RULES = 'R', TO = 'T', VERSION = 'V' };

#define MACHINE_LETTERS "fsrgud"

static const struct option options[] = {
	{ "file", required_argument, NULL, 'f' },   { "socket", required_argument, NULL, 's' },
	{ "chroot", required_argument, NULL, 'r' }, { "gid", required_argument, NULL, 'g' },
	{ "uid", required_argument, NULL, 'u' },    { "depriv", no_argument, NULL, 'd' },
	{ "attributes", no_argument, NULL, 'a' },   { "clone", no_argument, NULL, 'c' },
	{ "long", no_argument, NULL, 'l' },         { "keys", required_argument, NULL, 'k' },
	{ "json", no_argument, NULL, JSON },        { "rules", required_argument, NULL, RULES },
	{ "to", required_argument, NULL, TO },      { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, VERSION },  { NULL, 0, NULL, 0 },
};

int invocation_usage_status(const struct invocation *invocation)
{
	return invocation->installed ? EXIT_RUNTIME : EXIT_USAGE;
}

static void print_help(const struct invocation *invocation)
{
	const struct command *command = invocation->command;

	printf("Usage: varstore%c%s [OPTION...]%s%s%s\n", invocation->installed ? '-' : ' ', command->name,
	       command->machine ? " UUID|-f FILE" : "", *command->operands ? " " : "", command->operands);
	fputs(command->help, stdout);
	if (command->machine)
		fputs(machine_help, stdout);
	fputs(common_help, stdout);
}

/* Reads a user's or group's number: the largest one stands for none. */
static bool parse_id(const char *option, const char *text, unsigned int *id)
{
	unsigned long number;
	char *end;

	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || number >= UINT_MAX) {
		report("%s '%s': a number from 0 to %u is expected", option, text, UINT_MAX - 1);
		return false;
	}
	*id = (unsigned int)number;
	return true;
}

/* Takes one option; returns false where it is wrong. */
static bool take_option(struct invocation *invocation, int option)
{
	switch (option) {
	case 'f':
		invocation->file = optarg;
		return true;
	case 's':
		invocation->socket = optarg;
		return true;
	case 'r':
		invocation->chroot = optarg;
		return true;
	case 'g':
		invocation->has_gid = parse_id("-g", optarg, &invocation->gid);
		return invocation->has_gid;
	case 'u':
		invocation->has_uid = parse_id("-u", optarg, &invocation->uid);
		return invocation->has_uid;
	case 'd':
		invocation->depriv = true;
		return true;
	case 'a':
		invocation->attributes = true;
		return true;
	case 'c':
		invocation->clone = true;
		return true;
	case 'l':
		invocation->details = true;
		return true;
	case 'k':
		invocation->keys = optarg;
		return true;
	case JSON:
		invocation->json = true;
		return true;
	case RULES:
		invocation->rules = optarg;
		return true;
	case TO:
		invocation->to = optarg;
		return true;
	default:
		return false;
	}
}

static const char *long_name(int option)
{
	const struct option *row = options;

	while (row->name && row->val != option)
		row++;
	return row->name;
}

static bool is_option_of(const struct command *command, int option)
{
	return strchr(command->letters, option) || (command->machine && strchr(MACHINE_LETTERS, option));
}

static bool take_options(struct invocation *invocation, int argc, char **argv)
{
	int option;

	while ((option = options_next(argc, argv, ":f:s:r:g:u:daclk:h", options)) != -1) {
		if (option == 'h') {
			print_help(invocation);
			exit(EXIT_SUCCESS);
		}
		if (option == VERSION) {
			options_print_version();
			exit(EXIT_SUCCESS);
		}
		if (option == '?')
			return false;
		if (!is_option_of(invocation->command, option)) {
			report("--%s is no option of '%s' (see --help)", long_name(option), invocation->command->name);
			return false;
		}
		if (!take_option(invocation, option))
			return false;
	}
	return true;
}

/* Do the options make sense together? */
static bool check_options(const struct invocation *invocation)
{
	const char *mistake = NULL;

	if (!invocation->file)
		return true;
	if (invocation->socket)
		mistake = "-f is for a file and -s for XAPI: one of them is expected";
	else if (invocation->chroot || invocation->has_uid || invocation->has_gid || invocation->depriv)
		mistake = "-f is for a file, -r, -g, -u and -d are for XAPI";
	if (mistake)
		report("%s", mistake);
	return !mistake;
}

static bool take_uuid(struct invocation *invocation)
{
	struct efi_guid guid;

	if (!invocation->command->machine || invocation->file)
		return true;
	if (invocation->argc < 1) {
		report("the UUID of a machine, or -f FILE, is expected (see --help)");
		return false;
	}
	invocation->uuid = invocation->argv[0];
	if (!guid_parse(invocation->uuid, &guid)) {
		report("'%s' is no UUID: 36 characters like %s are expected", invocation->uuid,
		       "12345678-9abc-def0-1234-56789abcdef0");
		return false;
	}
	invocation->argc--;
	invocation->argv++;
	return true;
}

static bool check_operands(const struct invocation *invocation)
{
	const struct command *command = invocation->command;

	if (invocation->argc < command->least) {
		report("%s is expected%s (see --help)", command->operands,
		       command->machine ? invocation->file ? " behind -f FILE" : " behind the UUID" : "");
		return false;
	}
	if (invocation->argc > command->most) {
		report("'%s': nothing more is expected (see --help)", invocation->argv[command->most]);
		return false;
	}
	return true;
}

bool invocation_parse(struct invocation *invocation, int argc, char **argv)
{
	if (!take_options(invocation, argc, argv))
		return false;
	invocation->argc = argc - optind;
	invocation->argv = argv + optind;
	return check_options(invocation) && take_uuid(invocation) && check_operands(invocation);
}
