/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading stored variables: what is taken, what is set aside and why, what a start makes of it. */
#include <glib.h>

#include "efi/attributes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/identity.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"

#define NV_BS (ATTR_NV | ATTR_BS)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define BS_RT (ATTR_BS | ATTR_RT)
#define AUTHENTICATED (NV_BS_RT | ATTR_AT)

static uint8_t zeros[70000];

/* A store with the guest's policy that was not started; guest_free() frees it. */
static void begin(struct guest *guest)
{
	if (guest->uv)
		uefivars_free(guest->uv);
	guest->uv = uefivars_create(&guest->policy, NULL);
	g_assert_nonnull(guest->uv);
}

static void start(struct guest *guest, enum uefivars_boot boot)
{
	enum uefivars_key failed;

	g_assert_cmpint(uefivars_start(guest->uv, boot, NULL, &failed), ==, UEFIVARS_OK);
}

static enum uefivars_reason load_bytes(struct guest *guest, const uint8_t *name, size_t name_size, uint32_t attributes,
				       const void *data, size_t size, bool resume)
{
	/* In heap blocks of exactly their size, so that the sanitizer sees a step beyond. */
	g_autofree uint8_t *exact_name = check_copy(name, name_size), *exact_data = check_copy(data, size);
	struct uefivars_variable variable = {
		.name = exact_name,
		.name_size = name_size,
		.data = exact_data,
		.data_size = size,
		.attributes = attributes,
	};

	memcpy(variable.guid, guid_test_vendor.bytes, sizeof variable.guid);
	memset(variable.timestamp, 0x11, sizeof variable.timestamp);
	memset(variable.digest, 0x22, sizeof variable.digest);
	return uefivars_load(guest->uv, &variable, resume);
}

static enum uefivars_reason load(struct guest *guest, const char *text, uint32_t attributes, const void *data,
				 size_t size, bool resume)
{
	struct uefivars_variable variable = { .data = data, .data_size = size, .attributes = attributes };
	struct test_name name;

	test_name_parse(text, &name);
	variable.name = name.bytes;
	variable.name_size = name.size;
	memcpy(variable.guid, name.guid.bytes, sizeof variable.guid);
	memset(variable.timestamp, 0x11, sizeof variable.timestamp);
	memset(variable.digest, 0x22, sizeof variable.digest);
	return uefivars_load(guest->uv, &variable, resume);
}

static GByteArray *certificate_list(enum identity who)
{
	GByteArray *list = g_byte_array_new();

	list_add_certificate(list, who);
	return list;
}

