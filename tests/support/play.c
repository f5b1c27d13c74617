/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/play.h"
#include "tests/support/check.h"

#include <string.h>

#include "tests/support/lists.h"
#include "tests/support/names.h"

/* Refusals whose events were not one, with status and reason; reported by one test of each program. */
static unsigned int unexplained_refusals;
static unsigned int refusals;

static const char *subject(const struct play_step *step)
{
	if (step->name)
		return step->name;
	return step->wide ? "a name of bytes" : "the machine";
}

static bool G_GNUC_PRINTF(2, 3) failed(const struct play_step *step, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	/* the last message of a test is the one that GLib shows: keep the first */
	if (g_test_failed())
		g_test_message("line %d: %s", step->line, text);
	else
		check_fail("line %d: %s: %s", step->line, subject(step), text);
	g_free(text);
	return false;
}

static const char *status_text(uint64_t status)
{
	return status == CLIENT_NO_ANSWER ? "no answer" : efi_status_name(status);
}

/* An EFI_STATUS of an error that the specification numbers: the set of expected ones knows no other. */
static bool is_error(uint64_t status)
{
	return status > EFI_ERROR_BIT && status < EFI_ERROR_BIT + 64;
}

/* One of the statuses that are expected? */
static bool check_answer(const struct play_step *step, const char *what, uint64_t status)
{
	GString *expected;
	bool result;

	if (status == EFI_SUCCESS ? step->expect & S : is_error(status) && (step->expect & PLAY_BIT(status)))
		return true;
	expected = g_string_new(NULL);
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (step->expect >> bit & 1)
			g_string_append_printf(expected, "%s%s", expected->len ? " or " : "",
					       efi_status_name(bit ? EFI_ERROR_BIT | bit : 0));
	}
	result = failed(step, "%s: expected %s, got %s", what, expected->str, status_text(status));
	g_string_free(expected, TRUE);
	return result;
}

void play_certificate(GByteArray *out, unsigned int who)
{
	list_add_certificate(out, (enum identity)who);
}

void play_hashes(GByteArray *out, unsigned int first_and_count)
{
	list_add_hashes(out, LIST_OWNER, (uint8_t)(first_and_count >> 16), first_and_count & 0xffff);
}

static GByteArray *build(const struct play_data *data)
{
	GByteArray *bytes = g_byte_array_new();

	if (data->build) {
		data->build(bytes, data->argument);
	} else if (data->bytes) {
		g_byte_array_append(bytes, data->bytes, (guint)data->size);
	} else {
		g_byte_array_set_size(bytes, (guint)data->size);
		for (guint i = 0; i < bytes->len; i++)
			bytes->data[i] = (uint8_t)(i * 7 + (i >> 8));
	}
	return bytes;
}

static void name_of(const struct play_step *step, struct test_name *name)
{
	if (step->name) {
		test_name_parse(step->name, name);
		return;
	}
	g_assert_cmpuint(step->wide_size, <=, sizeof name->bytes);
	if (step->wide_size)
		memcpy(name->bytes, step->wide, step->wide_size);
	name->size = step->wide_size;
	name->guid = guid_test_vendor;
}

bool play_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
	return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

static bool same(const GByteArray *a, const GByteArray *b)
{
	return play_same(a->data, a->len, b->data, b->len);
}

/* The last request was refused: exactly one event tells why, and with the status that the guest got. */
static void check_explained(const struct guest *guest, guint events_before, uint64_t status)
{
	const struct uefivars_event *event;
	unsigned int told = 0;

	for (guint i = events_before; i < guest->events->len; i++) {
		event = &g_array_index(guest->events, struct uefivars_event, i);
		if (event->kind == UEFIVARS_EVENT_REFUSED && event->status == status && event->reason != UEFIVARS_OK)
			told++;
	}
	refusals++;
	if (told != 1) {
		unexplained_refusals++;
		g_test_message("%u events explain a refusal with %s", told, efi_status_name(status));
	}
}

