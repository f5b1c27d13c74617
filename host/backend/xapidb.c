/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backend of a XenServer or XCP-ng host: a machine's variables are one base64 text in the field NVRAM of its XAPI
 * object, and the guard of XAPI on the machine's own socket is the way to it. backend/xapi_writer.h is how it is
 * written, xapi_load.h how it is read.
 */
#include <string.h>

#include "backend/ops.h"
#include "backend/xapi_image.h"
#include "backend/xapi_load.h"
#include "backend/xapi_times.h"
#include "backend/xapi_watch.h"
#include "backend/xapi_writer.h"
#include "efi/guid.h"
#include "error.h"
#include "kept.h"
#include "log.h"

/* With its NUL it fits in a struct sockaddr_un. */
#define SOCKET_PATH_MAX 108u

/* The guard makes no other of it. */
#define ALERT_NAME "VM_SECURE_BOOT_FAILED"
#define ALERT_BODY "The VM failed to pass Secure Boot verification."
#define ALERT_PRIORITY 5

enum { ARGUMENT_SOCKET, ARGUMENT_UUID };

struct xapi_store {
	struct backend *backend;
	struct xapi_client *client;
	struct xapi_writer writer;
	struct xapi_watch watch;
	struct kept *kept;
	struct xapi_image image;
	bool update_wanted;
	struct {
		bool told; /* once in the life of the process */
		struct xapi_call *call;
		guint deadline;
		guint retry;
	} alert;
};

/* With the records that were set aside behind the others. */
static GString *make_image(struct backend *backend, enum uefivars_view view)
{
	struct xapi_store *store = backend->store;
	const size_t size = uefivars_save(backend->uv, view, UEFIVARS_SCOPE_STORED, NULL, 0);
	uint8_t *blob = xapi_image_begin(&store->image, size + kept_size(store->kept));

	uefivars_save(backend->uv, view, UEFIVARS_SCOPE_STORED, blob, size);
	kept_put(store->kept, blob, size);
	return xapi_image_end(&store->image);
}

static void begin_write(struct backend *backend, GString *image)
{
	struct xapi_store *store = backend->store;

	xapi_watch_stop(&store->watch);
	xapi_writer_begin(&store->writer, image);
}

static bool abandon(struct backend *backend)
{
	return xapi_writer_abandon(&((struct xapi_store *)backend->store)->writer);
}

static void on_written(void *context, enum write_result result)
{
	struct xapi_store *store = context;

	xapi_watch_start(&store->watch);
	writer_returned(&store->backend->writer, result);
}

static GString *expected(void *context)
{
	return make_image(((struct xapi_store *)context)->backend, UEFIVARS_COMMITTED);
}

static void on_ghost(void *context)
{
	struct xapi_store *store = context;

	log_write(LEVEL_WARNING, "an old write has landed on top of what was stored since");
	writer_doubt(&store->backend->writer);
}

static bool check_arguments(const struct backend *backend, GError **error)
{
	const char *socket = backend->values[ARGUMENT_SOCKET], *uuid = backend->values[ARGUMENT_UUID];
	struct efi_guid guid;

	if (!guid_parse(uuid, &guid))
		return error_set(error, EXIT_USAGE, "--arg uuid:%s: the uuid of a VM was expected", uuid);
	if (strlen(socket) >= SOCKET_PATH_MAX)
		return error_set(error, EXIT_USAGE,
				 "--arg socket:%s: the path of a socket was expected, shorter than %u bytes", socket,
				 SOCKET_PATH_MAX);
	return true;
}

static bool open_store(struct backend *backend, GError **error)
{
	struct xapi_store *store;

	if (!check_arguments(backend, error))
		return false;
	store = g_new0(struct xapi_store, 1);
	store->backend = backend;
	store->client = xapi_client_new(backend->values[ARGUMENT_SOCKET]);
	store->kept = kept_new();
	xapi_writer_init(&store->writer, store->client, &store->image, on_written, store);
	store->watch = (struct xapi_watch){
		.client = store->client,
		.doubt = &store->writer.doubt,
		.expected = expected,
		.found = on_ghost,
		.context = store,
	};
	backend->store = store;
	return true;
}

static void drop_source(guint *source)
{
	if (*source)
		g_source_remove(*source);
	*source = 0;
}

static void close_store(struct backend *backend)
{
	struct xapi_store *store = backend->store;

	if (!store)
		return;
	backend->store = NULL;
	drop_source(&store->alert.deadline);
	drop_source(&store->alert.retry);
	xapi_watch_stop(&store->watch);
	xapi_writer_clear(&store->writer);
	xapi_client_free(store->client);
	xapi_image_clear(&store->image);
	kept_free(store->kept);
	g_free(store);
}

