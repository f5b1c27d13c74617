/* SPDX-License-Identifier: GPL-2.0-only */
/* What was measured, collected; printed as a table or as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/bench/measure.h"

enum unit { UNIT_NS, UNIT_BYTES };

struct row {
	const char *name; /* for --filter and JSON */
	const char *text; /* for people */
	size_t variables; /* in the store; 0: not the point */
	enum unit unit;
	struct timing timing;
};

#define REPORT_ROWS_MAX 64

struct report {
	const char *filter; /* NULL: everything */
	struct row rows[REPORT_ROWS_MAX];
	size_t count;
};

/* Was this one asked for? */
bool report_wants(const struct report *report, const char *name);

void report_add(struct report *report, const struct row *row);

void report_print_table(const struct report *report);
void report_print_json(const struct report *report);

#endif
