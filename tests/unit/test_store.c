/* SPDX-License-Identifier: GPL-2.0-only */
/* The store: finding, creation order, staged changes, the room of the two pools. */
#include <glib.h>

#include "efi/attributes.h"
#include "store/store.h"
#include "tests/support/check.h"
#include "tests/support/names.h"
#include "uefivars.h"

#define NV (ATTR_NV | ATTR_BS | ATTR_RT)
#define VOLATILE (ATTR_BS | ATTR_RT)

/* A new variable with `size` bytes of `fill`. */
static struct variable *make(const char *text, uint32_t attributes, uint8_t fill, size_t size)
{
	g_autofree uint8_t *data = g_malloc(size + 1);
	struct test_name name;
	struct variable *variable;

	memset(data, fill, size);
	test_name_parse(text, &name);
	variable = variable_new(&(struct variable_content){
		.name = name.bytes,
		.name_size = name.size,
		.guid = &name.guid,
		.attributes = attributes,
		.data = data,
		.data_size = size,
	});
	g_assert_nonnull(variable);
	return variable;
}

static struct variable *find(const struct store *store, const char *text)
{
	struct test_name name;

	test_name_parse(text, &name);
	return store_find(store, name.bytes, name.size, &name.guid);
}

static void stage(const struct store *store, struct store_change *change, const char *text, uint32_t attributes,
		  uint8_t fill, size_t size)
{
	store_stage(change, find(store, text), make(text, attributes, fill, size));
}

static void put(struct store *store, const char *text, uint32_t attributes, uint8_t fill, size_t size)
{
	struct store_change change = { .count = 0 };

	stage(store, &change, text, attributes, fill, size);
	store_commit(store, &change);
	g_assert_cmpuint(change.count, ==, 0);
}

static void delete (struct store *store, const char *text)
{
	struct store_change change = { .count = 0 };

	store_stage_delete(&change, find(store, text));
	store_commit(store, &change);
}

/* All names of a view with the first byte of their data, "a1 b2", fills being printable. */
static char *view(const struct store *store, const struct store_change *change)
{
	GString *text = g_string_new(NULL);
	const struct variable *variable = NULL;

	while ((variable = store_next(store, change, variable)))
		g_string_append_printf(text, "%s%c%c", text->len ? " " : "", variable_name(variable)[0],
				       variable->data_size ? variable_data(variable)[0] : '-');
	return g_string_free(text, FALSE);
}

static void expect_view(const struct store *store, const struct store_change *change, const char *wanted)
{
	g_autofree char *text = view(store, change);

	g_assert_cmpstr(text, ==, wanted);
}

static void test_variable(void)
{
	static const uint8_t digest[VARIABLE_DIGEST_SIZE] = { 9 };
	struct efi_time time = time_make(2024, 1, 2, 3, 4, 5);
	struct variable_content content = {
		.name = (const uint8_t *)u"ab",
		.name_size = 4,
		.guid = &guid_test_vendor,
		.attributes = NV,
		.data = (const uint8_t *)"data",
		.data_size = 4,
		.time = &time,
		.digest = digest,
	};
	struct variable *variable = variable_new(&content);

	check_bytes(variable_name(variable), variable->name_size, u"ab", 4);
	check_bytes(variable_data(variable), variable->data_size, "data", 4);
	check_bytes(variable->time.bytes, EFI_TIME_SIZE, time.bytes, EFI_TIME_SIZE);
	check_bytes(variable->digest, VARIABLE_DIGEST_SIZE, digest, sizeof digest);
	g_assert_cmpuint(variable_charge(variable), ==, 4 + 4 + 128);
	g_assert_true(variable_equal(variable, &content));
	content.data = (const uint8_t *)"dato";
	g_assert_false(variable_equal(variable, &content));
	content.data = (const uint8_t *)"data";
	content.data_size = 3;
	g_assert_false(variable_equal(variable, &content));
	content.data_size = 4;
	content.attributes = VOLATILE;
	g_assert_false(variable_equal(variable, &content));
	content.attributes = NV;
	content.time = NULL;
	g_assert_false(variable_equal(variable, &content));
	content.time = &time;
	content.digest = NULL;
	g_assert_false(variable_equal(variable, &content));
	variable_free(variable);
}

