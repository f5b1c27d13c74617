/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nvram-certcheck: XAPI asks it about each machine whose variables it was given by somebody who does not tell whether
 * the certificates are up to date. It runs as root, on what a guest may have written, and must not ask XAPI anything.
 */
#include "tools/varstore/certcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/der.h"
#include "efi/signature_list.h"
#include "tools/support/certificate_info.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/varstore/command.h"
#include "tools/varstore/depriv.h"
#include "tools/varstore/image.h"

static const enum uefivars_key checked[] = { UEFIVARS_KEK, UEFIVARS_DB };

/* The next X.509 entry, without its owner and padding. */
static bool next_certificate(struct siglist_walk *walk, struct der_bytes *whole)
{
	struct der_certificate certificate;

	while (siglist_next(walk)) {
		if (!guid_equal(&walk->type, &guid_cert_x509) ||
		    !der_certificate(walk->data, walk->data_size, &certificate))
			continue;
		*whole = certificate.whole;
		return true;
	}
	return false;
}

static bool find_variable(const struct uefivars *uv, enum uefivars_key key, struct uefivars_variable *variable)
{
	struct variable_name name;
	const void *cursor = NULL;

	host_keys_variable(key, &name);
	while (uefivars_next(uv, UEFIVARS_COMMITTED, &cursor, variable)) {
		if (variable->name_size == name.size && memcmp(variable->name, name.name, name.size) == 0 &&
		    memcmp(variable->guid, name.guid.bytes, sizeof variable->guid) == 0)
			return true;
	}
	return false;
}

static bool has_certificate(const struct uefivars *uv, enum uefivars_key key, const struct der_bytes *wanted)
{
	struct uefivars_variable variable;
	struct siglist_walk walk;
	struct der_bytes present;

	if (!find_variable(uv, key, &variable))
		return false;
	siglist_begin(&walk, variable.data, variable.data_size);
	while (next_certificate(&walk, &present)) {
		if (der_equal(&present, wanted))
			return true;
	}
	return false;
}

static void free_missing(gpointer pointer)
{
	struct certcheck_missing *missing = pointer;

	g_free(missing->name);
	g_free(missing);
}

static void add_missing(GPtrArray *missing, const struct uefivars *uv, enum uefivars_key key,
			const struct der_bytes *wanted)
{
	struct certificate_info info;

	/* Only what the host has is looked into by OpenSSL. */
	certificate_info_read(&info, wanted->data, wanted->size);
	if (info.first_year >= CERTCHECK_FIRST_YEAR && !has_certificate(uv, key, wanted)) {
		struct certcheck_missing *one = g_new0(struct certcheck_missing, 1);

		one->key = key;
		one->name = g_strdup(info.name);
		g_ptr_array_add(missing, one);
	}
	certificate_info_clear(&info);
}

/* A machine without any keys was never enrolled, or taken to setup mode: when it is, it gets those that the host has
 * then. */
static bool has_keys(const struct uefivars *uv)
{
	struct uefivars_variable variable;

	return find_variable(uv, UEFIVARS_KEK, &variable) || find_variable(uv, UEFIVARS_DB, &variable);
}

GPtrArray *certcheck_find_missing(const struct uefivars *uv, const struct keys *keys)
{
	GPtrArray *missing = g_ptr_array_new_with_free_func(free_missing);

	for (size_t i = 0; i < G_N_ELEMENTS(checked) && has_keys(uv); i++) {
		struct siglist_walk walk;
		struct der_bytes wanted;
		size_t size = 0;
		const uint8_t *lists = host_keys_lists(keys, checked[i], &size);

		if (!lists && keys->files[checked[i]].data)
			report("%s: is not looked at: no authenticated update with signature lists",
			       keys->paths[checked[i]]);
		if (!lists)
			continue;
		siglist_begin(&walk, lists, size);
		while (next_certificate(&walk, &wanted))
			add_missing(missing, uv, checked[i], &wanted);
	}
	return missing;
}

/* What cannot be read has nothing that could be brought up to date, and XAPI wants one of the two words. */
static void check(const char *path, const struct buffer *content, const struct keys *keys)
{
	bool required = false;
	struct image image;

	if (image_read(&image, path, content->data, content->size, NULL)) {
		GPtrArray *missing = certcheck_find_missing(image.uv, keys);

		required = missing->len > 0;
		g_ptr_array_free(missing, TRUE);
	}
	image_clear(&image);
	puts(required ? "update_required" : "update_ok");
}

static int run(const struct invocation *invocation)
{
	const char *path = invocation->argv[0];
	struct buffer content = { 0 };
	struct keys keys = { 0 };
	bool ok = file_read(path, &content) && host_keys_read_readable(&keys, invocation->keys);

	if (ok) {
		depriv_all();
		check(path, &content, &keys);
	}
	keys_clear(&keys);
	buffer_free(&content);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static const char nvram_certcheck_help[] =
	"Prints update_required where the KEK or the db in FILE (any form of a store)\n"
	"lacks a certificate, valid from 2023 or later, that the host's KEK.auth or\n"
	"db.auth has. Else it prints update_ok, also for what is no store.\n"
	"\n"
	"  -k, --keys DIR         of KEK.auth and db.auth; default:\n"
	"                         " KEYS_DIRECTORIES "\n";

const struct command command_nvram_certcheck = {
	.name = "nvram-certcheck",
	.letters = "k",
	.operands = "FILE",
	.least = 1,
	.most = 1,
	.help = nvram_certcheck_help,
	.run = run,
};
