/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/firmware.h"

#include "efi/attributes.h"
#include "efi/name.h"
#include "efi/signature_list.h"

#define BS_RT (ATTR_BS | ATTR_RT)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define NAME_ROOM 128
#define PPI_BUFFER_SIZE 48
#define MOR_CLEAR_MEMORY 0x01

struct firmware_row {
	const char *name;
	const struct efi_guid *guid;
	uint32_t attributes;
};

static const struct firmware_row flag_rows[FIRMWARE_FLAGS] = {
	[FIRMWARE_SECURE_BOOT] = { "SecureBoot", &guid_global_variable, BS_RT },
	[FIRMWARE_SETUP_MODE] = { "SetupMode", &guid_global_variable, BS_RT },
	[FIRMWARE_AUDIT_MODE] = { "AuditMode", &guid_global_variable, BS_RT },
	[FIRMWARE_DEPLOYED_MODE] = { "DeployedMode", &guid_global_variable, BS_RT },
	[FIRMWARE_VENDOR_KEYS] = { "VendorKeys", &guid_global_variable, BS_RT },
	[FIRMWARE_VENDOR_KEYS_NV] = { "VendorKeysNv", &guid_vendor_keys_nv, ATTR_NV | ATTR_BS },
	[FIRMWARE_MOR] = { "MemoryOverwriteRequestControl", &guid_mor_control, NV_BS_RT },
	[FIRMWARE_MOR_LOCK] = { "MemoryOverwriteRequestControlLock", &guid_mor_lock, NV_BS_RT },
	[FIRMWARE_PPI_LOCK] = { "Tcg2PhysicalPresenceFlagsLock", &guid_ppi_xen, NV_BS_RT },
};

static const struct firmware_row signature_support = { "SignatureSupport", &guid_global_variable, BS_RT };
static const struct firmware_row ppi_buffer = { "PPIBuffer", &guid_ppi_xen, NV_BS_RT };

static const struct firmware_row default_rows[UEFIVARS_KEYS] = {
	[UEFIVARS_PK] = { "PKDefault", &guid_global_variable, BS_RT },
	[UEFIVARS_KEK] = { "KEKDefault", &guid_global_variable, BS_RT },
	[UEFIVARS_DB] = { "dbDefault", &guid_global_variable, BS_RT },
	[UEFIVARS_DBX] = { "dbxDefault", &guid_global_variable, BS_RT },
};

static bool is_row(const struct firmware_row *row, const uint8_t *name, size_t name_size, const struct efi_guid *guid)
{
	return guid_equal(row->guid, guid) && name_is(name, name_size, row->name);
}

bool firmware_is_uncharged(const struct uefivars *uv, const uint8_t *name, size_t name_size,
			   const struct efi_guid *guid)
{
	if (is_row(&signature_support, name, name_size, guid) || is_row(&ppi_buffer, name, name_size, guid))
		return true;
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		if (is_row(&default_rows[i], name, name_size, guid))
			return true;
	}
	for (size_t i = 0; i < FIRMWARE_FLAGS; i++) {
		/* Without a TPM the guest makes this one for itself. */
		if (i == FIRMWARE_PPI_LOCK && !uv->policy.tpm)
			continue;
		if (is_row(&flag_rows[i], name, name_size, guid))
			return true;
	}
	return false;
}

/* Stages the row's variable with these data; nothing where it is so already. */
static bool stage(const struct uefivars *uv, struct store_change *change, const struct firmware_row *row,
		  const uint8_t *data, size_t size)
{
	uint8_t name[NAME_ROOM];
	const struct variable_content content = {
		.name = name,
		.name_size = name_from_utf8(row->name, name, sizeof name),
		.guid = row->guid,
		.attributes = row->attributes,
		.data = data,
		.data_size = size,
		.uncharged = true,
	};
	struct variable *old = store_find(&uv->store, name, content.name_size, row->guid);
	struct variable *variable;

	if (old && variable_equal(old, &content))
		return true;
	variable = variable_new(&content);
	if (!variable)
		return false;
	store_stage(change, old, variable);
	return true;
}

bool firmware_stage_flag(const struct uefivars *uv, struct store_change *change, enum firmware_flag flag, uint8_t value)
{
	return stage(uv, change, &flag_rows[flag], &value, sizeof value);
}

/* Puts the row's variable into the store at once: a start has nobody to wait for. */
static bool put(struct uefivars *uv, const struct firmware_row *row, const uint8_t *data, size_t size)
{
	struct store_change change = { .count = 0 };

	if (!stage(uv, &change, row, data, size))
		return false;
	uv->unsaved = uv->unsaved || store_change_is_durable(&change);
	store_commit(&uv->store, &change);
	return true;
}

