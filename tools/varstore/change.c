/* SPDX-License-Identifier: GPL-2.0-only */
/* set and rm: changes of single variables. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/varstore/clone.h"
#include "tools/varstore/vm.h"

/* ---- set ---- */

static int set(const struct invocation *invocation, const struct variable_name *name, uint32_t attributes,
	       const struct buffer *value)
{
	struct vm *vm = vm_open(invocation, VM_CREATE, name);
	uint64_t status;
	bool ok;

	if (!vm)
		return EXIT_RUNTIME;
	status = vm_set(vm, name, attributes, value->data, value->size);
	if (status != EFI_SUCCESS)
		vm_report(vm, name, status);
	ok = status == EFI_SUCCESS && vm_store(vm);
	if (ok && !vm->image.found)
		report("%s: nothing was stored before: as there is no first boot any more, the host's keys will not be "
		       "enrolled by themselves (sb-state user does it)",
		       vm->source);
	vm_close(vm);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static int run_set(const struct invocation *invocation)
{
	const int used_behind = 2;
	struct buffer value = { 0 };
	struct variable_name name;
	uint32_t attributes;
	char *const *rest;
	int status, used = variable_name_parse(&name, invocation->argc - used_behind, invocation->argv);

	if (used == 0)
		return invocation_usage_status(invocation);
	if (invocation->argc != used + used_behind) {
		report("GUID NAME, and then ATTRIBUTES and FILE are expected (see --help)");
		return invocation_usage_status(invocation);
	}
	rest = invocation->argv + used;
	if (!attributes_parse(rest[0], &attributes)) {
		report("'%s' are no attributes: a number (7, 0x27) or words (NV,BS,RT,AT,APPEND) are expected",
		       rest[0]);
		return invocation_usage_status(invocation);
	}
	if (!file_read(rest[1], &value))
		return EXIT_RUNTIME;
	status = set(invocation, &name, attributes, &value);
	buffer_free(&value);
	return status;
}

static const char set_help[] = "Sets a variable to the bytes of a file, as a guest's SetVariable does. Where it\n"
			       "is authenticated the file is an .auth file; nobody has to have signed it.\n"
			       "An empty file, or attributes 0, remove a variable that is not authenticated.\n"
			       "ATTRIBUTES are a number (7, 0x27, 047) or words (NV,BS,RT); APPEND appends.\n";

const struct command command_set = {
	.name = "set",
	.letters = "",
	.operands = "GUID NAME ATTRIBUTES FILE",
	.least = 3,
	.most = 4,
	.machine = true,
	.help = set_help,
	.run = run_set,
};

/* ---- rm ---- */

/* What cannot be removed stays: a clone is made all the same. */
static void remove_from_clone(struct vm *vm, const struct variable_name *name)
{
	char text[VARIABLE_NAME_TEXT_SIZE], guid[GUID_TEXT_SIZE];
	uint64_t status = vm_remove(vm, name);

	variable_name_format(name->name, name->size, text);
	guid_format(&name->guid, guid);
	if (status == EFI_SUCCESS)
		printf("%s %s: removed\n", guid, text);
	else if (status == EFI_NOT_FOUND)
		printf("%s %s: is not there\n", guid, text);
	else
		vm_report(vm, name, status);
}

static int remove_clone_variables(const struct invocation *invocation)
{
	/* The rules are outside of the chroot. */
	GPtrArray *names = clone_read(invocation->rules);
	struct vm *vm;
	bool ok;

	if (!names)
		return EXIT_RUNTIME;
	vm = vm_open(invocation, VM_CHANGE, NULL);
	if (vm) {
		for (guint i = 0; i < names->len; i++)
			remove_from_clone(vm, g_ptr_array_index(names, i));
	}
	ok = vm && vm_store(vm);
	vm_close(vm);
	g_ptr_array_free(names, TRUE);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static int remove_one(const struct invocation *invocation, const struct variable_name *name)
{
	struct vm *vm = vm_open(invocation, VM_CHANGE, NULL);
	uint64_t status;
	bool ok;

	if (!vm)
		return EXIT_RUNTIME;
	status = vm_remove(vm, name);
	if (status != EFI_SUCCESS)
		vm_report(vm, name, status);
	ok = status == EFI_SUCCESS && vm_store(vm);
	vm_close(vm);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static int run_rm(const struct invocation *invocation)
{
	struct variable_name name;
	int used = 0;

	if (invocation->clone && invocation->argc > 0) {
		report("'%s': with -c no variable is expected", invocation->argv[0]);
		return invocation_usage_status(invocation);
	}
	if (invocation->clone)
		return remove_clone_variables(invocation);
	if (invocation->argc == 0) {
		report("GUID NAME, or -c, is expected (see --help)");
		return invocation_usage_status(invocation);
	}
	used = variable_name_parse(&name, invocation->argc, invocation->argv);
	if (used == 0)
		return invocation_usage_status(invocation);
	if (used < invocation->argc) {
		report("'%s': nothing more is expected (see --help)", invocation->argv[used]);
		return invocation_usage_status(invocation);
	}
	return remove_one(invocation, &name);
}

static const char rm_help[] = "Removes a variable, authenticated or not.\n"
			      "\n"
			      "  -c, --clone            in its place all that a clone must not have: GUID and\n"
			      "                         name a line, in the files of\n"
			      "                         " CLONE_DIRECTORY "\n"
			      "      --rules DIR        the directory of these files\n";

const struct command command_rm = {
	.name = "rm",
	.letters = "cR",
	.operands = "[GUID NAME]",
	.most = 2,
	.machine = true,
	.help = rm_help,
	.run = run_rm,
};
