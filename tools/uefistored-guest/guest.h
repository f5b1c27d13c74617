/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of uefistored-guest. */
#ifndef UEFISTORED_GUEST_H
#define UEFISTORED_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/support/socket_client.h"

/* The environment variable that says where the daemon listens, where --socket does not. */
#define GUEST_SOCKET_VARIABLE "UEFISTORED_SOCKET"

/* How commands are carried out. */
struct guest_options {
	const char *socket;
	bool runtime;        /* as after ExitBootServices */
	bool raw;            /* get: the bytes alone */
	bool has_attributes; /* --attributes was given */
	uint32_t attributes;
	const char *hex;    /* the value, where it is not a file; NULL: it is */
	unsigned int count; /* bench: rounds of each kind; 0: the default */
};

struct guest {
	struct socket_client connection;
	struct guest_options options;
};

/*
 * Parses options into *options; returns the index of the first operand in argv (which is reordered), or 0 where an
 * option is wrong (reported). `in_script` refuses what only makes sense for the whole program. --help and --version end
 * the program.
 */
int guest_parse_options(struct guest_options *options, int argc, char **argv, bool in_script);

/*
 * Carries out one command with its operands. Returns 0 where the guest got an answer, with the answer's EFI_STATUS in
 * *status; else the tool's exit status, with the reason reported.
 */
int guest_command(struct guest *guest, int argc, char *const *argv, uint64_t *status);

/* `run`: the commands of a script, one a line, as docs in the help text. Returns the tool's exit status. */
int guest_run_script(struct guest *guest, const char *path);

/* `bench`: measures round trips. Returns the tool's exit status. */
int guest_bench(struct guest *guest);

/* Reports that the daemon did not answer, and why. Returns EXIT_RUNTIME. */
int guest_report_no_answer(const struct guest *guest);

#endif
