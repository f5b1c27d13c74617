/* SPDX-License-Identifier: GPL-2.0-only */
/* The TPM physical presence ports: regions, widths and offsets at every edge, and the variable behind them. */
#include <glib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"

#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define PORT_INDEX 0x104
#define PORT_DATA 0x108
#define FUNCTION_END 0x100
#define BUFFER_END 0x130
#define BUFFER_SIZE 48

static struct guest *ppi_guest(void)
{
	struct guest *guest = guest_new();

	guest->policy.tpm = true;
	g_assert_true(guest_start(guest));
	return guest;
}

static enum uefivars_served write_at(struct guest *guest, uint32_t index, uint32_t value)
{
	g_assert_cmpint(uefivars_ppi_write(guest->uv, PORT_INDEX, 4, index), ==, UEFIVARS_ANSWERED);
	return uefivars_ppi_write(guest->uv, PORT_DATA, 4, value);
}

static uint32_t read_at(struct guest *guest, uint32_t index)
{
	g_assert_cmpint(uefivars_ppi_write(guest->uv, PORT_INDEX, 4, index), ==, UEFIVARS_ANSWERED);
	return uefivars_ppi_read(guest->uv, PORT_DATA, 4);
}

/* uefivars_changes() tells what a save file would show, and nothing else. */
static void test_changes(void)
{
	struct guest *guest = ppi_guest();
	uint64_t changes = uefivars_changes(guest->uv);

	g_assert_cmpint(write_at(guest, 8, 5), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(uefivars_changes(guest->uv), ==, changes + 2);
	g_assert_cmpint(write_at(guest, 8, 5), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(read_at(guest, 8), ==, 5);
	g_assert_cmpuint(uefivars_changes(guest->uv), ==, changes + 2);
	g_assert_cmpint(write_at(guest, FUNCTION_END, 7), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(uefivars_changes(guest->uv), ==, changes + 4);
	changes = uefivars_changes(guest->uv);
	check_status(client_notify(&guest->client), EFI_SUCCESS);
	g_assert_cmpuint(uefivars_changes(guest->uv), ==, changes + 1);
	/* The operator is told once in the life of the guest, also by the process that takes over. */
	guest_resume(guest);
	check_status(client_notify(&guest->client), EFI_ACCESS_DENIED);
	guest_free(guest);
}

static void expect_buffer(struct guest *guest, const uint8_t wanted[BUFFER_SIZE])
{
	struct client_value value;

	check_status(guest_get(guest, "PPIBuffer", &value), EFI_SUCCESS);
	g_assert_cmphex(value.attributes, ==, NV_BS_RT);
	check_bytes(value.data, value.data_size, wanted, BUFFER_SIZE);
}

/* An access at each index reads and writes where all its four bytes lie in one region, and nowhere else. */
static void test_every_index(void)
{
	struct guest *guest = ppi_guest();

	for (uint32_t index = 0; index < BUFFER_END + 16; index++) {
		bool inside = index + 4 <= FUNCTION_END || (index >= FUNCTION_END && index + 4 <= BUFFER_END);
		g_autoptr(GByteArray) before = guest_save(guest, UEFIVARS_SCOPE_ALL), after = NULL;

		g_assert_cmpint(write_at(guest, index, 0xa1b2c3d4 + index), ==, UEFIVARS_ANSWERED);
		g_assert_cmphex(read_at(guest, index), ==, inside ? 0xa1b2c3d4 + index : 0);
		after = guest_save(guest, UEFIVARS_SCOPE_ALL);
		g_assert_cmpuint(after->len, ==, before->len);
		/* The index itself is saved, at 32. */
		put_le32(before->data + 32, index);
		g_assert_cmpint(memcmp(after->data, before->data, after->len) != 0, ==, inside);
	}
	guest_free(guest);
}

/* Little-endian, unaligned, each region beside the other. */
static void test_bytes(void)
{
	uint8_t wanted[BUFFER_SIZE] = { 0 };
	struct guest *guest = ppi_guest();

	g_assert_cmpint(write_at(guest, 1, 0x44332211), ==, UEFIVARS_ANSWERED);
	g_assert_cmphex(read_at(guest, 0), ==, 0x33221100);
	g_assert_cmphex(read_at(guest, 3), ==, 0x00004433);
	g_assert_cmpint(write_at(guest, 0xfc, 0xffffffff), ==, UEFIVARS_ANSWERED);
	expect_buffer(guest, wanted);
	g_assert_cmpint(write_at(guest, 0x101, 0x04030201), ==, UEFIVARS_ANSWERED);
	g_assert_cmpint(write_at(guest, 0x12c, 0x08070605), ==, UEFIVARS_ANSWERED);
	memcpy(wanted + 1, "\1\2\3\4", 4);
	memcpy(wanted + 44, "\5\6\7\10", 4);
	expect_buffer(guest, wanted);
	g_assert_cmphex(read_at(guest, 0xfc), ==, 0xffffffff);
	guest_free(guest);
}

static void test_far_indices(void)
{
	static const uint32_t indices[] = { 0xfd,       0xfe,       0xff,       0x12d,      0x12f,
					    0x130,      0x1000,     0x7ffffffc, 0x80000000, 0xfffffefc,
					    0xffffff00, 0xfffffffc, 0xfffffffd, 0xffffffff };
	struct guest *guest = ppi_guest();

	for (size_t i = 0; i < G_N_ELEMENTS(indices); i++) {
		g_assert_cmpint(write_at(guest, indices[i], 0xffffffff), ==, UEFIVARS_ANSWERED);
		g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_INDEX, 4), ==, indices[i]);
		g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_DATA, 4), ==, 0);
	}
	for (uint32_t index = 0; index + 4 <= BUFFER_END; index += 4)
		g_assert_cmphex(read_at(guest, index), ==, 0);
	g_assert_cmpuint(guest->persists, ==, 0);
	guest_free(guest);
}

