/* SPDX-License-Identifier: GPL-2.0-only */
/* The decisions at the reference's head, and those of B that its tables do not show. */
#include "tests/support/play.h"

#include <string.h>

#include "efi/bytes.h"
#include "efi/guid.h"
#include "tests/support/blob.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"

#define BIT(key) (1u << (key))

/* A first boot with these key files; PK is enrolled, or is not and the machine is in setup mode. */
static void boot_with_keys(struct guest *guest, unsigned int which, bool user_mode)
{
	struct uefivars_state state;

	guest->policy.secure_boot = true;
	keys_give(guest, which);
	g_assert_true(guest_start_from(guest, UEFIVARS_FIRST_BOOT, NULL, 0));
	uefivars_get_state(guest->uv, &state);
	g_assert_cmpint(state.setup_mode, ==, !user_mode);
	g_assert_cmpint(state.secure_boot, ==, user_mode);
	g_assert_cmpint(state.missing[UEFIVARS_PK], ==, !user_mode);
	g_assert_cmpint(state.missing[UEFIVARS_KEK], ==, !(which & BIT(UEFIVARS_KEK)));
	g_assert_cmpint(state.missing[UEFIVARS_DB], ==, !(which & BIT(UEFIVARS_DB)));
	g_assert_cmpint(state.missing[UEFIVARS_DBX], ==, !(which & BIT(UEFIVARS_DBX)));
	if (user_mode)
		DO(guest, MODES(0, 1, 0, 1), GET("PK", A27, CERT(PK1)), GET("KEK", A27, CERT(KEK1)),
		   GET("db", A27, CERT(DB1)), STORED("PK", CERT(PK1)));
	else
		DO(guest, MODES(1, 0, 0, 0), ABSENT("PK"));
}

static void key_files(struct guest *guest)
{
	boot_with_keys(guest, KEYS_ALL, true);
	DO(guest, GET("dbx", A27, HASHES(0xd0, 1)));
	boot_with_keys(guest, KEYS_ALL & ~BIT(UEFIVARS_DBX), true);
	DO(guest, ABSENT("dbx"));
	boot_with_keys(guest, KEYS_ALL & ~BIT(UEFIVARS_KEK), false);
	DO(guest, ABSENT("KEK"));
	boot_with_keys(guest, KEYS_ALL & ~BIT(UEFIVARS_DB), false);
	DO(guest, ABSENT("db"));
	boot_with_keys(guest, KEYS_ALL & ~BIT(UEFIVARS_PK), false);
	boot_with_keys(guest, BIT(UEFIVARS_PK), false);
	boot_with_keys(guest, 0, false);
}

/* A machine with a store is not provisioned again. */
static void keys_on_a_later_boot(struct guest *guest)
{
	keys_give(guest, KEYS_ALL);
	guest_reboot(guest);
	DO(guest, ABSENT("PK"), ABSENT("KEK"), ABSENT("db"), MODES(1, 0, 0, 0));
}

/* A first boot where one key file holds these bytes. */
static void expect_bad_key_file(struct guest *guest, enum uefivars_key key, const void *data, size_t size)
{
	const struct uefivars_host host = { .context = NULL };
	struct uefivars *uv = uefivars_create(&guest->policy, &host);
	enum uefivars_key failed = UEFIVARS_KEYS;

	guest->keys[key].data = data;
	guest->keys[key].size = size;
	g_assert_cmpint(uefivars_start(uv, UEFIVARS_FIRST_BOOT, guest->keys, &failed), !=, UEFIVARS_OK);
	g_assert_cmpuint(failed, ==, key);
	uefivars_free(uv);
	keys_give(guest, KEYS_ALL);
}

/* No descriptor, too little for one, a payload that is cut short, none at all. */
static void bad_key_files(struct guest *guest)
{
	static const uint8_t garbage[100] = { 1, 2, 3 };

	keys_give(guest, KEYS_ALL);
	for (enum uefivars_key key = 0; key < UEFIVARS_KEYS; key++) {
		const struct uefivars_auth_file file = guest->keys[key];
		size_t descriptor = 16 + get_le32(file.data + 16);

		expect_bad_key_file(guest, key, garbage, sizeof garbage);
		expect_bad_key_file(guest, key, garbage, 3);
		expect_bad_key_file(guest, key, file.data, file.size - 1);
		expect_bad_key_file(guest, key, file.data, descriptor + 27);
		expect_bad_key_file(guest, key, file.data, descriptor);
		expect_bad_key_file(guest, key, file.data, descriptor - 1);
	}
}

/* Each change of the guest to PK, KEK, db or dbx makes VendorKeys 0, for good; other writes and refused ones do not. */
static void start_provisioned(struct guest *guest)
{
	start_with_keys(guest);
	DO(guest, GET("VendorKeys", BS | RT, D("\1")));
}

