/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/secureboot-certs/inspect.h"

#include <stdio.h>
#include <string.h>

#include "auth/descriptor.h"
#include "efi/bytes.h"
#include "efi/signature_list.h"
#include "tools/secureboot-certs/keyset.h"
#include "tools/support/certificate_info.h"
#include "tools/support/report.h"

#define FIRST_YEAR 2023

/* Microsoft's certificates that machines need from 2026 on. */
static const struct successor {
	enum uefivars_key key;
	enum known_certificate known;
} successors[] = {
	{ UEFIVARS_KEK, KNOWN_KEK_2023 },
	{ UEFIVARS_DB, KNOWN_WINDOWS_2023 },
	{ UEFIVARS_DB, KNOWN_UEFI_2023 },
};

/* The signature lists of a file of the set; false where it is no authenticated update with such. */
static bool read_file(const struct buffer *file, struct auth_descriptor *descriptor)
{
	return file->size && descriptor_read(file->data, file->size, descriptor) &&
	       siglist_check(descriptor->payload.data, descriptor->payload.size, NULL);
}

/* ---- One set ---- */

static void print_certificate(const struct siglist_walk *walk)
{
	struct certificate_info info;

	certificate_info_read(&info, walk->data, walk->data_size);
	printf("    %s\n", info.subject);
	if (info.not_before[0])
		printf("      valid %s to %s%s\n", info.not_before, info.not_after, info.expired ? ", expired" : "");
	certificate_info_clear(&info);
}

/* Certificates one by one, everything else by number. */
static void print_lists(const struct auth_descriptor *descriptor)
{
	struct siglist_walk walk;

	siglist_begin(&walk, descriptor->payload.data, descriptor->payload.size);
	while (siglist_next(&walk)) {
		if (guid_equal(&walk.type, &guid_cert_x509))
			print_certificate(&walk);
	}
	for (size_t i = 0; i < siglist_types_count; i++) {
		size_t count = 0;

		siglist_begin(&walk, descriptor->payload.data, descriptor->payload.size);
		while (siglist_next(&walk))
			count += guid_equal(&walk.type, &siglist_types[i].guid);
		if (count && !guid_equal(&siglist_types[i].guid, &guid_cert_x509))
			printf("    %zu %s of %s\n", count, count == 1 ? "entry" : "entries", siglist_types[i].name);
	}
}

static void print_heading(enum uefivars_key key, const struct buffer *file, const struct auth_descriptor *descriptor)
{
	const uint8_t *time = descriptor->time.bytes;

	printf("  %s: %zu bytes, %s, %04u-%02u-%02u %02u:%02u:%02u UTC\n", keyset_names[key], file->size,
	       descriptor->signature.size ? "signed" : "without a signature", get_le16(time), time[2], time[3], time[4],
	       time[5], time[6]);
}

static bool print_set(const struct keyset *set, const char *where)
{
	struct auth_descriptor descriptor;
	bool ok = true;

	for (int i = 0; i < UEFIVARS_KEYS; i++) {
		const struct buffer *file = &set->files[i];

		if (!file->size) {
			printf("  %s: none\n", keyset_names[i]);
		} else if (read_file(file, &descriptor)) {
			print_heading((enum uefivars_key)i, file, &descriptor);
			print_lists(&descriptor);
		} else {
			fflush(stdout);
			report("%s: %s.auth is no authenticated update with EFI signature lists", where,
			       keyset_names[i]);
			ok = false;
		}
	}
	return ok;
}

/* ---- What is missing ---- */

/* What is of interest in one variable. */
struct content {
	bool has[KNOWN_CERTIFICATES];
	bool microsoft; /* there is one of Microsoft's */
	int last_year;  /* in which the newest certificate became valid */
};

static void read_content(const struct buffer *file, struct content *content)
{
	struct auth_descriptor descriptor;
	struct siglist_walk walk;

	memset(content, 0, sizeof *content);
	if (!read_file(file, &descriptor))
		return;
	siglist_begin(&walk, descriptor.payload.data, descriptor.payload.size);
	while (siglist_next(&walk)) {
		struct certificate_info info;

		if (!guid_equal(&walk.type, &guid_cert_x509))
			continue;
		certificate_info_read(&info, walk.data, walk.data_size);
		content->has[info.known] = true;
		content->microsoft = content->microsoft || info.known != KNOWN_NONE;
		content->last_year = MAX(content->last_year, info.first_year);
		certificate_info_clear(&info);
	}
}

