/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/support/report.h"

/* From this version on the time between two attempts to connect is told in milliseconds. */
#define RECONNECT_MS_MAJOR 9
#define RECONNECT_MS_MINOR 2

static void add(GPtrArray *vector, const char *argument)
{
	g_ptr_array_add(vector, g_strdup(argument));
}

static char **end(GPtrArray *vector)
{
	g_ptr_array_add(vector, NULL);
	return (char **)g_ptr_array_free(vector, FALSE);
}

/* A comma ends a value in QEMU's options; two are one. */
static char *escape(const char *value)
{
	char **parts = g_strsplit(value, ",", -1), *escaped = g_strjoinv(",,", parts);

	g_strfreev(parts);
	return escaped;
}

char *machine_doorbell(const struct machine *machine)
{
	return g_build_filename(machine->directory, "doorbell", NULL);
}

char *machine_memory(const struct machine *machine)
{
	return g_build_filename(machine->directory, "memory", NULL);
}

char *machine_state(const struct machine *machine)
{
	return g_build_filename(machine->directory, "state", NULL);
}

/* Of the directories, which begin at that of this program. Returns NULL where it is in none of them. */
static char *find_beside(const char *const *directories, const char *name)
{
	char *self = g_file_read_link("/proc/self/exe", NULL), *here = self ? g_path_get_dirname(self) : NULL;
	char real[PATH_MAX], *found = NULL;

	for (size_t i = 0; here && !found && directories[i]; i++) {
		char *path = g_build_filename(here, directories[i], name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			found = g_strdup(realpath(path, real));
		g_free(path);
	}
	g_free(here);
	g_free(self);
	return found;
}

char *machine_installed_firmware(void)
{
	static const char *const directories[] = { "../share/uefistored", "../firmware", NULL };

	return find_beside(directories, "uefistored-qemu.fd");
}

char **machine_daemon(const struct machine *machine)
{
	static const char *const directories[] = { ".", "../sbin", NULL };
	GPtrArray *vector = g_ptr_array_new();
	char *program = find_beside(directories, "uefistored"), *path;

	add(vector, program ? program : "uefistored");
	add(vector, "--qemu-memory");
	g_ptr_array_add(vector, machine_memory(machine));
	add(vector, "--doorbell");
	g_ptr_array_add(vector, machine_doorbell(machine));
	add(vector, "--state");
	g_ptr_array_add(vector, machine_state(machine));
	add(vector, "--backend");
	add(vector, "file");
	add(vector, "--arg");
	path = g_strdup_printf("path:%s", machine->store);
	g_ptr_array_add(vector, path);
	if (machine->keys) {
		add(vector, "--keys");
		add(vector, machine->keys);
	}
	if (machine->secure_boot) {
		add(vector, "--secure-boot");
		add(vector, machine->secure_boot);
	}
	g_free(program);
	return end(vector);
}

static bool find_version(const char *qemu, int *major, int *minor)
{
	const char *const command[] = { qemu, "--version", NULL };
	char *output = NULL;
	const char *number;
	bool ok;

	ok = g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
			  &output, NULL, NULL, NULL);
	number = ok ? strstr(output, "version ") : NULL;
	ok = number && sscanf(number, "version %d.%d", major, minor) == 2;
	g_free(output);
	if (!ok)
		report("%s: does not run, or does not tell its version: QEMU was expected", qemu);
	return ok;
}

static void add_doorbell(GPtrArray *vector, const struct machine *machine, bool milliseconds)
{
	char *doorbell = machine_doorbell(machine), *escaped = escape(doorbell);

	add(vector, "-chardev");
	g_ptr_array_add(vector, g_strdup_printf("socket,id=uefistored,path=%s,server=off,%s", escaped,
						milliseconds ? "reconnect-ms=1000" : "reconnect=1"));
	add(vector, "-device");
	add(vector, "isa-debugcon,iobase=0x100,chardev=uefistored");
	g_free(doorbell);
	g_free(escaped);
}

static void add_memory(GPtrArray *vector, const struct machine *machine)
{
	char *memory = machine_memory(machine), *escaped = escape(memory);

	add(vector, "-m");
	g_ptr_array_add(vector, g_strdup_printf("%d", machine->memory));
	add(vector, "-object");
	g_ptr_array_add(vector, g_strdup_printf("memory-backend-file,id=ram,size=%dM,mem-path=%s,share=on",
						machine->memory, escaped));
	g_free(memory);
	g_free(escaped);
}

char **machine_qemu(const struct machine *machine, int monitor)
{
	/* An accelerator that is not there is passed over. */
	static const char *const always[] = { "-machine",  "q35,memory-backend=ram", "-accel", "kvm", "-accel", "tcg",
					      "-no-reboot" };
	GPtrArray *vector;
	int major, minor;

	if (!find_version(machine->qemu, &major, &minor))
		return NULL;
	vector = g_ptr_array_new();
	add(vector, machine->qemu);
	for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
		add(vector, always[i]);
	add_memory(vector, machine);
	add(vector, "-bios");
	add(vector, machine->firmware);
	add_doorbell(vector, machine,
		     major > RECONNECT_MS_MAJOR || (major == RECONNECT_MS_MAJOR && minor >= RECONNECT_MS_MINOR));
	if (monitor >= 0) {
		add(vector, "-chardev");
		g_ptr_array_add(vector, g_strdup_printf("socket,id=uefistored-control,fd=%d", monitor));
		add(vector, "-mon");
		add(vector, "chardev=uefistored-control,mode=control");
	}
	for (char **argument = machine->more; argument && *argument; argument++)
		add(vector, *argument);
	return end(vector);
}
