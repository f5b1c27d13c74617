/* SPDX-License-Identifier: GPL-2.0-only */
/* create-auth: makes signed (or unsigned) time-based authenticated updates of variables. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/name.h"
#include "efi/signature_list.h"
#include "tools/support/certificates.h"
#include "tools/support/file.h"
#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/support/signing.h"
#include "tools/support/time_text.h"
#include "tools/support/variable_name.h"

/* Who "owns" the entries that we make, where -g does not tell. */
static const struct efi_guid default_owner =
	EFI_GUID_INIT(0xddc537e3u, 0x9fab, 0x49f8, 0xae, 0xe5, 0x45, 0x93, 0xa0, 0x03, 0xb1, 0xe4);

static const char help[] = "Usage: create-auth [OPTION...] VARIABLE OUT.auth [FILE...]\n"
			   "Makes a time-based authenticated update of a UEFI variable: what a guest's\n"
			   "SetVariable, or a key directory of uefistored, takes.\n"
			   "\n"
			   "VARIABLE is PK, KEK, db, dbx or another well-known name, 'guid name', or\n"
			   "Name-guid. FILEs are its new value: for a signature database certificates (PEM\n"
			   "or DER) or EFI signature lists, for another variable the value itself. Without\n"
			   "FILE the update deletes the variable.\n"
			   "\n"
			   "  -k, --key KEY          sign with this private key (PEM or DER; RSA or EC)\n"
			   "  -c, --cert CERT        its certificate, with more of the chain if there are.\n"
			   "                         Without both the signature is empty, for setup mode\n"
			   "  -t, --time TIME        YYYY-MM-DDTHH:MM:SSZ (UTC) or @SECONDS; default: now\n"
			   "  -g, --owner GUID       SignatureOwner of the certificates\n"
			   "  -a, --append           an update that is appended to what is there\n"
			   "  -A, --attributes ATTR  that are signed for, like NV,BS,RT,AT; default: the\n"
			   "                         variable's own\n"
			   "  -h, --help             this text (man create-auth tells more)\n"
			   "      --version          the version\n";

/* What was asked for. */
struct job {
	const char *key_path;
	const char *certificate_path;
	const char *output;
	char *const *files;
	int file_count;
	struct variable_name variable;
	struct efi_time time;
	struct efi_guid owner;
	uint32_t attributes; /* 0: the variable's own */
	bool append;
	bool database;
};

enum { OPTION_VERSION = 0x100 };