static const struct variable *find(const struct uefivars *uv, const struct firmware_row *row)
{
	return machine_find(uv, row->name, row->guid);
}

uint8_t firmware_flag(const struct uefivars *uv, enum firmware_flag flag)
{
	const struct variable *variable = find(uv, &flag_rows[flag]);

	return variable && variable->data_size ? variable_data(variable)[0] : 0;
}

static bool put_flag(struct uefivars *uv, enum firmware_flag flag, uint8_t value)
{
	return put(uv, &flag_rows[flag], &value, sizeof value);
}

static bool put_signature_support(struct uefivars *uv)
{
	uint8_t guids[32 * sizeof(struct efi_guid)];
	size_t size = 0;

	for (size_t i = 0; i < siglist_types_count && size < sizeof guids; i++, size += sizeof(struct efi_guid))
		memcpy(guids + size, siglist_types[i].guid.bytes, sizeof(struct efi_guid));
	return put(uv, &signature_support, guids, size);
}

static bool put_defaults(struct uefivars *uv, const struct firmware_start *start)
{
	for (size_t i = 0; i < UEFIVARS_KEYS && !start->resume; i++) {
		if (start->defaults[i].data &&
		    !put(uv, &default_rows[i], start->defaults[i].data, start->defaults[i].size))
			return false;
	}
	return true;
}

/* The request to clear memory and both locks end with the boot that they were made in. */
static bool put_mor(struct uefivars *uv, bool resume)
{
	uint8_t mor = firmware_flag(uv, FIRMWARE_MOR), lock = firmware_flag(uv, FIRMWARE_MOR_LOCK);

	if (!resume) {
		mor &= (uint8_t)~MOR_CLEAR_MEMORY;
		lock = 0;
		memset(uv->mor_key, 0, sizeof uv->mor_key);
	}
	return put_flag(uv, FIRMWARE_MOR, mor) && put_flag(uv, FIRMWARE_MOR_LOCK, lock);
}

static bool put_ppi(struct uefivars *uv, bool resume)
{
	const struct variable *old = find(uv, &ppi_buffer);
	uint8_t buffer[PPI_BUFFER_SIZE] = { 0 };

	if (!uv->policy.tpm)
		return true;
	if (old)
		memcpy(buffer, variable_data(old), old->data_size < sizeof buffer ? old->data_size : sizeof buffer);
	return put(uv, &ppi_buffer, buffer, sizeof buffer) &&
	       put_flag(uv, FIRMWARE_PPI_LOCK, resume ? firmware_flag(uv, FIRMWARE_PPI_LOCK) : 0);
}

/* Secure Boot needs all that verifies an image: who may change the rules, and the rules. */
static bool can_be_secure(const struct uefivars *uv)
{
	return !uv->setup_mode && machine_find(uv, "KEK", &guid_global_variable) &&
	       machine_find(uv, "db", &guid_image_security_database);
}

static bool decide_secure_boot(const struct uefivars *uv, bool resume)
{
	if (resume && find(uv, &flag_rows[FIRMWARE_SECURE_BOOT]))
		return firmware_flag(uv, FIRMWARE_SECURE_BOOT);
	return uv->policy.secure_boot && can_be_secure(uv);
}

bool firmware_make(struct uefivars *uv, const struct firmware_start *start)
{
	bool vendor_keys = start->vendor_keys || firmware_flag(uv, FIRMWARE_VENDOR_KEYS_NV);

	uv->setup_mode = !machine_find(uv, "PK", &guid_global_variable);
	uv->secure_boot = decide_secure_boot(uv, start->resume);
	return put_flag(uv, FIRMWARE_SECURE_BOOT, uv->secure_boot) &&
	       put_flag(uv, FIRMWARE_SETUP_MODE, uv->setup_mode) && put_flag(uv, FIRMWARE_AUDIT_MODE, 0) &&
	       put_flag(uv, FIRMWARE_DEPLOYED_MODE, !uv->setup_mode && uv->policy.deployed) &&
	       put_signature_support(uv) && put_flag(uv, FIRMWARE_VENDOR_KEYS_NV, vendor_keys) &&
	       put_flag(uv, FIRMWARE_VENDOR_KEYS, vendor_keys) && put_defaults(uv, start) &&
	       put_mor(uv, start->resume) && put_ppi(uv, start->resume);
}
