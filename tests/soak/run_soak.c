/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_soak SOCKET SECONDS GUESTS SEED   Guests at full speed, each with a connection and variables of its own, for so
 * long. A daemon that goes away is waited for; each guest then looks whether it has what the guest was told. Prints how
 * long the answers took. Exit status 1 where an acknowledged write is lost or an answer is not one of those expected.
 */
#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"
#include "tools/support/socket_client.h"

#define NAMES 6
#define DATA_MAX 2000
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
/* A daemon may be away for so long. */
#define AWAY_MS 30000
#define GUESTS_MAX 16
/* A connection serves so many requests, then the guest comes again. */
#define REQUESTS_OF_A_CONNECTION 5000

/* ---- How long answers took: buckets of 2 percent ---- */

enum kind { READ, MISS, LIST, QUERY, VOLATILE, STORE, REMOVE, PRIVATE, BAD, KINDS };

static const char *const kinds[KINDS] = { "get", "get, a miss", "next",        "query",    "set, volatile",
					  "set", "delete",      "set, signed", "malformed" };

#define BUCKETS 1200
#define GROWTH 1.02
#define SHORTEST_US 0.5

struct times {
	uint64_t count[KINDS][BUCKETS];
};

static void times_add(struct times *times, enum kind kind, double us)
{
	const double bucket = us > SHORTEST_US ? log(us / SHORTEST_US) / log(GROWTH) : 0;

	times->count[kind][(size_t)MIN(bucket, BUCKETS - 1)]++;
}

static uint64_t times_total(const uint64_t count[BUCKETS])
{
	uint64_t total = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		total += count[i];
	return total;
}

/* In microseconds: the upper end of the bucket in which this share of the answers is reached. */
static double times_quantile(const uint64_t count[BUCKETS], double share)
{
	const double wanted = share * (double)times_total(count);
	double reached = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		reached += (double)count[i];
		if (reached >= wanted && reached > 0)
			return SHORTEST_US * pow(GROWTH, (double)i + 1);
	}
	return 0;
}

static void times_print(const struct times *all)
{
	uint64_t total = 0;

	printf("# %-14s %10s %10s %10s %10s %10s   microseconds\n", "", "answers", "p50", "p99", "p99.9", "longest");
	for (size_t kind = 0; kind < KINDS; kind++) {
		const uint64_t *count = all->count[kind];

		total += times_total(count);
		printf("# %-14s %10" PRIu64 " %10.1f %10.1f %10.1f %10.1f\n", kinds[kind], times_total(count),
		       times_quantile(count, 0.5), times_quantile(count, 0.99), times_quantile(count, 0.999),
		       times_quantile(count, 1));
	}
	printf("# answers: %" PRIu64 "\n", total);
}

/* ---- A guest ---- */

/* One of its variables: what it was told, and the write that was not answered. */
struct told {
	uint8_t data[DATA_MAX], asked[DATA_MAX];
	size_t size, asked_size; /* 0: there is none */
	bool open;
};

struct soak {
	int number;
	const char *path;
	gint64 end;
	GRand *random;
	struct socket_client socket;
	struct told told[NAMES];
	struct times times;
	unsigned int minute; /* of the last signed write */
	uint64_t acknowledged, requests;
	unsigned int interruptions;
	char problem[256];
};

static bool problem(struct soak *soak, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool problem(struct soak *soak, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(soak->problem, sizeof soak->problem, format, arguments);
	va_end(arguments);
	return false;
}

static void name_of(const struct soak *soak, const char *what, int number, struct test_name *name)
{
	char text[32];

	snprintf(text, sizeof text, "%s%d-%d", what, soak->number, number);
	test_name_parse(text, name);
}

/* Has what is stored become the write that was not answered, or stayed what it was? */
static bool look_again(struct soak *soak)
{
	for (int i = 0; i < NAMES; i++) {
		struct told *told = &soak->told[i];
		struct client_value value = { 0 };
		struct test_name name;
		uint64_t status;
		size_t size;

		name_of(soak, "Soak", i, &name);
		status = client_get(&soak->socket.client, name.bytes, name.size, &name.guid, DATA_MAX, &value);
		if (status == CLIENT_NO_ANSWER)
			return false;
		size = status == EFI_SUCCESS ? value.data_size : 0;
		if (size == told->size && (!size || memcmp(value.data, told->data, size) == 0)) {
			told->open = false;
			continue;
		}
		if (!told->open || size != told->asked_size || (size && memcmp(value.data, told->asked, size) != 0))
			return problem(soak,
				       "Soak%d-%d: an acknowledged write is lost: %zu bytes (status %" PRIx64
				       "), told %zu",
				       soak->number, i, size, status, told->size);
		memcpy(told->data, told->asked, size);
		told->size = size;
		told->open = false;
	}
	return true;
}

static bool connect_again(struct soak *soak)
{
	while (!soak->problem[0] && g_get_monotonic_time() < soak->end + AWAY_MS * 1000) {
		if (!socket_client_open_wait(&soak->socket, soak->path, 0, AWAY_MS))
			return problem(soak, "%s", soak->socket.error);
		if (look_again(soak))
			return true;
		socket_client_close(&soak->socket);
	}
	return false;
}

static void random_bytes(struct soak *soak, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)g_rand_int(soak->random);
}

