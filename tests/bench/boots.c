/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "tests/bench/cases.h"
#include "tests/support/trace.h"

/* The made-up boot. */
#define BOOT_VARIABLES 20
#define BOOT_GETS 61
#define BOOT_SETS 16
#define BOOT_VOLATILE 6 /* of the variables, and of those that are set */
#define BOOT_NONVOLATILE (BOOT_VARIABLES - BOOT_VOLATILE)
#define BOOT_QUERIES 5

static void get(struct machine *machine, const char *text)
{
	uint8_t name[2 * FILL_NAME_ROOM];
	struct client_value value;

	client_get(&machine->client, name, bench_name(text, name), &guid_bench, 1024, &value);
}

static void enumerate(struct machine *machine)
{
	uint8_t name[1024];
	struct efi_guid guid = { { 0 } };
	size_t size = 0;

	while (client_next(&machine->client, name, &size, sizeof name, &guid, NULL) == EFI_SUCCESS)
		;
}

/* Sets one of the volatile variables, or of those that machine_fill() made. */
static void set(struct machine *machine, size_t index, uint8_t fill)
{
	char name[FILL_NAME_ROOM];
	uint8_t data[64];

	memset(data, fill, sizeof data);
	if (index < BOOT_VOLATILE) {
		snprintf(name, sizeof name, "Volatile%zu", index);
		machine_set(machine, name, ATTR_BS | ATTR_RT, data, sizeof data);
	} else {
		fill_name(name, index - BOOT_VOLATILE);
		machine_set(machine, name, ATTR_NV | ATTR_BS | ATTR_RT, data, sizeof data);
	}
}

/*
 * Plays one boot, spread as firmware does it: questions all along, every other one (31) in vain, writes between, the
 * lists in the middle and at the end.
 */
static void play_boot(struct machine *machine, uint8_t fill)
{
	struct client_space space;
	char name[FILL_NAME_ROOM];

	for (size_t i = 0; i < BOOT_GETS; i++) {
		if (i % 2 == 0)
			snprintf(name, sizeof name, "Missing%zu", i);
		else
			fill_name(name, i % BOOT_NONVOLATILE);
		get(machine, name);
		if (i % 4 == 0 && i / 4 < BOOT_SETS)
			set(machine, i / 4, fill);
		if (i % 12 == 0 && i / 12 < BOOT_QUERIES)
			client_query(&machine->client, ATTR_NV | ATTR_BS | ATTR_RT, &space);
		if (i == BOOT_GETS / 2)
			enumerate(machine);
	}
	enumerate(machine);
}

static void bench_synthetic(struct report *report)
{
	struct row row = { .name = "synthetic-boot", .text = "made-up boot: 61 Get, 16 Set, 5 Query, 2 lists" };
	struct script script = { .count = 0 };
	struct machine *machine;

	if (!report_wants(report, row.name))
		return;
	machine = machine_new();
	machine_fill(machine, BOOT_NONVOLATILE);
	/* A boot before the first one creates what the others rewrite, by turns with two values. */
	play_boot(machine, 0);
	machine->recording = &script;
	play_boot(machine, 1);
	play_boot(machine, 0);
	machine->recording = NULL;
	row.timing = replay_measure(&(struct replay){ .machine = machine, .script = &script, .step = script.count / 2 },
				    row.name);
	report_add(report, &row);
	script_clear(&script);
	machine_free(machine);
}

static void add_boot(struct report *report, const char *name, const char *text, struct timing timing, double divisor)
{
	timing.median /= divisor;
	timing.p10 /= divisor;
	timing.p90 /= divisor;
	report_add(report, &(struct row){ .name = name, .text = text, .timing = timing });
}

/* Plays the recording once, as the boot that follows what the machine has seen, and notes how it is answered. */
static void record(struct machine *machine, const struct trace *trace, struct script *script)
{
	machine->recording = script;
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_record *record = &trace->records[i];

		memcpy(machine->client.page, record->request, record->request_size);
		machine->client.request_size = record->request_size;
		if (!machine->client.exchange(machine->client.context, machine->client.page))
			die("a recorded request is not answered");
	}
	machine->recording = NULL;
}

static const struct boot {
	const char *recording, *name, *text, *request_name;
} boots[] = {
	{ "ovmf-first-boot", "boot-first", "OVMF's first boot, recorded", "boot-first-request" },
	{ "ovmf-second-boot", "boot-second", "OVMF's second boot, recorded", "boot-second-request" },
	{ "ovmf-linux", "boot-linux", "OVMF and Linux, recorded", "boot-linux-request" },
};

/* Times the boot that starts from `blob`, and replaces that by what the boot leaves. */
static void bench_boot(struct report *report, struct machine *machine, const struct boot *boot,
		       const struct trace *trace, uint8_t **blob, size_t *blob_size)
{
	struct script script = { .count = 0 };

	machine_start(machine, *blob, *blob_size);
	record(machine, trace, &script);
	if (report_wants(report, boot->request_name)) {
		struct replay replay = {
			.machine = machine,
			.script = &script,
			.step = script.count,
			.blob = *blob,
			.blob_size = *blob_size,
			.operations = 1,
		};
		struct timing timing = replay_measure(&replay, boot->name);

		add_boot(report, boot->name, boot->text, timing, 1);
		add_boot(report, boot->request_name, "  each of its requests", timing, (double)script.count);
	}
	free(*blob);
	*blob = machine_stored(machine, blob_size);
	script_clear(&script);
}

void bench_boots(struct report *report)
{
	struct machine *machine = machine_new();
	uint8_t *blob = NULL;
	size_t blob_size = 0;

	bench_synthetic(report);
	for (size_t i = 0; i < sizeof boots / sizeof boots[0]; i++) {
		char path[512], error[TRACE_ERROR_SIZE];
		struct trace trace;

		if (!trace_find(boots[i].recording, path, sizeof path)) {
			if (report_wants(report, boots[i].request_name))
				fprintf(stderr,
					"bench: %s: no such recording (TRACES names their directory), left out\n",
					path);
			continue;
		}
		if (!trace_read(&trace, path, error))
			die("%s", error);
		bench_boot(report, machine, &boots[i], &trace, &blob, &blob_size);
		trace_free(&trace);
	}
	free(blob);
	machine_free(machine);
}