/* Appends what a set lacks. An owner whose newer keys are all their own wants none of Microsoft's. */
static void find_missing(const struct keyset *set, GString *missing)
{
	for (size_t i = 0; i < G_N_ELEMENTS(successors); i++) {
		const struct successor *successor = &successors[i];
		struct content content;

		read_content(&set->files[successor->key], &content);
		if (content.has[successor->known] || (!content.microsoft && content.last_year >= FIRST_YEAR))
			continue;
		g_string_append_printf(missing, "%sno '%s' in %s", missing->len ? ", " : "",
				       known_certificate_name(successor->known), keyset_names[successor->key]);
	}
}

static void print_age(const struct keyset *set)
{
	GString *missing = g_string_new(NULL);

	find_missing(set, missing);
	if (missing->len)
		printf("  keys predate %d: %s\n", FIRST_YEAR, missing->str);
	else
		printf("  keys are of %d or later\n", FIRST_YEAR);
	g_string_free(missing, TRUE);
}

/* ---- Pool and hosts ---- */

static void print_names(const struct keyset *set)
{
	const char *between = "";

	for (int i = 0; i < UEFIVARS_KEYS; i++) {
		if (set->files[i].size) {
			printf("%s%s", between, keyset_names[i]);
			between = ", ";
		}
	}
	printf("%s\n", *between ? "" : "no certificates");
}

static bool inspect_own(const struct pool_host *host)
{
	char *where = g_strdup_printf("host %s (%s)", host->name, host->uuid);
	struct keyset own = { 0 };
	bool read = keyset_decode(&own, where, host->certificates), ok = read && !own.foreign;

	if (read) {
		printf("its own: ");
		print_names(&own);
		print_age(&own);
	} else {
		puts("its own, which cannot be read");
	}
	keyset_clear(&own);
	g_free(where);
	return ok;
}

/* `custom`: the pool's set where it counts for all hosts, else NULL. */
static bool inspect_host(const struct pool_host *host, const struct keyset *custom)
{
	printf("Host %s (%s): ", host->name, host->uuid);
	fflush(stdout);
	if (!custom)
		return inspect_own(host);
	puts("the pool's custom certificates");
	print_age(custom);
	return true;
}

static bool inspect_hosts(struct pool *pool, const struct keyset *custom)
{
	GPtrArray *hosts;
	bool ok = true;

	fflush(stdout);
	hosts = pool_hosts(pool);
	if (!hosts)
		return false;
	for (guint i = 0; i < hosts->len; i++)
		ok = inspect_host(g_ptr_array_index(hosts, i), custom) && ok;
	g_ptr_array_unref(hosts);
	return ok;
}

/* What there is for the pool, and for its hosts as far as that can be said. */
static bool inspect_certificates(struct pool *pool, enum pool_certificates which, const char *text)
{
	static const char *const words[] = {
		[POOL_CUSTOM] = "custom certificates",
		[POOL_BUILT_IN] = "no custom certificates; those that the hosts came with",
		[POOL_OLD] = "certificates",
	};
	char *where = g_strdup_printf("pool %s", pool_uuid(pool));
	struct keyset set = { 0 };
	bool read = keyset_decode(&set, where, text), ok = read && !set.foreign;

	printf("Pool %s: %s%s\n", pool_uuid(pool), words[which], read ? "" : ", which cannot be read");
	if (read)
		ok = print_set(&set, where) && ok;
	if (read || which != POOL_CUSTOM)
		ok = inspect_hosts(pool, which == POOL_CUSTOM ? &set : NULL) && ok;
	keyset_clear(&set);
	g_free(where);
	return ok;
}

bool inspect_pool(struct pool *pool)
{
	enum pool_certificates which;
	char *text = NULL;
	bool ok = pool_get(pool, &which, &text) && inspect_certificates(pool, which, text);

	g_free(text);
	return ok;
}
