/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "efi/attributes.h"
#include "tests/bench/cases.h"

#define NONVOLATILE (ATTR_NV | ATTR_BS | ATTR_RT)
#define VOLATILE (ATTR_BS | ATTR_RT)
#define WRITTEN 8   /* variables that the Set cases go round */
#define STRIDE 7919 /* a prime: steps through any number of variables in an order that is not theirs */

/* Measures what the machine's script holds, all of whose requests were answered with `status`, and empties it. */
static void add(struct report *report, struct machine *machine, struct script *script, uint64_t status,
		const struct row *row)
{
	struct replay replay = { .machine = machine, .script = script, .step = 1 };
	struct row result = *row;

	machine->recording = NULL;
	for (size_t i = 0; i < script->count; i++) {
		if (script->requests[i].status != status)
			die("%s: a request was answered with %s", row->name,
			    efi_status_name(script->requests[i].status));
	}
	result.timing = replay_measure(&replay, row->name);
	report_add(report, &result);
	script_clear(script);
}

static void get(struct machine *machine, const char *text)
{
	uint8_t name[2 * FILL_NAME_ROOM];
	struct client_value value;

	client_get(&machine->client, name, bench_name(text, name), &guid_bench, 4096, &value);
}

static void bench_get(struct report *report, struct machine *machine, size_t variables)
{
	struct script script = { .count = 0 };
	char name[FILL_NAME_ROOM];

	if (report_wants(report, "get-hit")) {
		machine->recording = &script;
		for (size_t i = 0; i < variables; i++) {
			fill_name(name, i * STRIDE % variables);
			get(machine, name);
		}
		add(report, machine, &script, EFI_SUCCESS,
		    &(struct row){ .name = "get-hit", .text = "Get, found, 64 bytes", .variables = variables });
	}
	if (report_wants(report, "get-miss")) {
		machine->recording = &script;
		for (size_t i = 0; i < variables; i++) {
			snprintf(name, sizeof name, "Variably%04zu", i * STRIDE % variables);
			get(machine, name);
		}
		add(report, machine, &script, EFI_NOT_FOUND,
		    &(struct row){ .name = "get-miss", .text = "Get, not found", .variables = variables });
	}
}

/* Sets the same variables to one value and the other: each request is a change. */
static void bench_set(struct report *report, struct machine *machine, uint32_t attributes, size_t size,
		      const struct row *row)
{
	struct script script = { .count = 0 };
	uint8_t data[1024];

	if (!report_wants(report, row->name))
		return;
	for (int round = 0; round < 3; round++) {
		/* The first round creates them. */
		machine->recording = round > 0 ? &script : NULL;
		memset(data, round, sizeof data);
		for (size_t i = 0; i < WRITTEN; i++) {
			char name[FILL_NAME_ROOM];

			snprintf(name, sizeof name, "Written%zu-%zu", size, i);
			machine_set(machine, name, attributes, data, size);
		}
	}
	add(report, machine, &script, EFI_SUCCESS, row);
}

/* Walks all variables: each step is a request, and so is the end. */
static void walk(struct machine *machine)
{
	uint8_t name[4096];
	struct efi_guid guid = { { 0 } };
	size_t size = 0;
	uint64_t status;

	do {
		status = client_next(&machine->client, name, &size, sizeof name, &guid, NULL);
	} while (status == EFI_SUCCESS);
}

static void bench_next(struct report *report, struct machine *machine, size_t variables)
{
	struct script script = { .count = 0 };

	if (!report_wants(report, "next-step"))
		return;
	machine->recording = &script;
	walk(machine);
	if (script.count <= variables || script.requests[script.count - 1].status != EFI_NOT_FOUND)
		die("next-step: the enumeration ended after %zu steps", script.count);
	script.requests[script.count - 1].status = EFI_SUCCESS;
	script.count--; /* the end is no step */
	add(report, machine, &script, EFI_SUCCESS,
	    &(struct row){ .name = "next-step", .text = "GetNext, one step", .variables = variables });
}

static void bench_query(struct report *report, struct machine *machine, size_t variables)
{
	struct script script = { .count = 0 };
	struct client_space space;

	if (!report_wants(report, "query"))
		return;
	machine->recording = &script;
	client_query(&machine->client, NONVOLATILE, &space);
	add(report, machine, &script, EFI_SUCCESS,
	    &(struct row){ .name = "query", .text = "Query", .variables = variables });
}

void bench_services(struct report *report)
{
	static const size_t sizes[] = { 20, 100, 400 };

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct machine *machine = machine_new();
		size_t variables = sizes[i];

		machine_fill(machine, variables);
		bench_get(report, machine, variables);
		bench_next(report, machine, variables);
		bench_query(report, machine, variables);
		bench_set(report, machine, VOLATILE, 64,
			  &(struct row){
				  .name = "set-volatile", .text = "Set, 64 bytes, volatile", .variables = variables });
		bench_set(report, machine, NONVOLATILE, 1024,
			  &(struct row){ .name = "set-nonvolatile",
					 .text = "Set, 1 KiB, non-volatile, null backend",
					 .variables = variables });
		machine_free(machine);
	}
}
