/* SPDX-License-Identifier: GPL-2.0-only */
/* The benchmark: the variable services in this process, without a socket, and the daemon's start, memory and writes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/cases.h"

struct options {
	bool json;
	const char *filter;
	const char *daemon;
};

static const char usage[] = "usage: bench [--json] [--filter NAME] [--daemon PATH]\n"
			    "  --json         print JSON alone\n"
			    "  --filter NAME  only what has NAME in its name (get-hit, append, boot, ready, ...)\n"
			    "  --daemon PATH  the daemon to measure; default: uefistored beside this program\n";

/* Exits where the options say so. */
static void read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "filter", required_argument, NULL, 'f' },
		{ "daemon", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'j':
			options->json = true;
			break;
		case 'f':
			options->filter = optarg;
			break;
		case 'd':
			options->daemon = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			exit(2); /* getopt_long() said why */
		}
	}
	if (options->daemon && access(options->daemon, X_OK)) {
		fprintf(stderr, "bench: --daemon: %s: no program that can be run\n", options->daemon);
		exit(2);
	}
	if (optind < argc) {
		fprintf(stderr, "bench: unexpected argument: %s\n", argv[optind]);
		exit(2);
	}
}

/* The daemon that was built beside this program. */
static void find_daemon(char *path, size_t room)
{
	ssize_t size = readlink("/proc/self/exe", path, room - 1);
	char *slash;

	path[size > 0 ? size : 0] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash ? slash + 1 : path, room - (size_t)(slash ? slash + 1 - path : 0), "uefistored");
}

int main(int argc, char **argv)
{
	struct options options = { .json = false };
	struct report report = { .count = 0 };
	const char *daemon;
	char beside[4096];

	read_options(argc, argv, &options);
	report.filter = options.filter;
	find_daemon(beside, sizeof beside);
	daemon = options.daemon ? options.daemon : beside;
	/* First, while this process is on no one processor: the daemon would be on that one with it. */
	if (access(daemon, X_OK)) {
		fprintf(stderr, "bench: %s: %s; the daemon is not measured\n", daemon, strerror(errno));
	} else {
		bench_process(&report, daemon);
		bench_xapi(&report, daemon);
	}
	measure_pin();
	bench_services(&report);
	bench_signed(&report);
	bench_boots(&report);
	if (report.count == 0)
		die("nothing to measure has a name like %s", options.filter ? options.filter : "that");
	if (options.json)
		report_print_json(&report);
	else
		report_print_table(&report);
	return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
