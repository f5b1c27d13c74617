/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_flip SOCKET SECONDS SEED   A guest with two processors: one lays requests into its pages and rings the bell, the
 * other changes every field of the same pages all the while. Every bell has to be answered; what the answers say does
 * not matter, as they are overwritten, too.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/names.h"
#include "tools/support/socket_client.h"

#define ANSWER_MS 30000
/* Where the fields of the requests are; behind it is their data. */
#define FIELDS 256u

static uint8_t *pages;
static atomic_bool over;
static atomic_ulong flips;

static void put(size_t at, uint8_t value)
{
	/* Both processors write, as a guest's do: no byte is ever read in the meaning of the other's. */
	__atomic_store_n(&pages[at], value, __ATOMIC_RELAXED);
}

/* A value that a field may have, or that it must not. */
static uint8_t spiteful(GRand *random)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 5, 7, 8, 0x10, 0x20, 0x27, 0x40, 0x7f, 0x80, 0xff, 'F' };

	return values[g_rand_int_range(random, 0, G_N_ELEMENTS(values))];
}

static void *flip(void *seed)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(*(const guint32 *)seed ^ 1);

	while (!atomic_load(&over)) {
		/* A few changes of one field, forth and back: the first reading and a second one would differ. */
		const size_t at = (size_t)g_rand_int_range(random, 0, g_rand_boolean(random) ? 64 : FIELDS);
		const uint8_t value = spiteful(random);
		const uint8_t before = __atomic_load_n(&pages[at], __ATOMIC_RELAXED);

		for (int i = 0; i < 50; i++) {
			put(at, value);
			put(at, before);
		}
		if (g_rand_int_range(random, 0, 8) == 0)
			put(at, value);
		if (g_rand_int_range(random, 0, 64) == 0)
			put((size_t)g_rand_int_range(random, 0, UEFIVARS_PAGE_SIZE), value);
		atomic_fetch_add(&flips, 1);
	}
	return NULL;
}

/* Lays a request into client->page without sending it. */
static bool only_lay(void *context, uint8_t *page)
{
	(void)context;
	(void)page;
	return false;
}

static void lay(struct client *client, GRand *random)
{
	static const char *const keys[] = { "PK", "KEK", "db", "dbx" };
	uint8_t data[600], next[TEST_NAME_ROOM];
	size_t next_size = 0;
	struct client_value value;
	struct client_space space;
	struct efi_guid guid = { { 0 } };
	struct test_name name;
	char text[16];
	const int which = g_rand_int_range(random, 0, 10);

	memset(data, 'F', sizeof data);
	snprintf(text, sizeof text, "Flip%d", g_rand_int_range(random, 0, 8));
	test_name_parse(which == 6 ? keys[g_rand_int_range(random, 0, 4)] : text, &name);
	if (which < 4)
		client_set(client, name.bytes, name.size, &name.guid,
			   which < 2 ? ATTR_NV | ATTR_BS | ATTR_RT : ATTR_BS | ATTR_RT, data,
			   (size_t)g_rand_int_range(random, 0, sizeof data));
	else if (which < 6)
		client_get(client, name.bytes, name.size, &name.guid, sizeof data, &value);
	else if (which == 6)
		client_set(client, name.bytes, name.size, &name.guid, ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT, data, 64);
	else if (which == 7)
		client_next(client, next, &next_size, sizeof next, &guid, NULL);
	else
		client_query(client, ATTR_NV | ATTR_BS | ATTR_RT, &space);
}

int main(int argc, char **argv)
{
	static struct socket_client guest;
	struct client *client = g_new0(struct client, 1);
	unsigned long answered = 0;
	g_autoptr(GRand) random = NULL;
	GThread *other;
	guint32 seed;
	gint64 end;

	if (argc != 4)
		return 2;
	seed = (guint32)strtoul(argv[3], NULL, 10);
	if (!socket_client_open(&guest, argv[1], 0, ANSWER_MS)) {
		fprintf(stderr, "%s\n", guest.error);
		return EXIT_FAILURE;
	}
	pages = mmap(NULL, UEFIVARS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, guest.memory, 0);
	if (pages == MAP_FAILED)
		return EXIT_FAILURE;
	random = g_rand_new_with_seed(seed);
	client->exchange = only_lay;
	end = g_get_monotonic_time() + atoi(argv[2]) * G_TIME_SPAN_SECOND;
	other = g_thread_new("flip", flip, &seed);
	while (g_get_monotonic_time() < end) {
		uint32_t frame;

		lay(client, random);
		for (size_t i = 0; i < client->request_size; i++)
			put(i, client->page[i]);
		if (!socket_client_ring(&guest, 0) || !socket_client_wait(&guest, &frame)) {
			fprintf(stderr, "after %lu answers: %s\n", answered, guest.error);
			return EXIT_FAILURE;
		}
		answered++;
	}
	atomic_store(&over, true);
	g_thread_join(other);
	munmap(pages, UEFIVARS_PAGE_SIZE);
	socket_client_close(&guest);
	g_free(client);
	printf("%lu requests answered, %lu fields changed meanwhile\n", answered, atomic_load(&flips));
	return answered > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
