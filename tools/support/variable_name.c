/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/variable_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/name.h"
#include "tools/support/report.h"

#define GUID_TEXT_LENGTH (GUID_TEXT_SIZE - 1)
#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)
#define BS_RT (ATTR_BS | ATTR_RT)
#define KEYS (NV_BS_RT | ATTR_AT)

/* edk2's switch for unsigned key updates; here it has no meaning and is a variable like any other. */
static const struct efi_guid guid_custom_mode =
	EFI_GUID_INIT(0xc076ec0cu, 0x7028, 0x4399, 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f);

/* The variables that can be called by their names alone. '#' in a pattern stands for a hexadecimal digit. */
static const struct well_known {
	const struct efi_guid *guid;
	uint32_t attributes;
	const char *patterns[20]; /* ends with NULL */
} well_known[] = {
	{ &guid_global_variable, KEYS, { "PK", "KEK", "OsRecoveryOrder" } },
	{ &guid_image_security_database, KEYS, { "db", "dbx", "dbt", "dbr" } },
	{ &guid_global_variable,
	  NV_BS_RT,
	  { "BootOrder", "BootNext", "Boot####", "DriverOrder", "Driver####", "SysPrepOrder", "SysPrep####", "Key####",
	    "ConIn", "ConOut", "ErrOut", "Lang", "PlatformLang", "Timeout", "OsIndications", "HwErrRecSupport" } },
	{ &guid_global_variable,
	  BS_RT,
	  { "SecureBoot", "SetupMode", "AuditMode", "DeployedMode", "SignatureSupport", "VendorKeys", "PKDefault",
	    "KEKDefault", "dbDefault", "dbxDefault", "dbtDefault", "dbrDefault" } },
	{ &guid_global_variable,
	  BS_RT,
	  { "BootCurrent", "BootOptionSupport", "OsIndicationsSupported", "PlatformRecovery####", "LangCodes",
	    "PlatformLangCodes", "ConInDev", "ConOutDev", "ErrOutDev" } },
	{ &guid_mor_control, NV_BS_RT, { "MemoryOverwriteRequestControl" } },
	{ &guid_mor_lock, NV_BS_RT, { "MemoryOverwriteRequestControlLock" } },
	{ &guid_ppi_xen, NV_BS_RT, { "PPIBuffer", "Tcg2PhysicalPresenceFlags", "Tcg2PhysicalPresenceFlagsLock" } },
	{ &guid_vendor_keys_nv, KEYS, { "VendorKeysNv" } },
	{ &guid_secure_boot_enable, ATTR_NV | ATTR_BS, { "SecureBootEnable" } },
	{ &guid_custom_mode, ATTR_NV | ATTR_BS, { "CustomMode" } },
	{ &guid_hardware_error, NV_BS_RT | ATTR_HR, { "HwErrRec####" } },
};

static const struct well_known *find_well_known(const uint8_t *name, size_t size, const struct efi_guid *guid)
{
	for (size_t i = 0; i < sizeof well_known / sizeof well_known[0]; i++) {
		const struct well_known *row = &well_known[i];

		if (guid && !guid_equal(guid, row->guid))
			continue;
		for (size_t j = 0; row->patterns[j]; j++) {
			if (name_matches(name, size, row->patterns[j]))
				return row;
		}
	}
	return NULL;
}

/* Takes the text as the name alone. */
static bool set_name(struct variable_name *name, const char *text)
{
	size_t size = name_from_utf8(text, name->name, sizeof name->name);

	if (size == 0 || size > sizeof name->name)
		return false;
	name->size = size;
	return true;
}

/* Reads a GUID from the first 36 characters of `text`. */
static bool parse_leading_guid(const char *text, struct efi_guid *guid)
{
	char copy[GUID_TEXT_SIZE] = "";

	strncpy(copy, text, GUID_TEXT_LENGTH);
	return guid_parse(copy, guid);
}

/* Name-guid: the name is all that stands before the last 37 characters. */
static bool parse_name_and_guid(struct variable_name *name, const char *text)
{
	size_t length = strlen(text);
	char *copy;
	bool ok;

	if (length <= GUID_TEXT_LENGTH + 1 || text[length - GUID_TEXT_LENGTH - 1] != '-' ||
	    !guid_parse(text + length - GUID_TEXT_LENGTH, &name->guid))
		return false;
	copy = strndup(text, length - GUID_TEXT_LENGTH - 1);
	ok = copy && set_name(name, copy);
	free(copy);
	return ok;
}

