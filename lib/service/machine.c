/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/machine.h"

#include "efi/attributes.h"
#include "efi/name.h"

void machine_tell(const struct uefivars *uv, const struct uefivars_event *event)
{
	if (uv->host.event)
		uv->host.event(uv->host.context, event);
}

struct variable *machine_find(const struct uefivars *uv, const char *name, const struct efi_guid *guid)
{
	uint8_t utf16[128];
	size_t size = name_from_utf8(name, utf16, sizeof utf16);

	return store_find(&uv->store, utf16, size, guid);
}

struct machine_change *machine_begin(struct uefivars *uv)
{
	struct machine_change *change = &uv->pending.change;

	change->store.count = 0;
	change->touches_keys = false;
	change->setup_mode = uv->setup_mode;
	change->sets_mor_key = false;
	change->verdict = verdict_success();
	return change;
}

struct verdict machine_abandon(struct uefivars *uv, struct verdict verdict)
{
	store_drop(&uv->pending.change.store);
	return verdict;
}

static void tell_of_keys(const struct uefivars *uv, const struct store_change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct variable *key = change->steps[i].replacement ? change->steps[i].replacement :
									    change->steps[i].old;
		struct uefivars_event event = { .kind = UEFIVARS_EVENT_KEY_CHANGED,
						.name = variable_name(key),
						.name_size = key->name_size,
						.attributes = key->attributes,
						.data_size = key->data_size };

		if (!(key->attributes & ATTR_AT))
			continue;
		memcpy(event.guid, key->guid.bytes, sizeof event.guid);
		machine_tell(uv, &event);
	}
}

static void commit(struct uefivars *uv)
{
	struct machine_change *change = &uv->pending.change;

	if (change->touches_keys && !uv->provisioning)
		tell_of_keys(uv, &change->store);
	store_commit(&uv->store, &change->store);
	uv->changes++;
	if (change->sets_mor_key)
		memcpy(uv->mor_key, change->mor_key, sizeof uv->mor_key);
	if (uv->setup_mode == change->setup_mode)
		return;
	uv->setup_mode = change->setup_mode;
	machine_tell(uv, &(struct uefivars_event){ .kind = uv->setup_mode ? UEFIVARS_EVENT_SETUP_MODE :
									    UEFIVARS_EVENT_USER_MODE });
}

static struct verdict not_persisted(void)
{
	return verdict_refuse(EFI_DEVICE_ERROR, UEFIVARS_NOT_PERSISTED);
}

struct verdict machine_apply(struct uefivars *uv)
{
	enum uefivars_persisted persisted = UEFIVARS_PERSIST_DONE;

	/* The host's own keys are persisted together, once the machine has started. */
	if (store_change_is_durable(&uv->pending.change.store) && !uv->provisioning && uv->host.persist)
		persisted = uv->host.persist(uv->host.context, uv);
	if (persisted == UEFIVARS_PERSIST_PENDING) {
		uv->pending.waiting = WAITING_FOR_STORE;
		return (struct verdict){ .pending = true };
	}
	if (persisted == UEFIVARS_PERSIST_FAILED)
		return machine_abandon(uv, not_persisted());
	commit(uv);
	return uv->pending.change.verdict;
}

void machine_tell_refusal(struct uefivars *uv, struct uefivars_event *write, const struct verdict *verdict)
{
	write->kind = UEFIVARS_EVENT_REFUSED;
	if (verdict->pending) {
		uv->pending.refusal = *write;
		return;
	}
	if (verdict->status == EFI_SUCCESS || uv->provisioning)
		return;
	write->reason = verdict->reason;
	write->status = verdict->status;
	machine_tell(uv, write);
}

struct verdict machine_complete(struct uefivars *uv, bool persisted)
{
	enum machine_waiting waiting = uv->pending.waiting;
	struct verdict verdict = persisted ? verdict_success() : not_persisted();

	uv->pending.waiting = WAITING_FOR_NOTHING;
	if (waiting == WAITING_FOR_REPORT)
		return verdict;
	if (persisted) {
		commit(uv);
		verdict = uv->pending.change.verdict;
	} else {
		store_drop(&uv->pending.change.store);
	}
	machine_tell_refusal(uv, &uv->pending.refusal, &verdict);
	return verdict;
}
