/* SPDX-License-Identifier: GPL-2.0-only */
/* uefivars_refresh(): the host brings the certificates of an existing machine up to date. */
#include <glib.h>

#include "efi/bytes.h"
#include "efi/signature_list.h"
#include "tests/support/guest.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"

/* An update without a signature, as a host's key file may be; takes the lists. */
static GByteArray *auth_file(GByteArray *lists)
{
	GByteArray *file = g_byte_array_new();
	uint8_t descriptor[40] = { 0 };

	put_le16(descriptor, 2024);
	put_le32(descriptor + 16, 24);
	put_le16(descriptor + 22, 0x0ef1);
	memcpy(descriptor + 24, guid_cert_pkcs7.bytes, sizeof guid_cert_pkcs7.bytes);
	g_byte_array_append(file, descriptor, sizeof descriptor);
	g_byte_array_append(file, lists->data, lists->len);
	g_byte_array_unref(lists);
	return file;
}

static GByteArray *certificate(enum identity who)
{
	GByteArray *lists = g_byte_array_new();

	list_add_certificate(lists, who);
	return lists;
}

static size_t entries_of(struct guest *guest, const char *name)
{
	struct client_value value;
	size_t entries;

	g_assert_cmphex(guest_get(guest, name, &value), ==, EFI_SUCCESS);
	g_assert_true(siglist_check(value.data, value.data_size, &entries));
	return entries;
}

/* A machine that was enrolled with the old keys, loaded again and not started yet. */
static struct guest *enrolled(void)
{
	struct guest *guest = guest_new();

	keys_give(guest, KEYS_ALL);
	g_assert_true(guest_start(guest));
	uefivars_free(guest->uv);
	guest->uv = uefivars_create(&guest->policy, NULL);
	g_assert_cmpint(uefivars_load_blob(guest->uv, guest->stored->data, guest->stored->len, false, NULL, NULL), ==,
			UEFIVARS_OK);
	return guest;
}

static void start(struct guest *guest, struct uefivars_state *state)
{
	enum uefivars_key failed;

	g_assert_cmpint(uefivars_start(guest->uv, UEFIVARS_BOOT, NULL, &failed), ==, UEFIVARS_OK);
	uefivars_get_state(guest->uv, state);
}

/* New certificates come beside the old ones, twice the same changes nothing, PK is left alone, and the door is closed
 * after. */
static void test_adds(void)
{
	struct guest *guest = enrolled();
	GByteArray *kek = auth_file(certificate(KEK2)), *pk = auth_file(certificate(PK2));
	struct uefivars_auth_file keys[UEFIVARS_KEYS] = {
		[UEFIVARS_KEK] = { kek->data, kek->len }, [UEFIVARS_PK] = { pk->data, pk->len }
	};
	struct uefivars_state state;
	enum uefivars_key failed;

	for (int i = 0; i < 2; i++)
		g_assert_cmpint(uefivars_refresh(guest->uv, keys, &failed), ==, UEFIVARS_OK);
	start(guest, &state);
	g_assert_true(state.unsaved);
	g_assert_false(state.setup_mode);
	g_assert_cmpuint(entries_of(guest, "KEK"), ==, 2);
	g_assert_cmpuint(entries_of(guest, "PK"), ==, 1);
	g_assert_cmpuint(entries_of(guest, "db"), ==, 1);
	g_assert_cmphex(guest_set(guest, "KEK", 0x67, kek->data, kek->len), ==, EFI_SECURITY_VIOLATION);
	g_byte_array_unref(kek);
	g_byte_array_unref(pk);
	guest_free(guest);
}

/* A file that cannot be taken is named; the others are taken, and the machine starts. */
static void test_bad_file(void)
{
	struct guest *guest = enrolled();
	GByteArray *db = auth_file(certificate(DBR1)), *kek = auth_file(certificate(KEK2));
	struct uefivars_auth_file keys[UEFIVARS_KEYS] = {
		[UEFIVARS_KEK] = { kek->data, kek->len - 1 }, [UEFIVARS_DB] = { db->data, db->len }
	};
	enum uefivars_key failed = UEFIVARS_PK;
	struct uefivars_state state;

	g_assert_cmpint(uefivars_refresh(guest->uv, keys, &failed), ==, UEFIVARS_BAD_SIGNATURE_LIST);
	g_assert_cmpint(failed, ==, UEFIVARS_KEK);
	start(guest, &state);
	g_assert_cmpuint(entries_of(guest, "KEK"), ==, 1);
	g_assert_cmpuint(entries_of(guest, "db"), ==, 2);
	g_byte_array_unref(kek);
	g_byte_array_unref(db);
	guest_free(guest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/refresh/adds", test_adds);
	g_test_add_func("/refresh/bad-file", test_bad_file);
	return g_test_run();
}
