/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/guest.h"
#include "tests/support/check.h"

#include <string.h>

#include "efi/bytes.h"
#include "tests/support/blob.h"
#include "tests/support/names.h"

#define WALK_LIMIT 5000u

static GByteArray *save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope)
{
	GByteArray *blob = g_byte_array_new();
	size_t size = uefivars_save(uv, view, scope, NULL, 0);

	g_byte_array_set_size(blob, (guint)size);
	g_assert_cmpuint(uefivars_save(uv, view, scope, blob->data, size), ==, size);
	return blob;
}

static void replace(GByteArray **blob, GByteArray *with)
{
	g_byte_array_unref(*blob);
	*blob = with;
}

static void make_durable(struct guest *guest)
{
	replace(&guest->stored, g_byte_array_ref(guest->staged));
}

static enum uefivars_persisted on_persist(void *context, const struct uefivars *uv)
{
	struct guest *guest = context;

	guest->persists++;
	replace(&guest->staged, save(uv, UEFIVARS_STAGED, UEFIVARS_SCOPE_STORED));
	if (guest->persist == UEFIVARS_PERSIST_DONE)
		make_durable(guest);
	return guest->persist;
}

static enum uefivars_persisted on_secure_boot_failed(void *context)
{
	struct guest *guest = context;

	guest->notified++;
	return guest->notify;
}

static void on_event(void *context, const struct uefivars_event *event)
{
	struct guest *guest = context;
	struct uefivars_event copy = *event;

	copy.name = NULL;
	g_array_append_val(guest->events, copy);
}

static void on_set_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record,
			 size_t record_size, enum uefivars_reason reason)
{
	struct guest *guest = context;
	struct guest_aside aside = { .reason = reason, .record_size = record_size };

	(void)variable;
	(void)record;
	g_array_append_val(guest->asides, aside);
}

/* Answers a request, and checks that the response is of the one form that its status allows. */
static bool serve(void *context, uint8_t *page)
{
	struct guest *guest = context;

	guest->response_size = 0;
	guest->served = uefivars_serve(guest->uv, page, &guest->response_size);
	if (guest->served == UEFIVARS_PENDING && !guest->hold) {
		if (guest->completes)
			make_durable(guest);
		g_assert_true(uefivars_complete(guest->uv, guest->completes, &guest->response_size) == page);
		guest->served = UEFIVARS_ANSWERED;
	}
	if (guest->served != UEFIVARS_ANSWERED)
		return false;
	g_assert_cmpuint(guest->response_size, >=, 8);
	g_assert_cmpuint(guest->response_size, <=, UEFIVARS_PAGE_SIZE);
	return true;
}

struct guest *guest_new(void)
{
	struct guest *guest = g_new0(struct guest, 1);

	uefivars_policy_default(&guest->policy);
	guest->client.exchange = serve;
	guest->client.context = guest;
	guest->completes = true;
	guest->stored = g_byte_array_new();
	guest->staged = g_byte_array_new();
	guest->events = g_array_new(FALSE, FALSE, sizeof(struct uefivars_event));
	guest->asides = g_array_new(FALSE, FALSE, sizeof(struct guest_aside));
	return guest;
}

void guest_free(struct guest *guest)
{
	if (guest->uv)
		uefivars_free(guest->uv);
	g_byte_array_unref(guest->stored);
	g_byte_array_unref(guest->staged);
	g_array_unref(guest->events);
	g_array_unref(guest->asides);
	g_free(guest);
}

bool guest_start_from(struct guest *guest, enum uefivars_boot boot, const uint8_t *blob, size_t size)
{
	const struct uefivars_host host = {
		.context = guest,
		.persist = on_persist,
		.secure_boot_failed = on_secure_boot_failed,
		.event = on_event,
	};
	struct uefivars_state state;
	enum uefivars_key failed;

	if (guest->uv)
		uefivars_free(guest->uv);
	g_array_set_size(guest->asides, 0);
	guest->uv = uefivars_create(&guest->policy, &host);
	g_assert_nonnull(guest->uv);
	if (size && uefivars_load_blob(guest->uv, blob, size, boot == UEFIVARS_RESUME, on_set_aside, guest))
		return false;
	if (uefivars_start(guest->uv, boot, guest->with_keys ? guest->keys : NULL, &failed))
		return false;
	uefivars_get_state(guest->uv, &state);
	if (state.unsaved || (boot == UEFIVARS_BOOT && blob != guest->stored->data))
		replace(&guest->stored, save(guest->uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_STORED));
	guest_forget(guest);
	return true;
}