static void test_reasons(void)
{
	static const struct {
		const char *what, *name;
		uint32_t attributes;
		size_t size;
		bool resume;
		enum uefivars_reason reason;
	} rows[] = {
		{ "ordinary", "v", NV_BS_RT, 1, false, UEFIVARS_OK },
		{ "not at runtime", "v", NV_BS, 1, false, UEFIVARS_OK },
		{ "no data", "v", NV_BS_RT, 0, false, UEFIVARS_BAD_FORMAT },
		{ "volatile", "v", BS_RT, 1, false, UEFIVARS_VOLATILE },
		{ "volatile, boot services alone", "v", ATTR_BS, 1, false, UEFIVARS_VOLATILE },
		{ "volatile, resumed", "v", BS_RT, 1, true, UEFIVARS_OK },
		{ "volatile, resumed, boot services alone", "v", ATTR_BS, 1, true, UEFIVARS_OK },
		{ "no attributes", "v", 0, 1, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "no attributes, resumed", "v", 0, 1, true, UEFIVARS_BAD_ATTRIBUTES },
		{ "NV alone", "v", ATTR_NV, 1, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "NV and RT", "v", ATTR_NV | ATTR_RT, 1, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "RT alone", "v", ATTR_RT, 1, true, UEFIVARS_BAD_ATTRIBUTES },
		{ "a name that no guest could create", "global:FooBar", NV_BS_RT, 1, false, UEFIVARS_OK },
		{ "a format that no guest could write", "BootNext", NV_BS_RT, 3, false, UEFIVARS_OK },
		{ "a private authenticated one", "v", AUTHENTICATED, 1, false, UEFIVARS_OK },
		{ "PK without authentication", "PK", NV_BS_RT, 1, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "PK that is no signature list", "PK", AUTHENTICATED, 30, false, UEFIVARS_BAD_SIGNATURE_LIST },
		{ "KEK that is no signature list", "KEK", AUTHENTICATED, 30, false, UEFIVARS_BAD_SIGNATURE_LIST },
		{ "db that is no signature list", "db", AUTHENTICATED, 30, false, UEFIVARS_BAD_SIGNATURE_LIST },
		{ "dbx without authentication", "dbx", NV_BS_RT, 30, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "SecureBoot of another boot", "SecureBoot", BS_RT, 1, false, UEFIVARS_VOLATILE },
		{ "SecureBoot, resumed", "SecureBoot", BS_RT, 1, true, UEFIVARS_OK },
		{ "SecureBoot that survives boots", "SecureBoot", NV_BS_RT, 1, false, UEFIVARS_BAD_ATTRIBUTES },
		{ "SetupMode that survives boots", "SetupMode", NV_BS_RT, 1, true, UEFIVARS_BAD_ATTRIBUTES },
	};
	struct guest *guest = guest_new();

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct uefivars_variable variable;

		g_test_message("%s", rows[i].what);
		begin(guest);
		g_assert_cmpint(load(guest, rows[i].name, rows[i].attributes, zeros, rows[i].size, rows[i].resume), ==,
				rows[i].reason);
		g_assert_cmpint(guest_find(guest, rows[i].name, &variable), ==, rows[i].reason == UEFIVARS_OK);
	}
	guest_free(guest);
}

