/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/set.h"

#include <stdlib.h>

#include "efi/attributes.h"
#include "efi/name.h"
#include "efi/signature_list.h"
#include "service/lock.h"
#include "service/policy.h"
#include "service/secure_boot.h"

#define REFUSE(status, reason) verdict_refuse(EFI_##status, UEFIVARS_##reason)

/* What is known of a write as it passes the checks. */
struct write {
	const struct set_request *request;
	const struct policy_row *row;
	bool name_allowed;
	struct variable *old;
	bool append;
	bool authenticated;
	struct auth_descriptor descriptor;
	/* what the variable's data would be, or what is appended: the data without the descriptor */
	const uint8_t *payload;
	size_t payload_size;
	/* what is stored */
	uint8_t *merged; /* owned: old data and payload */
	struct efi_time time;
	uint8_t owner[VARIABLE_DIGEST_SIZE];
};

/* Attributes 0 delete, whatever the data. (Any other without an access bit was refused before.) */
static bool is_deletion(const struct write *write)
{
	return write->request->attributes == 0 || (write->payload_size == 0 && !write->append);
}

/* Name and attributes by themselves, and the descriptor that they promise. */
static struct verdict check_form(struct write *write)
{
	const struct set_request *request = write->request;
	uint64_t status;

	if (!name_valid(request->name, request->name_size) || request->name_size > UEFIVARS_NAME_LOAD_MAX)
		return REFUSE(INVALID_PARAMETER, BAD_NAME);
	status = attributes_check_set(request->attributes);
	if (status != EFI_SUCCESS)
		return verdict_refuse(status, UEFIVARS_BAD_ATTRIBUTES);
	write->append = request->attributes & ATTR_APPEND;
	write->authenticated = request->attributes & ATTR_AT;
	write->payload = request->data;
	write->payload_size = request->data_size;
	if (!write->authenticated)
		return verdict_success();
	if (!descriptor_read(request->data, request->data_size, &write->descriptor))
		return REFUSE(SECURITY_VIOLATION, BAD_DESCRIPTOR);
	write->payload = write->descriptor.payload.data;
	write->payload_size = write->descriptor.payload.size;
	return verdict_success();
}

static struct verdict check_limits(const struct write *write)
{
	if (write->request->name_size > UEFIVARS_NAME_MAX && !write->old)
		return REFUSE(INVALID_PARAMETER, BAD_NAME);
	if (write->payload_size > UEFIVARS_DATA_MAX && write->request->attributes != 0)
		return REFUSE(INVALID_PARAMETER, TOO_LARGE);
	return verdict_success();
}

/* What the table says of this name. Deletions pass, except of what is read-only. */
static struct verdict check_policy(const struct write *write)
{
	const struct policy_row *row = write->row;

	if (row->writer == WRITER_FIRMWARE)
		return REFUSE(WRITE_PROTECTED, READ_ONLY);
	if (is_deletion(write))
		return verdict_success();
	if (!write->name_allowed && !write->old)
		return REFUSE(INVALID_PARAMETER, NAME_NOT_ALLOWED);
	if (row->attributes && (write->request->attributes & ~ATTR_APPEND) != row->attributes)
		return REFUSE(INVALID_PARAMETER, BAD_ATTRIBUTES);
	/* Those of an authenticated write are looked at once it is authenticated, those of an append once it is whole.
	 */
	if (!write->authenticated && !write->append && !policy_format_fits(row, write->payload, write->payload_size))
		return REFUSE(INVALID_PARAMETER, BAD_FORMAT);
	return verdict_success();
}

static struct verdict check_old(const struct write *write)
{
	uint32_t attributes = write->request->attributes & ~ATTR_APPEND;

	if (!write->old)
		return verdict_success();
	if (write->request->at_runtime && !(write->old->attributes & ATTR_RT))
		return REFUSE(WRITE_PROTECTED, RUNTIME);
	if (attributes == 0 ? (write->old->attributes & ATTR_AT) != 0 : attributes != write->old->attributes)
		return REFUSE(INVALID_PARAMETER, ATTRIBUTE_MISMATCH);
	return verdict_success();
}

static struct verdict check_authentication(const struct uefivars *uv, struct write *write)
{
	const struct set_request *request = write->request;
	const struct secure_boot_write authenticated = {
		.row = write->row,
		.old = write->old,
		.name = request->name,
		.name_size = request->name_size,
		.guid = &request->guid,
		.attributes = request->attributes,
		.descriptor = write->descriptor,
	};
	enum uefivars_reason reason;

	if (!write->authenticated)
		return verdict_success();
	reason = secure_boot_authenticate(uv, &authenticated, write->owner);
	if (reason != UEFIVARS_OK)
		return verdict_refuse(EFI_SECURITY_VIOLATION, reason);
	write->time = write->descriptor.time;
	/* An append never makes a variable older: earlier writes could be replayed. */
	if (write->append && write->old && time_later(&write->old->time, &write->time))
		write->time = write->old->time;
	if (write->payload_size && policy_is_secure_boot(write->row) &&
	    !policy_format_fits(write->row, write->payload, write->payload_size))
		return REFUSE(INVALID_PARAMETER, BAD_SIGNATURE_LIST);
	if (write->append && write->old && write->row->format == FORMAT_PLATFORM_KEY && write->payload_size)
		return REFUSE(INVALID_PARAMETER, BAD_FORMAT);
	return verdict_success();
}

/* What holds after ExitBootServices, and for what is not there. */
static struct verdict check_existence(const struct write *write)
{
	const struct set_request *request = write->request;
	const uint32_t nv_rt = ATTR_NV | ATTR_RT;

