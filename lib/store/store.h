/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All variables of a machine: found by name and GUID in constant time, walked in creation order, charged to two pools.
 * A change of several variables is staged beside the store and committed whole, or dropped.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/variable.h"

#define STORE_BUCKETS 512
#define STORE_CHANGE_MAX 8 /* a key and the mode variables that follow it are six */

struct store {
	struct variable *buckets[STORE_BUCKETS];
	struct variable *first, *last;
	size_t nonvolatile_used, volatile_used; /* sums of variable_charge() */
};

/* One step of a change: replacement != NULL takes old's place or is new (old NULL); replacement == NULL deletes old. */
struct store_step {
	struct variable *old;
	struct variable *replacement;
};

struct store_change {
	struct store_step steps[STORE_CHANGE_MAX];
	size_t count;
};

/* Frees all variables; the store is empty then. A zeroed store is an empty one. */
void store_clear(struct store *store);

struct variable *store_find(const struct store *store, const uint8_t *name, size_t name_size,
			    const struct efi_guid *guid);

/*
 * Adds a step: `variable` (owned by the change from now on) takes the place of `old`, the variable of the store with
 * its name, or is created where old is NULL. A variable is in one step only.
 */
void store_stage(struct store_change *change, struct variable *old, struct variable *variable);
void store_stage_delete(struct store_change *change, struct variable *old);

/* Does the store keep within its pools with the change, or at least not grow a pool that is over-full? */
bool store_fits(const struct store *store, const struct store_change *change);

/* Does the change touch a non-volatile variable? */
bool store_change_is_durable(const struct store_change *change);

/* Makes the change: pointers are swapped, what was replaced is freed. Cannot fail. The change is empty then. */
void store_commit(struct store *store, struct store_change *change);

/* Frees what was staged. The change is empty then. */
void store_drop(struct store_change *change);

/*
 * The variable after `variable` (NULL: the first) in creation order, as it will be once `change` (may be NULL) is
 * committed.
 */
const struct variable *store_next(const struct store *store, const struct store_change *change,
				  const struct variable *variable);

#endif
