/* SPDX-License-Identifier: GPL-2.0-only */
/* C requests that have broken implementations of this kind, where A does not show them already. */
#include "tests/support/play.h"

#include <string.h>

#include "efi/guid.h"
#include "tests/support/names.h"

#define INDEX_PORT 0x104
#define DATA_PORT 0x108

static void start_with_tpm(struct guest *guest)
{
	guest->policy.tpm = true;
	g_assert_true(guest_start(guest));
}

/* Appends in steps until one is refused; what was accepted stays readable. */
static void append_until_refused(struct guest *guest)
{
	size_t size = 0;

	while (size + 9000 <= UEFIVARS_DATA_MAX) {
		DO(guest, SET("V", A7 | APPEND, PATTERN(9000), S));
		size += 9000;
	}
	DO(guest, SET("V", A7 | APPEND, PATTERN(9000), IP), SET("V", A7 | APPEND, PATTERN(60000), IP));
	for (unsigned int i = 0; i < 3; i++) {
		struct client_value value;

		g_assert_cmphex(guest_get(guest, "V", &value), ==, EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, size);
		if (i == 0)
			guest_reboot(guest);
		else
			guest_resume(guest);
	}
}

static uint32_t ppi_read(struct guest *guest, uint32_t index)
{
	g_assert_cmpint(uefivars_ppi_write(guest->uv, INDEX_PORT, 4, index), ==, UEFIVARS_ANSWERED);
	return uefivars_ppi_read(guest->uv, DATA_PORT, 4);
}

static void ppi_write(struct guest *guest, uint32_t index, uint32_t value)
{
	g_assert_cmpint(uefivars_ppi_write(guest->uv, INDEX_PORT, 4, index), ==, UEFIVARS_ANSWERED);
	g_assert_cmpint(uefivars_ppi_write(guest->uv, DATA_PORT, 4, value), ==, UEFIVARS_ANSWERED);
}

/* Both regions from their first to their last four bytes; the buffer is durable, the function data is not. */
static void ppi_regions(struct guest *guest)
{
	ppi_write(guest, 0, 0x11223344);
	ppi_write(guest, 0xfc, 0x55667788);
	g_assert_cmpuint(guest->persists, ==, 0);
	ppi_write(guest, 0x100, 0xa1a2a3a4);
	ppi_write(guest, 0x12c, 0xb1b2b3b4);
	g_assert_cmpuint(guest->persists, ==, 2);
	for (unsigned int round = 0; round < 2; round++) {
		g_assert_cmphex(ppi_read(guest, 0), ==, 0x11223344);
		g_assert_cmphex(ppi_read(guest, 1), ==, 0x00112233);
		g_assert_cmphex(ppi_read(guest, 0xfc), ==, 0x55667788);
		g_assert_cmphex(ppi_read(guest, 0x100), ==, 0xa1a2a3a4);
		g_assert_cmphex(ppi_read(guest, 0x12c), ==, 0xb1b2b3b4);
		guest_resume(guest);
		/* the selected index is kept, too */
		g_assert_cmphex(uefivars_ppi_read(guest->uv, DATA_PORT, 4), ==, 0xb1b2b3b4);
	}
	guest_reboot(guest);
	g_assert_cmphex(ppi_read(guest, 0), ==, 0);
	g_assert_cmphex(ppi_read(guest, 0x100), ==, 0xa1a2a3a4);
	g_assert_cmphex(ppi_read(guest, 0x12c), ==, 0xb1b2b3b4);
}

