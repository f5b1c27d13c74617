/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/json.h"

#include <jansson.h>
#include <string.h>

static void free_extra(gpointer pointer)
{
	struct json_extra *extra = pointer;

	g_free(extra->name);
	g_free(extra->keys);
	g_free(extra);
}

struct json_store *json_store_new(void)
{
	struct json_store *store = g_new0(struct json_store, 1);

	/*
	 * jansson takes its seed from a file when it first needs it: that may be when no file can be opened any more.
	 */
	json_object_seed(0);
	store->extras = g_ptr_array_new_with_free_func(free_extra);
	store->kept = g_ptr_array_new_with_free_func(g_free);
	return store;
}

void json_store_free(struct json_store *store)
{
	if (!store)
		return;
	g_free(store->keys);
	g_ptr_array_free(store->extras, TRUE);
	g_ptr_array_free(store->kept, TRUE);
	g_free(store);
}

void json_store_keep(struct json_store *store, const char *record)
{
	g_ptr_array_add(store->kept, g_strdup(record));
}

void json_store_written(struct json_store *store, unsigned int generation)
{
	if (generation != store->generation)
		return;
	for (guint i = store->extras->len; i > 0; i--) {
		const struct json_extra *extra = g_ptr_array_index(store->extras, i - 1);

		if (!extra->used)
			g_ptr_array_remove_index(store->extras, i - 1);
	}
}