/* Only 32-bit accesses at the two ports' bases are any. */
static void test_widths_and_ports(void)
{
	static const unsigned int widths[] = { 0, 1, 2, 3, 4, 5, 8, 0xffffffff };
	struct guest *guest = ppi_guest();

	g_assert_cmpint(write_at(guest, 0x100, 0x12345678), ==, UEFIVARS_ANSWERED);
	guest_forget(guest);
	for (uint16_t port = 0x100; port < 0x110; port++) {
		for (size_t i = 0; i < G_N_ELEMENTS(widths); i++) {
			bool real = widths[i] == 4 && (port == PORT_INDEX || port == PORT_DATA);

			if (real)
				continue;
			g_assert_cmpint(uefivars_ppi_write(guest->uv, port, widths[i], 0), ==, UEFIVARS_ANSWERED);
			g_assert_cmphex(uefivars_ppi_read(guest->uv, port, widths[i]), ==, 0);
			g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_INDEX, 4), ==, 0x100);
			g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_DATA, 4), ==, 0x12345678);
		}
	}
	g_assert_cmphex(uefivars_ppi_read(guest->uv, 0, 4), ==, 0);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, 0xffff, 4), ==, 0);
	g_assert_cmpuint(guest->persists, ==, 0);
	guest_free(guest);
}

/* The buffer is durable, function data are not; what changes nothing is not persisted. */
static void test_persisted(void)
{
	struct guest *guest = ppi_guest();

	g_assert_cmpint(write_at(guest, 0x10, 1), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(guest->persists, ==, 0);
	g_assert_cmpint(write_at(guest, 0x110, 1), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(guest->persists, ==, 1);
	g_assert_cmpint(write_at(guest, 0x110, 1), ==, UEFIVARS_ANSWERED);
	g_assert_cmpuint(guest->persists, ==, 1);
	guest_reboot(guest);
	g_assert_cmphex(read_at(guest, 0x110), ==, 1);
	g_assert_cmphex(read_at(guest, 0x10), ==, 0);
	guest->persist = UEFIVARS_PERSIST_FAILED;
	g_assert_cmpint(write_at(guest, 0x110, 2), ==, UEFIVARS_ANSWERED);
	g_assert_cmphex(read_at(guest, 0x110), ==, 1);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_REFUSED), ==, 1);
	guest_free(guest);
}

/* A port write waits like any other change; there is no page to answer in. */
static void test_pending(void)
{
	for (int persisted = 0; persisted < 2; persisted++) {
		struct guest *guest = ppi_guest();
		size_t size = 1;

		guest->persist = UEFIVARS_PERSIST_PENDING;
		guest->hold = true;
		g_assert_cmpint(write_at(guest, 0x100, 7), ==, UEFIVARS_PENDING);
		g_assert_cmphex(read_at(guest, 0x100), ==, 0);
		g_assert_cmpint(write_at(guest, 0x104, 8), ==, UEFIVARS_BUSY);
		g_assert_cmpint(write_at(guest, 0x12c, 8), ==, UEFIVARS_BUSY);
		g_assert_cmpint(write_at(guest, 0x20, 9), ==, UEFIVARS_ANSWERED);
		g_assert_cmphex(read_at(guest, 0x20), ==, 9);
		check_status(guest_set(guest, "v", NV_BS_RT, "1", 1), CLIENT_NO_ANSWER);
		g_assert_cmpint(guest->served, ==, UEFIVARS_BUSY);
		g_assert_null(uefivars_complete(guest->uv, persisted, &size));
		g_assert_cmphex(read_at(guest, 0x100), ==, persisted ? 7 : 0);
		g_assert_cmphex(read_at(guest, 0x104), ==, 0);
		guest_free(guest);
	}
}

