/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/policy.h"

#include "efi/attributes.h"
#include "efi/name.h"
#include "service/format.h"

#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define BS_RT (ATTR_BS | ATTR_RT)
#define AUTHENTICATED (NV_BS_RT | ATTR_AT)

static const struct policy_row ordinary = { .pattern = NULL };

/* UEFI 2.10, 3.3, table 3.1. The firmware's own are the last: they are asked for least. */
static const struct policy_row global_rows[] = {
	{ .pattern = "BootOrder", .attributes = NV_BS_RT, .format = FORMAT_ORDER },
	{ .pattern = "BootNext", .attributes = NV_BS_RT, .size_min = 2, .size_max = 2 },
	{ .pattern = "BootCurrent", .attributes = BS_RT, .size_min = 2, .size_max = 2 },
	{ .pattern = "BootOptionSupport", .attributes = BS_RT, .size_min = 4, .size_max = 4 },
	{ .pattern = "Boot####", .attributes = NV_BS_RT, .format = FORMAT_LOAD_OPTION },
	{ .pattern = "Timeout", .attributes = NV_BS_RT, .size_min = 2, .size_max = 2 },
	{ .pattern = "Key####", .attributes = NV_BS_RT, .format = FORMAT_KEY_OPTION },
	{ .pattern = "ConIn", .attributes = NV_BS_RT },
	{ .pattern = "ConOut", .attributes = NV_BS_RT },
	{ .pattern = "ErrOut", .attributes = NV_BS_RT },
	{ .pattern = "ConInDev", .attributes = BS_RT },
	{ .pattern = "ConOutDev", .attributes = BS_RT },
	{ .pattern = "ErrOutDev", .attributes = BS_RT },
	{ .pattern = "Lang", .attributes = NV_BS_RT },
	{ .pattern = "LangCodes", .attributes = BS_RT },
	{ .pattern = "PlatformLang", .attributes = NV_BS_RT },
	{ .pattern = "PlatformLangCodes", .attributes = BS_RT },
	{ .pattern = "OsIndications", .attributes = NV_BS_RT, .size_min = 8, .size_max = 8 },
	{ .pattern = "OsIndicationsSupported", .attributes = BS_RT, .size_min = 8, .size_max = 8 },
	{ .pattern = "DriverOrder", .attributes = NV_BS_RT, .format = FORMAT_ORDER },
	{ .pattern = "Driver####", .attributes = NV_BS_RT, .format = FORMAT_LOAD_OPTION },
	{ .pattern = "SysPrepOrder", .attributes = NV_BS_RT, .format = FORMAT_ORDER },
	{ .pattern = "SysPrep####", .attributes = NV_BS_RT, .format = FORMAT_LOAD_OPTION },
	{ .pattern = "PlatformRecovery####", .attributes = BS_RT, .format = FORMAT_LOAD_OPTION },
	{ .pattern = "HwErrRecSupport", .attributes = NV_BS_RT, .size_min = 2, .size_max = 2 },
	{ .pattern = "CryptoIndications", .attributes = NV_BS_RT, .size_min = 8, .size_max = 8 },
	{ .pattern = "CryptoIndicationsSupported", .attributes = BS_RT, .size_min = 8, .size_max = 8 },
	{ .pattern = "CryptoIndicationsActivated", .attributes = BS_RT, .size_min = 8, .size_max = 8 },
	{ .pattern = "PK",
	  .attributes = AUTHENTICATED,
	  .writer = WRITER_PK,
	  .format = FORMAT_PLATFORM_KEY,
	  .host_keys = true },
	{ .pattern = "KEK",
	  .attributes = AUTHENTICATED,
	  .writer = WRITER_PK,
	  .format = FORMAT_SIGNATURES,
	  .host_keys = true },
	{ .pattern = "SecureBoot", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "SetupMode", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "AuditMode", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "DeployedMode", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "SignatureSupport", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "VendorKeys", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "PKDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "KEKDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbxDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbtDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbrDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
};

/* UEFI 2.10, 32.6.1 */
#define DATABASE .attributes = AUTHENTICATED, .writer = WRITER_PK_OR_KEK, .format = FORMAT_SIGNATURES
static const struct policy_row image_security_rows[] = {
	{ .pattern = "db", DATABASE, .host_keys = true },
	{ .pattern = "dbx", DATABASE, .host_keys = true },
	{ .pattern = "dbt", DATABASE },
	{ .pattern = "dbr", DATABASE },
	{ .pattern = "dbDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbxDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbtDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
	{ .pattern = "dbrDefault", .attributes = BS_RT, .writer = WRITER_FIRMWARE },
};

static const struct policy_row mor_rows[] = {
	{ .pattern = "MemoryOverwriteRequestControl", .protocol = PROTOCOL_MOR },
};

static const struct policy_row mor_lock_rows[] = {
	{ .pattern = "MemoryOverwriteRequestControlLock", .protocol = PROTOCOL_MOR_LOCK },
};

/* PPIBuffer is behind the ports alone: a guest that resized it would move the ground under them. */
static const struct policy_row ppi_rows[] = {
	{ .pattern = "PPIBuffer", .writer = WRITER_FIRMWARE },
	{ .pattern = "Tcg2PhysicalPresenceFlags", .protocol = PROTOCOL_PPI_FLAGS },
	{ .pattern = "Tcg2PhysicalPresenceFlagsLock", .protocol = PROTOCOL_PPI_LOCK },
};

static const struct policy_row vendor_keys_rows[] = {
	{ .pattern = "VendorKeysNv", .writer = WRITER_FIRMWARE },
};

static const struct policy_row internal_rows[] = {
	{ .pattern = NULL, .writer = WRITER_FIRMWARE, .protocol = PROTOCOL_INTERNAL },
};

/* In every vendor GUID (8.5.5). */
static const struct policy_row recovery_rows[] = {
	{ .pattern = "OsRecoveryOrder", .attributes = AUTHENTICATED, .writer = WRITER_PK_KEK_OR_DBR },
	{ .pattern = "OsRecovery####", .attributes = AUTHENTICATED, .writer = WRITER_PK_KEK_OR_DBR },
};

#define ROWS(table) (table), sizeof(table) / sizeof((table)[0])
static const struct {
	const struct efi_guid *guid; /* NULL: any */
	const struct policy_row *rows;
	size_t count;
	bool closed; /* no other names may be created */
} groups[] = {
	{ &guid_global_variable, ROWS(global_rows), true },
	{ &guid_image_security_database, ROWS(image_security_rows), true },
	{ &guid_hardware_error, NULL, 0, true },
	{ &guid_mor_control, ROWS(mor_rows), false },
	{ &guid_mor_lock, ROWS(mor_lock_rows), false },
	{ &guid_ppi_xen, ROWS(ppi_rows), false },
	{ &guid_vendor_keys_nv, ROWS(vendor_keys_rows), false },
	{ &guid_store_state, ROWS(internal_rows), false },
};

static const struct policy_row *find_row(const struct policy_row *rows, size_t count, const uint8_t *name,
					 size_t name_size)
{
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].pattern || name_matches(name, name_size, rows[i].pattern))
			return &rows[i];
	}
	return NULL;
}

