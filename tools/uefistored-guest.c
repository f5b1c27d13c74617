/* SPDX-License-Identifier: GPL-2.0-only */
/* uefistored-guest: a guest for the socket transport. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/support/report.h"
#include "tools/uefistored-guest/guest.h"

/* `run` and `bench` are whole sessions; the rest is one command, whose EFI error is ours. */
static int run(struct guest *guest, int argc, char *const *argv)
{
	uint64_t status = EFI_SUCCESS;
	int error;

	if (strcmp(argv[0], "run") == 0)
		return guest_run_script(guest, argv[1]);
	if (strcmp(argv[0], "bench") == 0)
		return guest_bench(guest);
	error = guest_command(guest, argc, argv, &status);
	if (error || status == EFI_SUCCESS)
		return error;
	report("%s: %s", argv[0], efi_status_name(status));
	return EXIT_RUNTIME;
}

static bool operands_make_sense(int argc, char *const *argv)
{
	if (argc < 1)
		report("a command is expected (see --help)");
	else if (strcmp(argv[0], "run") == 0 && argc != 2)
		report("run: one SCRIPT is expected");
	else if (strcmp(argv[0], "bench") == 0 && argc != 1)
		report("'%s': bench takes no operands", argv[1]);
	else
		return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct guest guest;
	int first, error;

	guest.options.socket = getenv(GUEST_SOCKET_VARIABLE);
	first = guest_parse_options(&guest.options, argc, argv, false);
	if (first == 0 || !operands_make_sense(argc - first, argv + first))
		return EXIT_USAGE;
	if (!guest.options.socket) {
		report("--socket PATH is expected (or $" GUEST_SOCKET_VARIABLE ")");
		return EXIT_USAGE;
	}
	if (!socket_client_open(&guest.connection, guest.options.socket, 0, SOCKET_CLIENT_TIMEOUT_MS)) {
		report("%s", guest.connection.error);
		return EXIT_RUNTIME;
	}
	error = run(&guest, argc - first, argv + first);
	socket_client_close(&guest.connection);
	if (fflush(stdout) || ferror(stdout)) {
		report("standard output cannot be written");
		return EXIT_RUNTIME;
	}
	return error;
}
