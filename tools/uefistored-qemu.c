/* SPDX-License-Identifier: GPL-2.0-only */
/* uefistored-qemu: a QEMU machine whose UEFI variables are kept by uefistored. */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/uefistored-qemu/command.h"
#include "tools/uefistored-qemu/directory.h"
#include "tools/uefistored-qemu/run.h"

#define MEMORY_DEFAULT 1024
/* Firmware and what it needs; and what is a slip of the pen. */
#define MEMORY_MIN 64
#define MEMORY_MAX (1 << 24)

static const char help[] = "Usage: uefistored-qemu [OPTION...] STORE [-- QEMU-OPTION...]\n"
			   "Prints the commands of a q35 machine whose UEFI variables are kept in the file\n"
			   "STORE, or runs them.\n"
			   "\n"
			   "  --run                     run the machine until it is switched off; after a\n"
			   "                            reset it begins anew\n"
			   "  --firmware FILE           the image; default: what is installed or was built\n"
			   "  --memory MIB              the machine's memory (1024)\n"
			   "  --directory DIR           where memory and doorbell are, in a file system in\n"
			   "                            memory; default with --run: a new one\n"
			   "  --keys DIR                for the daemon: PK.auth, KEK.auth, db.auth, dbx.auth\n"
			   "  --secure-boot true|false  for the daemon: is Secure Boot wanted?\n"
			   "  --qemu PROGRAM            QEMU (qemu-system-x86_64)\n"
			   "  --help                    this text (man uefistored-qemu tells more)\n"
			   "  --version                 the version\n";

enum { RUN = 1, FIRMWARE, MEMORY, DIRECTORY, KEYS, SECURE_BOOT, QEMU, VERSION, HELP };

static const struct option options[] = {
	{ "run", no_argument, NULL, RUN },
	{ "firmware", required_argument, NULL, FIRMWARE },
	{ "memory", required_argument, NULL, MEMORY },
	{ "directory", required_argument, NULL, DIRECTORY },
	{ "keys", required_argument, NULL, KEYS },
	{ "secure-boot", required_argument, NULL, SECURE_BOOT },
	{ "qemu", required_argument, NULL, QEMU },
	{ "version", no_argument, NULL, VERSION },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

struct call {
	struct machine machine;
	bool run;
};

static bool parse_memory(const char *text, int *memory)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, MEMORY_MIN, MEMORY_MAX, &number, NULL)) {
		report("--memory: a number of MiB from %d was expected, not '%s'", MEMORY_MIN, text);
		return false;
	}
	*memory = (int)number;
	return true;
}

static void take_text(char **to, const char *value)
{
	g_free(*to);
	*to = g_strdup(value);
}

static bool take(struct call *call, int option)
{
	struct machine *machine = &call->machine;

	switch (option) {
	case RUN:
		call->run = true;
		return true;
	case FIRMWARE:
		take_text(&machine->firmware, optarg);
		return true;
	case MEMORY:
		return parse_memory(optarg, &machine->memory);
	case DIRECTORY:
		take_text(&machine->directory, optarg);
		directory_trim(machine->directory);
		return true;
	case KEYS:
		take_text(&machine->keys, optarg);
		return true;
	case QEMU:
		take_text(&machine->qemu, optarg);
		return true;
	case SECURE_BOOT:
		take_text(&machine->secure_boot, optarg);
		if (strcmp(optarg, "true") == 0 || strcmp(optarg, "false") == 0)
			return true;
		report("--secure-boot: true or false was expected, not '%s'", optarg);
		return false;
	default:
		return false;
	}
}

/* What is left open is filled in. */
static bool complete(struct call *call)
{
	struct machine *machine = &call->machine;

	if (!machine->qemu)
		machine->qemu = g_strdup("qemu-system-x86_64");
	if (!machine->firmware)
		machine->firmware = machine_installed_firmware();
	if (!machine->firmware) {
		report("no firmware is installed: --firmware FILE was expected (make firmware builds it)");
		return false;
	}
	if (!call->run && !machine->directory) {
		char *name = g_path_get_basename(machine->store);

		machine->directory = g_strdup_printf("/dev/shm/uefistored-%s", name);
		g_free(name);
	}
	return true;
}

