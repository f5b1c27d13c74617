/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/secureboot-certs/keyset.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>

#include "tools/support/file.h"
#include "tools/support/report.h"

#define SUFFIX ".auth"
#define TAR_BLOCK 512u
#define TAR_END (2u * TAR_BLOCK)

const char *const keyset_names[UEFIVARS_KEYS] = {
	[UEFIVARS_PK] = "PK",
	[UEFIVARS_KEK] = "KEK",
	[UEFIVARS_DB] = "db",
	[UEFIVARS_DBX] = "dbx",
};

bool keyset_find(const char *name, size_t length, enum uefivars_key *key)
{
	for (int i = 0; i < UEFIVARS_KEYS; i++) {
		if (strlen(keyset_names[i]) == length && strncmp(keyset_names[i], name, length) == 0) {
			*key = (enum uefivars_key)i;
			return true;
		}
	}
	return false;
}

bool keyset_is_empty(const struct keyset *set)
{
	for (int i = 0; i < UEFIVARS_KEYS; i++) {
		if (set->files[i].size)
			return false;
	}
	return true;
}

void keyset_clear(struct keyset *set)
{
	for (int i = 0; i < UEFIVARS_KEYS; i++)
		buffer_free(&set->files[i]);
	memset(set, 0, sizeof *set);
}

/* ---- Writing ---- */

static bool put_member(struct archive *tar, const char *name, const struct buffer *content)
{
	struct archive_entry *entry = archive_entry_new();
	char *path = g_strconcat(name, SUFFIX, NULL);
	bool ok;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)content->size);
	archive_entry_set_mtime(entry, time(NULL), 0);
	ok = archive_write_header(tar, entry) == ARCHIVE_OK &&
	     archive_write_data(tar, content->data, content->size) == (la_ssize_t)content->size;
	g_free(path);
	archive_entry_free(entry);
	return ok;
}

/* Writes the tar into `room` bytes. */
static bool put_members(const struct keyset *set, uint8_t *out, size_t room, size_t *size)
{
	struct archive *tar = archive_write_new();
	bool ok = archive_write_set_format_ustar(tar) == ARCHIVE_OK &&
		  archive_write_set_bytes_per_block(tar, TAR_BLOCK) == ARCHIVE_OK &&
		  archive_write_open_memory(tar, out, room, size) == ARCHIVE_OK;

	for (int i = 0; i < UEFIVARS_KEYS && ok; i++)
		ok = set->files[i].size == 0 || put_member(tar, keyset_names[i], &set->files[i]);
	ok = ok && archive_write_close(tar) == ARCHIVE_OK;
	if (!ok)
		report("the tar cannot be made: %s", archive_error_string(tar));
	archive_write_free(tar);
	return ok;
}

char *keyset_encode(const struct keyset *set)
{
	size_t room = TAR_END, size = 0;
	char *text = NULL;
	uint8_t *tar;

	for (int i = 0; i < UEFIVARS_KEYS; i++)
		room += 2 * TAR_BLOCK + set->files[i].size;
	tar = g_malloc0(room);
	if (put_members(set, tar, room, &size))
		text = g_base64_encode(tar, size);
	g_free(tar);
	return text;
}

/* ---- Reading ---- */

/* The digits of the text without blanks; NULL where it is no base64. */
static char *base64_digits(const char *text)
{
	char *digits = g_malloc(strlen(text) + 1), *end = digits;
	size_t padding = 0;

	for (; *text; text++) {
		if (g_ascii_isspace(*text))
			continue;
		padding += *text == '=';
		if (*text == '=' ? padding > 2 : padding || !(g_ascii_isalnum(*text) || *text == '+' || *text == '/'))
			break;
		*end++ = *text;
	}
	if (*text || (end - digits) % 4 != 0) {
		g_free(digits);
		return NULL;
	}
	*end = '\0';
	return digits;
}

/* The key that a member is for: XAPI looks at the last part of its path. */
static bool find_member(struct archive_entry *entry, enum uefivars_key *key)
{
	const char *path = archive_entry_pathname(entry), *base;
	size_t length;

	if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return false;
	base = strrchr(path, '/');
	base = base ? base + 1 : path;
	length = strlen(base);
	return length > strlen(SUFFIX) && strcmp(base + length - strlen(SUFFIX), SUFFIX) == 0 &&
	       keyset_find(base, length - strlen(SUFFIX), key);
}

static void report_foreign(const char *where, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	char *shown = g_strescape(path ? path : "(unreadable name)", NULL);

	report("%s: '%s' in the tar is not one of the files PK.auth, KEK.auth, db.auth and dbx.auth", where, shown);
	g_free(shown);
}

/* Reads the member that the tar stands on. */
static bool take_content(struct archive *tar, struct archive_entry *entry, const char *where, const char *name,
			 struct buffer *out)
{
	const la_int64_t size = archive_entry_size(entry);

	if (out->size) {
		report("%s: the tar has %s%s twice", where, name, SUFFIX);
		return false;
	}
	if (size <= 0 || (size_t)size > FILE_READ_MAX) {
		report("%s: %s%s in the tar has %lld bytes", where, name, SUFFIX, (long long)size);
		return false;
	}
	if (archive_read_data(tar, buffer_reserve(out, (size_t)size), (size_t)size) != (la_ssize_t)size) {
		report("%s: %s%s cannot be read from the tar: %s", where, name, SUFFIX,
		       archive_error_string(tar) ? archive_error_string(tar) : "it is cut short");
		return false;
	}
	out->size = (size_t)size;
	return true;
}

static bool take_member(struct keyset *set, struct archive *tar, struct archive_entry *entry, const char *where)
{
	enum uefivars_key key;

	if (archive_entry_filetype(entry) == AE_IFDIR)
		return true;
	if (find_member(entry, &key))
		return take_content(tar, entry, where, keyset_names[key], &set->files[key]);
	report_foreign(where, entry);
	set->foreign++;
	return true;
}

static bool take_members(struct keyset *set, struct archive *tar, const char *where)
{
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(tar, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
		if (!take_member(set, tar, entry, where))
			return false;
	}
	if (status != ARCHIVE_EOF)
		report("%s: the tar cannot be read: %s", where, archive_error_string(tar));
	else if (keyset_is_empty(set) && !set->foreign)
		report("%s: the tar is empty", where);
	return status == ARCHIVE_EOF && (!keyset_is_empty(set) || set->foreign);
}

static bool read_tar(struct keyset *set, const char *where, const uint8_t *bytes, size_t size)
{
	struct archive *tar = archive_read_new();
	bool ok;

	archive_read_support_format_tar(tar);
	if (archive_read_open_memory(tar, bytes, size) == ARCHIVE_OK) {
		ok = take_members(set, tar, where);
	} else {
		report("%s: a tar was expected: %s", where, archive_error_string(tar));
		ok = false;
	}
	archive_read_free(tar);
	return ok;
}

bool keyset_decode(struct keyset *set, const char *where, const char *text)
{
	char *digits = base64_digits(text);
	gsize size;
	guchar *bytes;
	bool ok;

	if (!digits) {
		report("%s: the base64 text of a tar was expected", where);
		return false;
	}
	bytes = g_base64_decode(digits, &size);
	ok = *digits == '\0' || read_tar(set, where, bytes, size);
	g_free(bytes);
	g_free(digits);
	return ok;
}