/* The rules for every SetVariable (see play.h). */
static bool check_rules(struct guest *guest, const struct play_step *step, uint64_t status, const GByteArray *before,
			unsigned int persists_before, uint64_t changes_before)
{
	GByteArray *after = guest_save(guest, UEFIVARS_SCOPE_ALL);
	GByteArray *stored = guest_save(guest, UEFIVARS_SCOPE_STORED);
	bool result = true;

	if (status != EFI_SUCCESS && !step->changes) {
		if (!same(before, after))
			result = failed(step, "refused with %s, and still something changed", status_text(status));
		else if (status != EFI_DEVICE_ERROR && guest->persists != persists_before)
			result = failed(step, "refused with %s, and still written", status_text(status));
	}
	if (result && same(before, after) != (uefivars_changes(guest->uv) == changes_before))
		result = failed(step, "uefivars_changes() does not tell whether something changed");
	if (result && !same(stored, guest->stored))
		result = failed(step, "what is durable (%u bytes) is not what the guest was told (%u bytes)",
				guest->stored->len, stored->len);
	g_byte_array_unref(after);
	g_byte_array_unref(stored);
	return result;
}

static bool play_set(struct guest *guest, const struct play_step *step)
{
	GByteArray *data = build(&step->data), *before = guest_save(guest, UEFIVARS_SCOPE_ALL);
	unsigned int persists = guest->persists;
	uint64_t changes = uefivars_changes(guest->uv);
	guint events = guest->events->len;
	struct test_name name;
	uint64_t status;
	bool result;

	name_of(step, &name);
	if (step->op == PLAY_SIGNED) {
		const struct update update = {
			.name = name.bytes,
			.name_size = name.size,
			.guid = name.guid,
			.attributes = step->attributes,
			.time = step->time,
			.payload = data->data,
			.payload_size = data->len,
		};
		GByteArray *wrapped = sign_update(step->how, &update);

		g_byte_array_unref(data);
		data = wrapped;
	}
	status = client_set(&guest->client, name.bytes, name.size, &name.guid, step->attributes, data->data, data->len);
	result = check_answer(step, "SetVariable", status);
	if (result && status != EFI_SUCCESS)
		check_explained(guest, events, status);
	result = result && check_rules(guest, step, status, before, persists, changes);
	g_byte_array_unref(before);
	g_byte_array_unref(data);
	return result;
}

static bool check_data(const struct play_step *step, const char *what, const uint8_t *data, size_t size)
{
	GByteArray *expected = build(&step->data);
	bool result = true;
	size_t at = 0;

	if (size != expected->len) {
		result = failed(step, "%s %zu bytes, expected %u", what, size, expected->len);
	} else {
		while (at < size && data[at] == expected->data[at])
			at++;
		if (at < size)
			result = failed(step, "%s 0x%02x at %zu, expected 0x%02x", what, data[at], at,
					expected->data[at]);
	}
	g_byte_array_unref(expected);
	return result;
}

static bool play_get(struct guest *guest, const struct play_step *step)
{
	struct client_value value;
	struct test_name name;
	uint64_t status;

	name_of(step, &name);
	status = client_get(&guest->client, name.bytes, name.size, &name.guid, UEFIVARS_PAGE_SIZE, &value);
	if (step->op == PLAY_STATUS)
		return check_answer(step, "GetVariable", status);
	if (status != EFI_SUCCESS)
		return failed(step, "GetVariable: expected EFI_SUCCESS, got %s", status_text(status));
	if (value.attributes != step->attributes)
		return failed(step, "GetVariable: expected attributes 0x%x, got 0x%x", step->attributes,
			      value.attributes);
	return check_data(step, "GetVariable: got", value.data, value.data_size);
}

static bool play_stored(struct guest *guest, const struct play_step *step)
{
	struct uefivars_variable variable;
	bool found = guest_find_stored(guest, step->name, &variable);

	if (step->op == PLAY_NOT_STORED)
		return found ? failed(step, "is durable") : true;
	if (!found)
		return failed(step, "is not durable");
	return check_data(step, "durable:", variable.data, variable.data_size);
}

static bool play_modes(struct guest *guest, const struct play_step *step)
{
	static const char *const names[] = { "DeployedMode", "AuditMode", "SecureBoot", "SetupMode" };
	struct client_value value;

	for (unsigned int bit = 0; bit < G_N_ELEMENTS(names); bit++) {
		uint64_t status = guest_get(guest, names[bit], &value);

		if (status != EFI_SUCCESS || value.data_size != 1 || value.attributes != (BS | RT))
			return failed(step, "%s: %s, %zu bytes, attributes 0x%x", names[bit], status_text(status),
				      value.data_size, value.attributes);
		if (value.data[0] != (step->expect >> bit & 1))
			return failed(step, "%s is %u", names[bit], value.data[0]);
	}
	return true;
}

static bool play_flag(struct guest *guest, const struct play_step *step)
{
	struct client_value value;

	guest->client.at_runtime = step->expect;
	guest_get(guest, "SetupMode", &value);
	return true;
}