static uint64_t store(struct soak *soak, bool deleted)
{
	static const size_t sizes[] = { 1, 60, 400, DATA_MAX };
	struct told *told;
	struct test_name name;
	const int i = g_rand_int_range(soak->random, 0, NAMES);
	uint64_t status;

	told = &soak->told[i];
	name_of(soak, "Soak", i, &name);
	told->asked_size = deleted ? 0 : sizes[g_rand_int_range(soak->random, 0, G_N_ELEMENTS(sizes))];
	random_bytes(soak, told->asked, told->asked_size);
	told->open = true;
	status = client_set(&soak->socket.client, name.bytes, name.size, &name.guid, NV_BS_RT, told->asked,
			    told->asked_size);
	if (status == EFI_SUCCESS) {
		memcpy(told->data, told->asked, told->asked_size);
		told->size = told->asked_size;
		soak->acknowledged++;
	}
	if (status != CLIENT_NO_ANSWER)
		told->open = false;
	return status == EFI_NOT_FOUND && !told->size ? EFI_SUCCESS : status;
}

static uint64_t set_private(struct soak *soak)
{
	const unsigned int minute = ++soak->minute;
	struct test_name name;
	struct update update = { .attributes = NV_BS_RT | ATTR_AT, .payload = "signed", .payload_size = 6 };
	g_autoptr(GByteArray) data = NULL;
	gint64 begin;
	uint64_t status;

	name_of(soak, "Private", 0, &name);
	update.name = name.bytes;
	update.name_size = name.size;
	update.guid = name.guid;
	update.time = time_make((uint16_t)(2001 + minute / 483840 % 90), (uint8_t)(1 + minute / 40320 % 12),
				(uint8_t)(1 + minute / 1440 % 28), (uint8_t)(minute / 60 % 24), (uint8_t)(minute % 60),
				0);
	data = sign_update(&(struct signing){ .signer = OWNER }, &update);
	begin = g_get_monotonic_time();
	status = client_set(&soak->socket.client, name.bytes, name.size, &name.guid, update.attributes, data->data,
			    data->len);
	if (status == EFI_SUCCESS)
		times_add(&soak->times, PRIVATE, (double)(g_get_monotonic_time() - begin));
	return status;
}

static uint64_t list(struct soak *soak)
{
	uint8_t name[TEST_NAME_ROOM] = { 0 };
	struct efi_guid guid = { { 0 } };
	size_t size = 0;
	uint64_t status;

	do {
		const gint64 begin = g_get_monotonic_time();

		status = client_next(&soak->socket.client, name, &size, sizeof name, &guid, NULL);
		times_add(&soak->times, LIST, (double)(g_get_monotonic_time() - begin));
	} while (status == EFI_SUCCESS);
	/* Another guest may delete the variable that this one stands at. */
	return status == EFI_NOT_FOUND || status == EFI_INVALID_PARAMETER ? EFI_SUCCESS : status;
}

static uint64_t get(struct soak *soak, const char *what)
{
	struct client_value value;
	struct test_name name;

	name_of(soak, what, g_rand_int_range(soak->random, 0, NAMES), &name);
	return client_get(&soak->socket.client, name.bytes, name.size, &name.guid, DATA_MAX, &value);
}

static uint64_t set_volatile(struct soak *soak)
{
	uint8_t data[100];
	struct test_name name;

	name_of(soak, "Passing", g_rand_int_range(soak->random, 0, NAMES), &name);
	random_bytes(soak, data, sizeof data);
	return client_set(&soak->socket.client, name.bytes, name.size, &name.guid, ATTR_BS | ATTR_RT, data,
			  sizeof data);
}

static uint64_t malformed(struct soak *soak)
{
	uint8_t bytes[80];

	random_bytes(soak, bytes, sizeof bytes);
	memset(bytes, 0, 8);
	bytes[0] = 1;
	bytes[4] = (uint8_t)g_rand_int_range(soak->random, 0, 3);
	/* A name of 2^56 bytes and more: Get, Set and Next have one. */
	bytes[15] |= 1;
	client_raw(&soak->socket.client, bytes, sizeof bytes);
	return soak->socket.error[0] ? CLIENT_NO_ANSWER : EFI_SUCCESS;
}

