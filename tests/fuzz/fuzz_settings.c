/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file. The daemon's own files are in no library: the one under test is part of the target. */
#include "daemon/settings.c"

#include "tests/fuzz/fuzz.h"

/* What was taken makes a machine that starts. */
static void check_use(const struct settings *settings)
{
	struct uefivars_policy policy;
	struct uefivars *uv;

	uefivars_policy_default(&policy);
	policy.deployed = settings->deployed;
	policy.require_signed_pk = settings->require_signed_pk;
	policy.tpm = settings->tpm;
	policy.allow_names = (const struct uefivars_allowed_name *)(const void *)settings->allow_names->data;
	policy.allow_names_count = settings->allow_names->len;
	for (guint i = 0; i < settings->allow_names->len; i++) {
		const struct uefivars_allowed_name *name = &policy.allow_names[i];

		if (!name_valid(name->name, name->name_size) || name->name_size > UEFIVARS_NAME_LOAD_MAX)
			fuzz_broken("a name that no variable can have");
	}
	uv = uefivars_create(&policy, NULL);
	if (!uv || uefivars_start(uv, UEFIVARS_FIRST_BOOT, NULL, NULL) != UEFIVARS_OK)
		fuzz_broken("a machine does not start with these settings");
	uefivars_free(uv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)fuzz_exact(data, size);
	struct settings settings;
	GError *error = NULL;

	settings_init(&settings);
	if (settings_parse(&settings, text, size, "file", &error))
		check_use(&settings);
	else if (!error || error->code != EXIT_USAGE || !g_str_has_prefix(error->message, "file"))
		fuzz_broken("an error that does not name the file");
	g_clear_error(&error);
	settings_clear(&settings);
	g_free(text);
	return 0;
}