static void test_empty(void)
{
	struct store store = { 0 };
	struct store_change change = { .count = 0 };

	g_assert_null(find(&store, "a"));
	g_assert_null(store_next(&store, NULL, NULL));
	g_assert_null(store_next(&store, &change, NULL));
	g_assert_true(store_fits(&store, &change));
	g_assert_false(store_change_is_durable(&change));
	store_commit(&store, &change);
	store_drop(&change);
	store_clear(&store);
}

/* NAME-09, NAME-10, NAME-11: each of these is a variable of its own. */
static void test_find(void)
{
	static const char *const names[] = { "dup", "other:dup", "DUP", "du", "dupe", "d", "zero:dup", "global:dup" };
	struct store store = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_null(find(&store, names[i]));
		put(&store, names[i], NV, (uint8_t)i, 3);
		for (size_t j = 0; j <= i; j++) {
			struct variable *found = find(&store, names[j]);

			g_assert_nonnull(found);
			g_assert_cmpuint(variable_data(found)[0], ==, j);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		delete (&store, names[i]);
		g_assert_null(find(&store, names[i]));
		for (size_t j = i + 1; j < G_N_ELEMENTS(names); j++)
			g_assert_nonnull(find(&store, names[j]));
	}
	g_assert_cmpuint(store.nonvolatile_used, ==, 0);
	store_clear(&store);
}

/* NEXT-11, NEXT-13: creation order, kept by replacement. */
static void test_order(void)
{
	struct store store = { 0 };

	put(&store, "c", NV, '1', 1);
	put(&store, "a", VOLATILE, '2', 1);
	put(&store, "b", NV, '3', 1);
	expect_view(&store, NULL, "c1 a2 b3");
	put(&store, "a", VOLATILE, '4', 9);
	expect_view(&store, NULL, "c1 a4 b3");
	delete (&store, "c");
	expect_view(&store, NULL, "a4 b3");
	put(&store, "c", NV, '5', 1);
	expect_view(&store, NULL, "a4 b3 c5");
	delete (&store, "c");
	delete (&store, "b");
	put(&store, "d", NV, '6', 1);
	expect_view(&store, NULL, "a4 d6");
	store_clear(&store);
	expect_view(&store, NULL, "");
}

/* A staged change is seen in its view alone, until it is committed; dropped, it never was. */
static void test_staged(void)
{
	for (int commit = 0; commit < 2; commit++) {
		struct store store = { 0 };
		struct store_change change = { .count = 0 };
		size_t nonvolatile, volatile_used;

		put(&store, "a", NV, '1', 1);
		put(&store, "b", VOLATILE, '2', 1);
		put(&store, "c", NV, '3', 1);
		nonvolatile = store.nonvolatile_used;
		volatile_used = store.volatile_used;
		stage(&store, &change, "x", NV, '4', 1);
		stage(&store, &change, "b", VOLATILE, '5', 40);
		store_stage_delete(&change, find(&store, "a"));
		stage(&store, &change, "y", VOLATILE, '6', 1);
		expect_view(&store, NULL, "a1 b2 c3");
		expect_view(&store, &change, "b5 c3 x4 y6");
		g_assert_cmpuint(store.nonvolatile_used, ==, nonvolatile);
		g_assert_nonnull(find(&store, "a"));
		g_assert_null(find(&store, "x"));
		if (commit) {
			store_commit(&store, &change);
			expect_view(&store, NULL, "b5 c3 x4 y6");
			g_assert_cmpuint(store.nonvolatile_used, ==, nonvolatile);
			g_assert_cmpuint(store.volatile_used, ==, volatile_used + 39 + 131);
			g_assert_null(find(&store, "a"));
			g_assert_nonnull(find(&store, "x"));
		} else {
			store_drop(&change);
			expect_view(&store, NULL, "a1 b2 c3");
			g_assert_cmpuint(store.nonvolatile_used, ==, nonvolatile);
			g_assert_cmpuint(store.volatile_used, ==, volatile_used);
		}
		store_clear(&store);
	}
}

