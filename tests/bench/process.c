/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "tests/bench/cases.h"
#include "tests/bench/subject.h"

#define STARTS 20
#define BOOTS 9 /* each from an empty store */

static void add(struct report *report, const char *name, const char *text, enum unit unit, double *values, size_t count)
{
	report_add(report,
		   &(struct row){ .name = name, .text = text, .unit = unit, .timing = timing_of(values, count) });
}

static void bench_memory(struct report *report, struct subject *subject)
{
	char path[512], error[TRACE_ERROR_SIZE];
	double took[BOOTS], resident[BOOTS], dirty[BOOTS];
	struct trace trace;

	if (!trace_find("ovmf-first-boot", path, sizeof path)) {
		fprintf(stderr, "bench: %s: no such recording, memory is not measured\n", path);
		return;
	}
	if (!trace_read(&trace, path, error))
		die("%s", error);
	for (size_t i = 0; i < BOOTS; i++) {
		subject_reset(subject);
		subject_start(subject);
		took[i] = subject_play(subject, &trace);
		resident[i] = subject_memory(subject, "Rss");
		dirty[i] = subject_memory(subject, "Private_Dirty");
		subject_stop(subject);
	}
	add(report, "boot-socket", "OVMF's first boot over the socket, file store", UNIT_NS, took, BOOTS);
	add(report, "resident", "daemon after that boot: resident", UNIT_BYTES, resident, BOOTS);
	add(report, "private-dirty", "daemon after that boot: private dirty", UNIT_BYTES, dirty, BOOTS);
	trace_free(&trace);
}

void bench_process(struct report *report, const char *daemon)
{
	char store[SUBJECT_PATH_ROOM];
	struct subject *subject;
	double ready[STARTS];

	if (!report_wants(report, "ready") && !report_wants(report, "resident") &&
	    !report_wants(report, "private-dirty") && !report_wants(report, "boot-socket"))
		return;
	subject = subject_new(daemon);
	snprintf(store, sizeof store, "path:%s/store.json", subject->directory);
	subject->backend[0] = "--backend";
	subject->backend[1] = "file";
	subject->backend[2] = "--arg";
	subject->backend[3] = store;
	bench_memory(report, subject);
	for (size_t i = 0; i < STARTS; i++) {
		ready[i] = subject_start(subject);
		subject_stop(subject);
	}
	add(report, "ready", "daemon: exec to first answer", UNIT_NS, ready, STARTS);
	subject_free(subject);
}
