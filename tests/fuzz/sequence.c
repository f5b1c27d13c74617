/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/sequence.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/request.h"
#include "tests/support/sign.h"

const char *const sequence_names[] = {
	"PK",   "KEK",  "db",          "dbx",        "dbt", "dbr",     "OsRecoveryOrder", "OsRecovery0001",
	"priv", "priw", "other:priv",  "Boot0000",   "MOR", "MORLock", "BootOrder",       "global:Nobody",
	"a",    "b",    "security:xx", "SecureBoot",
};
const size_t sequence_names_count = G_N_ELEMENTS(sequence_names);

void sequence_policy(const uint8_t **data, size_t *size, struct uefivars_policy *policy, bool *keys)
{
	uint8_t bits = 0;

	if (*size) {
		bits = **data;
		(*data)++;
		(*size)--;
	}
	uefivars_policy_default(policy);
	policy->secure_boot = bits & SEQUENCE_SECURE_BOOT;
	policy->auth_enforce = !(bits & SEQUENCE_NOT_ENFORCED);
	policy->deployed = !(bits & SEQUENCE_NOT_DEPLOYED);
	policy->require_signed_pk = bits & SEQUENCE_SIGNED_PK;
	policy->tpm = bits & SEQUENCE_TPM;
	*keys = bits & SEQUENCE_KEYS;
}

bool sequence_next(const uint8_t **data, size_t *size, struct sequence_step *step)
{
	if (*size < 3)
		return false;
	step->kind = (enum sequence_kind)(**data % SEQUENCE_KINDS);
	step->size = get_le16(*data + 1);
	step->bytes = *data + 3;
	*data += 3;
	*size -= 3;
	if (step->size > *size)
		step->size = *size;
	*data += step->size;
	*size -= step->size;
	return true;
}

static uint8_t byte(const struct sequence_step *step, size_t at)
{
	return at < step->size ? step->bytes[at] : 0;
}

static size_t lay_set(uint8_t page[UEFIVARS_PAGE_SIZE], const struct test_name *name, uint32_t attributes,
		      const GByteArray *data, bool runtime)
{
	static struct request request;

	request_begin(&request, 1, REQUEST_SET);
	request_blob(&request, name->bytes, name->size);
	request_guid(&request, &name->guid);
	request_blob(&request, data->data, data->len);
	request_u32(&request, attributes);
	request_u8(&request, runtime);
	memcpy(page, request.bytes, UEFIVARS_PAGE_SIZE);
	return request.size;
}

static void add_payload(GByteArray *payload, const struct sequence_step *step)
{
	switch (byte(step, 1) >> 2 & 3) {
	case 0:
		if (step->size > 4)
			g_byte_array_append(payload, step->bytes + 4, (guint)step->size - 4);
		break;
	case 1:
		list_add_certificate(payload, EC256);
		break;
	case 2:
		list_add_certificate(payload, EC384);
		break;
	default:
		list_add_hashes(payload, LIST_OWNER, byte(step, 4), byte(step, 5) % 8);
	}
}

static size_t lay_signed(const struct sequence_step *step, uint8_t page[UEFIVARS_PAGE_SIZE])
{
	static const enum identity signers[][4] = { { EC256, EC384, NOBODY, EC256 }, { PK1, KEK1, NOBODY, PK1 } };
	uint8_t how_bits = byte(step, 1);
	struct signing how = { .signer = signers[how_bits >> 7][how_bits & 3] };
	GByteArray *payload = g_byte_array_new(), *data;
	uint32_t attributes = byte(step, 2) | (how_bits & 0x10 ? ATTR_APPEND : 0u);
	struct test_name name;
	size_t size;

	how.flags = ((how_bits & 3) == 3 ? SIGN_SPOILED : 0u) | (how_bits & 0x20 ? SIGN_CONTENT_INFO : 0u);
	test_name_parse(sequence_names[byte(step, 0) % sequence_names_count], &name);
	add_payload(payload, step);
	if (payload->len > UEFIVARS_DATA_MAX)
		g_byte_array_set_size(payload, UEFIVARS_DATA_MAX);
	data = sign_update(&how, &(struct update){ .name = name.bytes,
						   .name_size = name.size,
						   .guid = name.guid,
						   .attributes = attributes,
						   .time = time_make(2020, 1, byte(step, 3), 0, 0, 0),
						   .payload = payload->data,
						   .payload_size = payload->len });
	size = lay_set(page, &name, attributes, data, how_bits & 0x40);
	g_byte_array_unref(payload);
	g_byte_array_unref(data);
	return size;
}

static size_t lay_fill(const struct sequence_step *step, uint8_t page[UEFIVARS_PAGE_SIZE])
{
	GByteArray *data = g_byte_array_new();
	struct test_name name;
	char text[16];
	size_t size = (size_t)byte(step, 2) | (size_t)byte(step, 3) << 8;

	g_snprintf(text, sizeof text, "fill%u", byte(step, 0) % 16);
	test_name_parse(text, &name);
	g_byte_array_set_size(data, (guint)MIN(size, 65000u));
	for (guint i = 0; i < data->len; i++)
		data->data[i] = byte(step, 4);
	size = lay_set(page, &name, byte(step, 1), data, false);
	g_byte_array_unref(data);
	return size;
}

size_t sequence_request(const struct sequence_step *step, uint8_t page[UEFIVARS_PAGE_SIZE])
{
	if (step->kind == SEQUENCE_SIGNED)
		return lay_signed(step, page);
	if (step->kind == SEQUENCE_FILL)
		return lay_fill(step, page);
	memset(page, 0xff, UEFIVARS_PAGE_SIZE);
	memcpy(page, step->bytes, step->size);
	return step->size;
}
