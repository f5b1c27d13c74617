/* SPDX-License-Identifier: GPL-2.0-only */
/* Room beside real keys: 400 variables of 64 bytes fit into a machine that has all of Microsoft's, dbx included. */
#include <glib.h>
#include <stdlib.h>

#include "efi/attributes.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"

#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define AUTHENTICATED (NV_BS_RT | ATTR_AT)
#define VARIABLES 400
#define VARIABLE_SIZE 64

/* Where Microsoft's objects are: in the directory that the environment names by MICROSOFT, else beside the project. */
static char *path_of(const char *kind, const char *name)
{
	const char *directory = g_getenv("MICROSOFT");

	return g_build_filename(directory && *directory ? directory : "../shared/data/microsoft", kind, name, NULL);
}

/* Returns NULL, and skips the running test, where the file is not there. */
static GByteArray *read_file(const char *kind, const char *name)
{
	g_autofree char *path = path_of(kind, name);
	char *contents;
	gsize size;

	if (!g_file_get_contents(path, &contents, &size, NULL)) {
		g_test_skip("Microsoft's objects are not there (MICROSOFT names their directory)");
		return NULL;
	}
	return g_byte_array_new_take((guint8 *)contents, size);
}

/* Appends a list with the certificate in this file; returns false where it is not there. */
static bool add_certificate(GByteArray *lists, const char *name)
{
	g_autoptr(GByteArray) der = read_file("certificates", name);

	if (!der)
		return false;
	list_add_header(lists, &list_x509, LIST_HEADER_SIZE + LIST_OWNER_SIZE + der->len, 0,
			LIST_OWNER_SIZE + der->len);
	list_add_entry(lists, LIST_OWNER, der->data, der->len);
	return true;
}

/* Enrolls the certificates of these files, in setup mode; returns false where one is not there. */
static bool enroll(struct guest *guest, const char *text, const char *const *files)
{
	g_autoptr(GByteArray) lists = g_byte_array_new(), data = NULL;
	struct update update = { .attributes = AUTHENTICATED, .time = time_make(2025, 1, 1, 0, 0, 0) };
	struct test_name name;

	for (; *files; files++) {
		if (!add_certificate(lists, *files))
			return false;
	}
	test_name_parse(text, &name);
	update.name = name.bytes;
	update.name_size = name.size;
	update.guid = name.guid;
	update.payload = lists->data;
	update.payload_size = lists->len;
	data = sign_update(&(struct signing){ .signer = NOBODY }, &update);
	check_status(guest_set(guest, text, AUTHENTICATED, data->data, data->len), EFI_SUCCESS);
	return true;
}

static bool enroll_all(struct guest *guest)
{
	static const char *const pk[] = { "WindowsOEMDevicesPK.der", NULL };
	static const char *const kek[] = { "MicCorKEKCA2011_2011-06-24.der", "microsoft_corporation_kek_2k_ca_2023.der",
					   NULL };
	static const char *const db[] = {
		"MicWinProPCA2011_2011-10-19.der", "MicCorUEFCA2011_2011-06-27.der",        "windows_uefi_ca_2023.der",
		"microsoft_uefi_ca_2023.der",      "microsoft_option_rom_uefi_ca_2023.der", NULL
	};
	g_autoptr(GByteArray) dbx = read_file("updates", "DBXUpdate-amd64.bin");

	if (!dbx)
		return false;
	check_status(guest_set(guest, "dbx", AUTHENTICATED | ATTR_APPEND, dbx->data, dbx->len), EFI_SUCCESS);
	return enroll(guest, "db", db) && enroll(guest, "KEK", kek) && enroll(guest, "PK", pk);
}

static void test_beside_keys(void)
{
	struct guest *guest = guest_new();
	struct client_space space;
	struct uefivars_state state;
	uint8_t data[VARIABLE_SIZE];
	struct client_value value;

	g_assert_true(guest_start(guest));
	if (enroll_all(guest)) {
		uefivars_get_state(guest->uv, &state);
		g_assert_false(state.setup_mode);
		for (size_t i = 0; i < VARIABLES; i++) {
			g_autofree char *name = g_strdup_printf("Variable%04zu", i);

			memset(data, (int)i, sizeof data);
			check_status(guest_set(guest, name, NV_BS_RT, data, sizeof data), EFI_SUCCESS);
		}
		check_status(client_query(&guest->client, NV_BS_RT, &space), EFI_SUCCESS);
		g_test_message("%u bytes are left", (unsigned int)space.remaining);
		guest_reboot(guest);
		check_status(guest_get(guest, "Variable0399", &value), EFI_SUCCESS);
		check_bytes(value.data, value.data_size, data, sizeof data);
	}
	guest_free(guest);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/room/beside-keys", test_beside_keys);
	return g_test_run();
}
