/* SPDX-License-Identifier: GPL-2.0-only */
#include "store/store.h"

#include "efi/attributes.h"
#include "uefivars.h"

void store_clear(struct store *store)
{
	struct variable *variable = store->first;

	while (variable) {
		struct variable *next = variable->next;

		variable_free(variable);
		variable = next;
	}
	memset(store, 0, sizeof *store);
}

static struct variable **bucket_of(struct store *store, uint64_t hash)
{
	return &store->buckets[hash % STORE_BUCKETS];
}

struct variable *store_find(const struct store *store, const uint8_t *name, size_t name_size,
			    const struct efi_guid *guid)
{
	uint64_t hash = variable_hash(name, name_size, guid);

	for (struct variable *v = store->buckets[hash % STORE_BUCKETS]; v; v = v->chain) {
		if (v->hash == hash && v->name_size == name_size && guid_equal(&v->guid, guid) &&
		    memcmp(v->bytes, name, name_size) == 0)
			return v;
	}
	return NULL;
}

void store_stage(struct store_change *change, struct variable *old, struct variable *variable)
{
	change->steps[change->count++] = (struct store_step){ old, variable };
}

void store_stage_delete(struct store_change *change, struct variable *old)
{
	change->steps[change->count++] = (struct store_step){ old, NULL };
}

static bool is_nonvolatile(const struct variable *variable)
{
	return variable->attributes & ATTR_NV;
}

/* The bytes that the change adds to one pool, and those that it takes from it. */
static void sum_change(const struct store_change *change, bool nonvolatile, size_t *added, size_t *taken)
{
	*added = *taken = 0;
	for (size_t i = 0; i < change->count; i++) {
		const struct store_step *step = &change->steps[i];

		if (step->old && is_nonvolatile(step->old) == nonvolatile)
			*taken += variable_charge(step->old);
		if (step->replacement && is_nonvolatile(step->replacement) == nonvolatile)
			*added += variable_charge(step->replacement);
	}
}

static bool pool_fits(const struct store_change *change, bool nonvolatile, size_t used, size_t total)
{
	size_t added, taken;

	sum_change(change, nonvolatile, &added, &taken);
	return added <= taken || used - taken + added <= total;
}

bool store_fits(const struct store *store, const struct store_change *change)
{
	return pool_fits(change, true, store->nonvolatile_used, UEFIVARS_NONVOLATILE_TOTAL) &&
	       pool_fits(change, false, store->volatile_used, UEFIVARS_VOLATILE_TOTAL);
}

bool store_change_is_durable(const struct store_change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct store_step *step = &change->steps[i];

		if ((step->old && is_nonvolatile(step->old)) ||
		    (step->replacement && is_nonvolatile(step->replacement)))
			return true;
	}
	return false;
}

static void charge(struct store *store, const struct variable *variable)
{
	size_t *pool = is_nonvolatile(variable) ? &store->nonvolatile_used : &store->volatile_used;

	*pool += variable_charge(variable);
}

static void discharge(struct store *store, const struct variable *variable)
{
	size_t *pool = is_nonvolatile(variable) ? &store->nonvolatile_used : &store->volatile_used;

	*pool -= variable_charge(variable);
}

/* Where the order's pointers to a variable are kept: in its neighbours, or in the store at an end. */
static struct variable **pointer_from_before(struct store *store, const struct variable *variable)
{
	return variable->previous ? &variable->previous->next : &store->first;
}

static struct variable **pointer_from_behind(struct store *store, const struct variable *variable)
{
	return variable->next ? &variable->next->previous : &store->last;
}

static struct variable **pointer_from_bucket(struct store *store, const struct variable *variable)
{
	struct variable **at = bucket_of(store, variable->hash);

	while (*at != variable)
		at = &(*at)->chain;
	return at;
}

static void link_new(struct store *store, struct variable *variable)
{
	struct variable **bucket = bucket_of(store, variable->hash);

	variable->chain = *bucket;
	*bucket = variable;
	variable->previous = store->last;
	variable->next = NULL;
	*pointer_from_before(store, variable) = variable;
	store->last = variable;
	charge(store, variable);
}

static void unlink_old(struct store *store, struct variable *variable)
{
	*pointer_from_bucket(store, variable) = variable->chain;
	*pointer_from_before(store, variable) = variable->next;
	*pointer_from_behind(store, variable) = variable->previous;
	discharge(store, variable);
}

static void swap(struct store *store, struct variable *old, struct variable *replacement)
{
	replacement->chain = old->chain;
	replacement->previous = old->previous;
	replacement->next = old->next;
	*pointer_from_bucket(store, old) = replacement;
	*pointer_from_before(store, old) = replacement;
	*pointer_from_behind(store, old) = replacement;
	discharge(store, old);
	charge(store, replacement);
}

void store_commit(struct store *store, struct store_change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct variable *old = change->steps[i].old, *replacement = change->steps[i].replacement;

		if (old && replacement)
			swap(store, old, replacement);
		else if (replacement)
			link_new(store, replacement);
		else if (old)
			unlink_old(store, old);
		variable_free(old);
	}
	change->count = 0;
}

void store_drop(struct store_change *change)
{
	for (size_t i = 0; i < change->count; i++)
		variable_free(change->steps[i].replacement);
	change->count = 0;
}

/* The step of the change that replaces or deletes this variable of the store; NULL where none does. */
static const struct store_step *step_for(const struct store_change *change, const struct variable *old)
{
	for (size_t i = 0; change && i < change->count; i++) {
		if (change->steps[i].old == old)
			return &change->steps[i];
	}
	return NULL;
}

/* The first variable that the change creates, from its step `from` on. */
static const struct variable *created(const struct store_change *change, size_t from)
{
	for (size_t i = from; change && i < change->count; i++) {
		if (!change->steps[i].old)
			return change->steps[i].replacement;
	}
	return NULL;
}

const struct variable *store_next(const struct store *store, const struct store_change *change,
				  const struct variable *variable)
{
	const struct variable *at = variable ? variable->next : store->first;

	/* A staged variable stands where its old one does, or behind the last where it is new. */
	for (size_t i = 0; variable && change && i < change->count; i++) {
		if (change->steps[i].replacement != variable)
			continue;
		if (!change->steps[i].old)
			return created(change, i + 1);
		at = change->steps[i].old->next;
	}
	for (; at; at = at->next) {
		const struct store_step *step = step_for(change, at);

		if (!step)
			return at;
		if (step->replacement)
			return step->replacement;
	}
	return created(change, 0);
}
