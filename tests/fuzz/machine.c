/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/machine.h"

#include <string.h>

#include "efi/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/keys.h"

static GByteArray *save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope)
{
	size_t size = uefivars_save(uv, view, scope, NULL, 0);
	GByteArray *blob = g_byte_array_new();

	g_byte_array_set_size(blob, (guint)size);
	if (uefivars_save(uv, view, scope, blob->data, size) != size)
		fuzz_broken("a save that counts differently the second time");
	return blob;
}

GByteArray *machine_save(const struct machine *machine, enum uefivars_scope scope)
{
	return save(machine->uv, UEFIVARS_COMMITTED, scope);
}

static void make_durable(struct machine *machine)
{
	g_byte_array_unref(machine->durable);
	machine->durable = g_byte_array_ref(machine->staged);
}

static enum uefivars_persisted persist(void *context, const struct uefivars *uv)
{
	struct machine *machine = context;

	g_byte_array_unref(machine->staged);
	machine->staged = save(uv, UEFIVARS_STAGED, UEFIVARS_SCOPE_STORED);
	if (machine->backend == BACKEND_FAILS)
		return UEFIVARS_PERSIST_FAILED;
	if (machine->backend != BACKEND_DONE)
		return UEFIVARS_PERSIST_PENDING;
	make_durable(machine);
	return UEFIVARS_PERSIST_DONE;
}

static void create(struct machine *machine)
{
	const struct uefivars_host host = { .context = machine, .persist = persist };

	if (machine->uv)
		uefivars_free(machine->uv);
	machine->uv = uefivars_create(&machine->policy, &host);
	g_assert_nonnull(machine->uv);
}

static void set_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record,
		      size_t record_size, enum uefivars_reason reason)
{
	(void)context;
	(void)variable;
	(void)record;
	(void)record_size;
	fuzz_broken("what was saved does not load: %s", uefivars_reason_text(reason));
}

static void load(struct machine *machine, const GByteArray *blob, enum uefivars_boot boot)
{
	create(machine);
	if (blob->len &&
	    uefivars_load_blob(machine->uv, blob->data, blob->len, boot == UEFIVARS_RESUME, set_aside, NULL))
		fuzz_broken("what was saved is no store");
	if (uefivars_start(machine->uv, boot, NULL, NULL) != UEFIVARS_OK)
		fuzz_broken("a machine that does not start from what it saved");
}

/* What the start itself made is made durable, as the daemon does. */
static void store_start(struct machine *machine)
{
	g_byte_array_unref(machine->durable);
	machine->durable = machine_save(machine, UEFIVARS_SCOPE_STORED);
}

void machine_init(struct machine *machine, const struct uefivars_policy *policy, bool keys)
{
	static struct guest *holder; /* of the key files */
	enum uefivars_key failed;

	memset(machine, 0, sizeof *machine);
	machine->policy = *policy;
	machine->durable = g_byte_array_new();
	machine->staged = g_byte_array_new();
	if (keys && !holder) {
		holder = guest_new();
		keys_give(holder, KEYS_ALL);
	}
	create(machine);
	if (uefivars_start(machine->uv, UEFIVARS_FIRST_BOOT, keys ? holder->keys : NULL, &failed) != UEFIVARS_OK)
		fuzz_broken("a first boot with good keys fails");
	store_start(machine);
}

void machine_clear(struct machine *machine)
{
	uefivars_free(machine->uv);
	g_byte_array_unref(machine->durable);
	g_byte_array_unref(machine->staged);
}

void machine_reboot(struct machine *machine)
{
	GByteArray *blob = g_byte_array_ref(machine->durable);

	load(machine, blob, blob->len ? UEFIVARS_BOOT : UEFIVARS_FIRST_BOOT);
	g_byte_array_unref(blob);
	store_start(machine);
}

void machine_resume(struct machine *machine)
{
	GByteArray *blob = machine_save(machine, UEFIVARS_SCOPE_ALL);

	load(machine, blob, UEFIVARS_RESUME);
	g_byte_array_unref(blob);
}

/* Ends a change that the backend has not answered for; while it waits, another one is put off. */
static uint8_t *complete(struct machine *machine)
{
	bool persisted = machine->backend == BACKEND_LATER;

	if (persisted)
		make_durable(machine);
	return uefivars_complete(machine->uv, persisted, &machine->response_size);
}

static void serve(struct machine *machine)
{
	enum uefivars_served served = uefivars_serve(machine->uv, machine->page, &machine->response_size);

	if (served == UEFIVARS_BUSY)
		fuzz_broken("busy without a change that waits");
	if (served == UEFIVARS_PENDING && complete(machine) != machine->page)
		fuzz_broken("not the page that waited");
	if (machine->response_size < 8 || machine->response_size > UEFIVARS_PAGE_SIZE)
		fuzz_broken("a response of %zu bytes", machine->response_size);
}

static void use_port(struct machine *machine, const struct sequence_step *step)
{
	uint8_t bytes[7] = { 0 };
	uint16_t port;

	memcpy(bytes, step->bytes, MIN(step->size, sizeof bytes));
	port = get_le16(bytes);
	if (uefivars_ppi_write(machine->uv, port, bytes[2], get_le32(bytes + 3)) == UEFIVARS_PENDING &&
	    complete(machine))
		fuzz_broken("a page came back where a port waited");
	put_le32(machine->page, uefivars_ppi_read(machine->uv, port, bytes[2]));
	machine->response_size = 4;
}

bool machine_is_request(const struct sequence_step *step)
{
	return step->kind == SEQUENCE_REQUEST || step->kind == SEQUENCE_SIGNED || step->kind == SEQUENCE_FILL;
}

void machine_step(struct machine *machine, const struct sequence_step *step)
{
	machine->response_size = 0;
	switch (step->kind) {
	case SEQUENCE_REBOOT:
		machine_reboot(machine);
		break;
	case SEQUENCE_RESUME:
		machine_resume(machine);
		break;
	case SEQUENCE_PORT:
		use_port(machine, step);
		break;
	case SEQUENCE_BACKEND:
		if (step->size)
			machine->backend = (enum sequence_backend)(step->bytes[0] % BACKENDS);
		break;
	default:
		serve(machine);
	}
}
