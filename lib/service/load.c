/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/load.h"

#include "codec/vars.h"
#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/name.h"
#include "service/firmware.h"
#include "service/policy.h"

/*
 * What no variable holds and a running guest must not lose travels as a record of its own: other daemons take it for
 * one more variable. Its data is one byte, bit 0: ExitBootServices was seen, bit 1: a Secure Boot failure was reported.
 * Other records of this vendor GUID (a program's state file has some) are passed over.
 */
static const uint8_t state_name[] = { 'S', 0, 't', 0, 'a', 0, 't', 0, 'e', 0 };
#define STATE_RUNTIME 0x01
#define STATE_REPORTED 0x02

static void take_state(struct uefivars *uv, const struct uefivars_variable *variable)
{
	if (variable->data_size == 0 || variable->name_size != sizeof state_name ||
	    memcmp(variable->name, state_name, sizeof state_name) != 0)
		return;
	uv->runtime = variable->data[0] & STATE_RUNTIME;
	uv->reported = variable->data[0] & STATE_REPORTED;
}

/* Is the signer's digest of any meaning: a private authenticated variable's? Old daemons left garbage in the others. */
static bool has_owner(const struct policy_row *row, uint32_t attributes)
{
	return (attributes & ATTR_AT) && !policy_is_secure_boot(row);
}

static enum uefivars_reason check(const struct policy_row *row, const struct uefivars_variable *variable,
				  uint32_t attributes, bool resume)
{
	if (!name_valid(variable->name, variable->name_size) || variable->name_size > UEFIVARS_NAME_LOAD_MAX)
		return UEFIVARS_BAD_NAME;
	if (variable->data_size == 0)
		return UEFIVARS_BAD_FORMAT;
	if (variable->data_size > UEFIVARS_DATA_LOAD_MAX)
		return UEFIVARS_TOO_LARGE;
	if (!attributes_storable(attributes))
		return UEFIVARS_BAD_ATTRIBUTES;
	if (!(attributes & ATTR_NV) && !resume)
		return UEFIVARS_VOLATILE;
	/* Only what this program relies on is held against the table; any other old variable is the guest's own affair.
	 */
	if (policy_is_secure_boot(row) && attributes != row->attributes)
		return UEFIVARS_BAD_ATTRIBUTES;
	if (row->writer == WRITER_FIRMWARE && row->attributes && attributes != row->attributes)
		return UEFIVARS_BAD_ATTRIBUTES;
	/* A second PK, which some daemons let a guest append, is taken as it stands. */
	if ((row->format == FORMAT_SIGNATURES || row->format == FORMAT_PLATFORM_KEY) &&
	    !policy_format_fits(&(struct policy_row){ .format = FORMAT_SIGNATURES }, variable->data,
				variable->data_size))
		return UEFIVARS_BAD_SIGNATURE_LIST;
	return UEFIVARS_OK;
}

enum uefivars_reason load_variable(struct uefivars *uv, const struct uefivars_variable *loaded, bool resume)
{
	struct store_change change = { .count = 0 };
	uint32_t attributes = loaded->attributes & ATTR_STORED;
	struct variable *variable;
	struct efi_guid guid;
	struct efi_time time;
	enum uefivars_reason reason;
	const struct policy_row *row;
	bool allowed;

	memcpy(guid.bytes, loaded->guid, sizeof guid.bytes);
	memcpy(time.bytes, loaded->timestamp, sizeof time.bytes);
	row = policy_find(uv, loaded->name, loaded->name_size, &guid, &allowed);
	if (row->protocol == PROTOCOL_INTERNAL) {
		if (resume)
			take_state(uv, loaded);
		return UEFIVARS_OK;
	}
	/* One existing daemon kept dbt without runtime access: the set that the specification gives is what it is
	 * written with. */
	if (policy_is_secure_boot(row) && (attributes & ATTR_AT) && (attributes & ATTR_NV))
		attributes = row->attributes;
	reason = check(row, loaded, attributes, resume);
	if (reason != UEFIVARS_OK)
		return reason;
	if (store_find(&uv->store, loaded->name, loaded->name_size, &guid))
		return UEFIVARS_DUPLICATE;
	variable = variable_new(&(struct variable_content){
		.name = loaded->name,
		.name_size = loaded->name_size,
		.guid = &guid,
		.attributes = attributes,
		.data = loaded->data,
		.data_size = loaded->data_size,
		.time = attributes & ATTR_AT ? &time : NULL,
		.digest = has_owner(row, attributes) ? loaded->digest : NULL,
		.uncharged = firmware_is_uncharged(uv, loaded->name, loaded->name_size, &guid),
	});
	if (!variable)
		return UEFIVARS_NO_MEMORY;
	store_stage(&change, NULL, variable);
	store_commit(&uv->store, &change);
	return UEFIVARS_OK;
}

