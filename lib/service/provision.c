/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/provision.h"

#include "auth/descriptor.h"
#include "efi/attributes.h"
#include "efi/name.h"
#include "service/firmware.h"
#include "service/format.h"
#include "service/set.h"

#define AUTHENTICATED (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)

static const struct key_row {
	const char *name;
	const struct efi_guid *guid;
	uint32_t attributes; /* with which it is written */
} key_rows[UEFIVARS_KEYS] = {
	[UEFIVARS_PK] = { "PK", &guid_global_variable, AUTHENTICATED },
	[UEFIVARS_KEK] = { "KEK", &guid_global_variable, AUTHENTICATED },
	[UEFIVARS_DB] = { "db", &guid_image_security_database, AUTHENTICATED },
	[UEFIVARS_DBX] = { "dbx", &guid_image_security_database, AUTHENTICATED | ATTR_APPEND },
};

void provision_missing(const struct uefivars *uv, bool missing[UEFIVARS_KEYS])
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		missing[i] = !machine_find(uv, key_rows[i].name, key_rows[i].guid);
}

/* Reads the descriptors of all files; their payloads are the defaults. */
static enum uefivars_reason read_files(const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				       struct firmware_start *start, enum uefivars_key *failed)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		struct auth_descriptor descriptor;
		bool well_formed;

		*failed = (enum uefivars_key)i;
		if (!keys[i].data)
			continue;
		if (!descriptor_read(keys[i].data, keys[i].size, &descriptor))
			return UEFIVARS_BAD_DESCRIPTOR;
		well_formed = i == UEFIVARS_PK ?
				      format_is_platform_key(descriptor.payload.data, descriptor.payload.size) :
				      format_is_signatures(descriptor.payload.data, descriptor.payload.size);
		if (descriptor.payload.size == 0 || !well_formed)
			return UEFIVARS_BAD_SIGNATURE_LIST;
		if (descriptor.payload.size > UEFIVARS_DATA_MAX)
			return UEFIVARS_TOO_LARGE;
		start->defaults[i].data = descriptor.payload.data;
		start->defaults[i].size = descriptor.payload.size;
	}
	return UEFIVARS_OK;
}

enum uefivars_reason provision_check(const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed)
{
	struct firmware_start start = { .resume = false };

	return read_files(keys, &start, failed);
}

static enum uefivars_reason enroll(struct uefivars *uv, enum uefivars_key key, uint32_t extra,
				   const struct uefivars_auth_file *file)
{
	const struct key_row *row = &key_rows[key];
	uint8_t name[16];
	const struct set_request request = {
		.name = name,
		.name_size = name_from_utf8(row->name, name, sizeof name),
		.guid = *row->guid,
		.data = file->data,
		.data_size = file->size,
		.attributes = row->attributes | extra,
	};
	enum uefivars_reason reason;

	uv->provisioning = true;
	reason = set_variable(uv, &request).reason;
	uv->provisioning = false;
	uv->unsaved = uv->unsaved || reason == UEFIVARS_OK;
	return reason;
}

/* dbx first and PK last: with PK the door closes. Without KEK or db nobody could open it again, so PK waits for them.
 */
static enum uefivars_reason enroll_all(struct uefivars *uv, const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				       enum uefivars_key *failed)
{
	static const enum uefivars_key order[] = { UEFIVARS_DBX, UEFIVARS_DB, UEFIVARS_KEK, UEFIVARS_PK };

	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		enum uefivars_key key = order[i];
		enum uefivars_reason reason;

		if (!keys[key].data)
			continue;
		if (key == UEFIVARS_PK && (!keys[UEFIVARS_KEK].data || !keys[UEFIVARS_DB].data))
			continue;
		reason = enroll(uv, key, 0, &keys[key]);
		if (reason != UEFIVARS_OK) {
			*failed = key;
			return reason;
		}
	}
	return UEFIVARS_OK;
}

/* Before the start the machine is in setup mode to everybody: nothing needs a signature. */
enum uefivars_reason provision_refresh(struct uefivars *uv, const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				       enum uefivars_key *failed)
{
	static const enum uefivars_key refreshed[] = { UEFIVARS_DBX, UEFIVARS_DB, UEFIVARS_KEK };
	enum uefivars_reason first = UEFIVARS_OK;

	for (size_t i = 0; i < sizeof refreshed / sizeof refreshed[0]; i++) {
		enum uefivars_key key = refreshed[i];
		enum uefivars_reason reason = UEFIVARS_OK;

		if (keys[key].data)
			reason = enroll(uv, key, ATTR_APPEND, &keys[key]);
		if (reason == UEFIVARS_OK || first != UEFIVARS_OK)
			continue;
		first = reason;
		*failed = key;
	}
	return first;
}

enum uefivars_reason provision_start(struct uefivars *uv, enum uefivars_boot boot,
				     const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed)
{
	struct firmware_start start = { .resume = boot == UEFIVARS_RESUME };
	enum uefivars_reason reason = UEFIVARS_OK;

	uv->setup_mode = true;
	if (keys && boot != UEFIVARS_RESUME)
		reason = read_files(keys, &start, failed);
	if (reason == UEFIVARS_OK && keys && boot == UEFIVARS_FIRST_BOOT) {
		reason = enroll_all(uv, keys, failed);
		start.vendor_keys = !uv->setup_mode;
	}
	if (reason != UEFIVARS_OK)
		return reason;
	return firmware_make(uv, &start) ? UEFIVARS_OK : UEFIVARS_NO_MEMORY;
}