static void start_imported(struct guest *guest)
{
	GByteArray *blob = blob_new(1);
	const uint8_t name[] = { 'V', 0 };
	struct uefivars_variable variable = {
		.name = name, .name_size = 2, .data = name, .data_size = 1, .attributes = A7
	};

	memcpy(variable.guid, guid_test_vendor.bytes, sizeof variable.guid);
	blob_add(blob, &variable);
	g_assert_true(guest_start_from(guest, UEFIVARS_BOOT, blob->data, blob->len));
	g_byte_array_unref(blob);
}

/* What the store keeps for itself is not listed. */
static void expect_no_own_names(struct guest *guest)
{
	struct test_name name = { .size = 0 };

	while (client_next(&guest->client, name.bytes, &name.size, sizeof name.bytes, &name.guid, NULL) == EFI_SUCCESS)
		g_assert_false(guid_equal(&name.guid, &guid_store_state));
}

/* The store's own records cannot be forged by a guest: neither the latch nor VendorKeysNv. */
static void forge_state(struct guest *guest)
{
	struct uefivars_variable variable;
	const void *cursor = NULL;
	unsigned int own = 0;

	while (uefivars_next(guest->uv, UEFIVARS_COMMITTED, &cursor, &variable))
		own += memcmp(variable.guid, guid_store_state.bytes, 16) == 0;
	for (uint8_t value = 0; value < 2; value++) {
		static const uint32_t sets[] = { BS, NV | BS, BS | RT, A7 };
		static const char *const names[] = { "State", "Runtime", "state", "MorKey", "Ppi" };

		for (size_t i = 0; i < G_N_ELEMENTS(sets) * G_N_ELEMENTS(names); i++) {
			struct test_name name;

			test_name_parse(names[i / G_N_ELEMENTS(sets)], &name);
			client_set(&guest->client, name.bytes, name.size, &guid_store_state,
				   sets[i % G_N_ELEMENTS(sets)], &value, 1);
		}
		guest_resume(guest);
		guest->client.at_runtime = false;
		DO(guest, GET("V", NV | BS, D("x")), SET("V", NV | BS, D("x"), S));
	}
	g_assert_cmpuint(own, ==, 0);
	expect_no_own_names(guest);
	DO(guest, AT_RUNTIME, RESUME, FLAG_CLEARED, ABSENT("V"), SET("V", NV | BS, D("y"), WP));
}

static void ppi_kept_without_tpm(struct guest *guest)
{
	uefivars_ppi_write(guest->uv, 0x104, 4, 0x100);
	uefivars_ppi_write(guest->uv, 0x108, 4, 0x01020304);
	guest->policy.tpm = false;
	guest_reboot(guest);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, 0x108, 4), ==, 0);
	guest->policy.tpm = true;
	guest_reboot(guest);
	uefivars_ppi_write(guest->uv, 0x104, 4, 0x100);
	g_assert_cmphex(uefivars_ppi_read(guest->uv, 0x108, 4), ==, 0x01020304);
}

static void start_with_tpm(struct guest *guest)
{
	guest->policy.tpm = true;
	g_assert_true(guest_start(guest));
}

/* NotifySecureBootFailure twice, with the backend as it is set. */
static void notify(struct guest *guest, enum uefivars_persisted answer, uint64_t expected)
{
	guest->notify = answer;
	g_assert_true(guest_start_from(guest, UEFIVARS_FIRST_BOOT, NULL, 0));
	g_assert_cmphex(client_notify(&guest->client), ==, expected);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_SECURE_BOOT_FAILED), ==, 1);
	guest->notify = UEFIVARS_PERSIST_DONE;
	for (unsigned int i = 0; i < 3; i++)
		g_assert_cmphex(client_notify(&guest->client), ==, EFI_ACCESS_DENIED);
	g_assert_cmpuint(guest->notified, ==, 1);
}

static void notifications(struct guest *guest)
{
	notify(guest, UEFIVARS_PERSIST_DONE, EFI_SUCCESS);
	notify(guest, UEFIVARS_PERSIST_FAILED, EFI_DEVICE_ERROR);
	guest->completes = true;
	notify(guest, UEFIVARS_PERSIST_PENDING, EFI_SUCCESS);
	guest->completes = false;
	notify(guest, UEFIVARS_PERSIST_PENDING, EFI_DEVICE_ERROR);
}

/* The operator is told of changed keys, changed modes and the end of boot services, each once. */
static void events(struct guest *guest)
{
	DO(guest, SIGNED("db", A27, UNSIGNED, T(1), CERT(DB1), S), SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), S));
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_KEY_CHANGED), ==, 2);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_USER_MODE), ==, 1);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_SETUP_MODE), ==, 0);
	DO(guest, AT_RUNTIME, SIGNED("PK", A27, BY(PK1), T(2), NONE, S), SET("V", A7, D("x"), S), AT_RUNTIME);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_KEY_CHANGED), ==, 3);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_SETUP_MODE), ==, 1);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_RUNTIME), ==, 1);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_REFUSED), ==, 0);
	g_assert_cmpuint(guest_events(guest, UEFIVARS_EVENT_MALFORMED), ==, 0);
}