/* The registers belong to the boot in which they were written: a new one starts without, and what is stored says
 * otherwise. */
static void drop_extra(struct uefivars *uv, const struct vars_extra *extra)
{
	static const struct vars_extra none;

	uv->unsaved = extra->ppi_index != none.ppi_index ||
		      memcmp(extra->ppi_function, none.ppi_function, sizeof none.ppi_function) != 0;
}

static void take_extra(struct uefivars *uv, const struct vars_extra *extra)
{
	memcpy(uv->mor_key, extra->mor_key, sizeof uv->mor_key);
	memcpy(uv->ppi_function, extra->ppi_function, sizeof uv->ppi_function);
	uv->ppi_index = extra->ppi_index;
}

enum uefivars_reason load_blob(struct uefivars *uv, const uint8_t *blob, size_t size, bool resume,
			       uefivars_set_aside set_aside, void *context)
{
	struct uefivars_variable variable;
	struct vars_reader reader;
	struct vars_extra extra;
	const uint8_t *record;
	size_t record_size;
	enum vars_item item;

	if (!vars_open(&reader, blob, size, &extra))
		return UEFIVARS_BAD_STORE;
	if (resume)
		take_extra(uv, &extra);
	else
		drop_extra(uv, &extra);
	while ((item = vars_next(&reader, &variable, &record, &record_size)) != VARS_END) {
		enum uefivars_reason reason = UEFIVARS_TRUNCATED;

		if (item == VARS_RECORD)
			reason = load_variable(uv, &variable, resume);
		if (reason == UEFIVARS_NO_MEMORY)
			return reason;
		if (reason != UEFIVARS_OK && set_aside)
			set_aside(context, item == VARS_RECORD ? &variable : NULL, record, record_size, reason);
	}
	return UEFIVARS_OK;
}

bool load_next(const struct uefivars *uv, enum uefivars_view view, const void **cursor,
	       struct uefivars_variable *variable)
{
	const struct store_change *change = view == UEFIVARS_STAGED ? &uv->pending.change.store : NULL;
	const struct variable *next = store_next(&uv->store, change, *cursor);

	if (!next)
		return false;
	*cursor = next;
	variable->name = variable_name(next);
	variable->name_size = next->name_size;
	variable->data = variable_data(next);
	variable->data_size = next->data_size;
	variable->attributes = next->attributes;
	memcpy(variable->guid, next->guid.bytes, sizeof variable->guid);
	memcpy(variable->timestamp, next->time.bytes, sizeof variable->timestamp);
	memcpy(variable->digest, next->digest, sizeof variable->digest);
	return true;
}

static void put_state(const struct uefivars *uv, struct vars_writer *writer)
{
	uint8_t state = (uint8_t)((uv->runtime ? STATE_RUNTIME : 0) | (uv->reported ? STATE_REPORTED : 0));
	struct uefivars_variable variable = {
		.name = state_name,
		.name_size = sizeof state_name,
		.data = &state,
		.data_size = sizeof state,
		.attributes = ATTR_BS,
	};

	memcpy(variable.guid, guid_store_state.bytes, sizeof variable.guid);
	vars_put(writer, &variable);
}

static size_t write_blob(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope, uint8_t *out)
{
	struct vars_extra extra = { .ppi_index = uv->ppi_index };
	struct uefivars_variable variable;
	const void *cursor = NULL;
	struct vars_writer writer;

	memcpy(extra.ppi_function, uv->ppi_function, sizeof extra.ppi_function);
	/* The key is a secret of the running guest: storage that others read does not get it. */
	if (scope == UEFIVARS_SCOPE_ALL)
		memcpy(extra.mor_key, uv->mor_key, sizeof extra.mor_key);
	vars_begin(&writer, out, &extra);
	while (load_next(uv, view, &cursor, &variable)) {
		if (scope == UEFIVARS_SCOPE_ALL || (variable.attributes & ATTR_NV))
			vars_put(&writer, &variable);
	}
	if (scope == UEFIVARS_SCOPE_ALL)
		put_state(uv, &writer);
	return vars_finish(&writer);
}

size_t load_save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope, uint8_t *out,
		 size_t room)
{
	size_t size = write_blob(uv, view, scope, NULL);

	if (size <= room)
		write_blob(uv, view, scope, out);
	return size;
}
