/* SPDX-License-Identifier: GPL-2.0-only */
/* The backend xapidb with a guard that answers at once: from the guest's doorbell to its answer. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "efi/attributes.h"
#include "tests/bench/cases.h"
#include "tests/bench/guard.h"
#include "tests/bench/subject.h"

#define WRITES 90        /* a guest may make 100 at once ... */
#define WRITES_RETURN 2u /* ... and so many a second for good */
#define DATA_SIZE 1024
#define BOOTS 5
#define LOOK_US 20000

static const char uuid[] = "uuid:8f2e4ac1-7d13-4c22-9c5b-5d1f0c6b7a90";
static const size_t counts[] = { 20, 60 };

struct xapi {
	struct report *report;
	struct subject *subject;
	struct guard guard;
	char path[SUBJECT_PATH_ROOM], argument[SUBJECT_PATH_ROOM + 8];
};

static void add(const struct xapi *xapi, const char *name, const char *text, size_t variables, enum unit unit,
		struct timing timing)
{
	report_add(xapi->report,
		   &(struct row){ .name = name, .text = text, .variables = variables, .unit = unit, .timing = timing });
}

static void add_bytes(const struct xapi *xapi, const char *name, const char *text, size_t variables, uint64_t bytes)
{
	double value = (double)bytes;

	add(xapi, name, text, variables, UNIT_BYTES, timing_of(&value, 1));
}

static void begin(struct xapi *xapi)
{
	subject_reset(xapi->subject);
	guard_start(&xapi->guard, xapi->path);
	subject_start(xapi->subject);
}

static void end(struct xapi *xapi)
{
	subject_stop(xapi->subject);
	guard_stop(&xapi->guard);
}

/* Writes a variable of 1 KiB and waits for the answer. */
static void write_variable(struct xapi *xapi, size_t index, uint8_t fill)
{
	uint8_t name[2 * FILL_NAME_ROOM], data[DATA_SIZE];
	char text[FILL_NAME_ROOM];

	fill_name(text, index);
	memset(data, fill, sizeof data);
	if (client_set(&xapi->subject->guest.client, name, bench_name(text, name), &guid_bench,
		       EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS, data, sizeof data) != EFI_SUCCESS)
		die("%s is not written: %s", text, xapi->subject->guest.error);
}

static void bench_writes(struct xapi *xapi, size_t variables)
{
	double took[WRITES], processor;
	uint64_t calls;

	begin(xapi);
	for (size_t i = 0; i < variables; i++)
		write_variable(xapi, i, 0);
	/* What these took of the guest's credit comes back. */
	sleep((unsigned int)variables / WRITES_RETURN);
	calls = xapi->guard.counts->calls;
	processor = subject_processor_ns(xapi->subject);
	for (size_t i = 0; i < WRITES; i++) {
		uint64_t start = now_ns();

		write_variable(xapi, 0, (uint8_t)(i + 1));
		took[i] = (double)(now_ns() - start);
	}
	processor = (subject_processor_ns(xapi->subject) - processor) / WRITES;
	/* The guard counts after it has answered. */
	usleep(LOOK_US);
	if (xapi->guard.counts->calls - calls != WRITES)
		die("%d writes were not as many calls", WRITES);
	add(xapi, "xapi-set", "Set, 1 KiB, non-volatile, backend xapidb", variables, UNIT_NS, timing_of(took, WRITES));
	add(xapi, "xapi-processor", "daemon: processor time of that Set", variables, UNIT_NS, timing_of(&processor, 1));
	add_bytes(xapi, "xapi-bytes", "its one call", variables, xapi->guard.counts->bytes);
	add_bytes(xapi, "xapi-overhead", "of it, besides the blob in base64", variables,
		  xapi->guard.counts->bytes - xapi->guard.counts->text);
	end(xapi);
}

static void bench_memory(struct xapi *xapi)
{
	char path[512], error[TRACE_ERROR_SIZE];
	double dirty[BOOTS];
	struct trace trace;

	if (!trace_find("ovmf-first-boot", path, sizeof path))
		return;
	if (!trace_read(&trace, path, error))
		die("%s", error);
	for (size_t i = 0; i < BOOTS; i++) {
		begin(xapi);
		subject_play(xapi->subject, &trace);
		dirty[i] = subject_memory(xapi->subject, "Private_Dirty");
		end(xapi);
	}
	add(xapi, "xapi-dirty", "daemon after the boot, xapidb: private dirty", 0, UNIT_BYTES, timing_of(dirty, BOOTS));
	trace_free(&trace);
}

void bench_xapi(struct report *report, const char *daemon)
{
	struct xapi xapi = { .report = report };

	if (!report_wants(report, "xapi-set") && !report_wants(report, "xapi-processor") &&
	    !report_wants(report, "xapi-bytes") && !report_wants(report, "xapi-overhead") &&
	    !report_wants(report, "xapi-dirty"))
		return;
	xapi.subject = subject_new(daemon);
	snprintf(xapi.path, sizeof xapi.path, "%s/guard", xapi.subject->directory);
	snprintf(xapi.argument, sizeof xapi.argument, "socket:%s", xapi.path);
	memcpy(xapi.subject->backend, (const char *[]){ "--backend", "xapidb", "--arg", xapi.argument, "--arg", uuid },
	       6 * sizeof(char *));
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		bench_writes(&xapi, counts[i]);
	bench_memory(&xapi);
	subject_free(xapi.subject);
}