/* Accesses that leave their region, or are no accesses at all: they read zero and write nothing. */
static void ppi_outside(struct guest *guest)
{
	static const uint32_t indexes[] = { 0xfd,  0xfe,   0xff,       0x12d,          0x12f,
					    0x130, 0x1000, 0x7fffffff, UINT32_MAX - 3, UINT32_MAX };
	static const struct {
		uint16_t port;
		unsigned int width;
	} accesses[] = { { DATA_PORT, 1 },
			 { DATA_PORT, 2 },
			 { DATA_PORT, 8 },
			 { DATA_PORT, 0 },
			 { DATA_PORT + 1, 4 },
			 { DATA_PORT + 3, 1 },
			 { DATA_PORT + 2, 2 },
			 { INDEX_PORT + 1, 4 },
			 { INDEX_PORT, 1 },
			 { INDEX_PORT + 3, 1 },
			 { 0x100, 4 },
			 { 0x10c, 4 },
			 { 0, 4 },
			 { 0xffff, 4 } };
	GByteArray *before, *after;

	ppi_write(guest, 0xfc, 0xffffffff);
	ppi_write(guest, 0x100, 0xffffffff);
	ppi_write(guest, 0x12c, 0xffffffff);
	guest_forget(guest);
	for (size_t i = 0; i < G_N_ELEMENTS(indexes); i++) {
		g_assert_cmphex(ppi_read(guest, indexes[i]), ==, 0);
		ppi_write(guest, indexes[i], 0x12345678);
		g_assert_cmphex(ppi_read(guest, indexes[i]), ==, 0);
	}
	g_assert_cmphex(ppi_read(guest, 0xff), ==, 0);
	before = guest_save(guest, UEFIVARS_SCOPE_ALL);
	for (size_t i = 0; i < G_N_ELEMENTS(accesses); i++) {
		g_assert_cmphex(uefivars_ppi_read(guest->uv, accesses[i].port, accesses[i].width), ==, 0);
		g_assert_cmpint(uefivars_ppi_write(guest->uv, accesses[i].port, accesses[i].width, 0x12345678), ==,
				UEFIVARS_ANSWERED);
	}
	after = guest_save(guest, UEFIVARS_SCOPE_ALL);
	g_assert_true(play_same(before->data, before->len, after->data, after->len));
	g_assert_cmpuint(guest->persists, ==, 0);
	g_assert_cmphex(ppi_read(guest, 0xfc), ==, 0xffffffff);
	g_assert_cmphex(ppi_read(guest, 0x100), ==, 0xffffffff);
	g_assert_cmphex(ppi_read(guest, 0x12c), ==, 0xffffffff);
	g_byte_array_unref(before);
	g_byte_array_unref(after);
}

/* A port write cannot fail, but one that is not durable did not happen. */
static void ppi_not_durable(struct guest *guest)
{
	ppi_write(guest, 0x100, 0x11111111);
	guest->persist = UEFIVARS_PERSIST_FAILED;
	ppi_write(guest, 0x100, 0x22222222);
	g_assert_cmphex(ppi_read(guest, 0x100), ==, 0x11111111);
	guest->persist = UEFIVARS_PERSIST_PENDING;
	g_assert_cmpint(uefivars_ppi_write(guest->uv, DATA_PORT, 4, 0x33333333), ==, UEFIVARS_PENDING);
	/* one change at a time */
	g_assert_cmpint(uefivars_ppi_write(guest->uv, DATA_PORT, 4, 0x44444444), ==, UEFIVARS_BUSY);
	g_assert_null(uefivars_complete(guest->uv, true, &guest->response_size));
	g_assert_cmphex(ppi_read(guest, 0x100), ==, 0x33333333);
}

static void no_tpm_no_ports(struct guest *guest)
{
	ppi_write(guest, 0, 0x11223344);
	g_assert_cmphex(ppi_read(guest, 0), ==, 0);
	ppi_write(guest, 0x100, 0x11223344);
	g_assert_cmphex(ppi_read(guest, 0x100), ==, 0);
	g_assert_cmpuint(guest->persists, ==, 0);
}

/* The guest's attempts at the buffer do not reach what the ports see. */
static void resize_then_read(struct guest *guest)
{
	ppi_write(guest, 296, 0x0badcafe);
	DO(guest, SET("PPIBuffer", A7, D("x"), WP), DELETE("PPIBuffer", A7, WP), DELETE("PPIBuffer", 0, WP));
	g_assert_cmphex(ppi_read(guest, 296), ==, 0x0badcafe);
}