static const struct option options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "cert", required_argument, NULL, 'c' },
	{ "time", required_argument, NULL, 't' },
	{ "owner", required_argument, NULL, 'g' },
	{ "append", no_argument, NULL, 'a' },
	{ "attributes", required_argument, NULL, 'A' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static bool set_time(struct job *job, const char *text)
{
	if (time_parse(text, &job->time))
		return true;
	report("'%s' is no time: YYYY-MM-DDTHH:MM:SSZ or @SECONDS is expected", text);
	return false;
}

static bool set_owner(struct job *job, const char *text)
{
	if (guid_parse(text, &job->owner))
		return true;
	report("'%s' is no GUID: 36 characters like %s are expected", text, "ddc537e3-9fab-49f8-aee5-4593a003b1e4");
	return false;
}

static bool set_attributes(struct job *job, const char *text)
{
	if (!attributes_parse(text, &job->attributes)) {
		report("'%s' is no set of attributes: words like NV,BS,RT,AT or a number are expected", text);
		return false;
	}
	if ((job->attributes & ~ATTR_STORED) || !(job->attributes & ATTR_AT)) {
		report("'%s': AT with NV, BS and RT as wanted is expected (-a makes an append)", text);
		return false;
	}
	return true;
}

/* Takes one option; returns false where it is wrong. */
static bool take_option(struct job *job, int option)
{
	switch (option) {
	case 'k':
		job->key_path = optarg;
		return true;
	case 'c':
		job->certificate_path = optarg;
		return true;
	case 't':
		return set_time(job, optarg);
	case 'g':
		return set_owner(job, optarg);
	case 'a':
		job->append = true;
		return true;
	case 'A':
		return set_attributes(job, optarg);
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	case OPTION_VERSION:
		options_print_version();
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

static bool is_platform_key(const struct job *job)
{
	return job->database && name_is(job->variable.name, job->variable.size, "PK");
}

/* Do the options and operands make sense together? */
static bool check(const struct job *job)
{
	const char *mistake = NULL;

	if (!job->key_path != !job->certificate_path)
		mistake = "-k KEY and -c CERT belong together";
	else if (job->append && job->file_count == 0)
		mistake = "-a needs something to append";
	else if (!job->database && job->file_count > 1)
		mistake = "a variable that is no signature database has one FILE as its value";
	else if (job->append && is_platform_key(job))
		mistake = "PK holds exactly one certificate: it cannot be appended to";
	if (mistake)
		report("%s", mistake);
	return !mistake;
}

static bool parse(struct job *job, int argc, char **argv)
{
	int option, used;

	while ((option = options_next(argc, argv, ":k:c:t:g:aA:h", options)) != -1) {
		if (!take_option(job, option))
			return false;
	}
	if (argc - optind < 2) {
		report("VARIABLE and OUT.auth are expected (see --help)");
		return false;
	}
	used = variable_name_parse(&job->variable, argc - optind, argv + optind);
	if (used == 0)
		return false;
	if (argc - optind - used < 1) {
		report("OUT.auth is expected after the variable (see --help)");
		return false;
	}
	job->output = argv[optind + used];
	job->files = argv + optind + used + 1;
	job->file_count = argc - optind - used - 1;
	job->database = variable_name_is_signature_database(&job->variable);
	if (job->attributes == 0)
		job->attributes = variable_name_attributes(&job->variable) | ATTR_AT;
	if (job->append)
		job->attributes |= ATTR_APPEND;
	return check(job);
}

/* The rule of the specification for PK. */
static bool is_one_certificate(const struct buffer *lists)
{
	struct siglist_walk walk;

	siglist_begin(&walk, lists->data, lists->size);
	return siglist_next(&walk) && guid_equal(&walk.type, &guid_cert_x509) && !siglist_next(&walk);
}

/* Appends the variable's new value, or what is to be appended. */
static bool read_payload(const struct job *job, struct buffer *payload)
{
	for (int i = 0; i < job->file_count; i++) {
		if (job->database ? !signature_lists_read(job->files[i], &job->owner, payload) :
				    !file_read(job->files[i], payload))
			return false;
	}
	if (payload->size > UEFIVARS_DATA_MAX)
		report("%zu bytes of data: at most %u fit in a variable", payload->size, UEFIVARS_DATA_MAX);
	else if (job->file_count && payload->size == 0)
		report("%s: is empty; an update without FILE deletes the variable", job->files[0]);
	else if (job->file_count && is_platform_key(job) && !is_one_certificate(payload))
		report("PK holds exactly one certificate");
	else
		return true;
	return false;
}

static bool run(const struct job *job)
{
	struct buffer payload = { 0 }, update = { 0 };
	struct signer signer = { 0 };
	bool ok = read_payload(job, &payload) &&
		  (!job->key_path || signer_read(&signer, job->key_path, job->certificate_path)) &&
		  signing_make_update(&update, &job->variable, job->attributes, &job->time, &payload,
				      job->key_path ? &signer : NULL) &&
		  file_write(job->output, update.data, update.size);

	signer_free(&signer);
	buffer_free(&update);
	buffer_free(&payload);
	return ok;
}

int main(int argc, char **argv)
{
	struct job job = { .time = time_now(), .owner = default_owner };

	if (!parse(&job, argc, argv))
		return EXIT_USAGE;
	return run(&job) ? EXIT_SUCCESS : EXIT_RUNTIME;
}
