/* SPDX-License-Identifier: GPL-2.0-only */
/* sb-state: the keys of Secure Boot are taken away, or replaced by the host's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/support/report.h"
#include "tools/varstore/vm.h"

/* With PK gone first, nothing that follows can be half of a user mode. */
static const enum uefivars_key removal_order[UEFIVARS_KEYS] = { UEFIVARS_PK, UEFIVARS_KEK, UEFIVARS_DB, UEFIVARS_DBX };

static void remove_keys(struct vm *vm, GString *done)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		struct variable_name name;
		uint64_t status;

		host_keys_variable(removal_order[i], &name);
		status = vm_remove(vm, &name);
		g_string_append_printf(done, "Removing %s: %s\n", keys_names[removal_order[i]],
				       status == EFI_SUCCESS   ? "done" :
				       status == EFI_NOT_FOUND ? "it is not there" :
								 uefivars_reason_text(vm->image.reason));
	}
}

static bool enroll_keys(struct vm *vm, const struct keys *keys, GString *done)
{
	static const enum uefivars_key order[] = { UEFIVARS_DBX, UEFIVARS_DB, UEFIVARS_KEK, UEFIVARS_PK };
	enum uefivars_key failed = UEFIVARS_PK;
	enum uefivars_reason reason = vm_enroll(vm, keys, &failed);

	if (reason != UEFIVARS_OK) {
		report("%s/%s.auth: cannot be enrolled: %s", keys->directory, keys_names[failed],
		       uefivars_reason_text(reason));
		return false;
	}
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		if (keys->files[order[i]].data)
			g_string_append_printf(done, "Enrolling %s/%s.auth: done\n", keys->directory,
					       keys_names[order[i]]);
		else
			g_string_append_printf(done, "Enrolling %s: the host has none\n", keys_names[order[i]]);
	}
	return true;
}

/* Without one of these the machine would end in setup mode, and without the keys that it had. */
static bool check_keys(const struct invocation *invocation, const struct keys *keys)
{
	static const enum uefivars_key required[] = { UEFIVARS_PK, UEFIVARS_KEK, UEFIVARS_DB };

	if (!keys->directory) {
		report("%s: no key files: PK.auth, KEK.auth and db.auth are expected",
		       invocation->keys ? invocation->keys : KEYS_DIRECTORIES);
		return false;
	}
	for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
		if (!keys->files[required[i]].data) {
			report("%s/%s.auth: is missing: there is no user mode without it", keys->directory,
			       keys_names[required[i]]);
			return false;
		}
	}
	return true;
}

static bool change(const struct invocation *invocation, const struct keys *keys)
{
	struct vm *vm = vm_open(invocation, VM_CREATE, NULL);
	GString *done;
	bool ok;

	if (!vm)
		return false;
	/* Told once it is stored: until then none of it is true. */
	done = g_string_new(NULL);
	ok = !keys || !vm->image.running;
	if (!ok)
		report("%s: is the saved state of a guest that runs: its keys can be removed here, but not replaced",
		       vm->source);
	if (ok) {
		remove_keys(vm, done);
		/* A store that is empty stays so no longer: at a first boot the daemon would enroll the host's keys. */
		vm->must_store = !vm->image.found;
		ok = (!keys || enroll_keys(vm, keys, done)) && vm_store(vm);
	}
	if (ok)
		printf("%s%s mode\n", done->str, keys ? "User" : "Setup");
	g_string_free(done, TRUE);
	vm_close(vm);
	return ok;
}

static int run_sb_state(const struct invocation *invocation)
{
	bool user = strcmp(invocation->argv[0], "user") == 0, ok;
	struct keys keys = { 0 };

	if (!user && strcmp(invocation->argv[0], "setup") != 0) {
		report("'%s': setup or user is expected", invocation->argv[0]);
		return invocation_usage_status(invocation);
	}
	/* The keys are outside of the chroot. */
	ok = !user || (host_keys_read(&keys, invocation->keys) && check_keys(invocation, &keys));
	ok = ok && change(invocation, user ? &keys : NULL);
	keys_clear(&keys);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static const char sb_state_help[] = "setup removes PK, KEK, db and dbx: the machine starts in setup mode. user\n"
				    "enrolls the host's in their place. All of that is stored at once, or nothing.\n"
				    "\n"
				    "  -k, --keys DIR         of PK.auth, KEK.auth, db.auth and dbx.auth; default:\n"
				    "                         " KEYS_DIRECTORIES "\n";

const struct command command_sb_state = {
	.name = "sb-state",
	.letters = "k",
	.operands = "setup|user",
	.least = 1,
	.most = 1,
	.machine = true,
	.help = sb_state_help,
	.run = run_sb_state,
};