static enum kind choose(struct soak *soak)
{
	static const uint8_t shares[KINDS] = { [READ] = 45,  [MISS] = 15,  [LIST] = 2,    [QUERY] = 10, [VOLATILE] = 12,
					       [STORE] = 10, [REMOVE] = 2, [PRIVATE] = 1, [BAD] = 3 };
	int dice = g_rand_int_range(soak->random, 0, 100);

	for (size_t kind = 0; kind < KINDS; kind++) {
		dice -= shares[kind];
		if (dice < 0)
			return (enum kind)kind;
	}
	return READ;
}

static uint64_t ask(struct soak *soak, enum kind kind)
{
	struct client_space space;

	switch (kind) {
	case READ:
		return get(soak, "Soak");
	case MISS:
		return get(soak, "Missing");
	case LIST:
		return list(soak);
	case QUERY:
		return client_query(&soak->socket.client, NV_BS_RT, &space);
	case VOLATILE:
		return set_volatile(soak);
	case PRIVATE:
		return set_private(soak);
	case BAD:
		return malformed(soak);
	default:
		return store(soak, kind == REMOVE);
	}
}

/* One request. Returns false where the connection is gone, or something is wrong. */
static bool step(struct soak *soak)
{
	const enum kind kind = choose(soak);
	const gint64 begin = g_get_monotonic_time();
	uint64_t status;

	soak->socket.error[0] = '\0';
	status = ask(soak, kind);
	if (status == CLIENT_NO_ANSWER && soak->socket.error[0])
		return false;
	if (kind != LIST && kind != PRIVATE)
		times_add(&soak->times, kind, (double)(g_get_monotonic_time() - begin));
	soak->requests++;
	if (status == EFI_SUCCESS || (status == EFI_NOT_FOUND && (kind == READ || kind == MISS)))
		return true;
	return problem(soak, "%s: status %" PRIx64, kinds[kind], status);
}

static void *play(void *pointer)
{
	struct soak *soak = pointer;

	while (!soak->problem[0] && g_get_monotonic_time() < soak->end && connect_again(soak)) {
		unsigned int left = REQUESTS_OF_A_CONNECTION;

		while (left && g_get_monotonic_time() < soak->end && step(soak))
			left--;
		soak->interruptions += left && g_get_monotonic_time() < soak->end;
		socket_client_close(&soak->socket);
	}
	if (!soak->problem[0] && connect_again(soak))
		socket_client_close(&soak->socket);
	return NULL;
}

int main(int argc, char **argv)
{
	const int guests = argc == 5 ? atoi(argv[3]) : 0;
	g_autofree struct soak *soaks = g_new0(struct soak, GUESTS_MAX);
	g_autofree struct times *all = g_new0(struct times, 1);
	GThread *threads[GUESTS_MAX];
	uint64_t acknowledged = 0, lost = 0;
	unsigned int interruptions = 0;

	if (guests < 1 || guests > GUESTS_MAX)
		return 2;
	/* The threads only read it. */
	identity_get(OWNER);
	for (int i = 0; i < guests; i++) {
		soaks[i].number = i;
		soaks[i].path = argv[1];
		soaks[i].end = g_get_monotonic_time() + atoi(argv[2]) * G_TIME_SPAN_SECOND;
		soaks[i].random = g_rand_new_with_seed((guint32)(strtoul(argv[4], NULL, 10) + (unsigned int)i));
		threads[i] = g_thread_new("guest", play, &soaks[i]);
	}
	for (int i = 0; i < guests; i++) {
		g_thread_join(threads[i]);
		g_rand_free(soaks[i].random);
		for (size_t k = 0; k < KINDS * (size_t)BUCKETS; k++)
			all->count[k / BUCKETS][k % BUCKETS] += soaks[i].times.count[k / BUCKETS][k % BUCKETS];
		acknowledged += soaks[i].acknowledged;
		interruptions += soaks[i].interruptions;
		if (soaks[i].problem[0])
			fprintf(stderr, "guest %d: %s\n", i, soaks[i].problem);
		lost += soaks[i].problem[0] != '\0';
	}
	times_print(all);
	printf("# non-volatile writes acknowledged: %" PRIu64 ", connections cut: %u, guests with a problem: %" PRIu64
	       "\n",
	       acknowledged, interruptions, lost);
	return lost || !acknowledged ? EXIT_FAILURE : EXIT_SUCCESS;
}
