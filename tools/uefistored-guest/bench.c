/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-guest/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "efi/attributes.h"
#include "tools/support/report.h"

#define ROUNDS 20000
#define DURABLE_SHARE 50 /* one round in so many where each has to reach the disk */
#define SMALL_SIZE 64
#define LARGE_SIZE 1024

/* The variables of the measurement, in a GUID of its own. */
static const struct efi_guid bench_guid =
	EFI_GUID_INIT(0x59a3c8b6u, 0x2f8e, 0x4d53, 0x9c, 0x1f, 0x6b, 0x0e, 0x2c, 0x7d, 0x81, 0xfa);
static const uint8_t volatile_name[] = { 'v', 0 };
static const uint8_t durable_name[] = { 'd', 0 };
static const uint8_t missing_name[] = { 'm', 0 };

static uint64_t get_hit(struct client *client, unsigned int round)
{
	struct client_value value;

	(void)round;
	return client_get(client, volatile_name, sizeof volatile_name, &bench_guid, UEFIVARS_PAGE_SIZE, &value);
}

static uint64_t get_miss(struct client *client, unsigned int round)
{
	struct client_value value;

	(void)round;
	return client_get(client, missing_name, sizeof missing_name, &bench_guid, UEFIVARS_PAGE_SIZE, &value);
}

static uint64_t set_volatile(struct client *client, unsigned int round)
{
	uint8_t data[SMALL_SIZE];

	memset(data, (int)(round & 0xff), sizeof data);
	return client_set(client, volatile_name, sizeof volatile_name, &bench_guid, ATTR_BS | ATTR_RT, data,
			  sizeof data);
}

static uint64_t set_durable(struct client *client, unsigned int round)
{
	uint8_t data[LARGE_SIZE];

	memset(data, (int)(round & 0xff), sizeof data);
	return client_set(client, durable_name, sizeof durable_name, &bench_guid, ATTR_NV | ATTR_BS | ATTR_RT, data,
			  sizeof data);
}

/* What is measured, in this order: a variable must be set before it is read. */
static const struct measurement {
	const char *title;
	uint64_t (*round)(struct client *client, unsigned int round);
	uint64_t status; /* that each round must end with */
	unsigned int share;
} measurements[] = {
	{ "set, volatile, 64 bytes", set_volatile, EFI_SUCCESS, 1 },
	{ "get, 64 bytes", get_hit, EFI_SUCCESS, 1 },
	{ "get, not there", get_miss, EFI_NOT_FOUND, 1 },
	{ "set, non-volatile, 1 KiB", set_durable, EFI_SUCCESS, DURABLE_SHARE },
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Measures into ns[count]; returns the tool's exit status. */
static int measure(struct guest *guest, const struct measurement *what, unsigned int count, uint64_t *ns)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t start = now_ns(), status = what->round(&guest->connection.client, i);

		ns[i] = now_ns() - start;
		if (status == CLIENT_NO_ANSWER)
			return guest_report_no_answer(guest);
		if (status != what->status) {
			report("bench: %s: %s where %s was expected", what->title, efi_status_name(status),
			       efi_status_name(what->status));
			return EXIT_RUNTIME;
		}
	}
	return 0;
}

static void print(const struct measurement *what, unsigned int count, uint64_t *ns)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < count; i++)
		total += ns[i];
	qsort(ns, count, sizeof *ns, compare);
	printf("%-26s %8u rounds %9.0f /s   median %8.1f us   p99 %8.1f us\n", what->title, count,
	       (double)count * 1e9 / (double)(total ? total : 1), (double)ns[count / 2] / 1e3,
	       (double)ns[(uint64_t)count * 99 / 100] / 1e3);
}

int guest_bench(struct guest *guest)
{
	struct client *client = &guest->connection.client;
	unsigned int rounds = guest->options.count ? guest->options.count : ROUNDS;
	uint64_t *ns = calloc(rounds, sizeof *ns);
	int error = 0;

	if (!ns) {
		report("out of memory");
		return EXIT_RUNTIME;
	}
	client->at_runtime = false;
	for (size_t i = 0; !error && i < sizeof measurements / sizeof measurements[0]; i++) {
		unsigned int count = (rounds - 1) / measurements[i].share + 1;

		error = measure(guest, &measurements[i], count, ns);
		if (!error)
			print(&measurements[i], count, ns);
	}
	free(ns);
	if (error)
		return error;
	client_set(client, volatile_name, sizeof volatile_name, &bench_guid, 0, NULL, 0);
	client_set(client, durable_name, sizeof durable_name, &bench_guid, 0, NULL, 0);
	return 0;
}
