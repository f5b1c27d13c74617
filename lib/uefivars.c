/* SPDX-License-Identifier: GPL-2.0-only */
#include "uefivars.h"

#include <stdlib.h>

#include "rpc/dispatch.h"
#include "rpc/extent.h"
#include "service/load.h"
#include "service/ppi.h"
#include "service/provision.h"

void uefivars_policy_default(struct uefivars_policy *policy)
{
	*policy = (struct uefivars_policy){ .auth_enforce = true, .deployed = true };
}

/* Copies the allowed names: the array, and the names behind it, in one allocation. */
static bool copy_allow_names(struct uefivars *uv, const struct uefivars_policy *policy)
{
	size_t size = policy->allow_names_count * sizeof *uv->allow_names;
	uint8_t *names;

	if (policy->allow_names_count == 0)
		return true;
	for (size_t i = 0; i < policy->allow_names_count; i++)
		size += policy->allow_names[i].name_size;
	uv->allow_names = malloc(size);
	if (!uv->allow_names)
		return false;
	names = (uint8_t *)(uv->allow_names + policy->allow_names_count);
	for (size_t i = 0; i < policy->allow_names_count; i++) {
		uv->allow_names[i] = policy->allow_names[i];
		uv->allow_names[i].name = names;
		memcpy(names, policy->allow_names[i].name, policy->allow_names[i].name_size);
		names += policy->allow_names[i].name_size;
	}
	return true;
}

struct uefivars *uefivars_create(const struct uefivars_policy *policy, const struct uefivars_host *host)
{
	struct uefivars *uv = calloc(1, sizeof *uv);

	if (!uv)
		return NULL;
	uv->policy = *policy;
	uv->policy.allow_names = NULL;
	if (host)
		uv->host = *host;
	uv->setup_mode = true;
	if (!copy_allow_names(uv, policy)) {
		free(uv);
		return NULL;
	}
	return uv;
}

void uefivars_free(struct uefivars *uv)
{
	if (!uv)
		return;
	store_drop(&uv->pending.change.store);
	store_clear(&uv->store);
	free(uv->allow_names);
	free(uv);
}

enum uefivars_reason uefivars_load(struct uefivars *uv, const struct uefivars_variable *variable, bool resume)
{
	return load_variable(uv, variable, resume);
}

enum uefivars_reason uefivars_load_blob(struct uefivars *uv, const uint8_t *blob, size_t size, bool resume,
					uefivars_set_aside set_aside, void *context)
{
	return load_blob(uv, blob, size, resume, set_aside, context);
}

enum uefivars_reason uefivars_check_keys(const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed)
{
	return provision_check(keys, failed);
}

enum uefivars_reason uefivars_refresh(struct uefivars *uv, const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				      enum uefivars_key *failed)
{
	return provision_refresh(uv, keys, failed);
}

enum uefivars_reason uefivars_start(struct uefivars *uv, enum uefivars_boot boot,
				    const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed)
{
	return provision_start(uv, boot, keys, failed);
}

void uefivars_get_state(const struct uefivars *uv, struct uefivars_state *state)
{
	state->setup_mode = uv->setup_mode;
	state->secure_boot = uv->secure_boot;
	state->runtime = uv->runtime;
	state->unsaved = uv->unsaved;
	provision_missing(uv, state->missing);
}

uint64_t uefivars_changes(const struct uefivars *uv)
{
	return uv->changes;
}

size_t uefivars_request_size(const uint8_t *page, size_t have)
{
	return extent_of_request(page, have);
}

enum uefivars_served uefivars_serve(struct uefivars *uv, uint8_t *page, size_t *response_size)
{
	return dispatch_serve(uv, page, response_size);
}

uint8_t *uefivars_complete(struct uefivars *uv, bool persisted, size_t *response_size)
{
	return dispatch_complete(uv, persisted, response_size);
}

uint32_t uefivars_ppi_read(const struct uefivars *uv, uint16_t port, unsigned int width)
{
	return ppi_read(uv, port, width);
}

enum uefivars_served uefivars_ppi_write(struct uefivars *uv, uint16_t port, unsigned int width, uint32_t value)
{
	if (uv->pending.waiting && ppi_write_changes_store(uv, port, width))
		return UEFIVARS_BUSY;
	return ppi_write(uv, port, width, value).pending ? UEFIVARS_PENDING : UEFIVARS_ANSWERED;
}

bool uefivars_next(const struct uefivars *uv, enum uefivars_view view, const void **cursor,
		   struct uefivars_variable *variable)
{
	return load_next(uv, view, cursor, variable);
}

size_t uefivars_save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope, uint8_t *out,
		     size_t room)
{
	return load_save(uv, view, scope, out, room);
}

const char *uefivars_reason_text(enum uefivars_reason reason)
{
	static const char *const texts[UEFIVARS_REASONS] = {
		[UEFIVARS_OK] = "no reason",
		[UEFIVARS_MALFORMED_REQUEST] = "malformed request",
		[UEFIVARS_UNKNOWN_COMMAND] = "unknown protocol version or command",
		[UEFIVARS_BAD_NAME] = "not a name that a variable can have",
		[UEFIVARS_NAME_NOT_ALLOWED] = "not a name that the UEFI specification defines in this vendor GUID",
		[UEFIVARS_BAD_ATTRIBUTES] = "attributes that this variable cannot have",
		[UEFIVARS_ATTRIBUTE_MISMATCH] = "not the attributes that the variable has",
		[UEFIVARS_TOO_LARGE] = "too large for one variable",
		[UEFIVARS_NO_SPACE] = "the store is full",
		[UEFIVARS_NO_MEMORY] = "out of memory",
		[UEFIVARS_NOT_FOUND] = "no such variable",
		[UEFIVARS_READ_ONLY] = "read-only",
		[UEFIVARS_LOCKED] = "locked",
		[UEFIVARS_RUNTIME] = "not allowed after ExitBootServices",
		[UEFIVARS_BAD_FORMAT] = "data that this variable cannot have",
		[UEFIVARS_BAD_SIGNATURE_LIST] = "not well-formed signature lists",
		[UEFIVARS_BAD_DESCRIPTOR] = "not an EFI_VARIABLE_AUTHENTICATION_2 descriptor",
		[UEFIVARS_OLD_TIME] = "timestamp not later than the stored one",
		[UEFIVARS_BAD_PKCS7] = "no PKCS#7 signature that could be verified",
		[UEFIVARS_BAD_DIGEST] = "signed with another digest than SHA-256, SHA-384 or SHA-512",
		[UEFIVARS_BAD_SIGNATURE] = "bad signature",
		[UEFIVARS_UNTRUSTED] = "signed by somebody who may not write this variable",
		[UEFIVARS_NOT_PERSISTED] = "the backend could not store it",
		[UEFIVARS_DUPLICATE] = "stored twice",
		[UEFIVARS_VOLATILE] = "volatile, in a store that survives boots",
		[UEFIVARS_TRUNCATED] = "the store ends inside it, or has bytes behind its end",
		[UEFIVARS_BAD_STORE] = "not a variable store",
	};

	return (unsigned int)reason < UEFIVARS_REASONS ? texts[reason] : "unknown reason";
}