/* Lookalikes of PK under the global GUID, and odd names in Get and Next. */
static void odd_names(struct guest *guest)
{
	static const struct {
		const char *bytes;
		size_t size;
	} names[] = { { "P\0K\0\0\0x\0", 8 }, { "P\0K\0\0\0", 6 }, { "P\0K\0\0", 5 }, { "P\0K", 3 }, { "P", 1 },
		      { "\0\0P\0K\0", 6 },    { "P\0K\0 \0", 6 },  { "\0\1", 2 },     { "\0", 1 } };
	struct client_value value;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const uint8_t *name = (const uint8_t *)names[i].bytes;
		struct efi_guid guid = guid_global_variable;
		uint8_t room[64];
		size_t size = names[i].size;
		uint64_t status;

		g_assert_cmphex(client_set(&guest->client, name, size, &guid, A7, (const uint8_t *)"x", 1), ==,
				EFI_INVALID_PARAMETER);
		g_assert_cmphex(client_set(&guest->client, name, size, &guid, A27, (const uint8_t *)"x", 1), !=,
				EFI_SUCCESS);
		status = client_get(&guest->client, name, size, &guid, 1000, &value);
		g_assert_true(status == EFI_NOT_FOUND || status == EFI_INVALID_PARAMETER);
		memcpy(room, name, size);
		g_assert_cmphex(client_next(&guest->client, room, &size, sizeof room, &guid, NULL), ==,
				EFI_INVALID_PARAMETER);
	}
	DO(guest, GET("PK", A27, CERT(PK1)), MODES(0, 0, 0, 1));
}

static void name_of_256_bytes(struct guest *guest)
{
	uint8_t name[256];
	struct client_value value;

	memset(name, 'n', sizeof name);
	g_assert_cmphex(client_set(&guest->client, name, sizeof name, &guid_test_vendor, A7, (const uint8_t *)"x", 1),
			==, EFI_SUCCESS);
	guest_reboot(guest);
	g_assert_cmphex(client_get(&guest->client, name, sizeof name, &guid_test_vendor, 9, &value), ==, EFI_SUCCESS);
	g_assert_cmphex(client_get(&guest->client, name, sizeof name - 2, &guid_test_vendor, 9, &value), ==,
			EFI_NOT_FOUND);
}

/* Fills the store, and looks at every variable after each way of saving and loading. */
static void expect_many(struct guest *guest, unsigned int count)
{
	struct client_value value;

	for (unsigned int i = 0; i < count; i++) {
		char *name = g_strdup_printf("Many%u", i);

		g_assert_cmphex(guest_get(guest, name, &value), ==, EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, 64);
		g_assert_cmpuint(value.data[63], ==, (uint8_t)i);
		g_free(name);
	}
	DO(guest, GET("Last", A7, D("the last slot")));
}

static void hundreds(struct guest *guest)
{
	enum { COUNT = 400 };
	uint8_t data[64] = { 0 };

	for (unsigned int i = 0; i < COUNT; i++) {
		char *name = g_strdup_printf("Many%u", i);

		data[63] = (uint8_t)i;
		g_assert_cmphex(guest_set(guest, name, i % 2 ? A7 : NV | BS, data, sizeof data), ==, EFI_SUCCESS);
		g_free(name);
	}
	DO(guest, SET("Last", A7, D("the last slot"), S));
	expect_many(guest, COUNT);
	guest_reboot(guest);
	expect_many(guest, COUNT);
	guest_resume(guest);
	expect_many(guest, COUNT);
	guest_reboot(guest);
	expect_many(guest, COUNT);
}

#define LARGE(name) GET(name, A7, PATTERN(32000))
#define FOUR_LARGE LARGE("A"), LARGE("B"), LARGE("C"), LARGE("D")