/* What begins like a GUID was meant to be one. */
#define GUID_FIRST_DIGITS 8
#define GUID_EXAMPLE "12345678-9abc-def0-1234-56789abcdef0"

int variable_name_parse(struct variable_name *name, int count, char *const *arguments)
{
	const char *text = arguments[0];
	const struct well_known *row;

	if (parse_leading_guid(text, &name->guid)) {
		bool alone = text[GUID_TEXT_LENGTH] == '\0';

		if (alone && count > 1 && set_name(name, arguments[1]))
			return 2;
		if (text[GUID_TEXT_LENGTH] == ' ' && set_name(name, text + GUID_TEXT_LENGTH + 1))
			return 1;
	}
	if (parse_name_and_guid(name, text))
		return 1;
	if (set_name(name, text)) {
		row = find_well_known(name->name, name->size, NULL);
		if (row) {
			name->guid = *row->guid;
			return 1;
		}
	}
	if (strspn(text, "0123456789abcdefABCDEF") == GUID_FIRST_DIGITS && text[GUID_FIRST_DIGITS] == '-')
		report("'%s' does not begin with a GUID: 36 characters like " GUID_EXAMPLE " are expected", text);
	else
		report("'%s' is no variable: a well-known name, 'guid name' or Name-guid is expected", text);
	return 0;
}

uint32_t variable_name_attributes(const struct variable_name *name)
{
	const struct well_known *row = find_well_known(name->name, name->size, &name->guid);

	return row ? row->attributes : NV_BS_RT;
}

bool variable_name_is_signature_database(const struct variable_name *name)
{
	if (guid_equal(&name->guid, &guid_global_variable))
		return name_is(name->name, name->size, "PK") || name_is(name->name, name->size, "KEK");
	return guid_equal(&name->guid, &guid_image_security_database) &&
	       (name_is(name->name, name->size, "db") || name_is(name->name, name->size, "dbx") ||
		name_is(name->name, name->size, "dbt") || name_is(name->name, name->size, "dbr"));
}

void variable_name_format(const uint8_t *name, size_t size, char text[VARIABLE_NAME_TEXT_SIZE])
{
	name_to_utf8(name, size < UEFIVARS_NAME_LOAD_MAX ? size : UEFIVARS_NAME_LOAD_MAX, text, VARIABLE_NAME_TEXT_SIZE,
		     NULL);
	for (char *c = text; *c; c++) {
		/* U+0080 to U+009F are two bytes. */
		bool high = (unsigned char)c[0] == 0xc2 && (unsigned char)c[1] < 0xa0;

		if ((unsigned char)*c < 0x20 || *c == 0x7f || high)
			*c = '?';
		if (high)
			c[1] = '?';
	}
}

static const struct {
	const char *word;
	uint32_t bit;
} words[] = {
	{ "NV", ATTR_NV }, { "BS", ATTR_BS }, { "RT", ATTR_RT },         { "HR", ATTR_HR },
	{ "AW", ATTR_AW }, { "AT", ATTR_AT }, { "APPEND", ATTR_APPEND }, { "ENHANCED", ATTR_ENHANCED },
};

static bool parse_words(const char *text, uint32_t *attributes)
{
	uint32_t bits = 0;

	while (*text) {
		size_t length = strcspn(text, ","), i = 0;

		while (i < sizeof words / sizeof words[0] &&
		       (strlen(words[i].word) != length || strncasecmp(text, words[i].word, length)))
			i++;
		if (i == sizeof words / sizeof words[0])
			return false;
		bits |= words[i].bit;
		text += length;
		if (*text == ',' && *++text == '\0')
			return false;
	}
	*attributes = bits;
	return true;
}

bool attributes_parse(const char *text, uint32_t *attributes)
{
	unsigned long number;
	char *end;

	if (*text < '0' || *text > '9')
		return *text && parse_words(text, attributes);
	number = strtoul(text, &end, 0);
	if (*end || number > UINT32_MAX)
		return false;
	*attributes = (uint32_t)number;
	return true;
}

void attributes_format(uint32_t attributes, char text[ATTRIBUTES_TEXT_SIZE])
{
	char *at = text, *const end = text + ATTRIBUTES_TEXT_SIZE;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (attributes & words[i].bit)
			at += snprintf(at, (size_t)(end - at), "%s%s", at == text ? "" : ",", words[i].word);
		attributes &= ~words[i].bit;
	}
	if (attributes || at == text)
		snprintf(at, (size_t)(end - at), "%s0x%x", at == text ? "" : ",", attributes);
}