static void start_with_allowed_names(struct guest *guest)
{
	static const uint8_t foo_bar[] = { 'F', 0, 'o', 0, 'o', 0, 'B', 0, 'a', 0, 'r', 0 };
	static const uint8_t odd_boot[] = { 'B', 0, 'o', 0, 'o', 0, 't', 0, '0', 0, '0', 0, '0', 0, 'a', 0 };
	struct uefivars_allowed_name names[] = {
		{ .name = foo_bar, .name_size = sizeof foo_bar },
		{ .name = odd_boot, .name_size = sizeof odd_boot, .any_guid = true },
	};

	memcpy(names[0].guid, guid_global_variable.bytes, 16);
	guest->policy.allow_names = names;
	guest->policy.allow_names_count = G_N_ELEMENTS(names);
	g_assert_true(guest_start(guest));
	guest->policy.allow_names = NULL;
	guest->policy.allow_names_count = 0;
}

static void start_without_enforcement(struct guest *guest)
{
	guest->policy.auth_enforce = false;
	start_user_mode(guest);
}

static void vendor_keys_after(struct guest *guest)
{
	DO(guest, GET("VendorKeys", BS | RT, D("\0")), REBOOT, GET("VendorKeys", BS | RT, D("\0")));
}

#define VENDOR_KEYS(d) STEP(.op = PLAY_GET, .name = "VendorKeys", .attributes = BS | RT, .data = d)

/* clang-format off */
static const struct play_case cases[] = {
	{ "/decisions/3", NULL, { SET("V", NV | BS, D("x"), S), CALL(forge_state) } },
	{ "/decisions/4", NULL, { CALL(key_files) } },
	{ "/decisions/4/later-boot", NULL, { CALL(keys_on_a_later_boot) } },
	{ "/decisions/4/bad-files", NULL, { CALL(bad_key_files) } },
	{ "/decisions/5/PK", start_provisioned, {
		SIGNED("PK", A27, BY(PK1), T(2), NONE, S), CALL(vendor_keys_after) } },
	{ "/decisions/5/KEK", start_provisioned, {
		SIGNED("KEK", A27 | APPEND, BY(PK1), T(2), CERT(KEK2), S), CALL(vendor_keys_after) } },
	{ "/decisions/5/db", start_provisioned, {
		SIGNED("db", A27, BY(KEK1), T(2), NONE, S), CALL(vendor_keys_after) } },
	{ "/decisions/5/dbx", start_provisioned, {
		SIGNED("dbx", A27 | APPEND, BY(KEK1), T(2), HASHES(1, 1), S), CALL(vendor_keys_after) } },
	{ "/decisions/5/others", start_provisioned, {
		SIGNED("dbt", A27, BY(KEK1), T(2), CERT(OTHER), S), SET("V", A7, D("x"), S),
		SIGNED("db", A27, BY(OTHER), T(2), CERT(OTHER), SV), BACKEND_FAILS,
		SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), DE), BACKEND_DONE, VENDOR_KEYS(D("\1")), REBOOT,
		VENDOR_KEYS(D("\1")), RESUME, VENDOR_KEYS(D("\1")) } },
	{ "/decisions/5/imported", start_imported, { VENDOR_KEYS(D("\0")), REBOOT, VENDOR_KEYS(D("\0")) } },
	{ "/decisions/6", start_with_tpm, { CALL(ppi_kept_without_tpm) } },
	{ "/decisions/7", NULL, { CALL(notifications) } },
	{ "/decisions/events", NULL, { CALL(events) } },
	{ "/decisions/policy/auth-enforce", start_without_enforcement, {
		SIGNED("db", A27, UNSIGNED, T(2), CERT(OTHER), S),
		SIGNED("db", A27, BY(OTHER, .flags = SIGN_SPOILED), T(3), CERT(DB1), S),
		SIGNED("db", A27, BY(KEK1, .type = 2), T(4), CERT(OTHER), SV), SET("db", A27, D("x"), SV),
		SET("db", A7, CERT(OTHER), IP), SIGNED("db", A27, UNSIGNED, PADDED(7), CERT(OTHER), SV),
		SIGNED("db", A27, UNSIGNED, T(4), D("x"), IP), GET("db", A27, CERT(DB1)) } },

	{ "/B/16", start_with_allowed_names, {
		SET("global:FooBar", A7, D("x"), S), GET("global:FooBar", A7, D("x")),
		SET("global:Boot000a", BS, D("x"), S), SET("hw:Boot000a", A7, D("x"), S),
		SET("global:FooBaz", A7, D("x"), IP), SET("security:FooBar", A7, D("x"), IP), REBOOT,
		GET("global:FooBar", A7, D("x")), DELETE("global:FooBar", A7, S),
		SET("global:FooBar", A7, D("x"), IP) } },
};
/* clang-format on */

PLAY_MAIN(cases)
