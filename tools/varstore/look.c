/* SPDX-License-Identifier: GPL-2.0-only */
/* ls and get: what a machine's variables are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tools/support/report.h"
#include "tools/varstore/vm.h"

/* ---- ls ---- */

/* "2024-02-29T01:02:03Z", or "-" where the variable was never signed. */
static void format_time(const uint8_t time[16], char *out, size_t room)
{
	static const uint8_t never[16];

	if (memcmp(time, never, sizeof never) == 0)
		snprintf(out, room, "-");
	else
		snprintf(out, room, "%04u-%02u-%02uT%02u:%02u:%02uZ", get_le16(time), time[2], time[3], time[4],
			 time[5], time[6]);
}

static void print_details(const struct uefivars_variable *variable)
{
	char attributes[ATTRIBUTES_TEXT_SIZE], time[32];

	attributes_format(variable->attributes, attributes);
	format_time(variable->timestamp, time, sizeof time);
	printf(" %-11s %7zu %20s", attributes, variable->data_size, time);
}

/* XAPI splits each line at its first blanks: GUID, then name. */
static void print_variable(const struct uefivars_variable *variable, bool details)
{
	char name[VARIABLE_NAME_TEXT_SIZE], guid_text[GUID_TEXT_SIZE];
	struct efi_guid guid;

	memcpy(guid.bytes, variable->guid, sizeof guid.bytes);
	guid_format(&guid, guid_text);
	variable_name_format(variable->name, variable->name_size, name);
	fputs(guid_text, stdout);
	if (details)
		print_details(variable);
	printf(" %s\n", name);
}

static int run_ls(const struct invocation *invocation)
{
	struct vm *vm = vm_open(invocation, VM_READ, NULL);
	struct uefivars_variable variable;
	const void *cursor = NULL;

	if (!vm)
		return EXIT_RUNTIME;
	while (uefivars_next(vm->image.uv, UEFIVARS_COMMITTED, &cursor, &variable))
		print_variable(&variable, invocation->details);
	vm_close(vm);
	return EXIT_SUCCESS;
}

static const char ls_help[] = "Lists a machine's variables: GUID and name, a line each; also those that the\n"
			      "daemon makes at each start, as they would be after a start with Secure Boot off.\n"
			      "\n"
			      "  -l, --long             attributes, size and time before the name\n";

const struct command command_ls = {
	.name = "ls",
	.letters = "l",
	.operands = "",
	.machine = true,
	.help = ls_help,
	.run = run_ls,
};

/* ---- get ---- */

/* In the words of the specification, which scripts look for. */
static void print_attributes(uint32_t attributes)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} rows[] = {
		{ ATTR_NV, "NON_VOLATILE" },
		{ ATTR_BS, "BOOTSERVICE_ACCESS" },
		{ ATTR_RT, "RUNTIME_ACCESS" },
		{ ATTR_HR, "HARDWARE_ERROR_RECORD" },
		{ ATTR_AT, "TIME_BASED_AUTHENTICATED_WRITE_ACCESS" },
		{ ATTR_APPEND, "APPEND_WRITE" },
		{ ATTR_ENHANCED, "ENHANCED_AUTHENTICATED_ACCESS" },
		{ ATTR_AW, "AUTHENTICATED_WRITE_ACCESS" },
	};

	printf("Attributes = 0x%08x (%u)\n", attributes, attributes);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (attributes & rows[i].bit)
			printf("EFI_VARIABLE_%s\n", rows[i].name);
	}
}

static int print_value(const struct vm *vm, const struct variable_name *name, bool attributes)
{
	struct uefivars_variable variable;

	if (!vm_find(vm, name, &variable)) {
		char text[VARIABLE_NAME_TEXT_SIZE];

		variable_name_format(name->name, name->size, text);
		report("%s: EFI_NOT_FOUND: no such variable", text);
		return EXIT_RUNTIME;
	}
	if (attributes)
		print_attributes(variable.attributes);
	else
		fwrite(variable.data, 1, variable.data_size, stdout);
	return EXIT_SUCCESS;
}

static int run_get(const struct invocation *invocation)
{
	struct variable_name name;
	int status, used = variable_name_parse(&name, invocation->argc, invocation->argv);
	struct vm *vm;

	if (used == 0)
		return invocation_usage_status(invocation);
	if (used < invocation->argc) {
		report("'%s': nothing more is expected (see --help)", invocation->argv[used]);
		return invocation_usage_status(invocation);
	}
	vm = vm_open(invocation, VM_READ, NULL);
	if (!vm)
		return EXIT_RUNTIME;
	status = print_value(vm, &name, invocation->attributes);
	vm_close(vm);
	return status;
}

static const char get_help[] = "Writes the value of a variable to standard output, byte for byte.\n"
			       "\n"
			       "  -a, --attributes       in its place the attributes: a number, a name a line\n";

const struct command command_get = {
	.name = "get",
	.letters = "a",
	.operands = "GUID NAME",
	.least = 1,
	.most = 2,
	.machine = true,
	.help = get_help,
	.run = run_get,
};
