/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/secureboot-certs/material.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "auth/descriptor.h"
#include "efi/attributes.h"
#include "efi/signature_list.h"
#include "tools/secureboot-certs/download.h"
#include "tools/secureboot-certs/keyset.h"
#include "tools/support/certificate_info.h"
#include "tools/support/certificates.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/support/signing.h"
#include "tools/support/time_text.h"
#include "tools/support/variable_name.h"

#define DEFAULT_WORD "default"
#define LATEST_WORD "latest"
#define NONE_WORD "none"

/* Where a host keeps the keys that it came with: packages of today, and the one of before. */
static const char *const default_directories[] = { "/usr/share/varstored", "/usr/share/uefistored" };

/* Who "owns" the entries that we make: Microsoft its own, and create-auth's owner all others. */
static const struct efi_guid owner_microsoft =
	EFI_GUID_INIT(0x77fa9abdu, 0x0359, 0x4d32, 0xbd, 0x60, 0x28, 0xf4, 0xe7, 0x8f, 0x78, 0x4b);
static const struct efi_guid owner_other =
	EFI_GUID_INIT(0xddc537e3u, 0x9fab, 0x49f8, 0xae, 0xe5, 0x45, 0x93, 0xa0, 0x03, 0xb1, 0xe4);

#define MICROSOFT "https://www.microsoft.com/pkiops/certs/"
#define MICROSOFT_OBJECTS "https://github.com/microsoft/secureboot_objects/raw/refs/heads/main/PostSignedObjects/"

/* What Microsoft publishes. A certificate must be the one that is known: it decides what may boot. */
static const struct source {
	enum uefivars_key key;
	const char *url;
	enum known_certificate known;
} sources[] = {
	{ UEFIVARS_KEK, MICROSOFT "MicCorKEKCA2011_2011-06-24.crt", KNOWN_KEK_2011 },
	{ UEFIVARS_KEK, MICROSOFT "microsoft%20corporation%20kek%202k%20ca%202023.crt", KNOWN_KEK_2023 },
	{ UEFIVARS_DB, MICROSOFT "MicWinProPCA2011_2011-10-19.crt", KNOWN_WINDOWS_2011 },
	{ UEFIVARS_DB, MICROSOFT "windows%20uefi%20ca%202023.crt", KNOWN_WINDOWS_2023 },
	{ UEFIVARS_DB, MICROSOFT "MicCorUEFCA2011_2011-06-27.crt", KNOWN_UEFI_2011 },
	{ UEFIVARS_DB, MICROSOFT "microsoft%20uefi%20ca%202023.crt", KNOWN_UEFI_2023 },
	{ UEFIVARS_DB, MICROSOFT "microsoft%20option%20rom%20uefi%20ca%202023.crt", KNOWN_OPTION_ROM_2023 },
	{ UEFIVARS_DBX, MICROSOFT_OBJECTS "DBX/amd64/DBXUpdate.bin", KNOWN_NONE },
};

/* An update in the making. */
struct draft {
	enum uefivars_key key;
	const struct material_options *options;
	struct buffer lists;           /* the new value; empty where `auth` is a whole update already */
	struct buffer *auth;           /* what is made */
	const char *certificates_path; /* the file that the lists are from, or NULL */
};

void material_print_urls(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
		printf("%-3s  %s\n", keyset_names[sources[i].key], sources[i].url);
}

bool material_check(enum uefivars_key key, const char *word)
{
	if (strcmp(word, NONE_WORD) == 0 && key != UEFIVARS_DBX)
		report("%s: 'none' is for dbx: 'default' or a file is expected", keyset_names[key]);
	else if (strcmp(word, LATEST_WORD) == 0 && key == UEFIVARS_PK)
		report("PK: 'latest' is for KEK, db and dbx: 'default' or a file is expected");
	else if (*word == '\0')
		report("%s: 'default' or a file is expected", keyset_names[key]);
	else
		return true;
	return false;
}

/* The rule of the specification for PK. */
static bool is_one_certificate(const uint8_t *lists, size_t size)
{
	struct siglist_walk walk;

	siglist_begin(&walk, lists, size);
	return siglist_next(&walk) && guid_equal(&walk.type, &guid_cert_x509) && !siglist_next(&walk);
}

static bool check_lists(enum uefivars_key key, const char *source, const uint8_t *lists, size_t size)
{
	if (size == 0 || !siglist_check(lists, size, NULL))
		report("%s: an authenticated update with well-formed EFI signature lists was expected", source);
	else if (key == UEFIVARS_PK && !is_one_certificate(lists, size))
		report("%s: PK holds exactly one certificate", source);
	else
		return true;
	return false;
}

