/* SPDX-License-Identifier: GPL-2.0-only */
/* secureboot-certs: the keys that new machines of a pool get, in XAPI's pool object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "backend/xapi_session.h"
#include "tools/secureboot-certs/inspect.h"
#include "tools/secureboot-certs/keyset.h"
#include "tools/secureboot-certs/material.h"
#include "tools/secureboot-certs/pool.h"
#include "tools/support/file.h"
#include "tools/support/options.h"
#include "tools/support/report.h"

static const char help[] = "Usage: secureboot-certs [OPTION...] install [PK [KEK [db [dbx]]]]\n"
			   "       secureboot-certs [OPTION...] clear | report | extract CERT FILE\n"
			   "The Secure Boot keys that the machines of a pool get at their first boot.\n"
			   "\n"
			   "  install      custom keys for all hosts of the pool. Each of PK, KEK, db and\n"
			   "               dbx is a file (PEM, DER, EFI signature lists, .auth) or a word:\n"
			   "                 default  the host's own file, else as 'latest'\n"
			   "                 latest   (KEK, db, dbx) what Microsoft publishes, downloaded\n"
			   "                 none     (dbx) no revocations\n"
			   "  clear        the hosts' own keys again\n"
			   "  report       which certificates there are, whose, until when, on which hosts\n"
			   "  extract      write CERT (PK, KEK, db or dbx) as an .auth file\n"
			   "\n"
			   "  -s, --socket PATH      XAPI's socket; default: " XAPI_SOCKET "\n"
			   "      --user-agent TEXT  what downloads say they are\n"
			   "      --url NAME=URL     download NAME (KEK, db, dbx) there; may be repeated\n"
			   "      --list-urls        what is downloaded otherwise\n"
			   "      --defaults DIR     the directory of the files that 'default' means\n"
			   "      --pk-priv KEY      sign a certificate that is given as PK\n"
			   "  -h, --help             this text (man secureboot-certs tells more)\n"
			   "      --version          the version\n";

#define DEFAULT_WORD "default"

struct job {
	const char *socket;
	struct material_options material;
	const char *words[UEFIVARS_KEYS]; /* install: what each key is to be */
	enum uefivars_key key;            /* extract */
	const char *file;                 /* extract */
	bool (*run)(const struct job *job);
};

