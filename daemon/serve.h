/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine being served, between a transport and the variable services: it owns the private copies of the guest's
 * pages, has a request wait while the backend is at work, and has those wait behind it that would change something
 * meanwhile.
 *
 * A transport asks for a page, has the request copied into it out of the guest's 16 pages, each byte once, before
 * anything of that byte is looked at, and hands it in. The answer comes by
 * the request's callback: at once, or from the main loop. It is the transport that keeps the requests of one guest
 * processor or connection in order, by handing in the next one only after the answer.
 */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uefivars.h"

struct backend;
struct serve;

/* A request that a transport hands in. It stays in place until it is answered. */
struct serve_request {
	/*
	 * The response is the first `size` bytes of the page; both are good during the call only. For a port: NULL, 0.
	 */
	void (*answered)(struct serve_request *request, const uint8_t *page, size_t size);
	/* Used while it waits. */
	uint8_t *page; /* NULL: a write of a port */
	uint16_t port;
	unsigned int width; /* bytes */
	uint32_t value;
	int64_t deadline; /* microseconds of the monotonic clock; 0: not set yet */
	struct serve_request *next;
};

/* Makes a machine whose variables are kept by `backend`, which must outlive it. Returns NULL when out of memory. */
struct serve *serve_new(const struct uefivars_policy *policy, struct backend *backend);

/* Requests that wait are forgotten, not answered; they must still be in place. */
void serve_free(struct serve *serve);

/* For loading, starting and looking at. */
struct uefivars *serve_uefivars(struct serve *serve);

/*
 * Makes what is committed durable, and waits for it in the main loop until it is or a signal arrives that ends the
 * daemon, by `limit` (microseconds of the monotonic clock) or earlier. For the start, before any request. Returns
 * whether it is durable.
 */
bool serve_persist(struct serve *serve, int64_t limit);

/*
 * Tells the operator, before any request, that the machine fails Secure Boot, and waits in the same way. Returns
 * whether it was told.
 */
bool serve_secure_boot_failed(struct serve *serve, int64_t limit);

/* Does a request wait for the backend? */
bool serve_is_waiting(const struct serve *serve);

/* backend_done: context is the struct serve. */
void serve_persisted(void *context, bool done);

/* A private page of UEFIVARS_PAGE_SIZE bytes for the next serve_request(), or NULL when out of memory. */
uint8_t *serve_page(struct serve *serve);

/* The response where there was no page: EFI_OUT_OF_RESOURCES. Without one the request would be read as an answer. */
#define SERVE_NO_PAGE_SIZE 8u
extern const uint8_t serve_no_page[SERVE_NO_PAGE_SIZE];

/*
 * Copies a request into the page of the last serve_page(): as much of it as its lengths, in the copy, ask for. `read`
 * copies `size` bytes at `offset` of the guest's pages, and is asked for no byte twice. Returns how many were copied, 0
 * where they cannot be read.
 */
typedef bool serve_read(void *context, uint8_t *to, size_t offset, size_t size);
size_t serve_copy(struct serve *serve, serve_read *read, void *context);

/* Serves the request in the page of the last serve_page(). */
void serve_request(struct serve *serve, struct serve_request *request);

/* Serves a guest's write of one of the TPM's ports: uefivars_ppi_write(). */
void serve_port_write(struct serve *serve, struct serve_request *request, uint16_t port, unsigned int width,
		      uint32_t value);

#endif
