/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * varstore: a machine's variables from the host. One program for all commands: the first argument says which, or the
 * name by which it is run (varstore-ls, varstore-get, ...), which is how XAPI knows them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/varstore/command.h"

#define NAME_PREFIX "varstore-"

static const struct command *const commands[] = {
	&command_ls,     &command_get,     &command_set, &command_rm, &command_sb_state, &command_nvram_certcheck,
	&command_status, &command_convert,
};

static const char help[] = "Usage: varstore COMMAND [OPTION...] UUID|-f FILE [OPERAND...]\n"
			   "Looks at the UEFI variables of a virtual machine, and changes them: in XAPI's\n"
			   "database, or in a file.\n"
			   "\n"
			   "  ls                     list them\n"
			   "  get GUID NAME          write the value of one to standard output\n"
			   "  set GUID NAME ATTRIBUTES FILE\n"
			   "                         SetVariable with the file's bytes\n"
			   "  rm GUID NAME           remove one; -c: those that a clone must not have\n"
			   "  sb-state setup|user    remove PK, KEK, db and dbx; user: enroll the host's\n"
			   "  status                 Secure Boot: can it be on, why not, which keys\n"
			   "  convert IN OUT         a store into another form: JSON, VARS blob, base64\n"
			   "  nvram-certcheck FILE   does a store lack the host's certificates of 2023?\n"
			   "\n"
			   "  -h, --help             this text; varstore COMMAND --help: that of each\n"
			   "      --version          the version\n"
			   "\n"
			   "A command may also be run as varstore-COMMAND, by a link of that name to this\n"
			   "program. The exit status is 1, not 2, then for what was asked for wrongly.\n";

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int run(struct invocation *invocation, int argc, char **argv)
{
	int status;

	if (!invocation_parse(invocation, argc, argv))
		return invocation_usage_status(invocation);
	status = invocation->command->run(invocation);
	if ((fflush(stdout) || ferror(stdout)) && status == EXIT_SUCCESS) {
		report("standard output cannot be written");
		return EXIT_RUNTIME;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	const char *name = program_invocation_short_name;

	crypto_start();
	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0) {
		invocation.installed = true;
		invocation.command = find_command(name + strlen(NAME_PREFIX));
	}
	if (invocation.command)
		return run(&invocation, argc, argv);
	invocation.installed = false;
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		options_print_version();
		return EXIT_SUCCESS;
	}
	if (argc < 2) {
		report("a command is expected (see --help)");
		return EXIT_USAGE;
	}
	invocation.command = find_command(argv[1]);
	if (!invocation.command) {
		report("'%s' is no command (see --help)", argv[1]);
		return EXIT_USAGE;
	}
	return run(&invocation, argc - 1, argv + 1);
}
