/* SPDX-License-Identifier: GPL-2.0-only */
/* status for people. */
#include <inttypes.h>
#include <stdio.h>

#include "tools/varstore/certcheck.h"
#include "tools/varstore/status.h"

#define LABEL "%-13s "

/* The lines, the first behind the label. */
static void print_lines(const char *label, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		printf(LABEL "%s\n", i == 0 ? label : "", (const char *)g_ptr_array_index(lines, i));
}

static const char *secure_boot_text(const struct status *status)
{
	if (status->running)
		return status->secure_boot ? "on, in the guest that was saved" : "off, in the guest that was saved";
	if (!status->stored)
		return "undecided";
	if (status->wanted == WANTED_NO)
		return status->possible ? "off: the host does not want it (it could be on)" :
					  "off: the host does not want it (and it could not be on)";
	if (status->wanted == WANTED_UNKNOWN)
		return status->possible ? "possible: it is on after the next start, if the host wants it" :
					  "impossible, whether or not the host wants it";
	return status->possible ?
		       "on after the next start" :
		       "WANTED, BUT IMPOSSIBLE: the daemon refuses to start the machine, or starts it unprotected "
		       "where secureboot_unmet=warn";
}

static void print_certificate(const struct certificate_info *info)
{
	printf(LABEL "%s", "", info->name);
	if (*info->not_after)
		printf(", %s %s", info->expired ? "expired" : "until", info->not_after);
	putchar('\n');
}

static void print_key(const char *name, const struct status_key *key)
{
	const guint certificates = key->certificates->len;

	if (!key->present) {
		printf(LABEL "none\n", name);
		return;
	}
	printf(LABEL, name);
	if (certificates)
		printf("%u certificate%s", certificates, certificates == 1 ? "" : "s");
	if (key->others)
		printf("%s%zu hash%s", certificates ? ", " : "", key->others, key->others == 1 ? "" : "es");
	printf(", %zu bytes", key->size);
	if (*key->time)
		printf(", signed %s", key->time);
	putchar('\n');
	for (guint i = 0; i < certificates; i++)
		print_certificate(&g_array_index(key->certificates, struct certificate_info, i));
}

static const char *kek_text(enum status_kek kek)
{
	switch (kek) {
	case KEK_ANYBODY:
		return "by anybody: without a PK no signature is needed";
	case KEK_MICROSOFT:
		return "yes: the PK is Microsoft's for devices, for which it publishes signed updates";
	case KEK_OWNER:
		break;
	}
	return "only with an update that the owner of the PK has signed: it is not the PK for which Microsoft signs";
}

static void print_host(const struct status *status)
{
	if (!status->host_keys) {
		printf(LABEL "none\n", "host's keys");
		return;
	}
	printf(LABEL "%s: %s\n", "host's keys", status->host_keys,
	       status->missing->len ? "the machine lacks" :
				      "the machine lacks none of their certificates of 2023 or later");
	for (guint i = 0; i < status->missing->len; i++) {
		const struct certcheck_missing *missing = g_ptr_array_index(status->missing, i);

		printf(LABEL "in %s %s\n", "", keys_names[missing->key], missing->name);
	}
	if (status->missing->len)
		printf(LABEL "(varstore sb-state user puts the host's keys in place of the machine's)\n", "");
}

static void print_space(const struct status *status)
{
	const uint64_t used = status->space.maximum - status->space.remaining;

	printf(LABEL "%zu, %" PRIu64 " of %" PRIu64 " bytes (%" PRIu64 " %%), free for one more: %" PRIu64 "\n",
	       "variables", status->variables, used, status->space.maximum, used * 100 / status->space.maximum,
	       status->space.maximum_variable);
}

void status_print_text(const struct status *status)
{
	static const char *const wanted[] = { "no", "yes",
					      "not known here: it is the host's setting platform:secureboot" };

	printf(LABEL "%s (%s%s)\n", "store", status->source, status->form,
	       status->running ? ", the saved state of a guest" : "");
	printf(LABEL "%s\n", "wanted", wanted[status->wanted]);
	printf(LABEL "%s\n", "Secure Boot", secure_boot_text(status));
	print_lines("why not", status->why_not);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		print_key(keys_names[i], &status->keys[i]);
	print_lines("outdated", status->outdated);
	printf(LABEL "%s\n", "KEK updates", kek_text(status->kek));
	print_host(status);
	print_space(status);
	if (status->set_aside)
		printf(LABEL "%zu record%s cannot be right and %s set aside\n", "", status->set_aside,
		       status->set_aside == 1 ? "" : "s", status->set_aside == 1 ? "is" : "are");
}