static bool play_saves(struct guest *guest, const struct play_step *step)
{
	unsigned int persists = guest->persists;

	guest->persists = 0;
	if (persists != step->expect)
		return failed(step, "expected %u saves, there were %u", (unsigned int)step->expect, persists);
	return true;
}

static bool play_query(struct guest *guest, const struct play_step *step)
{
	struct client_space space;

	return check_answer(step, "QueryVariableInfo", client_query(&guest->client, step->attributes, &space));
}

static bool play_step(struct guest *guest, const struct play_step *step)
{
	switch (step->op) {
	case PLAY_SET:
	case PLAY_SIGNED:
		return play_set(guest, step);
	case PLAY_GET:
	case PLAY_STATUS:
		return play_get(guest, step);
	case PLAY_STORED:
	case PLAY_NOT_STORED:
		return play_stored(guest, step);
	case PLAY_QUERY:
		return play_query(guest, step);
	case PLAY_FLAG:
		return play_flag(guest, step);
	case PLAY_BACKEND:
		guest->persist = (enum uefivars_persisted)step->expect;
		return true;
	case PLAY_SAVES:
		return play_saves(guest, step);
	case PLAY_REBOOT:
		guest_reboot(guest);
		return true;
	case PLAY_RESUME:
		guest_resume(guest);
		return true;
	case PLAY_MODES:
		return play_modes(guest, step);
	case PLAY_CALL:
		step->call(guest);
		return !g_test_failed();
	case PLAY_END:
		break;
	}
	return true;
}

bool play(struct guest *guest, const struct play_step *steps)
{
	bool result = true;

	for (; result && steps->op != PLAY_END; steps++)
		result = play_step(guest, steps);
	return result;
}

void play_enroll(struct guest *guest)
{
	DO(guest, SIGNED("dbx", A27, UNSIGNED, T(1), HASHES(0xd0, 1), S),
	   SIGNED("db", A27, UNSIGNED, T(1), CERT(DB1), S), SIGNED("KEK", A27, UNSIGNED, T(1), CERT(KEK1), S),
	   SIGNED("PK", A27, UNSIGNED, T(1), CERT(PK1), S));
	guest_forget(guest);
}

void start_user_mode(struct guest *guest)
{
	g_assert_true(guest_start(guest));
	play_enroll(guest);
}

void start_secure_boot(struct guest *guest)
{
	guest->policy.secure_boot = true;
	start_user_mode(guest);
	guest_reboot(guest);
	DO(guest, MODES(0, 1, 0, 1));
}

void play_fill(struct guest *guest, uint32_t attributes, uint64_t leave)
{
	enum { CHUNK = 30000, COST = 6 * 2 + UEFIVARS_OVERHEAD };
	uint8_t *data = g_malloc0(2 * CHUNK);
	struct client_space space;

	for (unsigned int i = 0; !g_test_failed(); i++) {
		char name[] = { attributes & NV ? 'N' : 'V', 'F', 'i', 'l', (char)('0' + i / 10 % 10),
				(char)('0' + i % 10),        '\0' };
		uint64_t room;

		g_assert_cmphex(client_query(&guest->client, attributes, &space), ==, EFI_SUCCESS);
		if (space.remaining <= leave + COST)
			break;
		room = space.remaining - leave - COST;
		if (room > CHUNK + 2 * COST)
			room = CHUNK;
		g_assert_cmphex(guest_set(guest, name, attributes, data, (size_t)room), ==, EFI_SUCCESS);
	}
	g_assert_cmpuint(space.remaining, ==, leave);
	g_free(data);
	guest_forget(guest);
}

void play_fill_completely(struct guest *guest)
{
	play_fill(guest, A7, 100);
}

static void run_case(const void *data)
{
	const struct play_case *subject = data;
	struct guest *guest = guest_new();

	if (subject->start)
		subject->start(guest);
	else
		g_assert_true(guest_start(guest));
	if (!g_test_failed())
		play(guest, subject->steps);
	guest_free(guest);
}

static void test_refusals(void)
{
	if (unexplained_refusals)
		check_fail("%u of %u refusals do not have exactly one event with their status and a reason",
			   unexplained_refusals, refusals);
}

int play_main(int argc, char **argv, const struct play_case *cases, size_t count)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (size_t i = 0; i < count; i++)
		g_test_add_data_func(cases[i].path, &cases[i], run_case);
	g_test_add_func("/rules/refusals-are-explained", test_refusals);
	return g_test_run();
}