bool guest_start(struct guest *guest)
{
	return guest_start_from(guest, guest->stored->len ? UEFIVARS_BOOT : UEFIVARS_FIRST_BOOT, guest->stored->data,
				guest->stored->len);
}

void guest_reboot(struct guest *guest)
{
	GByteArray *now;

	guest->client.at_runtime = false;
	if (!guest_start(guest))
		g_error("the machine does not start from what it stored");
	now = guest_save(guest, UEFIVARS_SCOPE_STORED);
	if (now->len != guest->stored->len || memcmp(now->data, guest->stored->data, now->len) != 0)
		check_fail("a boot changed what should be durable and did not say so");
	g_byte_array_unref(now);
}

void guest_resume(struct guest *guest)
{
	GByteArray *all = guest_save(guest, UEFIVARS_SCOPE_ALL);

	if (!guest_start_from(guest, UEFIVARS_RESUME, all->data, all->len))
		g_error("the machine does not resume from what it saved");
	g_byte_array_unref(all);
}

GByteArray *guest_save(const struct guest *guest, enum uefivars_scope scope)
{
	return save(guest->uv, UEFIVARS_COMMITTED, scope);
}

uint64_t guest_complete(struct guest *guest, bool persisted)
{
	if (persisted)
		make_durable(guest);
	g_assert_true(uefivars_complete(guest->uv, persisted, &guest->response_size) == guest->client.page);
	return get_le64(guest->client.page);
}

void guest_forget(struct guest *guest)
{
	g_array_set_size(guest->events, 0);
	guest->persists = 0;
	guest->notified = 0;
}

unsigned int guest_events(const struct guest *guest, enum uefivars_event_kind kind)
{
	unsigned int count = 0;

	for (guint i = 0; i < guest->events->len; i++)
		count += g_array_index(guest->events, struct uefivars_event, i).kind == kind;
	return count;
}

static bool is(const struct uefivars_variable *variable, const struct test_name *name)
{
	return variable->name_size == name->size && memcmp(variable->name, name->bytes, name->size) == 0 &&
	       memcmp(variable->guid, name->guid.bytes, sizeof variable->guid) == 0;
}

bool guest_find_stored(const struct guest *guest, const char *text, struct uefivars_variable *variable)
{
	struct test_name name;
	size_t at = 0;

	test_name_parse(text, &name);
	while (guest->stored->len && blob_next(guest->stored->data, guest->stored->len, &at, variable)) {
		if (is(variable, &name))
			return true;
	}
	return false;
}

bool guest_find(const struct guest *guest, const char *text, struct uefivars_variable *variable)
{
	struct test_name name;
	const void *cursor = NULL;

	test_name_parse(text, &name);
	while (uefivars_next(guest->uv, UEFIVARS_COMMITTED, &cursor, variable)) {
		if (is(variable, &name))
			return true;
	}
	return false;
}

uint64_t guest_get(struct guest *guest, const char *text, struct client_value *value)
{
	struct test_name name;

	test_name_parse(text, &name);
	return client_get(&guest->client, name.bytes, name.size, &name.guid, UEFIVARS_PAGE_SIZE, value);
}

uint64_t guest_set(struct guest *guest, const char *text, uint32_t attributes, const void *data, size_t size)
{
	struct test_name name;

	test_name_parse(text, &name);
	return client_set(&guest->client, name.bytes, name.size, &name.guid, attributes, data, size);
}

static char *printable(const uint8_t *name, size_t size)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i + 1 < size; i += 2) {
		uint16_t unit = get_le16(name + i);

		if (unit > 0x20 && unit < 0x7f)
			g_string_append_c(text, (char)unit);
		else
			g_string_append_printf(text, "\\x%04x", unit);
	}
	return g_string_free(text, FALSE);
}

char **guest_list(struct guest *guest, uint64_t *status)
{
	GPtrArray *names = g_ptr_array_new();
	struct test_name name = { .size = 0 };
	uint64_t result = EFI_SUCCESS;

	for (unsigned int step = 0; step < WALK_LIMIT && result == EFI_SUCCESS; step++) {
		result = client_next(&guest->client, name.bytes, &name.size, sizeof name.bytes, &name.guid, NULL);
		if (result == EFI_SUCCESS &&
		    (guid_equal(&name.guid, &guid_test_vendor) || guid_equal(&name.guid, &guid_test_other)))
			g_ptr_array_add(names, printable(name.bytes, name.size));
	}
	if (status)
		*status = result;
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
