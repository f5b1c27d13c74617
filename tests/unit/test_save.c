/* SPDX-License-Identifier: GPL-2.0-only */
/* Saving and resuming through uefivars.h: what a running guest can see is there again, and nothing else goes out. */
#include <glib.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"

#define NV_BS (ATTR_NV | ATTR_BS)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define BS_RT (ATTR_BS | ATTR_RT)
#define AUTHENTICATED (NV_BS_RT | ATTR_AT)

static const uint8_t mor_key[] = { 0xc1, 0x5a, 0xe0, 0x77, 0x3b, 0x94, 0x08, 0xd6 };

/* Sends an authenticated write dated the `day` of May 2025; returns its status. */
static uint64_t set_signed(struct guest *guest, const char *text, enum identity signer, uint8_t day,
			   const void *payload, size_t size)
{
	struct test_name name;
	struct update update = { .attributes = AUTHENTICATED, .payload = payload, .payload_size = size };
	g_autoptr(GByteArray) data = NULL;

	test_name_parse(text, &name);
	update.name = name.bytes;
	update.name_size = name.size;
	update.guid = name.guid;
	update.time = time_make(2025, 5, day, 0, 0, 0);
	data = sign_update(&(struct signing){ .signer = signer }, &update);
	return guest_set(guest, text, AUTHENTICATED, data->data, data->len);
}

static void enroll(struct guest *guest, const char *name, enum identity signer, enum identity who)
{
	g_autoptr(GByteArray) list = g_byte_array_new();

	list_add_certificate(list, who);
	check_status(set_signed(guest, name, signer, 1, list->data, list->len), EFI_SUCCESS);
}

static void set_ppi(struct guest *guest, uint32_t index, uint32_t value)
{
	uefivars_ppi_write(guest->uv, 0x104, 4, index);
	g_assert_cmpint(uefivars_ppi_write(guest->uv, 0x108, 4, value), ==, UEFIVARS_ANSWERED);
}

static uint32_t get_ppi(struct guest *guest, uint32_t index)
{
	uefivars_ppi_write(guest->uv, 0x104, 4, index);
	return uefivars_ppi_read(guest->uv, 0x108, 4);
}

/* A machine with something in every place where a machine keeps something. */
static struct guest *rich_guest(void)
{
	struct guest *guest = guest_new();

	guest->policy.tpm = true;
	guest->policy.secure_boot = true;
	g_assert_true(guest_start(guest));
	enroll(guest, "dbx", NOBODY, OTHER);
	enroll(guest, "db", NOBODY, DB1);
	enroll(guest, "KEK", NOBODY, KEK1);
	enroll(guest, "PK", PK1, PK1);
	guest_reboot(guest);
	check_status(guest_set(guest, "plain", NV_BS_RT, "1", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "other:plain", BS_RT, "2", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "hidden", NV_BS, "3", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "passing", ATTR_BS, "4", 1), EFI_SUCCESS);
	check_status(set_signed(guest, "private", OWNER, 10, "5", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "MOR", NV_BS_RT, "\x11", 1), EFI_SUCCESS);
	check_status(guest_set(guest, "MORLock", NV_BS_RT, mor_key, sizeof mor_key), EFI_SUCCESS);
	set_ppi(guest, 0x000, 0x11223344);
	set_ppi(guest, 0x0fc, 0x55667788);
	set_ppi(guest, 0x100, 0x99aabbcc);
	set_ppi(guest, 0x12c, 0xddeeff00);
	uefivars_ppi_write(guest->uv, 0x104, 4, 0x42);
	return guest;
}

static void expect_value(struct guest *guest, const char *name, uint32_t attributes, const char *data)
{
	struct client_value value;

	check_status(guest_get(guest, name, &value), EFI_SUCCESS);
	g_assert_cmphex(value.attributes, ==, attributes);
	check_bytes(value.data, value.data_size, data, strlen(data));
}

