/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/protection.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/status.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/oracle.h"
#include "tests/support/names.h"
#include "tests/support/request.h"

static const char *const keys[PROTECTION_KEYS] = { "PK", "KEK", "db", "dbx", "dbt", "dbr" };

static bool is(const struct uefivars_variable *variable, const char *text)
{
	struct test_name name;

	test_name_parse(text, &name);
	return variable->name_size == name.size && memcmp(variable->name, name.bytes, name.size) == 0 &&
	       memcmp(variable->guid, name.guid.bytes, 16) == 0;
}

/* OsRecoveryOrder and OsRecovery####, under any vendor. */
static bool is_recovery(const struct uefivars_variable *variable)
{
	static const char prefix[] = "OsRecovery";
	const size_t length = variable->name_size / 2;

	for (size_t i = 0; i < sizeof prefix - 1; i++) {
		if (i >= length || get_le16(variable->name + 2 * i) != (uint8_t)prefix[i])
			return false;
	}
	if (length == 15)
		return memcmp(variable->name + 20, "O\0r\0d\0e\0r", 10) == 0;
	for (size_t i = 10; i < length; i++) {
		uint16_t unit = get_le16(variable->name + 2 * i);

		if (!(unit >= '0' && unit <= '9') && !(unit >= 'A' && unit <= 'F'))
			return false;
	}
	return length == 14;
}

static size_t key_index(const struct uefivars_variable *variable)
{
	size_t i = 0;

	while (i < PROTECTION_KEYS && !is(variable, keys[i]))
		i++;
	return i;
}

bool protection_is_key(const struct uefivars_variable *variable)
{
	return key_index(variable) < PROTECTION_KEYS;
}

const struct uefivars_variable *protection_find(const GArray *variables, size_t key)
{
	for (guint i = 0; i < variables->len; i++) {
		const struct uefivars_variable *variable = &g_array_index(variables, struct uefivars_variable, i);

		if (is(variable, keys[key]))
			return variable;
	}
	return NULL;
}

static const uint8_t *take_blob(const uint8_t *page, size_t *at, size_t *size)
{
	uint64_t length;
	const uint8_t *bytes;

	if (*at > UEFIVARS_PAGE_SIZE - 8)
		return NULL;
	length = get_le64(page + *at);
	*at += 8;
	if (length > UEFIVARS_PAGE_SIZE - *at)
		return NULL;
	bytes = page + *at;
	*size = (size_t)length;
	*at += *size;
	return bytes;
}

void protection_read(const uint8_t *request, struct protection_write *write)
{
	size_t at = 8;

	memset(write, 0, sizeof *write);
	if (get_le32(request) != 1 || get_le32(request + 4) != REQUEST_SET)
		return;
	write->name = take_blob(request, &at, &write->name_size);
	if (!write->name || at > UEFIVARS_PAGE_SIZE - 16)
		return;
	memcpy(write->guid, request + at, 16);
	at += 16;
	write->data = take_blob(request, &at, &write->data_size);
	if (!write->data || at > UEFIVARS_PAGE_SIZE - 5)
		return;
	write->attributes = get_le32(request + at);
	write->is_set = true;
}

static size_t add_trust(struct oracle_trust *trust, const struct uefivars_variable *key, bool chains)
{
	if (!key)
		return 0;
	*trust = (struct oracle_trust){ .lists = key->data, .size = key->data_size, .chains = chains };
	return 1;
}

/* Who may write it; none where anybody may. */
static size_t trusts_of(const struct protection_case *subject, const struct uefivars_variable *variable,
			struct oracle_trust trusts[3])
{
	const struct uefivars_variable *const *before = subject->keys_before;
	size_t key = key_index(variable), count = 0;