static void print_command(char **command)
{
	for (; *command; command++) {
		const bool plain = **command && strspn(*command, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
								 "0123456789-_=,./:+@%") == strlen(*command);
		char *quoted = plain ? g_strdup(*command) : g_shell_quote(*command);

		printf("%s%s", quoted, command[1] ? " " : "");
		g_free(quoted);
	}
}

static int print(const struct machine *machine)
{
	/* Not -p: in a place like /dev/shm somebody else may have made it, and would have the machine's memory. */
	const char *const directory[] = { "mkdir", "-m", "700", machine->directory, NULL };
	char **daemon, **qemu = machine_qemu(machine, -1);

	if (!qemu)
		return EXIT_RUNTIME;
	daemon = machine_daemon(machine);
	print_command((char **)directory);
	fputs(" && {\n", stdout);
	print_command(daemon);
	fputs(" &\n", stdout);
	print_command(qemu);
	fputs("\n}\n", stdout);
	if (directory_exists(machine->directory))
		report("%s is there already, so these commands will fail: remove it first, or name another one by "
		       "--directory",
		       machine->directory);
	g_strfreev(daemon);
	g_strfreev(qemu);
	if (fflush(stdout) == 0)
		return EXIT_SUCCESS;
	report("stdout cannot be written: %s", strerror(errno));
	return EXIT_RUNTIME;
}

static int run(struct machine *machine)
{
	const bool own = !machine->directory;
	int directory, status = EXIT_RUNTIME;

	/* Before the daemon: a first boot enrolls keys. */
	if (!g_file_test(machine->firmware, G_FILE_TEST_IS_REGULAR)) {
		report("--firmware %s: there is no such file", machine->firmware);
		return EXIT_RUNTIME;
	}
	if (own) {
		machine->directory = g_strdup("/dev/shm/uefistored-qemu-XXXXXX");
		if (!g_mkdtemp(machine->directory)) {
			report("%s: cannot be made: %s", machine->directory, strerror(errno));
			return EXIT_RUNTIME;
		}
	}
	directory = directory_take(machine->directory);
	if (directory >= 0)
		status = run_machine(machine);
	if (own)
		rmdir(machine->directory);
	if (directory >= 0)
		close(directory);
	return status;
}

static void clear(struct machine *machine)
{
	g_free(machine->store);
	g_free(machine->directory);
	g_free(machine->firmware);
	g_free(machine->qemu);
	g_free(machine->keys);
	g_free(machine->secure_boot);
}

static int serve(struct call *call, int argc, char **argv)
{
	int option;

	/* Only what stands in front of "--" is ours, so that a wrong option is not taken for QEMU's. */
	while ((option = options_next(argc, argv, ":", options)) != -1) {
		if (option == HELP)
			return fputs(help, stdout) < 0;
		if (option == VERSION) {
			options_print_version();
			return EXIT_SUCCESS;
		}
		if (!take(call, option))
			return EXIT_USAGE;
	}
	if (argc - optind != 1) {
		report("one STORE was expected (see --help)");
		return EXIT_USAGE;
	}
	call->machine.store = g_strdup(argv[optind]);
	if (!complete(call))
		return EXIT_USAGE;
	return call->run ? run(&call->machine) : print(&call->machine);
}

int main(int argc, char **argv)
{
	struct call call = { .machine.memory = MEMORY_DEFAULT };
	int count = 0, status;

	while (count < argc && strcmp(argv[count], "--") != 0)
		count++;
	if (count < argc) {
		call.machine.more = argv + count + 1;
		argv[count] = NULL;
	}
	status = serve(&call, count, argv);
	clear(&call.machine);
	return status;
}