/* Save, resume, save: the same bytes. And what the bytes stand for. */
static void test_round_trip(void)
{
	struct guest *guest = rich_guest();
	g_autoptr(GByteArray) once = NULL, twice = NULL;
	struct uefivars_state state;
	struct client_value value;

	once = guest_save(guest, UEFIVARS_SCOPE_ALL);
	guest_resume(guest);
	g_assert_cmpuint(guest->asides->len, ==, 0);
	twice = guest_save(guest, UEFIVARS_SCOPE_ALL);
	check_bytes(twice->data, twice->len, once->data, once->len);
	expect_value(guest, "plain", NV_BS_RT, "1");
	expect_value(guest, "other:plain", BS_RT, "2");
	expect_value(guest, "hidden", NV_BS, "3");
	expect_value(guest, "passing", ATTR_BS, "4");
	expect_value(guest, "private", AUTHENTICATED, "5");
	expect_value(guest, "MOR", NV_BS_RT, "\x11");
	expect_value(guest, "MORLock", NV_BS_RT, "\x02");
	uefivars_get_state(guest->uv, &state);
	g_assert_false(state.setup_mode);
	g_assert_true(state.secure_boot);
	g_assert_false(state.runtime);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, 0x104, 4), ==, 0x42);
	g_assert_cmphex(get_ppi(guest, 0x000), ==, 0x11223344);
	g_assert_cmphex(get_ppi(guest, 0x0fc), ==, 0x55667788);
	g_assert_cmphex(get_ppi(guest, 0x100), ==, 0x99aabbcc);
	g_assert_cmphex(get_ppi(guest, 0x12c), ==, 0xddeeff00);
	/* MOR-22: the key came along, and is still the one that opens. */
	check_status(guest_set(guest, "MORLock", NV_BS_RT, mor_key, sizeof mor_key), EFI_SUCCESS);
	check_status(guest_get(guest, "MORLock", &value), EFI_SUCCESS);
	check_bytes(value.data, value.data_size, "\0", 1);
	guest_free(guest);
}

/* PRV-17, PER-03: time and owner of a private variable survive a restart and a resume. */
static void test_owner(void)
{
	for (int resume = 0; resume < 2; resume++) {
		struct guest *guest = rich_guest();

		if (resume)
			guest_resume(guest);
		else
			guest_reboot(guest);
		check_status(set_signed(guest, "private", OWNER, 10, "6", 1), EFI_SECURITY_VIOLATION);
		check_status(set_signed(guest, "private", OTHER, 11, "6", 1), EFI_SECURITY_VIOLATION);
		expect_value(guest, "private", AUTHENTICATED, "5");
		check_status(set_signed(guest, "private", OWNER, 11, "6", 1), EFI_SUCCESS);
		expect_value(guest, "private", AUTHENTICATED, "6");
		guest_free(guest);
	}
}

/* PER-04, RT-22: the latch is kept by a resume and opened by a boot alone. */
static void test_latch(void)
{
	struct guest *guest = rich_guest();
	struct uefivars_state state;
	struct client_value value;

	guest->client.at_runtime = true;
	check_status(guest_get(guest, "hidden", &value), EFI_NOT_FOUND);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_RUNTIME), ==, 1);
	guest->client.at_runtime = false;
	for (int times = 0; times < 2; times++) {
		guest_resume(guest);
		uefivars_get_state(guest->uv, &state);
		g_assert_true(state.runtime);
		check_status(guest_get(guest, "hidden", &value), EFI_NOT_FOUND);
		check_status(guest_set(guest, "other:plain", BS_RT, "n", 1), EFI_WRITE_PROTECTED);
		g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_RUNTIME), ==, 0);
	}
	guest_reboot(guest);
	uefivars_get_state(guest->uv, &state);
	g_assert_false(state.runtime);
	expect_value(guest, "hidden", NV_BS, "3");
	guest_free(guest);
}

/* SecureBoot is what it was when the boot began, whatever the host's policy is by then. */
static void test_secure_boot_stays(void)
{
	struct guest *guest = rich_guest();
	struct client_value value;

	guest->policy.secure_boot = false;
	guest_resume(guest);
	expect_value(guest, "SecureBoot", BS_RT, "\x01");
	/* A PK deletion: setup mode at once, SecureBoot at the next boot (RT-21). */
	check_status(set_signed(guest, "PK", PK1, 2, NULL, 0), EFI_SUCCESS);
	guest->policy.secure_boot = true;
	guest_resume(guest);
	expect_value(guest, "SecureBoot", BS_RT, "\x01");
	expect_value(guest, "SetupMode", BS_RT, "\x01");
	guest_reboot(guest);
	check_status(guest_get(guest, "SecureBoot", &value), EFI_SUCCESS);
	check_bytes(value.data, value.data_size, "\0", 1);
	guest_free(guest);
}

static bool contains(const GByteArray *blob, const void *bytes, size_t size)
{
	return memmem(blob->data, blob->len, bytes, size) != NULL;
}