/* PPI-06: SetVariable does not reach the buffer. */
static void test_read_only(void)
{
	uint8_t wanted[BUFFER_SIZE] = { 0 };
	struct guest *guest = ppi_guest();

	check_status(guest_set(guest, "PPIBuffer", NV_BS_RT, "1", 1), EFI_WRITE_PROTECTED);
	check_status(guest_set(guest, "PPIBuffer", NV_BS_RT | ATTR_APPEND, "1", 1), EFI_WRITE_PROTECTED);
	check_status(guest_set(guest, "PPIBuffer", NV_BS_RT, NULL, 0), EFI_WRITE_PROTECTED);
	check_status(guest_set(guest, "PPIBuffer", 0, NULL, 0), EFI_WRITE_PROTECTED);
	expect_buffer(guest, wanted);
	guest_free(guest);
}

/* Without a TPM there are no ports; a buffer that was stored when there was one is kept. */
static void test_without_tpm(void)
{
	struct guest *guest = guest_new();
	struct client_value value;
	uint8_t wanted[BUFFER_SIZE] = { 5 };

	g_assert_true(guest_start(guest));
	g_assert_cmpint(uefivars_ppi_write(guest->uv, PORT_INDEX, 4, 4), ==, UEFIVARS_ANSWERED);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_INDEX, 4), ==, 0);
	g_assert_cmpint(uefivars_ppi_write(guest->uv, PORT_DATA, 4, 4), ==, UEFIVARS_ANSWERED);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_DATA, 4), ==, 0);
	check_status(guest_get(guest, "PPIBuffer", &value), EFI_NOT_FOUND);
	guest_free(guest);
	guest = ppi_guest();
	g_assert_cmpint(write_at(guest, 0x100, 5), ==, UEFIVARS_ANSWERED);
	guest->policy.tpm = false;
	guest_reboot(guest);
	expect_buffer(guest, wanted);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, PORT_DATA, 4), ==, 0);
	check_status(guest_set(guest, "PPIBuffer", 0, NULL, 0), EFI_WRITE_PROTECTED);
	guest->policy.tpm = true;
	guest_reboot(guest);
	g_assert_cmphex(read_at(guest, 0x100), ==, 5);
	guest_free(guest);
}

/* A stored buffer of another size becomes one of 48 bytes: the ports never reach beyond it. */
static void test_stored_sizes(void)
{
	static const size_t sizes[] = { 1, 3, 4, 47, 48, 49, 300 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct guest *guest = guest_new();
		struct uefivars_variable variable = { .data_size = sizes[i], .attributes = NV_BS_RT };
		uint8_t data[300], wanted[BUFFER_SIZE] = { 0 };
		enum uefivars_key failed;

		memset(data, 0x77, sizeof data);
		memset(wanted, 0x77, MIN(sizes[i], BUFFER_SIZE));
		variable.name = (const uint8_t *)u"PPIBuffer";
		variable.name_size = 18;
		variable.data = data;
		memcpy(variable.guid, guid_ppi_xen.bytes, 16);
		guest->policy.tpm = true;
		guest->uv = uefivars_create(&guest->policy, NULL);
		g_assert_cmpint(uefivars_load(guest->uv, &variable, false), ==, UEFIVARS_OK);
		g_assert_cmpint(uefivars_start(guest->uv, UEFIVARS_BOOT, NULL, &failed), ==, UEFIVARS_OK);
		expect_buffer(guest, wanted);
		g_assert_cmphex(read_at(guest, 0x12c), ==, get_le32(wanted + 44));
		guest_free(guest);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ppi/every-index", test_every_index);
	g_test_add_func("/ppi/bytes", test_bytes);
	g_test_add_func("/ppi/far-indices", test_far_indices);
	g_test_add_func("/ppi/widths-and-ports", test_widths_and_ports);
	g_test_add_func("/ppi/persisted", test_persisted);
	g_test_add_func("/ppi/pending", test_pending);
	g_test_add_func("/ppi/read-only", test_read_only);
	g_test_add_func("/ppi/without-tpm", test_without_tpm);
	g_test_add_func("/ppi/stored-sizes", test_stored_sizes);
	g_test_add_func("/ppi/changes", test_changes);
	return g_test_run();
}
