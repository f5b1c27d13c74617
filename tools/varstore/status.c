/* SPDX-License-Identifier: GPL-2.0-only */
/* status: what can be said of a machine's Secure Boot. */
#include "tools/varstore/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/der.h"
#include "efi/signature_list.h"
#include "platform.h"
#include "tools/support/report.h"
#include "tools/varstore/certcheck.h"
#include "tools/varstore/vm.h"
#include "tools/varstore/vm_xapi.h"

static void add_line(GPtrArray *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_line(GPtrArray *lines, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(lines, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* ---- Keys ---- */

static void clear_certificate(gpointer info)
{
	certificate_info_clear(info);
}

static void add_entry(struct status_key *key, const struct siglist_walk *entry)
{
	struct der_certificate certificate;
	struct certificate_info info;

	if (!guid_equal(&entry->type, &guid_cert_x509) ||
	    !der_certificate(entry->data, entry->data_size, &certificate)) {
		key->others++;
		return;
	}
	certificate_info_read(&info, certificate.whole.data, certificate.whole.size);
	g_array_append_val(key->certificates, info);
}

static void read_time(const uint8_t time[16], char out[STATUS_TIME_SIZE])
{
	if (get_le16(time) != 0)
		snprintf(out, STATUS_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", get_le16(time), time[2], time[3],
			 time[4], time[5], time[6]);
}

static void read_key(const struct vm *vm, enum uefivars_key which, struct status_key *key)
{
	struct uefivars_variable variable;
	struct variable_name name;
	struct siglist_walk walk;

	key->certificates = g_array_new(FALSE, FALSE, sizeof(struct certificate_info));
	g_array_set_clear_func(key->certificates, clear_certificate);
	host_keys_variable(which, &name);
	key->present = vm_find(vm, &name, &variable);
	if (!key->present)
		return;
	key->size = variable.data_size;
	read_time(variable.timestamp, key->time);
	siglist_begin(&walk, variable.data, variable.data_size);
	while (siglist_next(&walk))
		add_entry(key, &walk);
}

static bool has_known(const struct status_key *key, enum known_certificate known)
{
	for (guint i = 0; i < key->certificates->len; i++) {
		if (g_array_index(key->certificates, struct certificate_info, i).known == known)
			return true;
	}
	return false;
}

/* ---- What follows from them ---- */

/* What Microsoft replaces, and what it means to have the old one alone. */
static const struct {
	enum uefivars_key key;
	enum known_certificate old, successor;
	const char *meaning;
} successions[] = {
	{ UEFIVARS_KEK, KNOWN_KEK_2011, KNOWN_KEK_2023,
	  "updates of db and dbx that Microsoft signs with the new key will be refused" },
	{ UEFIVARS_DB, KNOWN_WINDOWS_2011, KNOWN_WINDOWS_2023,
	  "Windows boot loaders that are signed with the new key will not start" },
	{ UEFIVARS_DB, KNOWN_UEFI_2011, KNOWN_UEFI_2023,
	  "boot loaders of other systems (shim) that are signed with the new key will not start" },
	{ UEFIVARS_DB, KNOWN_UEFI_2011, KNOWN_OPTION_ROM_2023,
	  "option ROMs of devices that are signed with the new key will not run" },
};

static void find_outdated(struct status *status)
{
	for (size_t i = 0; i < G_N_ELEMENTS(successions); i++) {
		const struct status_key *key = &status->keys[successions[i].key];

		if (has_known(key, successions[i].old) && !has_known(key, successions[i].successor))
			add_line(status->outdated,
				 "%s has Microsoft's certificate of 2011 (%s) but not that of 2023 (%s): %s",
				 keys_names[successions[i].key], known_certificate_name(successions[i].old),
				 known_certificate_name(successions[i].successor), successions[i].meaning);
	}
}

static void find_why_not(struct status *status)
{
	if (!status->stored)
		add_line(status->why_not, "nothing is stored yet: the host's keys are enrolled at the first boot");
	else if (!status->keys[UEFIVARS_PK].present)
		add_line(status->why_not, "there is no PK: the machine is in setup mode");
	if (status->stored && !status->keys[UEFIVARS_KEK].present)
		add_line(status->why_not, "there is no KEK");
	if (status->stored && !status->keys[UEFIVARS_DB].present)
		add_line(status->why_not, "there is no db: nothing is trusted");
	status->possible = status->why_not->len == 0;
}

static enum status_kek find_kek(const struct status *status)
{
	if (!status->keys[UEFIVARS_PK].present)
		return KEK_ANYBODY;
	return has_known(&status->keys[UEFIVARS_PK], KNOWN_DEVICES_PK) ? KEK_MICROSOFT : KEK_OWNER;
}

static enum status_wanted find_wanted(const struct vm *vm)
{
	char *text = vm->xapi ? vm_xapi_platform(vm->xapi, "secureboot") : NULL;
	enum status_wanted wanted = !text ? WANTED_UNKNOWN : platform_is_true(text) ? WANTED_YES : WANTED_NO;

	g_free(text);
	return wanted;
}

static size_t count_variables(const struct uefivars *uv)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	size_t count = 0;

	while (uefivars_next(uv, UEFIVARS_COMMITTED, &cursor, &variable))
		count += (variable.attributes & ATTR_NV) != 0;
	return count;
}

/* ---- All ---- */

static void gather(struct status *status, struct vm *vm, const struct keys *host_keys)
{
	struct uefivars_state state;

	uefivars_get_state(vm->image.uv, &state);
	status->source = vm->source;
	status->form = vm->xapi ? "XAPI" : image_form_names[vm->image.form];
	status->stored = vm->image.found;
	status->running = vm->image.running;
	status->secure_boot = state.secure_boot;
	status->variables = count_variables(vm->image.uv);
	status->set_aside = vm->image.set_aside->len;
	status->why_not = g_ptr_array_new_with_free_func(g_free);
	status->outdated = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		read_key(vm, (enum uefivars_key)i, &status->keys[i]);
	status->wanted = find_wanted(vm);
	find_why_not(status);
	find_outdated(status);
	status->kek = find_kek(status);
	status->host_keys = host_keys->directory;
	status->missing = certcheck_find_missing(vm->image.uv, host_keys);
	vm_space(vm, &status->space);
}

static void clear(struct status *status)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		g_array_free(status->keys[i].certificates, TRUE);
	g_ptr_array_free(status->why_not, TRUE);
	g_ptr_array_free(status->outdated, TRUE);
	g_ptr_array_free(status->missing, TRUE);
}

static int run_status(const struct invocation *invocation)
{
	struct keys host_keys = { 0 };
	struct status status = { 0 };
	struct vm *vm;

	if (!host_keys_read(&host_keys, invocation->keys)) {
		keys_clear(&host_keys);
		return EXIT_RUNTIME;
	}
	vm = vm_open(invocation, VM_READ, NULL);
	if (vm) {
		gather(&status, vm, &host_keys);
		if (invocation->json)
			status_print_json(&status);
		else
			status_print_text(&status);
		clear(&status);
	}
	keys_clear(&host_keys);
	if (!vm)
		return EXIT_RUNTIME;
	vm_close(vm);
	return EXIT_SUCCESS;
}

static const char status_help[] = "Tells whether Secure Boot is wanted, can be on, and why not; what is in PK, KEK,\n"
				  "db and dbx; which certificates of 2011 lack their successors; whether KEK can be\n"
				  "updated from inside; what only the host's keys have; how full the store is.\n"
				  "\n"
				  "      --json             for programs\n"
				  "  -k, --keys DIR         of the host's KEK.auth and db.auth; default:\n"
				  "                         " KEYS_DIRECTORIES "\n";

const struct command command_status = {
	.name = "status",
	.letters = "kJ",
	.operands = "",
	.machine = true,
	.help = status_help,
	.run = run_status,
};