/* Takes what a file or download has. */
static bool take_content(struct draft *draft, const char *source, const struct buffer *content,
			 const struct efi_guid *owner)
{
	struct auth_descriptor descriptor;

	if (content->size == 0) {
		report("%s: is empty: certificates, EFI signature lists or an authenticated update was expected",
		       source);
		return false;
	}
	if (!descriptor_read(content->data, content->size, &descriptor))
		return !draft->auth->size && signature_lists_parse(source, content, owner, &draft->lists);
	if (draft->auth->size || draft->lists.size) {
		report("%s: an authenticated update cannot be put together with others", source);
		return false;
	}
	if (!check_lists(draft->key, source, descriptor.payload.data, descriptor.payload.size))
		return false;
	buffer_append(draft->auth, content->data, content->size);
	return true;
}

static bool take_file(struct draft *draft, const char *path)
{
	struct buffer content = { 0 };
	bool ok = file_read(path, &content) && take_content(draft, path, &content, &owner_other);

	draft->certificates_path = path;
	buffer_free(&content);
	return ok;
}

/* Is it the certificate that is published at the address? */
static bool is_known(const struct source *source, const struct buffer *content)
{
	struct certificate_info info;
	bool ok;

	if (source->known == KNOWN_NONE)
		return true;
	certificate_info_read(&info, content->data, content->size);
	ok = info.known == source->known;
	certificate_info_clear(&info);
	if (!ok)
		report("%s: is not the certificate '%s'", source->url, known_certificate_name(source->known));
	return ok;
}

static bool take_download(struct draft *draft, const struct source *source)
{
	struct buffer content = { 0 };
	bool ok = download(source->url, draft->options->user_agent, &content) && is_known(source, &content) &&
		  take_content(draft, source->url, &content, &owner_microsoft);

	buffer_free(&content);
	return ok;
}

static bool take_downloads(struct draft *draft)
{
	const struct material_options *options = draft->options;
	bool replaced = false, ok = true;

	for (size_t i = 0; i < options->url_count && ok; i++) {
		const struct source source = { options->urls[i].key, options->urls[i].url, KNOWN_NONE };

		if (source.key != draft->key)
			continue;
		replaced = true;
		ok = take_download(draft, &source);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sources) && !replaced && ok; i++)
		ok = sources[i].key != draft->key || take_download(draft, &sources[i]);
	return ok;
}

/* The host's own file, to be freed with g_free(); NULL where it has none. */
static char *find_default(const struct draft *draft)
{
	const char *const given[] = { draft->options->defaults };
	const char *const *directories = *given ? given : default_directories;
	const size_t count = *given ? 1 : G_N_ELEMENTS(default_directories);

	for (size_t i = 0; i < count; i++) {
		char *path = g_strdup_printf("%s/%s.auth", directories[i], keyset_names[draft->key]);

		if (access(path, F_OK) == 0)
			return path;
		g_free(path);
	}
	return NULL;
}

static bool take_default(struct draft *draft)
{
	char *path = find_default(draft);
	bool ok;

	if (!path && draft->key != UEFIVARS_PK)
		return take_downloads(draft);
	if (!path) {
		report("PK: there is no default PK: %s has no PK.auth; a file is expected, or --defaults DIR",
		       draft->options->defaults ? draft->options->defaults : "the host");
		return false;
	}
	ok = take_file(draft, path);
	draft->certificates_path = NULL;
	g_free(path);
	return ok;
}

/* Makes the update of the lists, for PK signed by itself where there is a key for that. */
static bool finish(struct draft *draft)
{
	char *word = (char *)keyset_names[draft->key];
	const char *key_path = draft->key == UEFIVARS_PK ? draft->options->pk_private : NULL;
	const struct efi_time now = time_now();
	struct variable_name name;
	struct signer signer = { 0 };
	bool ok;

	if (!check_lists(draft->key, word, draft->lists.data, draft->lists.size))
		return false;
	variable_name_parse(&name, 1, &word);
	ok = (!key_path || signer_read(&signer, key_path, draft->certificates_path)) &&
	     signing_make_update(draft->auth, &name, variable_name_attributes(&name) | ATTR_AT, &now, &draft->lists,
				 key_path ? &signer : NULL);
	signer_free(&signer);
	return ok;
}

static bool take_word(struct draft *draft, const char *word)
{
	if (strcmp(word, DEFAULT_WORD) == 0)
		return take_default(draft);
	if (strcmp(word, LATEST_WORD) == 0)
		return take_downloads(draft);
	return take_file(draft, word);
}

bool material_get(enum uefivars_key key, const char *word, const struct material_options *options, struct buffer *auth)
{
	struct draft draft = { .key = key, .options = options, .auth = auth };
	bool ok = true;

	if (strcmp(word, NONE_WORD) != 0) {
		ok = take_word(&draft, word) && (auth->size || finish(&draft));
		if (ok && auth->size > KEYSET_FILE_MAX) {
			report("%s: %zu bytes: at most %u can be enrolled", keyset_names[key], auth->size,
			       KEYSET_FILE_MAX);
			ok = false;
		}
	}
	buffer_free(&draft.lists);
	return ok;
}