/* On resume the variables come from elsewhere, and nothing that XAPI has is needed. */
static bool load_store(struct backend *backend, struct uefivars *uv, bool *found, GError **error)
{
	struct xapi_store *store = backend->store;
	char *value = NULL;
	bool ok;

	*found = false;
	if (!uv)
		return true;
	ok = xapi_load_value(store->client, backend->interrupted, &value, error);
	*found = value && *value;
	if (*found)
		ok = xapi_load_variables(uv, value, store->kept, error);
	g_free(value);
	if (!ok)
		g_prefix_error(error, "%s: ", backend->values[ARGUMENT_SOCKET]);
	else
		store->update_wanted = xapi_load_wants_update(store->client, backend->interrupted);
	return ok;
}

static bool update_is_wanted(struct backend *backend)
{
	return ((struct xapi_store *)backend->store)->update_wanted;
}

static void updated(struct backend *backend)
{
	((struct xapi_store *)backend->store)->writer.certificates_updated = true;
}

/* Should the writer look again, before the end, whether what is stored is what should be? */
static bool is_doubtful(struct backend *backend)
{
	struct xapi_store *store = backend->store;

	if (!xapi_doubt_has_ghosts(&store->writer.doubt, g_get_monotonic_time()))
		return false;
	store->writer.look_first = true;
	return true;
}

/* ---- The alert ---- */

static void begin_alert(struct xapi_store *store);

/* told: it is there, or may be. */
static void end_alert(struct xapi_store *store, bool done, bool told)
{
	store->alert.told = told;
	xapi_call_cancel(store->alert.call);
	store->alert.call = NULL;
	drop_source(&store->alert.deadline);
	drop_source(&store->alert.retry);
	store->backend->done(store->backend->context, done);
}

static gboolean on_alert_retry(gpointer pointer)
{
	struct xapi_store *store = pointer;

	store->alert.retry = 0;
	begin_alert(store);
	return G_SOURCE_REMOVE;
}

static gboolean on_alert_deadline(gpointer pointer)
{
	struct xapi_store *store = pointer;

	store->alert.deadline = 0;
	log_write(LEVEL_ERROR, "the alert cannot be delivered in time");
	end_alert(store, false, store->alert.call && xapi_call_is_sent(store->alert.call));
	return G_SOURCE_REMOVE;
}

static void on_alert(void *context, const struct xapi_answer *answer)
{
	struct xapi_store *store = context;

	store->alert.call = NULL;
	if (answer->outcome == XAPI_UNREACHABLE) {
		store->alert.retry = g_timeout_add((guint)xapi_ms(XAPI_RETRY_STEP_MS), on_alert_retry, store);
		return;
	}
	if (answer->outcome != XAPI_SUCCESS)
		log_write(LEVEL_ERROR, "the alert cannot be delivered: %s", answer->text);
	end_alert(store, answer->outcome == XAPI_SUCCESS,
		  answer->outcome != XAPI_REFUSED && answer->outcome != XAPI_FAILED);
}

static void begin_alert(struct xapi_store *store)
{
	store->alert.call = xapi_create_message(store->client, ALERT_NAME, ALERT_PRIORITY,
						store->backend->values[ARGUMENT_UUID], ALERT_BODY,
						xapi_ms(XAPI_ALERT_MS), on_alert, store);
}

static enum uefivars_persisted secure_boot_failed(struct backend *backend, int64_t deadline)
{
	const int64_t left = (deadline - g_get_monotonic_time()) / 1000;
	struct xapi_store *store = backend->store;

	if (store->alert.told)
		return UEFIVARS_PERSIST_DONE;
	if (left <= 0)
		return UEFIVARS_PERSIST_FAILED;
	store->alert.deadline = g_timeout_add((guint)MIN(left, xapi_ms(XAPI_ALERT_MS)), on_alert_deadline, store);
	begin_alert(store);
	return UEFIVARS_PERSIST_PENDING;
}

const struct backend_ops backend_xapidb = {
	.name = "xapidb",
	.arguments = { [ARGUMENT_SOCKET] = { "socket", true }, [ARGUMENT_UUID] = { "uuid", true } },
	.open = open_store,
	.load = load_store,
	.image = make_image,
	.write = begin_write,
	.abandon = abandon,
	.update_is_wanted = update_is_wanted,
	.updated = updated,
	.is_doubtful = is_doubtful,
	.write_back_later = true,
	.secure_boot_failed = secure_boot_failed,
	.close = close_store,
};