enum { OPTION_VERSION = 0x100, OPTION_USER_AGENT, OPTION_URL, OPTION_DEFAULTS, OPTION_PK_PRIVATE, OPTION_LIST_URLS };

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "user-agent", required_argument, NULL, OPTION_USER_AGENT },
	{ "url", required_argument, NULL, OPTION_URL },
	{ "list-urls", no_argument, NULL, OPTION_LIST_URLS },
	{ "defaults", required_argument, NULL, OPTION_DEFAULTS },
	{ "pk-priv", required_argument, NULL, OPTION_PK_PRIVATE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* ---- The commands ---- */

static bool store(const struct job *job, const struct keyset *set)
{
	char *text = keyset_encode(set);
	struct pool *pool = text ? pool_open(job->socket) : NULL;
	bool ok = pool && pool_set(pool, text);

	if (ok)
		printf("Installed for pool %s\n", pool_uuid(pool));
	pool_close(pool);
	g_free(text);
	return ok;
}

static bool install(const struct job *job)
{
	struct keyset set = { 0 };
	bool ok = true;

	for (int i = 0; i < UEFIVARS_KEYS && ok; i++)
		ok = material_get((enum uefivars_key)i, job->words[i], &job->material, &set.files[i]);
	ok = ok && store(job, &set);
	keyset_clear(&set);
	return ok;
}

static bool clear(const struct job *job)
{
	struct pool *pool = pool_open(job->socket);
	bool ok = pool && pool_set(pool, "");

	if (ok)
		printf("Cleared for pool %s\n", pool_uuid(pool));
	pool_close(pool);
	return ok;
}

static bool make_report(const struct job *job)
{
	struct pool *pool = pool_open(job->socket);
	bool ok = pool && inspect_pool(pool);

	pool_close(pool);
	return ok;
}

static bool extract(const struct job *job)
{
	struct pool *pool = pool_open(job->socket);
	struct keyset set = { 0 };
	enum pool_certificates which;
	char *text = NULL;
	bool ok = pool && pool_get(pool, &which, &text) && keyset_decode(&set, "the pool's certificates", text);

	if (ok && set.files[job->key].size == 0) {
		report("the pool has no %s", keyset_names[job->key]);
		ok = false;
	}
	ok = ok && file_write(job->file, set.files[job->key].data, set.files[job->key].size);
	keyset_clear(&set);
	g_free(text);
	pool_close(pool);
	return ok;
}

/* ---- What was asked for ---- */

static bool take_url(struct material_options *material, const char *text)
{
	const char *equals = strchr(text, '=');
	struct material_url *url = &material->urls[material->url_count];

	if (material->url_count == MATERIAL_URLS_MAX) {
		report("--url: at most %u", MATERIAL_URLS_MAX);
		return false;
	}
	if (!equals || !keyset_find(text, (size_t)(equals - text), &url->key) || url->key == UEFIVARS_PK ||
	    (strncmp(equals + 1, "http://", 7) != 0 && strncmp(equals + 1, "https://", 8) != 0)) {
		report("--url: '%s': KEK=, db= or dbx= and an address with http:// or https:// is expected", text);
		return false;
	}
	url->url = equals + 1;
	material->url_count++;
	return true;
}

static bool take_option(struct job *job, int option)
{
	switch (option) {
	case 's':
		job->socket = optarg;
		return true;
	case OPTION_USER_AGENT:
		job->material.user_agent = optarg;
		return true;
	case OPTION_URL:
		return take_url(&job->material, optarg);
	case OPTION_DEFAULTS:
		job->material.defaults = optarg;
		return true;
	case OPTION_PK_PRIVATE:
		job->material.pk_private = optarg;
		return true;
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	case OPTION_LIST_URLS:
		material_print_urls();
		exit(EXIT_SUCCESS);
	case OPTION_VERSION:
		options_print_version();
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

static bool parse_install(struct job *job, int count, char *const *operands)
{
	job->run = install;
	for (int i = 0; i < UEFIVARS_KEYS; i++) {
		job->words[i] = i < count ? operands[i] : DEFAULT_WORD;
		if (!material_check((enum uefivars_key)i, job->words[i]))
			return false;
	}
	if (job->material.pk_private && strcmp(job->words[UEFIVARS_PK], DEFAULT_WORD) == 0) {
		report("--pk-priv belongs to a file that is given as PK");
		return false;
	}
	return true;
}

static bool parse_extract(struct job *job, int count, char *const *operands)
{
	(void)count;
	job->run = extract;
	job->file = operands[1];
	if (keyset_find(operands[0], strlen(operands[0]), &job->key))
		return true;
	report("extract: '%s': PK, KEK, db or dbx is expected", operands[0]);
	return false;
}

static bool parse_clear(struct job *job, int count, char *const *operands)
{
	(void)count;
	(void)operands;
	job->run = clear;
	return true;
}

static bool parse_report(struct job *job, int count, char *const *operands)
{
	(void)count;
	(void)operands;
	job->run = make_report;
	return true;
}

static bool parse_command(struct job *job, int count, char *const *operands)
{
	static const struct {
		const char *name, *usage;
		int least, most;
		bool (*parse)(struct job *job, int count, char *const *operands);
	} commands[] = {
		{ "install", "install [PK [KEK [db [dbx]]]]", 0, UEFIVARS_KEYS, parse_install },
		{ "clear", "clear", 0, 0, parse_clear },
		{ "report", "report", 0, 0, parse_report },
		{ "extract", "extract CERT FILE", 2, 2, parse_extract },
	};

	for (size_t i = 0; count && i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(operands[0], commands[i].name) != 0)
			continue;
		if (count - 1 >= commands[i].least && count - 1 <= commands[i].most)
			return commands[i].parse(job, count - 1, operands + 1);
		report("'%s' is expected (see --help)", commands[i].usage);
		return false;
	}
	report("%s%s%sinstall, clear, report or extract is expected (see --help)", count ? "'" : "",
	       count ? operands[0] : "", count ? "': " : "");
	return false;
}

int main(int argc, char **argv)
{
	struct job job = { .socket = XAPI_SOCKET };
	int option, status;

	while ((option = options_next(argc, argv, ":s:h", options)) != -1) {
		if (!take_option(&job, option))
			return EXIT_USAGE;
	}
	if (!parse_command(&job, argc - optind, argv + optind))
		return EXIT_USAGE;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		report("libcurl does not start");
		return EXIT_RUNTIME;
	}
	status = job.run(&job) ? EXIT_SUCCESS : EXIT_RUNTIME;
	curl_global_cleanup();
	if (fflush(stdout) || ferror(stdout)) {
		report("standard output cannot be written");
		return EXIT_RUNTIME;
	}
	return status;
}
