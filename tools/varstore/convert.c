/* SPDX-License-Identifier: GPL-2.0-only */
/* convert: a store in one form becomes a store in another, and what that loses is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store_file.h"
#include "efi/attributes.h"
#include "log.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/varstore/command.h"
#include "tools/varstore/image.h"

static const struct {
	const char *word; /* of --to, or behind the last dot of a file's name */
	enum image_form form;
} words[] = {
	{ "json", IMAGE_JSON }, { "vars", IMAGE_VARS },     { "blob", IMAGE_VARS },  { "dat", IMAGE_VARS },
	{ "bin", IMAGE_VARS },  { "base64", IMAGE_BASE64 }, { "b64", IMAGE_BASE64 },
};

static bool find_form(const char *word, enum image_form *form)
{
	for (size_t i = 0; word && i < G_N_ELEMENTS(words); i++) {
		if (g_ascii_strcasecmp(words[i].word, word) == 0) {
			*form = words[i].form;
			return true;
		}
	}
	return false;
}

static bool choose_form(const struct invocation *invocation, enum image_form *form)
{
	const char *output = invocation->argv[1], *dot = strrchr(output, '.');

	if (invocation->to) {
		if (find_form(invocation->to, form))
			return true;
		report("--to '%s': json, vars or base64 is expected", invocation->to);
		return false;
	}
	if (find_form(dot ? dot + 1 : NULL, form))
		return true;
	report("'%s': --to json, vars or base64 is expected, as the name does not tell it", output);
	return false;
}

/* Where the output is standard output, what is told goes beside it. */
static bool is_stdout(const char *output)
{
	return strcmp(output, "-") == 0;
}

static void tell_volatile(FILE *out, const struct image *image)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	char name[LOG_NAME_SIZE];

	while (uefivars_next(image->uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		if (!(variable.attributes & ATTR_NV))
			fprintf(out, "lost: %s: volatile\n", log_name(variable.name, variable.name_size, name));
	}
}

static size_t count_variables(const struct image *image, bool with_volatile)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	size_t count = 0;

	while (uefivars_next(image->uv, UEFIVARS_COMMITTED, &cursor, &variable))
		count += with_volatile || (variable.attributes & ATTR_NV);
	return count;
}

/* Tells what is in the image and will not be in the output. Returns whether anything is. */
static bool tell_losses(FILE *out, const struct image *image, enum image_form form)
{
	/* A save file stays one, and what another blob has besides variables goes along. */
	const bool all = form == IMAGE_VARS || (form == IMAGE_BASE64 && !image->running);
	const bool json_to_blob = image->form == IMAGE_JSON && form != IMAGE_JSON;
	const guint extras = image->json->extras->len;
	bool lost = false;

	/* JSON carries on what it cannot read. */
	for (guint i = 0; i < image->set_aside->len && !(image->form == IMAGE_JSON && form == IMAGE_JSON); i++) {
		fprintf(out, "lost: %s\n", (const char *)g_ptr_array_index(image->set_aside, i));
		lost = true;
	}
	if (json_to_blob && image->json->keys)
		fprintf(out, "lost: %s: keys of the store\n", image->json->keys);
	if (json_to_blob && extras)
		fprintf(out, "lost: further keys of %u variable%s\n", extras, extras == 1 ? "" : "s");
	lost = lost || (json_to_blob && (image->json->keys || extras));
	if (all)
		return lost;
	if (image->running) {
		tell_volatile(out, image);
		fprintf(out, "lost: whether the guest has left boot services\n");
	}
	if (image->has_mor_key)
		fprintf(out, "lost: the key of MemoryOverwriteRequestControlLock\n");
	if (image->has_ppi)
		fprintf(out, "lost: the registers of TPM physical presence\n");
	return lost || image->running || image->has_mor_key || image->has_ppi;
}

static bool write_output(const char *path, const GString *bytes)
{
	GError *error = NULL;
	struct store_file *file;
	bool ok;

	if (is_stdout(path))
		return fwrite(bytes->str, 1, bytes->len, stdout) == bytes->len;
	file = store_file_open(path, true, &error);
	ok = file && store_file_write(file, bytes->str, bytes->len, NULL, &error) == WRITE_DONE;

	if (error)
		report("%s", error->message);
	g_clear_error(&error);
	store_file_close(file);
	return ok;
}

static bool convert(struct image *image, const char *output, enum image_form form)
{
	FILE *out = is_stdout(output) ? stderr : stdout;
	GString *bytes;
	bool lost, ok;

	image->newline = true;
	/* What is not a save file any more has what survives a boot. */
	lost = tell_losses(out, image, form);
	image->running = image->running && form == IMAGE_VARS;
	bytes = image_write(image, form);
	ok = write_output(output, bytes);
	if (ok)
		fprintf(out, "%s: %zu variables as %s%s\n", output, count_variables(image, image->running),
			image_form_names[form], lost ? "" : ", nothing lost");
	g_string_free(bytes, TRUE);
	return ok;
}

static int run(const struct invocation *invocation)
{
	const char *input = invocation->argv[0];
	struct buffer content = { 0 };
	enum image_form form;
	struct image image;
	bool ok;

	if (!choose_form(invocation, &form))
		return invocation_usage_status(invocation);
	if (!file_read(input, &content))
		return EXIT_RUNTIME;
	ok = image_read(&image, input, content.data, content.size, NULL) && convert(&image, invocation->argv[1], form);
	image_clear(&image);
	buffer_free(&content);
	return ok ? EXIT_SUCCESS : EXIT_RUNTIME;
}

static const char convert_help[] = "Writes the variables in IN, in whatever form they are, to OUT: as JSON (.json),\n"
				   "VARS blob (.vars, .blob, .dat, .bin) or its base64 text (.base64, .b64). OUT may\n"
				   "be - for standard output. Tells what the other form cannot hold.\n"
				   "\n"
				   "      --to FORM          json, vars or base64, whatever OUT is called\n";

const struct command command_convert = {
	.name = "convert",
	.letters = "T",
	.operands = "IN OUT",
	.least = 2,
	.most = 2,
	.help = convert_help,
	.run = run,
};