static void test_names(void)
{
	uint8_t *long_name = g_malloc(4098);
	struct guest *guest = guest_new();

	for (size_t i = 0; i < 4098; i += 2) {
		long_name[i] = 'x';
		long_name[i + 1] = 0;
	}
	begin(guest);
	g_assert_cmpint(load_bytes(guest, zeros, 0, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, zeros, 1, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, zeros, 2, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, long_name, 3, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, (const uint8_t *)u"n\0", 4, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, long_name, 4097, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, long_name, 4098, NV_BS, "d", 1, false), ==, UEFIVARS_BAD_NAME);
	g_assert_cmpint(load_bytes(guest, long_name, 1022, NV_BS, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load_bytes(guest, long_name, 1024, NV_BS, "2", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load_bytes(guest, long_name, 4096, NV_BS, "3", 1, false), ==, UEFIVARS_OK);
	start(guest, UEFIVARS_BOOT);
	for (size_t i = 0; i < 3; i++) {
		static const size_t sizes[] = { 1022, 1024, 4096 };
		struct client_value value;
		uint8_t digit = (uint8_t)('1' + i);

		check_status(client_get(&guest->client, long_name, sizes[i], &guid_test_vendor, 10, &value),
			     EFI_SUCCESS);
		check_bytes(value.data, value.data_size, &digit, 1);
		/* What is there can be rewritten and deleted; a name this long cannot be created again. */
		check_status(client_set(&guest->client, long_name, sizes[i], &guid_test_vendor, NV_BS, (uint8_t *)"n",
					1),
			     EFI_SUCCESS);
		check_status(client_set(&guest->client, long_name, sizes[i], &guid_test_vendor, NV_BS, NULL, 0),
			     EFI_SUCCESS);
		check_status(client_set(&guest->client, long_name, sizes[i], &guid_test_vendor, NV_BS, (uint8_t *)"n",
					1),
			     i ? EFI_INVALID_PARAMETER : EFI_SUCCESS);
	}
	guest_free(guest);
	g_free(long_name);
}

/* PER-07 and rule 5 of the design: larger than a guest could write is read, rewritten within the limit, deleted. */
static void test_large(void)
{
	static const size_t sizes[] = { UEFIVARS_DATA_MAX, UEFIVARS_DATA_MAX + 1, UEFIVARS_DATA_LOAD_MAX };
	struct guest *guest = guest_new();

	begin(guest);
	g_assert_cmpint(load(guest, "v", NV_BS, zeros, UEFIVARS_DATA_LOAD_MAX + 1, false), ==, UEFIVARS_TOO_LARGE);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct client_value value;

		begin(guest);
		zeros[sizes[i] - 1] = 7;
		g_assert_cmpint(load(guest, "v", NV_BS, zeros, sizes[i], false), ==, UEFIVARS_OK);
		start(guest, UEFIVARS_BOOT);
		check_status(guest_get(guest, "v", &value), EFI_SUCCESS);
		check_bytes(value.data, value.data_size, zeros, sizes[i]);
		g_assert_cmpuint(guest->response_size, ==, 20 + sizes[i]);
		zeros[sizes[i] - 1] = 0;
		check_status(guest_set(guest, "v", NV_BS | ATTR_APPEND, "x", 1), EFI_INVALID_PARAMETER);
		check_status(guest_set(guest, "v", NV_BS | ATTR_APPEND, NULL, 0), EFI_SUCCESS);
		check_status(guest_set(guest, "v", NV_BS, zeros, UEFIVARS_DATA_MAX + 1), EFI_INVALID_PARAMETER);
		check_status(guest_get(guest, "v", &value), EFI_SUCCESS);
		g_assert_cmpuint(value.data_size, ==, sizes[i]);
		check_status(guest_set(guest, "v", NV_BS, zeros, UEFIVARS_DATA_MAX), EFI_SUCCESS);
		check_status(guest_set(guest, "v", NV_BS, NULL, 0), EFI_SUCCESS);
		check_status(guest_get(guest, "v", &value), EFI_NOT_FOUND);
	}
	guest_free(guest);
}

/* More than the total: all is there, nothing grows, shrinking and deleting make room. */
static void test_overfull(void)
{
	struct guest *guest = guest_new();
	struct client_space space;
	struct client_value value;

	begin(guest);
	g_assert_cmpint(load(guest, "a", NV_BS, zeros, 50000, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "b", NV_BS, zeros, 50000, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "c", NV_BS, zeros, 50000, false), ==, UEFIVARS_OK);
	start(guest, UEFIVARS_BOOT);
	check_status(client_query(&guest->client, NV_BS, &space), EFI_SUCCESS);
	g_assert_cmpuint(space.maximum, ==, UEFIVARS_NONVOLATILE_TOTAL);
	g_assert_cmpuint(space.remaining, ==, 0);
	g_assert_cmpuint(space.maximum_variable, ==, 0);
	check_status(guest_set(guest, "d", NV_BS, "x", 1), EFI_OUT_OF_RESOURCES);
	check_status(guest_set(guest, "a", NV_BS, zeros, 50001), EFI_OUT_OF_RESOURCES);
	check_status(guest_set(guest, "a", NV_BS | ATTR_APPEND, "x", 1), EFI_OUT_OF_RESOURCES);
	check_status(guest_get(guest, "a", &value), EFI_SUCCESS);
	g_assert_cmpuint(value.data_size, ==, 50000);
	zeros[0] = 1;
	check_status(guest_set(guest, "a", NV_BS, zeros, 50000), EFI_SUCCESS);
	zeros[0] = 0;
	check_status(guest_set(guest, "a", NV_BS, zeros, 40000), EFI_SUCCESS);
	check_status(guest_set(guest, "b", 0, NULL, 0), EFI_SUCCESS);
	check_status(guest_set(guest, "d", NV_BS, "x", 1), EFI_SUCCESS);
	guest_free(guest);
}

static void test_duplicate(void)
{
	struct guest *guest = guest_new();
	struct client_value value;

	begin(guest);
	g_assert_cmpint(load(guest, "v", NV_BS, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "v", NV_BS, "2", 1, false), ==, UEFIVARS_DUPLICATE);
	g_assert_cmpint(load(guest, "v", NV_BS_RT, "3", 1, false), ==, UEFIVARS_DUPLICATE);
	g_assert_cmpint(load(guest, "other:v", NV_BS, "4", 1, false), ==, UEFIVARS_OK);
	start(guest, UEFIVARS_BOOT);
	check_status(guest_get(guest, "v", &value), EFI_SUCCESS);
	check_bytes(value.data, value.data_size, "1", 1);
	guest_free(guest);
}

/* Bits that no stored variable has are dropped: other daemons have stored what a guest sent. */
static void test_masked_attributes(void)
{
	static const uint32_t odd[] = { ATTR_APPEND, ATTR_HR, 0x100, 0x80000000u, ATTR_ENHANCED, ATTR_AW };
	struct guest *guest = guest_new();

	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
		struct client_value value;

		begin(guest);
		g_assert_cmpint(load(guest, "v", NV_BS_RT | odd[i], "1", 1, false), ==, UEFIVARS_OK);
		start(guest, UEFIVARS_BOOT);
		check_status(guest_get(guest, "v", &value), EFI_SUCCESS);
		g_assert_cmphex(value.attributes, ==, NV_BS_RT);
	}
	guest_free(guest);
}

