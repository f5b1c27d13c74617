/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/keys.h"

#include "efi/attributes.h"
#include "efi/time.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/sign.h"

#define ATTRIBUTES (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)

static GByteArray *make_file(enum uefivars_key key)
{
	static const struct {
		const char *name;
		uint32_t attributes;
		enum identity signer;
	} files[UEFIVARS_KEYS] = {
		[UEFIVARS_PK] = { "PK", ATTRIBUTES, PK1 },
		[UEFIVARS_KEK] = { "KEK", ATTRIBUTES, NOBODY },
		[UEFIVARS_DB] = { "db", ATTRIBUTES, NOBODY },
		[UEFIVARS_DBX] = { "dbx", ATTRIBUTES | ATTR_APPEND, NOBODY },
	};
	const struct signing how = { .signer = files[key].signer };
	GByteArray *payload = g_byte_array_new(), *file;
	struct test_name name;
	struct update update;

	test_name_parse(files[key].name, &name);
	if (key == UEFIVARS_DBX)
		list_add_hashes(payload, LIST_OWNER, 0xd0, 1);
	else
		list_add_certificate(payload, key == UEFIVARS_PK ? PK1 : key == UEFIVARS_KEK ? KEK1 : DB1);
	update = (struct update){
		.name = name.bytes,
		.name_size = name.size,
		.guid = name.guid,
		.attributes = files[key].attributes,
		.time = time_make(2020, 1, 1, 0, 0, 0),
		.payload = payload->data,
		.payload_size = payload->len,
	};
	file = sign_update(&how, &update);
	g_byte_array_unref(payload);
	return file;
}

void keys_give(struct guest *guest, unsigned int which)
{
	static GByteArray *files[UEFIVARS_KEYS];

	guest->with_keys = true;
	for (unsigned int key = 0; key < UEFIVARS_KEYS; key++) {
		guest->keys[key] = (struct uefivars_auth_file){ .data = NULL, .size = 0 };
		if (!(which >> key & 1))
			continue;
		if (!files[key])
			files[key] = make_file((enum uefivars_key)key);
		guest->keys[key].data = files[key]->data;
		guest->keys[key].size = files[key]->len;
	}
}

void start_with_keys(struct guest *guest)
{
	keys_give(guest, KEYS_ALL);
	g_assert_true(guest_start(guest));
}

void start_with_keys_secure(struct guest *guest)
{
	guest->policy.secure_boot = true;
	start_with_keys(guest);
}