	if (key < PROTECTION_KEYS || is_recovery(variable)) {
		if (subject->setup_mode) {
			if (key == PROTECTION_PK && subject->policy->require_signed_pk)
				count += add_trust(trusts, subject->keys_after[PROTECTION_PK], false);
			return count;
		}
		count += add_trust(trusts + count, before[PROTECTION_PK], false);
		if (key != PROTECTION_PK && key != PROTECTION_KEK)
			count += add_trust(trusts + count, before[PROTECTION_KEK], true);
		if (key == PROTECTION_KEYS)
			count += add_trust(trusts + count, before[PROTECTION_DBR], true);
	}
	return count;
}

/* Year (little-endian), month, day, hour, minute, second. */
static bool is_earlier(const uint8_t a[16], const uint8_t b[16])
{
	return get_le16(a) != get_le16(b) ? get_le16(a) < get_le16(b) : memcmp(a + 2, b + 2, 5) < 0;
}

void protection_check(const struct protection_case *subject)
{
	const struct protection_write *write = subject->write;
	const struct uefivars_variable *variable = subject->was ? subject->was : subject->is;
	struct oracle_write claim = {
		.name = write->name,
		.name_size = write->name_size,
		.data = write->data,
		.data_size = write->data_size,
		.attributes = write->attributes,
	};
	struct oracle_trust trusts[3];
	size_t count = trusts_of(subject, variable, trusts);
	bool ruled = protection_is_key(variable) || is_recovery(variable);
	bool authenticated = (subject->was && (subject->was->attributes & ATTR_AT)) ||
			     (subject->is && (subject->is->attributes & ATTR_AT));

	if (write->status != EFI_SUCCESS && !(write->status == EFI_ACCESS_DENIED && is(variable, "MORLock")))
		fuzz_broken("a refused write has changed its variable");
	if (ruled && !authenticated)
		fuzz_broken("a protected variable without authentication");
	if (!authenticated || !subject->policy->auth_enforce || (ruled && count == 0))
		return;
	if (!ruled && subject->was && subject->is && memcmp(subject->was->digest, subject->is->digest, 32) != 0)
		fuzz_broken("a private variable has another owner");
	if (subject->was && subject->is && is_earlier(subject->is->timestamp, subject->was->timestamp))
		fuzz_broken("a protected variable has become older");
	memcpy(claim.guid.bytes, write->guid, 16);
	if (!oracle_signed(&claim, trusts, count, ruled ? NULL : variable->digest))
		fuzz_broken("a protected variable has changed without a valid signature");
}

void protection_check_follower(const struct protection_case *subject, const struct uefivars_variable *follower)
{
	static const char *const followers[] = { "SetupMode", "DeployedMode", "VendorKeys" };
	const struct uefivars_variable named = {
		.name = subject->write->name,
		.name_size = subject->write->name_size,
	};
	struct uefivars_variable copy = named;
	struct test_name vendor_keys;

	memcpy(copy.guid, subject->write->guid, 16);
	if (subject->write->status == EFI_SUCCESS && protection_is_key(&copy)) {
		for (size_t i = 0; i < G_N_ELEMENTS(followers); i++) {
			if (is(follower, followers[i]))
				return;
		}
		test_name_parse("VendorKeysNv", &vendor_keys);
		if (follower->name_size == vendor_keys.size &&
		    memcmp(follower->name, vendor_keys.bytes, vendor_keys.size) == 0)
			return;
	}
	fuzz_broken("a variable that the request does not name has changed");
}

bool protection_holds(const GArray *variables, const uint8_t *request, const uint8_t *response)
{
	size_t at = 8, name_size = 0;
	const uint8_t *name = take_blob(request, &at, &name_size);

	for (guint i = 0; name && i < variables->len; i++) {
		const struct uefivars_variable *variable = &g_array_index(variables, struct uefivars_variable, i);

		if (variable->name_size == name_size && memcmp(variable->name, name, name_size) == 0 &&
		    memcmp(variable->guid, request + at, 16) == 0)
			return get_le32(response + 8) == variable->attributes &&
			       get_le64(response + 12) == variable->data_size &&
			       memcmp(response + 20, variable->data, variable->data_size) == 0;
	}
	return false;
}