/* Time and owner mean something for authenticated variables alone; others have been stored with garbage there. */
static void test_time_and_owner(void)
{
	static const uint8_t nothing[32];
	struct guest *guest = guest_new();
	g_autoptr(GByteArray) list = certificate_list(KEK1);
	struct uefivars_variable variable;
	uint8_t time[16], digest[32];

	memset(time, 0x11, sizeof time);
	memset(digest, 0x22, sizeof digest);
	begin(guest);
	g_assert_cmpint(load(guest, "plain", NV_BS_RT, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "private", AUTHENTICATED, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "KEK", AUTHENTICATED, list->data, list->len, false), ==, UEFIVARS_OK);
	g_assert_true(guest_find(guest, "plain", &variable));
	check_bytes(variable.timestamp, 16, nothing, 16);
	check_bytes(variable.digest, 32, nothing, 32);
	g_assert_true(guest_find(guest, "private", &variable));
	check_bytes(variable.timestamp, 16, time, 16);
	check_bytes(variable.digest, 32, digest, 32);
	g_assert_true(guest_find(guest, "KEK", &variable));
	check_bytes(variable.timestamp, 16, time, 16);
	check_bytes(variable.digest, 32, nothing, 32);
	guest_free(guest);
}

/* What the keys that were loaded make of the machine. */
static void test_keys(void)
{
	g_autoptr(GByteArray) pk = certificate_list(PK1), kek = certificate_list(KEK1), db = certificate_list(DB1);
	struct guest *guest = guest_new();
	struct uefivars_state state;
	struct client_value value;

	for (unsigned int keys = 0; keys < 8; keys++) {
		bool has_pk = keys & 1, has_kek = keys & 2, has_db = keys & 4, all = keys == 7;

		guest->policy.secure_boot = true;
		begin(guest);
		if (has_pk)
			g_assert_cmpint(load(guest, "PK", AUTHENTICATED, pk->data, pk->len, false), ==, UEFIVARS_OK);
		if (has_kek)
			g_assert_cmpint(load(guest, "KEK", AUTHENTICATED, kek->data, kek->len, false), ==, UEFIVARS_OK);
		if (has_db)
			g_assert_cmpint(load(guest, "db", AUTHENTICATED, db->data, db->len, false), ==, UEFIVARS_OK);
		start(guest, UEFIVARS_BOOT);
		uefivars_get_state(guest->uv, &state);
		g_assert_cmpint(state.setup_mode, ==, !has_pk);
		g_assert_cmpint(state.secure_boot, ==, all);
		g_assert_cmpint(state.missing[UEFIVARS_PK], ==, !has_pk);
		g_assert_cmpint(state.missing[UEFIVARS_KEK], ==, !has_kek);
		g_assert_cmpint(state.missing[UEFIVARS_DB], ==, !has_db);
		g_assert_true(state.missing[UEFIVARS_DBX]);
		check_status(guest_get(guest, "VendorKeys", &value), EFI_SUCCESS);
		check_bytes(value.data, value.data_size, "\0", 1); /* an imported store says nothing of them */
	}
	g_byte_array_append(pk, kek->data, kek->len);
	begin(guest);
	/* Two platform keys, which some daemons let a guest append, and dbt as one existing daemon kept it. */
	g_assert_cmpint(load(guest, "PK", AUTHENTICATED, pk->data, pk->len, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "dbt", NV_BS | ATTR_AT, db->data, db->len, false), ==, UEFIVARS_OK);
	start(guest, UEFIVARS_BOOT);
	uefivars_get_state(guest->uv, &state);
	g_assert_false(state.setup_mode);
	check_status(guest_get(guest, "dbt", &value), EFI_SUCCESS);
	g_assert_cmphex(value.attributes, ==, AUTHENTICATED);
	guest_free(guest);
}

