/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's .auth files. The input: one byte, of which bit n says that there is file n, then for each file a u16 size
 * and its bytes. They are enrolled on a first boot, and brought up to date in a machine that has keys; then the machine
 * is saved and loaded.
 */
#include <string.h>

#include "efi/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/keys.h"

static void refuse(void *context, const struct uefivars_variable *variable, const uint8_t *record, size_t record_size,
		   enum uefivars_reason reason)
{
	(void)context;
	(void)variable;
	(void)record;
	(void)record_size;
	fuzz_broken("what was provisioned does not load: %s", uefivars_reason_text(reason));
}

static struct uefivars *create(void)
{
	struct uefivars_policy policy;
	struct uefivars *uv;

	uefivars_policy_default(&policy);
	uv = uefivars_create(&policy, NULL);
	g_assert_nonnull(uv);
	return uv;
}

static void check_loads(const struct uefivars *uv)
{
	size_t size = uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, NULL, 0);
	uint8_t *blob = g_malloc(size);
	struct uefivars_state before, after;
	struct uefivars *copy = create();
	enum uefivars_key failed;

	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED, blob, size);
	if (uefivars_load_blob(copy, blob, size, false, refuse, NULL) != UEFIVARS_OK ||
	    uefivars_start(copy, UEFIVARS_BOOT, NULL, &failed) != UEFIVARS_OK)
		fuzz_broken("a machine that was provisioned does not start");
	uefivars_get_state(uv, &before);
	uefivars_get_state(copy, &after);
	if (before.setup_mode != after.setup_mode || memcmp(before.missing, after.missing, sizeof after.missing) != 0)
		fuzz_broken("a machine has other keys after a boot");
	uefivars_free(copy);
	g_free(blob);
}

static void first_boot(const struct uefivars_auth_file files[UEFIVARS_KEYS])
{
	struct uefivars *uv = create();
	enum uefivars_key failed = UEFIVARS_KEYS;
	struct uefivars_state state;

	if (uefivars_start(uv, UEFIVARS_FIRST_BOOT, files, &failed) == UEFIVARS_OK) {
		uefivars_get_state(uv, &state);
		for (size_t i = UEFIVARS_KEK; i < UEFIVARS_KEYS; i++) {
			if (state.missing[i] != !files[i].data)
				fuzz_broken("a key file is there, and the key is not");
		}
		if (state.setup_mode != state.missing[UEFIVARS_PK])
			fuzz_broken("setup mode does not follow PK");
		check_loads(uv);
	} else if (failed >= UEFIVARS_KEYS || !files[failed].data) {
		fuzz_broken("no file failed, and the start did");
	}
	uefivars_free(uv);
}

static void refresh(const struct uefivars_auth_file files[UEFIVARS_KEYS])
{
	static struct guest *guest;
	enum uefivars_key failed = UEFIVARS_KEYS;
	struct uefivars *uv = create();

	if (!guest) {
		guest = guest_new();
		start_with_keys(guest);
	}
	if (uefivars_load_blob(uv, guest->stored->data, guest->stored->len, false, refuse, NULL) != UEFIVARS_OK)
		fuzz_broken("the stored keys do not load");
	if (uefivars_refresh(uv, files, &failed) != UEFIVARS_OK && (failed >= UEFIVARS_KEYS || !files[failed].data))
		fuzz_broken("no file failed, and the refresh did");
	if (uefivars_start(uv, UEFIVARS_BOOT, NULL, &failed) != UEFIVARS_OK)
		fuzz_broken("a machine does not start after a refresh");
	check_loads(uv);
	uefivars_free(uv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uefivars_auth_file files[UEFIVARS_KEYS] = { 0 };
	uint8_t which = size ? data[0] : 0, *copies[UEFIVARS_KEYS] = { 0 };
	size_t at = 1;

	for (size_t i = 0; i < UEFIVARS_KEYS && at + 2 <= size; i++) {
		if (!(which >> i & 1))
			continue;
		files[i].size = MIN(get_le16(data + at), size - at - 2);
		copies[i] = fuzz_exact(data + at + 2, files[i].size);
		files[i].data = copies[i];
		at += 2 + files[i].size;
	}
	first_boot(files);
	refresh(files);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		g_free(copies[i]);
	return 0;
}