static void test_durable(void)
{
	static const struct {
		const char *what;
		uint32_t old, new; /* 0: none */
		bool durable;
	} rows[] = {
		{ "create volatile", 0, VOLATILE, false },         { "create non-volatile", 0, NV, true },
		{ "replace volatile", VOLATILE, VOLATILE, false }, { "replace non-volatile", NV, NV, true },
		{ "delete volatile", VOLATILE, 0, false },         { "delete non-volatile", NV, 0, true },
		{ "becomes volatile", NV, VOLATILE, true },        { "becomes non-volatile", VOLATILE, NV, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct store store = { 0 };
		struct store_change change = { .count = 0 };

		g_test_message("%s", rows[i].what);
		if (rows[i].old)
			put(&store, "a", rows[i].old, 1, 1);
		if (rows[i].new)
			stage(&store, &change, "a", rows[i].new, 2, 1);
		else
			store_stage_delete(&change, find(&store, "a"));
		g_assert_cmpint(store_change_is_durable(&change), ==, rows[i].durable);
		store_drop(&change);
		store_clear(&store);
	}
}

/* Does the store take `text` with these sizes? Commits nothing. */
static bool fits(struct store *store, const char *text, uint32_t attributes, size_t size)
{
	struct store_change change = { .count = 0 };
	bool result;

	stage(store, &change, text, attributes, 0, size);
	result = store_fits(store, &change);
	store_drop(&change);
	return result;
}

/* QUO-02 to QUO-05, to the byte: a one-character name costs 130. */
static void test_room(void)
{
	struct store store = { 0 };

	put(&store, "a", NV, 0, 50000);
	put(&store, "b", NV, 0, 50000);
	g_assert_cmpuint(store.nonvolatile_used, ==, 2 * 50130);
	g_assert_true(fits(&store, "c", NV, 131072 - 2 * 50130 - 130));
	g_assert_false(fits(&store, "c", NV, 131072 - 2 * 50130 - 129));
	put(&store, "c", NV, 0, 131072 - 2 * 50130 - 130);
	g_assert_cmpuint(store.nonvolatile_used, ==, UEFIVARS_NONVOLATILE_TOTAL);
	g_assert_true(fits(&store, "a", NV, 50000));
	g_assert_true(fits(&store, "a", NV, 49999));
	g_assert_false(fits(&store, "a", NV, 50001));
	g_assert_false(fits(&store, "d", NV, 0));
	g_assert_true(fits(&store, "d", VOLATILE, 65536 - 130));
	g_assert_false(fits(&store, "d", VOLATILE, 65536 - 129));
	delete (&store, "c");
	g_assert_true(fits(&store, "d", NV, 100));
	store_clear(&store);
}

/* A change is measured as a whole, in each pool. */
static void test_room_of_a_change(void)
{
	struct store store = { 0 };
	struct store_change change = { .count = 0 };

	put(&store, "a", NV, 0, 131072 - 130);
	put(&store, "v", VOLATILE, 0, 65536 - 130);
	store_stage_delete(&change, find(&store, "a"));
	stage(&store, &change, "b", NV, 0, 131072 - 130);
	g_assert_true(store_fits(&store, &change));
	stage(&store, &change, "c", NV, 0, 0);
	g_assert_false(store_fits(&store, &change));
	store_drop(&change);
	store_stage_delete(&change, find(&store, "v"));
	stage(&store, &change, "b", NV, 0, 0);
	g_assert_false(store_fits(&store, &change)); /* room in the other pool does not count */
	store_drop(&change);
	store_clear(&store);
}

/* PER-07: a store that was loaded beyond its room can shrink, not grow. */
static void test_overfull(void)
{
	struct store store = { 0 };

	put(&store, "a", NV, 0, 100000);
	put(&store, "b", NV, 0, 100000);
	g_assert_true(fits(&store, "a", NV, 99999));
	g_assert_true(fits(&store, "a", NV, 100000));
	g_assert_false(fits(&store, "a", NV, 100001));
	g_assert_false(fits(&store, "c", NV, 0));
	g_assert_true(fits(&store, "c", VOLATILE, 10));
	delete (&store, "a");
	g_assert_true(fits(&store, "c", NV, 30000));
	store_clear(&store);
}

/* The store's own variables cost nothing. */
static void test_uncharged(void)
{
	struct store store = { 0 };
	struct store_change change = { .count = 0 };
	struct variable *variable = make("a", NV, 0, 200000);

	variable->uncharged = true;
	store_stage(&change, NULL, variable);
	g_assert_true(store_fits(&store, &change));
	store_commit(&store, &change);
	g_assert_cmpuint(store.nonvolatile_used, ==, 0);
	delete (&store, "a");
	g_assert_cmpuint(store.nonvolatile_used, ==, 0);
	store_clear(&store);
}

/* What the random test believes: names in order with their fills. */
struct model {
	char names[64];
	char fills[64];
	size_t count;
};

static void model_put(struct model *model, char name, char fill)
{
	const char *at = memchr(model->names, name, model->count);

	if (at) {
		model->fills[at - model->names] = fill;
		return;
	}
	model->names[model->count] = name;
	model->fills[model->count++] = fill;
}

static void model_delete(struct model *model, char name)
{
	size_t at = (size_t)((const char *)memchr(model->names, name, model->count) - model->names);

	memmove(model->names + at, model->names + at + 1, --model->count - at);
	memmove(model->fills + at, model->fills + at + 1, model->count - at);
}

static void expect_model(const struct store *store, const struct store_change *change, const struct model *model)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < model->count; i++)
		g_string_append_printf(text, "%s%c%c", i ? " " : "", model->names[i], model->fills[i]);
	expect_view(store, change, text->str);
}