	if (write->old && request->at_runtime && !(write->old->attributes & ATTR_NV))
		return REFUSE(WRITE_PROTECTED, RUNTIME);
	if (write->old)
		return verdict_success();
	if (is_deletion(write))
		return REFUSE(NOT_FOUND, NOT_FOUND);
	if (request->at_runtime && (request->attributes & nv_rt) != nv_rt)
		return REFUSE(INVALID_PARAMETER, RUNTIME);
	return verdict_success();
}

/* Puts what is appended behind the old data; of signature lists only what is new. */
static struct verdict merge(struct write *write)
{
	const struct variable *old = write->old;
	bool lists = write->row->format == FORMAT_SIGNATURES;
	size_t old_size = old ? old->data_size : 0, size = old_size + write->payload_size;

	if (!write->append || (!old && !lists))
		return verdict_success();
	/* Lists may shrink by what is there already; anything else is as large as its parts. */
	if (!lists && size > UEFIVARS_DATA_MAX && write->payload_size)
		return REFUSE(INVALID_PARAMETER, TOO_LARGE);
	write->merged = malloc(size + 1);
	if (!write->merged)
		return REFUSE(OUT_OF_RESOURCES, NO_MEMORY);
	if (lists) {
		size = siglist_append(old ? variable_data(old) : NULL, old_size, write->payload, write->payload_size,
				      write->merged);
		if (size > UEFIVARS_DATA_MAX && size > old_size)
			return REFUSE(INVALID_PARAMETER, TOO_LARGE);
	} else {
		memcpy(write->merged, variable_data(old), old_size);
		if (write->payload_size)
			memcpy(write->merged + old_size, write->payload, write->payload_size);
	}
	write->payload = write->merged;
	write->payload_size = size;
	return verdict_success();
}

static struct verdict check_appended_format(const struct write *write)
{
	if (!write->append || write->authenticated || write->payload_size == 0 ||
	    policy_format_fits(write->row, write->payload, write->payload_size))
		return verdict_success();
	return REFUSE(INVALID_PARAMETER, BAD_FORMAT);
}

static struct verdict finish(struct uefivars *uv, const struct write *write, bool exists)
{
	if (policy_is_secure_boot(write->row) && !secure_boot_stage_modes(uv, &uv->pending.change, write->row, exists))
		return machine_abandon(uv, REFUSE(OUT_OF_RESOURCES, NO_MEMORY));
	if (!store_fits(&uv->store, &uv->pending.change.store))
		return machine_abandon(uv, REFUSE(OUT_OF_RESOURCES, NO_SPACE));
	return machine_apply(uv);
}

static struct verdict delete (struct uefivars *uv, const struct write *write)
{
	store_stage_delete(&uv->pending.change.store, write->old);
	return finish(uv, write, false);
}

static struct verdict replace(struct uefivars *uv, const struct write *write)
{
	const struct set_request *request = write->request;
	const struct variable_content content = {
		.name = request->name,
		.name_size = request->name_size,
		.guid = &request->guid,
		.attributes = request->attributes & ~ATTR_APPEND,
		.data = write->payload,
		.data_size = write->payload_size,
		.time = &write->time,
		/* who wrote a Secure Boot variable is of no consequence for the next write */
		.digest = policy_is_secure_boot(write->row) ? NULL : write->owner,
		.uncharged = write->old && write->old->uncharged,
	};
	struct variable *variable;

	/* Appending nothing creates nothing; writing what is there changes nothing. */
	if (write->payload_size == 0 || (write->old && variable_equal(write->old, &content)))
		return uv->pending.change.verdict;
	variable = variable_new(&content);
	if (!variable)
		return REFUSE(OUT_OF_RESOURCES, NO_MEMORY);
	store_stage(&uv->pending.change.store, write->old, variable);
	return finish(uv, write, true);
}

/* Variables with a protocol of their own; what they store may differ from what was sent. */
static struct verdict check_protocol(struct uefivars *uv, struct write *write)
{
	struct lock_write lock = { .attributes = write->request->attributes,
				   .data = write->payload,
				   .size = write->payload_size };
	struct verdict verdict = lock_check(uv, write->row, &lock, &uv->pending.change);

	write->payload = lock.stored;
	write->payload_size = lock.stored_size;
	return verdict;
}

static struct verdict check_and_apply(struct uefivars *uv, struct write *write)
{
	const struct set_request *request = write->request;
	struct verdict verdict = check_form(write);

	if (!verdict_is_success(&verdict))
		return verdict;
	write->old = store_find(&uv->store, request->name, request->name_size, &request->guid);
	write->row = policy_find(uv, request->name, request->name_size, &request->guid, &write->name_allowed);
	machine_begin(uv);
	verdict = check_limits(write);
	if (verdict_is_success(&verdict))
		verdict = check_protocol(uv, write);
	if (verdict_is_success(&verdict))
		verdict = check_policy(write);
	if (verdict_is_success(&verdict))
		verdict = check_old(write);
	if (verdict_is_success(&verdict))
		verdict = check_authentication(uv, write);
	if (verdict_is_success(&verdict))
		verdict = check_existence(write);
	if (!verdict_is_success(&verdict))
		return verdict;
	if (is_deletion(write))
		return delete (uv, write);
	verdict = merge(write);
	if (verdict_is_success(&verdict))
		verdict = check_appended_format(write);
	return verdict_is_success(&verdict) ? replace(uv, write) : verdict;
}

struct verdict set_variable(struct uefivars *uv, const struct set_request *request)
{
	struct write write = { .request = request };
	struct verdict verdict = check_and_apply(uv, &write);
	struct uefivars_event event = { .name = request->name,
					.name_size = request->name_size,
					.attributes = request->attributes,
					.data_size = request->data_size };

	free(write.merged);
	memcpy(event.guid, request->guid.bytes, sizeof event.guid);
	machine_tell_refusal(uv, &event, &verdict);
	return verdict;
}
