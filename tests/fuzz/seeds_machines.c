/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequences of requests: what a guest of the tests sends is recorded while a machine answers it. */
#include "tests/fuzz/seeds.h"

#include <string.h>

#include "backend/json.h"
#include "efi/bytes.h"
#include "tests/fuzz/sequence.h"
#include "tests/support/keys.h"
#include "tests/support/lists.h"
#include "tests/support/names.h"
#include "tests/support/play.h"
#include "tests/support/trace.h"

#define STEP_SIZE_MAX 16384u /* a larger seed only slows the fuzzer down */

static GByteArray *sequence;
static bool (*answer)(void *context, uint8_t *page);

static void add_step(enum sequence_kind kind, const void *bytes, size_t size)
{
	uint8_t head[3] = { (uint8_t)kind, (uint8_t)size, (uint8_t)(size >> 8) };

	g_byte_array_append(sequence, head, sizeof head);
	if (size)
		g_byte_array_append(sequence, bytes, (guint)size);
}

/* Between the guest and the machine. */
static bool record(void *context, uint8_t *page)
{
	const struct guest *guest = context;

	if (guest->client.request_size && guest->client.request_size <= STEP_SIZE_MAX)
		add_step(SEQUENCE_REQUEST, page, guest->client.request_size);
	return answer(context, page);
}

static void reboot(struct guest *guest)
{
	guest_reboot(guest);
	add_step(SEQUENCE_REBOOT, NULL, 0);
}

static void resume(struct guest *guest)
{
	guest_resume(guest);
	add_step(SEQUENCE_RESUME, NULL, 0);
}

static void walk(struct guest *guest)
{
	g_strfreev(guest_list(guest, NULL));
}

static void life(struct guest *guest)
{
	struct client_value value;
	struct client_space space;

	DO(guest, SET("a", A7, D("value"), S), SET("b", BS, D("boot"), S), SET("c", BS | RT, D("volatile"), S),
	   SET("a", A7 | APPEND, D("more"), S), GET("a", A7, D("valuemore")), DELETE("b", BS, S), ABSENT("b"),
	   SET("d", NV | BS, D("stays"), S), SET("a", 0, NONE, S));
	client_query(&guest->client, A7, &space);
	client_notify(&guest->client);
	walk(guest);
	reboot(guest);
	DO(guest, AT_RUNTIME, SET("d", NV | BS, D("late"), WP), SET("e", A7, D("runtime"), S));
	guest_get(guest, "d", &value);
	walk(guest);
	resume(guest);
	walk(guest);
}

static void keys(struct guest *guest)
{
	play_enroll(guest);
	DO(guest, SIGNED("db", A27, BY(KEK1), T(2), CERT(OTHER), S),
	   SIGNED("db", A27, BY(OTHER), T(3), CERT(OTHER), SV),
	   SIGNED("dbx", A27 | APPEND, BY(KEK1), T(1), HASHES(1, 3), S),
	   SIGNED("KEK", A27, BY(PK1), T(4), CERT(KEK2), S), SIGNED("db", A27, BY(KEK1), T(5), CERT(DB1), SV),
	   SIGNED("db", A27, BY(PK1), T(5), CERT(DB1), S));
	resume(guest);
	DO(guest, SIGNED("PK", A27, BY(PK1), T(6), NONE, S), SIGNED("PK", A27, UNSIGNED, T(7), CERT(PK2), S));
}

static void chains(struct guest *guest)
{
	play_enroll(guest);
	DO(guest, SIGNED("KEK", A27, BY(PK1), T(2), CERT(ROOT), S),
	   SIGNED("db", A27, BY(LEAF, .include = { INTERMEDIATE }), T(3), CERT(DB1), S),
	   SIGNED("dbr", A27, BY(BRANCH), T(3), CERT(DBR1), S),
	   SIGNED("OsRecoveryOrder", A27, BY(DBR1), T(3), D("order"), S));
}

