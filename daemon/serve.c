/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/serve.h"

#include <glib.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "daemon/report.h"
#include "daemon/signals.h"
#include "debug.h"

/*
 * A guest's write is answered within 20 s of its arrival whatever the backend does (semantics.md, decision 8); half a
 * second of it is left for the answer's own way.
 */
#define ANSWER_MS 19500

/* Most requests are no longer. */
#define COPIED_FIRST 512

struct serve {
	struct uefivars *uv;
	struct backend *backend;
	uint8_t *page;                 /* free for the next request */
	struct serve_request *current; /* being served, or waiting for the backend */
	struct serve_request *first;   /* those that wait for it, in the order of their arrival */
	struct serve_request **last;
	bool persisting; /* at the start, for no request */
	bool persisted;
};

static int64_t new_deadline(void)
{
	return g_get_monotonic_time() + 1000 * (int64_t)debug_milliseconds("UEFISTORED_DEBUG_ANSWER_MS", ANSWER_MS);
}

/* Only for those that may wait: what the clock says is a system call where the kernel does not lend it. */
static void set_deadline(struct serve_request *request)
{
	if (request->deadline == 0)
		request->deadline = new_deadline();
}

static enum uefivars_persisted persist(void *context, const struct uefivars *uv)
{
	struct serve *serve = context;

	(void)uv;
	set_deadline(serve->current);
	return backend_persist(serve->backend, serve->current->deadline);
}

static enum uefivars_persisted secure_boot_failed(void *context)
{
	struct serve *serve = context;

	return backend_secure_boot_failed(serve->backend, new_deadline());
}

struct serve *serve_new(const struct uefivars_policy *policy, struct backend *backend)
{
	struct serve *serve = g_new0(struct serve, 1);
	const struct uefivars_host host = { serve, persist, secure_boot_failed, report_event };

	serve->backend = backend;
	serve->last = &serve->first;
	serve->uv = uefivars_create(policy, &host);
	if (serve->uv)
		return serve;
	g_free(serve);
	return NULL;
}

void serve_free(struct serve *serve)
{
	if (!serve)
		return;
	/* The page of a request that waits belongs to uv until then. */
	uefivars_free(serve->uv);
	if (serve->current)
		free(serve->current->page);
	for (struct serve_request *request = serve->first; request; request = request->next)
		free(request->page);
	free(serve->page);
	g_free(serve);
}

struct uefivars *serve_uefivars(struct serve *serve)
{
	return serve->uv;
}

/* For what the start has done, when there is no request. */
static bool wait_for_backend(struct serve *serve, enum uefivars_persisted persisted)
{
	if (persisted != UEFIVARS_PERSIST_PENDING)
		return persisted == UEFIVARS_PERSIST_DONE;
	serve->persisting = true;
	while (serve->persisting && !signals_arrived())
		g_main_context_iteration(NULL, TRUE);
	return !serve->persisting && serve->persisted;
}

bool serve_persist(struct serve *serve, int64_t limit)
{
	return wait_for_backend(serve, backend_persist(serve->backend, MIN(new_deadline(), limit)));
}

bool serve_secure_boot_failed(struct serve *serve, int64_t limit)
{
	return wait_for_backend(serve, backend_secure_boot_failed(serve->backend, MIN(new_deadline(), limit)));
}

bool serve_is_waiting(const struct serve *serve)
{
	return serve->current != NULL;
}

const uint8_t serve_no_page[SERVE_NO_PAGE_SIZE] = { 9, [7] = 0x80 };

uint8_t *serve_page(struct serve *serve)
{
	if (!serve->page)
		serve->page = malloc(UEFIVARS_PAGE_SIZE);
	return serve->page;
}

size_t serve_copy(struct serve *serve, serve_read *read, void *context)
{
	size_t have = 0, size = COPIED_FIRST;

	while (size > have) {
		if (!read(context, serve->page + have, have, size - have))
			return 0;
		have = size;
		size = uefivars_request_size(serve->page, have);
	}
	return have;
}

static void queue(struct serve *serve, struct serve_request *request)
{
	request->next = NULL;
	*serve->last = request;
	serve->last = &request->next;
}

static void answer(struct serve *serve, struct serve_request *request, uint8_t *page, size_t size)
{
	request->page = NULL;
	/* The next request may be in the making before the callback returns: it gets a page of its own then. */
	request->answered(request, page, size);
	if (serve->page)
		free(page);
	else
		serve->page = page;
}

/* Serves the request. Returns false where it has to wait behind another. */
static bool begin(struct serve *serve, struct serve_request *request)
{
	struct serve_request *waiting = serve->current;
	enum uefivars_served served;
	size_t size = 0;

	serve->current = request;
	served = request->page ? uefivars_serve(serve->uv, request->page, &size) :
				 uefivars_ppi_write(serve->uv, request->port, request->width, request->value);
	switch (served) {
	case UEFIVARS_ANSWERED:
		serve->current = waiting;
		answer(serve, request, request->page, size);
		return true;
	case UEFIVARS_PENDING:
		return true;
	case UEFIVARS_BUSY:
		break;
	}
	serve->current = waiting;
	return false;
}

static void take(struct serve *serve, struct serve_request *request)
{
	request->deadline = 0;
	if (begin(serve, request))
		return;
	set_deadline(request);
	queue(serve, request);
}

void serve_request(struct serve *serve, struct serve_request *request)
{
	request->page = serve->page;
	serve->page = NULL;
	take(serve, request);
}

void serve_port_write(struct serve *serve, struct serve_request *request, uint16_t port, unsigned int width,
		      uint32_t value)
{
	request->page = NULL;
	request->port = port;
	request->width = width;
	request->value = value;
	take(serve, request);
}

/* Serves those that waited, as far as none of them has to wait again. */
static void serve_waiting(struct serve *serve)
{
	while (serve->first && !serve->current) {
		struct serve_request *request = serve->first;

		serve->first = request->next;
		if (!serve->first)
			serve->last = &serve->first;
		if (begin(serve, request))
			continue;
		/* Some other one is pending by now: to the front again. */
		request->next = serve->first;
		serve->first = request;
		if (!request->next)
			serve->last = &request->next;
		return;
	}
}

void serve_persisted(void *context, bool done)
{
	struct serve *serve = context;
	struct serve_request *request = serve->current;
	uint8_t *page;
	size_t size = 0;

	if (serve->persisting) {
		serve->persisting = false;
		serve->persisted = done;
		return;
	}
	page = uefivars_complete(serve->uv, done, &size);
	serve->current = NULL;
	answer(serve, request, page, size);
	serve_waiting(serve);
}
