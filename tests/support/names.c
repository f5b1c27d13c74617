/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/names.h"

#include <glib.h>
#include <string.h>

const struct efi_guid guid_test_vendor =
	EFI_GUID_INIT(0x1f8f9d6eu, 0x5a3b, 0x4c0e, 0x9d, 0x51, 0x6a, 0x0b, 0x77, 0x2c, 0x10, 0x01);
const struct efi_guid guid_test_other =
	EFI_GUID_INIT(0x1f8f9d6eu, 0x5a3b, 0x4c0e, 0x9d, 0x51, 0x6a, 0x0b, 0x77, 0x2c, 0x10, 0x02);
static const struct efi_guid guid_zero;
/* edk2's CustomMode, which edk2 lets switch authentication off. */
static const struct efi_guid guid_custom_mode =
	EFI_GUID_INIT(0xc076ec0cu, 0x7028, 0x4399, 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f);
/* edk2's certdb and certdbv. */
static const struct efi_guid guid_cert_db =
	EFI_GUID_INIT(0xd9bee56eu, 0x75dc, 0x49d9, 0xb4, 0xd7, 0xb5, 0x34, 0x21, 0x0f, 0x63, 0x7a);

/* AuthVarDER of the UEFI SCT. */
static const struct efi_guid guid_sct_auth =
	EFI_GUID_INIT(0x15edf297u, 0xe832, 0x4d30, 0x82, 0x00, 0xa5, 0x25, 0xa9, 0x31, 0xe3, 0x3e);

static const struct {
	const char *prefix;
	const struct efi_guid *guid;
} prefixes[] = {
	{ "global:", &guid_global_variable }, { "security:", &guid_image_security_database },
	{ "hw:", &guid_hardware_error },      { "vendor:", &guid_test_vendor },
	{ "other:", &guid_test_other },       { "zero:", &guid_zero },
};

/* '#' stands for any character. */
static const struct {
	const char *pattern;
	const struct efi_guid *guid;
	const char *full;
} known[] = {
	{ "PK", &guid_global_variable, NULL },
	{ "KEK", &guid_global_variable, NULL },
	{ "db", &guid_image_security_database, NULL },
	{ "dbx", &guid_image_security_database, NULL },
	{ "dbt", &guid_image_security_database, NULL },
	{ "dbr", &guid_image_security_database, NULL },
	{ "PKDefault", &guid_global_variable, NULL },
	{ "KEKDefault", &guid_global_variable, NULL },
	{ "dbDefault", &guid_global_variable, NULL },
	{ "dbxDefault", &guid_global_variable, NULL },
	{ "dbtDefault", &guid_global_variable, NULL },
	{ "dbrDefault", &guid_global_variable, NULL },
	{ "SecureBoot", &guid_global_variable, NULL },
	{ "SetupMode", &guid_global_variable, NULL },
	{ "AuditMode", &guid_global_variable, NULL },
	{ "DeployedMode", &guid_global_variable, NULL },
	{ "SignatureSupport", &guid_global_variable, NULL },
	{ "VendorKeys", &guid_global_variable, NULL },
	{ "VendorKeysNv", &guid_vendor_keys_nv, NULL },
	{ "OsIndications", &guid_global_variable, NULL },
	{ "OsIndicationsSupported", &guid_global_variable, NULL },
	{ "BootOptionSupport", &guid_global_variable, NULL },
	{ "BootOrder", &guid_global_variable, NULL },
	{ "BootNext", &guid_global_variable, NULL },
	{ "BootCurrent", &guid_global_variable, NULL },
	{ "Boot####", &guid_global_variable, NULL },
	{ "DriverOrder", &guid_global_variable, NULL },
	{ "Driver####", &guid_global_variable, NULL },
	{ "SysPrepOrder", &guid_global_variable, NULL },
	{ "SysPrep####", &guid_global_variable, NULL },
	{ "PlatformRecovery####", &guid_global_variable, NULL },
	{ "Key####", &guid_global_variable, NULL },
	{ "Timeout", &guid_global_variable, NULL },
	{ "HwErrRecSupport", &guid_global_variable, NULL },
	{ "HwErrRec####", &guid_hardware_error, NULL },
	{ "ConIn", &guid_global_variable, NULL },
	{ "ConOut", &guid_global_variable, NULL },
	{ "ErrOut", &guid_global_variable, NULL },
	{ "ConInDev", &guid_global_variable, NULL },
	{ "ConOutDev", &guid_global_variable, NULL },
	{ "ErrOutDev", &guid_global_variable, NULL },
	{ "Lang", &guid_global_variable, NULL },
	{ "LangCodes", &guid_global_variable, NULL },
	{ "PlatformLang", &guid_global_variable, NULL },
	{ "PlatformLangCodes", &guid_global_variable, NULL },
	{ "CustomMode", &guid_custom_mode, NULL },
	{ "SecureBootEnable", &guid_secure_boot_enable, NULL },
	{ "certdb", &guid_cert_db, NULL },
	{ "certdbv", &guid_cert_db, NULL },
	{ "AuthVarDER", &guid_sct_auth, NULL },
	{ "MOR", &guid_mor_control, "MemoryOverwriteRequestControl" },
	{ "MORLock", &guid_mor_lock, "MemoryOverwriteRequestControlLock" },
	{ "Tcg2PhysicalPresenceFlags", &guid_ppi_xen, NULL },
	{ "Tcg2PhysicalPresenceFlagsLock", &guid_ppi_xen, NULL },
	{ "PPIBuffer", &guid_ppi_xen, NULL },
};

static bool fits(const char *text, const char *pattern)
{
	for (; *text && *pattern; text++, pattern++) {
		if (*pattern != '#' && *text != *pattern)
			return false;
	}
	return *text == *pattern;
}

/* Finds the GUID and the text that is encoded. */
static const char *resolve(const char *text, struct efi_guid *guid)
{
	*guid = guid_test_vendor;
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(text, prefixes[i].prefix)) {
			*guid = *prefixes[i].guid;
			return text + strlen(prefixes[i].prefix);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (fits(text, known[i].pattern)) {
			*guid = *known[i].guid;
			return known[i].full ? known[i].full : text;
		}
	}
	return text;
}

void test_name_parse(const char *text, struct test_name *name)
{
	const char *plain = resolve(text, &name->guid);

	name->size = 2 * strlen(plain);
	g_assert_cmpuint(name->size, <=, sizeof name->bytes);
	for (size_t i = 0; plain[i]; i++) {
		name->bytes[2 * i] = (uint8_t)plain[i];
		name->bytes[2 * i + 1] = 0;
	}
}