static void private_variables(struct guest *guest)
{
	DO(guest, SIGNED("priv", A27, BY(OWNER), T(1), D("one"), S), SIGNED("priv", A27, BY(OTHER), T(2), D("two"), SV),
	   SIGNED("priv", A27 | APPEND, BY(OWNER), T(3), D("three"), S),
	   SIGNED("priv", A27 | APPEND, BY(OWNER), T(2), D("late"), S),
	   SIGNED("priv", A27, BY(OWNER), T(2), D("old"), SV));
	resume(guest);
	DO(guest, SIGNED("priv", A27, BY(OWNER), T(4), NONE, S),
	   SIGNED("chain", A27, BY(BRANCH, .include = { ROOT }), T(1), D("x"), S),
	   SIGNED("chain", A27, BY(BRANCH_RENEWED, .include = { ROOT }), T(2), D("y"), S));
}

static void memory_overwrite(struct guest *guest)
{
	DO(guest, SET("MOR", A7, D("\1"), S), SET("MORLock", A7, D("12345678"), S), SET("MOR", A7, D("\0"), AD),
	   SET("MORLock", A7, D("12345678"), S), SET("MORLock", A7, D("\1"), S), SET("MORLock", A7, D("\0"), AD));
	resume(guest);
	DO(guest, SET("MORLock", A7, D("87654321"), AD));
}

static void specification(struct guest *guest)
{
	GByteArray *option = g_byte_array_new();

	load_option_add(option, "\x7f\xff\x04\x00", 4, "x", 1);
	guest_set(guest, "Boot0001", A7, option->data, option->len);
	g_byte_array_unref(option);
	DO(guest, SET("BootOrder", A7, D("\1\0"), S), SET("Timeout", A7, D("\5\0"), S),
	   SET("global:Nobody", A7, D("x"), IP), SET("Boot000a", A7, D("x"), IP));
	walk(guest);
}

static void full(struct guest *guest)
{
	(void)guest;
	for (uint8_t i = 0; i < 5; i++) {
		const uint8_t nonvolatile[] = { i, A7, 0x00, 0x7d, i },
			      volatile_too[] = { (uint8_t)(8 + i), BS, 0x00, 0x7d, i };

		add_step(SEQUENCE_FILL, nonvolatile, sizeof nonvolatile);
		add_step(SEQUENCE_FILL, volatile_too, sizeof volatile_too);
	}
}

/* What the harness signs itself: the fuzzer can change all of it and the signature is still good. */
static void signed_here(struct guest *guest)
{
	static const uint8_t steps[][7] = {
		{ 8, 0x00, A27, 1, 'o', 'n', 'e' }, { 8, 0x10, A27, 2, 't', 'w', 'o' },
		{ 8, 0x01, A27, 3, 'x', 'x', 'x' }, { 0, 0x06, A27, 1, 0, 0, 0 },
		{ 1, 0x08, A27, 2, 0, 0, 0 },       { 2, 0x0d, A27, 3, 1, 3, 0 },
		{ 3, 0x1d, A27, 1, 7, 5, 0 },       { 2, 0x0c, A27, 5, 1, 3, 0 },
		{ 1, 0x09, A27, 4, 0, 0, 0 },       { 0, 0x0c & 3, A27, 6, 0, 0, 0 },
	};

	(void)guest;
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
		add_step(SEQUENCE_SIGNED, steps[i], sizeof steps[i]);
	add_step(SEQUENCE_RESUME, NULL, 0);
	add_step(SEQUENCE_SIGNED, steps[0], 4);
}

static void ports(struct guest *guest)
{
	static const uint8_t accesses[][7] = {
		{ 4, 1, 4, 0x10, 0, 0, 0 }, { 8, 1, 4, 1, 2, 3, 4 }, { 4, 1, 4, 0, 1, 0, 0 },
		{ 8, 1, 4, 5, 6, 7, 8 },    { 8, 1, 1, 9, 0, 0, 0 }, { 11, 1, 1, 9, 0, 0, 0 },
		{ 4, 1, 4, 0xff, 0, 0, 0 }, { 8, 1, 4, 1, 1, 1, 1 }, { 4, 1, 4, 0x2d, 1, 0, 0 },
		{ 8, 1, 4, 1, 1, 1, 1 },
	};

	(void)guest;
	for (size_t i = 0; i < G_N_ELEMENTS(accesses); i++)
		add_step(SEQUENCE_PORT, accesses[i], sizeof accesses[i]);
	add_step(SEQUENCE_REBOOT, NULL, 0);
}