/* A new boot resets what is the boot's own (MOR-01, MOR-20); a resumed one keeps it. */
static void test_boot_and_resume(void)
{
	for (int resume = 0; resume < 2; resume++) {
		struct guest *guest = guest_new();
		struct client_value value;

		begin(guest);
		g_assert_cmpint(load(guest, "MOR", NV_BS_RT, "\x11", 1, resume), ==, UEFIVARS_OK);
		g_assert_cmpint(load(guest, "MORLock", NV_BS_RT, "\x01", 1, resume), ==, UEFIVARS_OK);
		start(guest, resume ? UEFIVARS_RESUME : UEFIVARS_BOOT);
		check_status(guest_get(guest, "MOR", &value), EFI_SUCCESS);
		check_bytes(value.data, value.data_size, resume ? "\x11" : "\x10", 1);
		check_status(guest_get(guest, "MORLock", &value), EFI_SUCCESS);
		check_bytes(value.data, value.data_size, resume ? "\x01" : "\0", 1);
		guest_free(guest);
	}
}

/* NEXT-11: the order of loading is the order of the walk. */
static void test_order(void)
{
	struct guest *guest = guest_new();
	g_autofree char *text = NULL;
	g_auto(GStrv) names = NULL;

	begin(guest);
	g_assert_cmpint(load(guest, "c", NV_BS, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "other:a", NV_BS, "1", 1, false), ==, UEFIVARS_OK);
	g_assert_cmpint(load(guest, "b", NV_BS, "1", 1, false), ==, UEFIVARS_OK);
	start(guest, UEFIVARS_BOOT);
	check_status(guest_set(guest, "d", NV_BS, "1", 1), EFI_SUCCESS);
	names = guest_list(guest, NULL);
	text = g_strjoinv(" ", names);
	g_assert_cmpstr(text, ==, "c a b d");
	guest_free(guest);
}

/* What is handed over is copied. */
static void test_copies(void)
{
	struct guest *guest = guest_new();
	struct client_value value;
	uint8_t data[4] = "abc";

	begin(guest);
	g_assert_cmpint(load(guest, "v", NV_BS, data, 3, false), ==, UEFIVARS_OK);
	memset(data, 0, sizeof data);
	start(guest, UEFIVARS_BOOT);
	check_status(guest_get(guest, "v", &value), EFI_SUCCESS);
	check_bytes(value.data, value.data_size, "abc", 3);
	guest_free(guest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/load/reasons", test_reasons);
	g_test_add_func("/load/names", test_names);
	g_test_add_func("/load/large", test_large);
	g_test_add_func("/load/overfull", test_overfull);
	g_test_add_func("/load/duplicate", test_duplicate);
	g_test_add_func("/load/masked-attributes", test_masked_attributes);
	g_test_add_func("/load/time-and-owner", test_time_and_owner);
	g_test_add_func("/load/keys", test_keys);
	g_test_add_func("/load/boot-and-resume", test_boot_and_resume);
	g_test_add_func("/load/order", test_order);
	g_test_add_func("/load/copies", test_copies);
	return g_test_run();
}
