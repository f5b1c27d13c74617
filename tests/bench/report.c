/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/report.h"

#include <stdio.h>
#include <string.h>

#include "tests/bench/machine.h"

/*
 * What the best existing program needs, on two shared processors. Where its figure is given without a number of
 * variables, or as a range, it stands here for all (0), the lowest of the range.
 */
static const struct {
	const char *name;
	size_t variables;
	double ns;
} known[] = {
	{ "get-hit", 20, 78 },           { "get-hit", 100, 200 },
	{ "get-hit", 400, 764 },         { "get-miss", 100, 304 },
	{ "set-volatile", 0, 154 },      { "set-nonvolatile", 0, 193 },
	{ "next-step", 100, 181 },       { "query", 0, 34 },
	{ "append-db", 0, 464000 },      { "append-dbx", 0, 464000 },
	{ "synthetic-boot", 0, 8700 },   { "boot-first", 0, 39000 },
	{ "boot-first-request", 0, 61 }, { "xapi-set", 20, 138000 },
};

/* What is wanted: at most so much of a row's median. */
static const struct {
	const char *name;
	size_t variables;
	double limit;
	const char *text;
} goals[] = {
	{ "get-hit", 100, 200.0 / 5, "Get at 100 variables, five times faster than the known figure" },
	{ "append-db", 0, 150000, "signed append to db" },
	{ "append-dbx", 0, 150000, "signed append to dbx" },
	{ "append-dbx-full", 0, 150000, "signed append to a dbx of 430 hashes" },
	{ "ready", 0, 15e6, "ready to serve after exec" },
	{ "resident", 0, 6.0e6, "resident memory after the boot" },
	{ "private-dirty", 0, 0.80e6, "private dirty memory after the boot" },
	{ "xapi-set", 20, 100000, "a write through xapidb, 20 variables, a guard that answers at once" },
	{ "xapi-overhead", 60, 1024, "bytes of its call besides the base64 of the blob" },
	{ "xapi-dirty", 0, 0.85e6, "private dirty memory after the boot with xapidb" },
};

bool report_wants(const struct report *report, const char *name)
{
	return !report->filter || strstr(name, report->filter);
}

void report_add(struct report *report, const struct row *row)
{
	if (report->count == REPORT_ROWS_MAX)
		die("more than %d rows", REPORT_ROWS_MAX);
	report->rows[report->count++] = *row;
}

/* The known figure for a row, 0 where there is none. */
static double known_for(const struct row *row)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].name, row->name) == 0 &&
		    (known[i].variables == 0 || known[i].variables == row->variables))
			return known[i].ns;
	}
	return 0;
}

static const struct row *find_row(const struct report *report, const char *name, size_t variables)
{
	for (size_t i = 0; i < report->count; i++) {
		if (strcmp(report->rows[i].name, name) == 0 && report->rows[i].variables == variables)
			return &report->rows[i];
	}
	return NULL;
}

/* Writes a number of the row's unit for people. */
static void format(char text[32], enum unit unit, double value)
{
	if (unit == UNIT_BYTES)
		snprintf(text, 32, "%.2f MB", value / 1e6);
	else if (value >= 1e6)
		snprintf(text, 32, "%.2f ms", value / 1e6);
	else if (value >= 1e4)
		snprintf(text, 32, "%.1f us", value / 1e3);
	else
		snprintf(text, 32, "%.1f ns", value);
}

static void print_row(const struct row *row)
{
	char median[32], p10[32], p90[32], other[32] = "", times[32] = "", variables[32] = "";
	double than = known_for(row);

	format(median, row->unit, row->timing.median);
	format(p10, row->unit, row->timing.p10);
	format(p90, row->unit, row->timing.p90);
	if (row->variables)
		snprintf(variables, sizeof variables, "%zu", row->variables);
	if (than > 0) {
		format(other, row->unit, than);
		snprintf(times, sizeof times, "%.1fx", than / row->timing.median);
	}
	printf("%-44s %9s %12s %12s %12s %12s %7s\n", row->text, variables, median, p10, p90, other, times);
}

static void print_goals(const struct report *report)
{
	const struct row *few = find_row(report, "get-hit", 20), *many = find_row(report, "get-hit", 400);

	for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++) {
		const struct row *row = find_row(report, goals[i].name, goals[i].variables);
		char value[32], limit[32];

		if (!row)
			continue;
		format(value, row->unit, row->timing.median);
		format(limit, row->unit, goals[i].limit);
		printf("%-8s %s: %s, at most %s\n", row->timing.median <= goals[i].limit ? "met" : "NOT MET",
		       goals[i].text, value, limit);
	}
	if (few && many)
		printf("%-8s Get at 400 variables takes %.2f of what it takes at 20\n", "",
		       many->timing.median / few->timing.median);
}

void report_print_table(const struct report *report)
{
	printf("%-44s %9s %12s %12s %12s %12s %7s\n", "", "variables", "median", "p10", "p90", "known", "faster");
	for (size_t i = 0; i < report->count; i++)
		print_row(&report->rows[i]);
	putchar('\n');
	print_goals(report);
}

static void print_json_row(const struct row *row)
{
	const char *unit = row->unit == UNIT_BYTES ? "bytes" : "ns";
	double than = known_for(row);

	printf("    {\"name\": \"%s\", \"unit\": \"%s\", ", row->name, unit);
	if (row->variables)
		printf("\"variables\": %zu, ", row->variables);
	printf("\"median\": %.1f, \"p10\": %.1f, \"p90\": %.1f, \"samples\": %zu, \"operations\": %zu",
	       row->timing.median, row->timing.p10, row->timing.p90, row->timing.samples, row->timing.operations);
	if (than > 0)
		printf(", \"known\": %.1f", than);
	putchar('}');
}

void report_print_json(const struct report *report)
{
	bool first = true;

	printf("{\n  \"version\": \"%s\",\n  \"results\": [\n", UEFISTORED_VERSION);
	for (size_t i = 0; i < report->count; i++) {
		print_json_row(&report->rows[i]);
		puts(i + 1 < report->count ? "," : "");
	}
	printf("  ],\n  \"goals\": [");
	for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++) {
		const struct row *row = find_row(report, goals[i].name, goals[i].variables);

		if (!row)
			continue;
		printf("%s\n    {\"name\": \"%s\", \"unit\": \"%s\", \"median\": %.1f, \"limit\": %.1f, \"met\": %s}",
		       first ? "" : ",", goals[i].name, row->unit == UNIT_BYTES ? "bytes" : "ns", row->timing.median,
		       goals[i].limit, row->timing.median <= goals[i].limit ? "true" : "false");
		first = false;
	}
	printf("%s]\n}\n", first ? "" : "\n  ");
}