static bool host_allows(const struct uefivars *uv, const uint8_t *name, size_t name_size, const struct efi_guid *guid)
{
	for (size_t i = 0; i < uv->policy.allow_names_count; i++) {
		const struct uefivars_allowed_name *allowed = &uv->allow_names[i];

		if (allowed->name_size == name_size && memcmp(allowed->name, name, name_size) == 0 &&
		    (allowed->any_guid || memcmp(allowed->guid, guid->bytes, sizeof guid->bytes) == 0))
			return true;
	}
	return false;
}

/* The PPI variables are ordinary where no TPM is offered; PPIBuffer stays protected, it may be loaded from a time when
 * one was. */
static bool row_applies(const struct uefivars *uv, const struct policy_row *row)
{
	bool needs_tpm = row->protocol == PROTOCOL_PPI_FLAGS || row->protocol == PROTOCOL_PPI_LOCK;

	return uv->policy.tpm || !needs_tpm;
}

const struct policy_row *policy_find(const struct uefivars *uv, const uint8_t *name, size_t name_size,
				     const struct efi_guid *guid, bool *allowed)
{
	const struct policy_row *row = find_row(ROWS(recovery_rows), name, name_size);

	*allowed = true;
	if (row)
		return row;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
		if (!guid_equal(groups[i].guid, guid))
			continue;
		row = find_row(groups[i].rows, groups[i].count, name, name_size);
		if (row && row_applies(uv, row))
			return row;
		*allowed = !groups[i].closed || host_allows(uv, name, name_size, guid);
		break;
	}
	return &ordinary;
}

bool policy_format_fits(const struct policy_row *row, const uint8_t *data, size_t size)
{
	if (row->size_max && (size < row->size_min || size > row->size_max))
		return false;
	switch (row->format) {
	case FORMAT_ORDER:
		return size % 2 == 0;
	case FORMAT_LOAD_OPTION:
		return format_is_load_option(data, size);
	case FORMAT_KEY_OPTION:
		return format_is_key_option(size);
	case FORMAT_SIGNATURES:
		return format_is_signatures(data, size);
	case FORMAT_PLATFORM_KEY:
		return format_is_platform_key(data, size);
	case FORMAT_ANY:
		break;
	}
	return true;
}