/* What goes to storage that others read: no volatile variable, no key of the MOR lock. */
static void test_stored_scope(void)
{
	static const uint8_t nothing[sizeof mor_key];
	struct guest *guest = rich_guest();
	g_autoptr(GByteArray) stored = guest_save(guest, UEFIVARS_SCOPE_STORED);
	g_autoptr(GByteArray) all = guest_save(guest, UEFIVARS_SCOPE_ALL);
	struct uefivars_variable variable;
	size_t at = 0, records = 0;

	g_assert_cmpuint(get_le32(stored->data + 4), ==, 2);
	check_bytes(stored->data + BLOB_MOR_KEY, sizeof mor_key, nothing, sizeof nothing);
	check_bytes(all->data + BLOB_MOR_KEY, sizeof mor_key, mor_key, sizeof mor_key);
	g_assert_false(contains(stored, mor_key, sizeof mor_key));
	while (blob_next(stored->data, stored->len, &at, &variable)) {
		g_assert_cmphex(variable.attributes & ATTR_NV, ==, ATTR_NV);
		g_assert_cmphex(variable.attributes & ~ATTR_STORED, ==, 0);
		records++;
	}
	g_assert_cmpuint(records, ==, get_le64(stored->data + 8));
	g_assert_true(contains(stored, u"private", 14));
	g_assert_false(contains(stored, u"passing", 14));
	/* The variables are those that the backend got with the last change. */
	check_bytes(guest->stored->data + BLOB_HEADER_2, guest->stored->len - BLOB_HEADER_2,
		    stored->data + BLOB_HEADER_2, stored->len - BLOB_HEADER_2);
	guest_free(guest);
}

static void test_room(void)
{
	struct guest *guest = rich_guest();

	for (enum uefivars_scope scope = UEFIVARS_SCOPE_STORED; scope <= UEFIVARS_SCOPE_ALL; scope++) {
		size_t size = uefivars_save(guest->uv, UEFIVARS_COMMITTED, scope, NULL, 0);
		g_autofree uint8_t *out = g_malloc(size), *untouched = g_malloc(size);

		memset(out, 0x5a, size);
		memset(untouched, 0x5a, size);
		g_assert_cmpuint(uefivars_save(guest->uv, UEFIVARS_COMMITTED, scope, out, size - 1), ==, size);
		check_bytes(out, size, untouched, size);
		g_assert_cmpuint(uefivars_save(guest->uv, UEFIVARS_COMMITTED, scope, out, size), ==, size);
		g_assert_true(memcmp(out, "VARS", 4) == 0);
	}
	guest_free(guest);
}

/* PER-06: the order is kept by boots and resumes. */
static void test_order(void)
{
	static const char *const names[] = { "zeta", "alpha", "mid", "Beta", "a" };
	struct guest *guest = guest_new();

	g_assert_true(guest_start(guest));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		check_status(guest_set(guest, names[i], NV_BS, "1", 1), EFI_SUCCESS);
	for (int round = 0; round < 4; round++) {
		g_auto(GStrv) list = guest_list(guest, NULL);
		g_autofree char *text = g_strjoinv(" ", list);

		g_assert_cmpstr(text, ==, "zeta alpha mid Beta a");
		if (round % 2)
			guest_resume(guest);
		else
			guest_reboot(guest);
		check_status(guest_set(guest, "mid", NV_BS, round % 2 ? "1" : "2", 1), EFI_SUCCESS);
	}
	guest_free(guest);
}

/* A first boot makes records that survive it and says that they are to be stored; once stored they stay as they are. */
static void test_unsaved(void)
{
	struct guest *guest = guest_new();
	g_autoptr(GByteArray) made = NULL, again = NULL;
	struct uefivars_state state;

	g_assert_true(guest_start(guest));
	uefivars_get_state(guest->uv, &state);
	made = guest_save(guest, UEFIVARS_SCOPE_STORED);
	g_assert_cmpuint(get_le64(made->data + 8), >, 0);
	g_assert_true(state.unsaved);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, made->data, made->len));
	uefivars_get_state(guest->uv, &state);
	again = guest_save(guest, UEFIVARS_SCOPE_STORED);
	check_bytes(again->data, again->len, made->data, made->len);
	g_assert_false(state.unsaved);
	guest_free(guest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/save/round-trip", test_round_trip);
	g_test_add_func("/save/owner", test_owner);
	g_test_add_func("/save/latch", test_latch);
	g_test_add_func("/save/secure-boot-stays", test_secure_boot_stays);
	g_test_add_func("/save/stored-scope", test_stored_scope);
	g_test_add_func("/save/room", test_room);
	g_test_add_func("/save/order", test_order);
	g_test_add_func("/save/unsaved", test_unsaved);
	return g_test_run();
}