/* clang-format off */
static const struct play_case cases[] = {
	{ "/C/1", NULL, { CALL(append_until_refused) } },
	{ "/C/2", start_with_tpm, { CALL(ppi_regions) } },
	{ "/C/2/outside", start_with_tpm, { CALL(ppi_outside) } },
	{ "/C/2/resize", start_with_tpm, { CALL(resize_then_read) } },
	{ "/C/2/not-durable", start_with_tpm, { CALL(ppi_not_durable) } },
	{ "/C/2/no-tpm", NULL, { CALL(no_tpm_no_ports) } },
	{ "/C/3", start_with_tpm, {
		SET("MORLock", A7, D("\1"), S), SET("MORLock", 0, D("\1"), WP), SET("MORLock", 0, D("\0"), WP),
		GET("MORLock", A7, D("\1")), SET("MOR", A7, D("\1"), AD),
		SET("Tcg2PhysicalPresenceFlagsLock", A7, D("\1"), S),
		SET("Tcg2PhysicalPresenceFlagsLock", 0, D("\1"), WP),
		SET("Tcg2PhysicalPresenceFlagsLock", 0, D("\0"), WP), GET("Tcg2PhysicalPresenceFlagsLock", A7, D("\1")),
		SET("Tcg2PhysicalPresenceFlags", A7, D("\1\2\3\4"), WP) } },
	{ "/C/4", NULL, {
		CALL(play_fill_completely), SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), OOR), MODES(1, 0, 0, 0),
		ABSENT("PK"), REBOOT, MODES(1, 0, 0, 0) } },
	{ "/C/4/save-fails", NULL, {
		BACKEND_FAILS, SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), DE), MODES(1, 0, 0, 0), ABSENT("PK"),
		SIGNED("db", A27, UNSIGNED, T(1), CERT(DB1), DE), ABSENT("db"), BACKEND_DONE,
		SIGNED("PK", A27, BY(PK1), T(1), CERT(PK1), S), MODES(0, 0, 0, 1) } },
	{ "/C/4/delete-fails", start_secure_boot, {
		BACKEND_FAILS, SIGNED("PK", A27, BY(PK1), T(2), NONE, DE), MODES(0, 1, 0, 1), GET("PK", A27, CERT(PK1)),
		SIGNED("db", A27, UNSIGNED, T(2), CERT(OTHER), SV), BACKEND_DONE,
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), MODES(1, 1, 0, 0) } },
	{ "/C/7", start_user_mode, { CALL(odd_names) } },
	{ "/C/7/256-bytes", NULL, { CALL(name_of_256_bytes) } },
	{ "/C/8", NULL, {
		SIGNED("V", A27, BY(OWNER), T(5), D("x"), S), DELETE("V", A27, SV), DELETE("V", 0, IP),
		SET("V", 0, D("y"), IP), SIGNED("V", A27, UNSIGNED, T(6), NONE, SV),
		SIGNED("V", A27, BY(OTHER), T(6), NONE, SV), REBOOT, DELETE("V", A27, SV), DELETE("V", 0, IP),
		SIGNED("V", A27, UNSIGNED, T(6), NONE, SV), SIGNED("V", A27, BY(OTHER), T(6), NONE, SV),
		SIGNED("V", A27, BY(OWNER), T(5), D("y"), SV), SIGNED("V", A27, BY(OWNER), T(6), D("y"), S),
		SIGNED("V", A27, BY(OWNER), T(7), NONE, S) } },
	{ "/C/9", start_user_mode, {
		SIGNED("dbx", A27, BY(KEK1), T(5), HASHES(1, 2), S),
		SIGNED("dbx", A27 | APPEND, BY(KEK1), TIME(2010, 3, 6, 19, 17, 21), HASHES(3, 1), S),
		SIGNED("dbx", A27, BY(KEK1), T(5), HASHES(1, 2), SV),
		SIGNED("dbx", A27, BY(KEK1), T(4), HASHES(1, 1), SV), CALL(play_fill_completely),
		SIGNED("dbx", A27 | APPEND, BY(KEK1), T(8), HASHES(1, 2), S),
		SIGNED("dbx", A27, BY(KEK1), T(7), HASHES(1, 1), SV),
		SIGNED("dbx", A27, BY(KEK1), T(9), HASHES(1, 1), S) } },
	{ "/C/11", NULL, {
		SET("A", A7, PATTERN(32000), S), SET("B", A7, PATTERN(32000), S), SET("C", A7, PATTERN(32000), S),
		SET("D", A7, PATTERN(32000), S), FOUR_LARGE, REBOOT, FOUR_LARGE, RESUME, FOUR_LARGE, REBOOT,
		FOUR_LARGE } },
	{ "/C/11/hundreds", start_user_mode, { CALL(hundreds) } },
	{ "/C/12", NULL, {
		SET("V", A7, D("x"), S), AT_RUNTIME, SAVES(1), DELETE("V", 0, S), SAVES(1), NOT_STORED("V"), REBOOT,
		ABSENT("V"), SET("V", NV | BS, D("x"), S), SAVES(1), SET("V", 0, D("y"), S), SAVES(1),
		NOT_STORED("V") } },
};
/* clang-format on */

PLAY_MAIN(cases)
