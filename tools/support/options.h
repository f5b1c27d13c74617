/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of the tools: getopt_long() with one clear line for each mistake. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <getopt.h>

/*
 * The next option as getopt_long() gives it, -1 after the last one (optind is then the first of the operands), or '?'
 * after a wrong one was reported. `letters` must begin with ':'.
 */
int options_next(int argc, char *const *argv, const char *letters, const struct option *options);

/* Starts again with another argv. */
void options_restart(void);

/* Prints "uefistored X.Y.Z", as every program of this project does. */
void options_print_version(void);

#endif