static void test_random(void)
{
	struct store store = { 0 };
	struct model model = { .count = 0 };

	for (size_t round = 0; round < 5000; round++) {
		struct store_change change = { .count = 0 };
		struct model next = model;
		/* Distinct names, so that no step of the change meets another. */
		char first = (char)('a' + g_test_rand_int_range(0, 20));

		for (int step = g_test_rand_int_range(1, STORE_CHANGE_MAX + 1); step > 0; step--, first++) {
			char name[2] = { (char)('a' + (first - 'a') % 26), 0 }, fill = (char)('A' + round % 26);
			struct variable *old = find(&store, name);

			if (old && g_test_rand_int_range(0, 3) == 0) {
				store_stage_delete(&change, old);
				model_delete(&next, name[0]);
			} else {
				stage(&store, &change, name, name[0] % 2 ? NV : VOLATILE, (uint8_t)fill,
				      (size_t)g_test_rand_int_range(1, 50));
				model_put(&next, name[0], fill);
			}
		}
		expect_model(&store, NULL, &model);
		expect_model(&store, &change, &next);
		if (g_test_rand_int_range(0, 4)) {
			store_commit(&store, &change);
			model = next;
		} else {
			store_drop(&change);
		}
		expect_model(&store, NULL, &model);
	}
	while (model.count) {
		char name[2] = { model.names[0], 0 };

		delete (&store, name);
		model_delete(&model, name[0]);
	}
	g_assert_cmpuint(store.nonvolatile_used, ==, 0);
	g_assert_cmpuint(store.volatile_used, ==, 0);
	g_assert_null(store.first);
	g_assert_null(store.last);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/variable", test_variable);
	g_test_add_func("/store/empty", test_empty);
	g_test_add_func("/store/find", test_find);
	g_test_add_func("/store/order", test_order);
	g_test_add_func("/store/staged", test_staged);
	g_test_add_func("/store/durable", test_durable);
	g_test_add_func("/store/room", test_room);
	g_test_add_func("/store/room-of-a-change", test_room_of_a_change);
	g_test_add_func("/store/overfull", test_overfull);
	g_test_add_func("/store/uncharged", test_uncharged);
	g_test_add_func("/store/random", test_random);
	return g_test_run();
}
