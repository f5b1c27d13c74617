/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-guest/guest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/support/options.h"
#include "tools/support/report.h"

#define WORDS_MAX 16

/*
 * Splits a line at blanks, in place; "..." keeps blanks, '#' at the start of a word begins a comment. Returns the
 * number of words, or -1 (reported).
 */
static int split(char *line, char *words[WORDS_MAX + 1])
{
	int count = 0;

	for (;;) {
		while (isspace((unsigned char)*line))
			line++;
		if (*line == '\0' || *line == '#')
			break;
		if (count == WORDS_MAX) {
			report("more than %d words", WORDS_MAX);
			return -1;
		}
		if (*line == '"') {
			words[count++] = ++line;
			line = strchr(line, '"');
			if (!line) {
				report("a \" without its end");
				return -1;
			}
		} else {
			words[count++] = line;
			line += strcspn(line, " \t\r\n\f\v");
		}
		if (*line)
			*line++ = '\0';
	}
	words[count] = NULL;
	return count;
}

/* Finds the EFI_STATUS of that name. */
static bool parse_status(const char *text, uint64_t *status)
{
	if (strcmp(text, efi_status_name(EFI_SUCCESS)) == 0) {
		*status = EFI_SUCCESS;
		return true;
	}
	for (uint64_t number = 1; number < 64; number++) {
		if (strcmp(text, efi_status_name(EFI_ERROR_BIT | number)) == 0 && text[strlen(text) - 1] != ')') {
			*status = EFI_ERROR_BIT | number;
			return true;
		}
	}
	report("'%s' is no EFI status: a name like EFI_NOT_FOUND is expected", text);
	return false;
}

/* Carries out one command line: options anywhere, then the command. */
static int run_words(struct guest *guest, int count, char **words, uint64_t *status)
{
	const struct guest_options outer = guest->options;
	int first, error = EXIT_USAGE;

	options_restart();
	first = guest_parse_options(&guest->options, count, words, true);
	if (first > 0 && first < count)
		error = guest_command(guest, count - first, words + first, status);
	else if (first > 0)
		report("a command is expected");
	guest->options = outer;
	return error;
}

/* One line of the script: nothing, a command, or "expect STATUS" and a command. */
static int run_line(struct guest *guest, char *line)
{
	/* In front, a word that stands for the program's name, as getopt wants one. */
	char *words[WORDS_MAX + 2] = { program_invocation_short_name };
	uint64_t expected = EFI_SUCCESS, status = EFI_SUCCESS;
	int count = split(line, words + 1), skip = 0, error;

	if (count <= 0)
		return count ? EXIT_USAGE : 0;
	if (strcmp(words[1], "expect") == 0) {
		if (count < 3) {
			report("expect: a status and a command are expected");
			return EXIT_USAGE;
		}
		if (!parse_status(words[2], &expected))
			return EXIT_USAGE;
		skip = 2;
		words[skip] = words[0];
	}
	error = run_words(guest, count + 1 - skip, words + skip, &status);
	if (!error && status != expected) {
		report("%s where %s was expected", efi_status_name(status), efi_status_name(expected));
		error = EXIT_RUNTIME;
	}
	return error;
}

int guest_run_script(struct guest *guest, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	unsigned int number = 0;
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	if (!file) {
		report("%s: cannot be opened: %s", path, strerror(errno));
		return EXIT_RUNTIME;
	}
	while (!error && getline(&line, &room, file) >= 0) {
		report_place(path, ++number);
		error = run_line(guest, line);
	}
	report_place(NULL, 0);
	if (!error && ferror(file)) {
		report("%s: cannot be read: %s", path, strerror(errno));
		error = EXIT_RUNTIME;
	}
	free(line);
	if (file != stdin)
		fclose(file);
	return error;
}