static void backends(struct guest *guest)
{
	static const uint8_t set[] = { 0, A7, 10, 0, 'x' };

	for (uint8_t i = BACKENDS; i-- > 0;) {
		add_step(SEQUENCE_BACKEND, &i, 1);
		add_step(SEQUENCE_FILL, set, sizeof set);
		play_enroll(guest);
		DO(guest, SIGNED("PK", A27, BY(PK1), T(9), NONE, S));
	}
}

static void add_stores(const struct guest *guest, const char *name)
{
	GByteArray *bytes = g_byte_array_new(), *blob;
	struct json_store *store = json_store_new();
	GString *text;

	for (uint8_t resumed = 0; resumed < 2; resumed++) {
		char *file = g_strdup_printf("%s-%s", name, resumed ? "all" : "stored");

		blob = guest_save(guest, resumed ? UEFIVARS_SCOPE_ALL : UEFIVARS_SCOPE_STORED);
		g_byte_array_set_size(bytes, 0);
		g_byte_array_append(bytes, &resumed, 1);
		g_byte_array_append(bytes, blob->data, blob->len);
		seeds_write("fuzz_vars", file, bytes->data, bytes->len);
		g_byte_array_unref(blob);
		g_free(file);
	}
	text = json_store_write(store, guest->uv, UEFIVARS_COMMITTED);
	seeds_write("fuzz_json", name, text->str, text->len);
	g_string_free(text, TRUE);
	g_byte_array_unref(bytes);
	json_store_free(store);
}

static void add_machine(const char *name, void (*play_it)(struct guest *guest), uint8_t policy)
{
	struct guest *guest = guest_new();
	size_t size = 1;
	const uint8_t *bytes = &policy;
	bool with_keys;

	sequence_policy(&bytes, &size, &guest->policy, &with_keys);
	if (with_keys)
		keys_give(guest, KEYS_ALL);
	g_assert_true(guest_start(guest));
	sequence = g_byte_array_new();
	g_byte_array_append(sequence, &policy, 1);
	answer = guest->client.exchange;
	guest->client.exchange = record;
	play_it(guest);
	guest->client.exchange = answer;
	seeds_write("fuzz_page", name, sequence->data, sequence->len);
	seeds_write("fuzz_resume", name, sequence->data, sequence->len);
	add_stores(guest, name);
	g_byte_array_unref(sequence);
	guest_free(guest);
}

/* Recorded boots of a firmware, where there are any; the beginning tells the fuzzer enough. */
static void add_trace(const char *name)
{
	char path[1024], error[TRACE_ERROR_SIZE];
	struct trace trace;

	if (!trace_find(name, path, sizeof path) || !trace_read(&trace, path, error))
		return;
	sequence = g_byte_array_new();
	g_byte_array_append(sequence, &(uint8_t){ 0 }, 1);
	for (size_t i = 0; i < trace.count && sequence->len < STEP_SIZE_MAX; i++)
		add_step(SEQUENCE_REQUEST, trace.records[i].request, MIN(trace.records[i].request_size, STEP_SIZE_MAX));
	seeds_write("fuzz_page", name, sequence->data, sequence->len);
	seeds_write("fuzz_resume", name, sequence->data, sequence->len);
	g_byte_array_unref(sequence);
	trace_free(&trace);
}

void seeds_machines(void)
{
	add_machine("life", life, 0);
	add_machine("keys", keys, 0);
	add_machine("host-keys", life, SEQUENCE_KEYS | SEQUENCE_SECURE_BOOT);
	add_machine("chains", chains, 0);
	add_machine("private", private_variables, 0);
	add_machine("mor", memory_overwrite, 0);
	add_machine("specification", specification, 0);
	add_machine("full", full, 0);
	add_machine("signed", signed_here, SEQUENCE_SIGNED_PK & 0);
	add_machine("ports", ports, SEQUENCE_TPM);
	add_machine("backends", backends, 0);
	add_trace("ovmf-first-boot");
	add_trace("ovmf-second-boot");
	add_trace("ovmf-linux");
}
