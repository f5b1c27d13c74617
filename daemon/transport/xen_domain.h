/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One domain, as the hypervisor shows it to us: an IOREQ server with the ports of the variable services and of the TPM,
 * its page with a slot for each vCPU, and an event channel for each.
 *
 * The server outlives the process. While nobody serves it a guest that writes to the port waits, so the next process
 * adopts it, and the guest goes on.
 */
#ifndef TRANSPORT_XEN_DOMAIN_H
#define TRANSPORT_XEN_DOMAIN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define XEN_DOMAIN_PORT 0x100 /* the doorbell: 32 bits */
#define XEN_DOMAIN_PORT_LAST 0x103
#define XEN_DOMAIN_PPI 0x104 /* uefivars_ppi_read(), uefivars_ppi_write() */
#define XEN_DOMAIN_PPI_LAST 0x10b

/* As many slots as the page has. */
#define XEN_DOMAIN_VCPUS_MAX 128

struct ioreq;
struct xen_domain;

/*
 * Opens the handles of the hypervisor and restricts them, and every other one of this process, to this domain. Returns
 * NULL and sets *error (EXIT_FAILED) where there is no Xen, or they cannot be had.
 */
struct xen_domain *xen_domain_open(uint32_t domid, GError **error);

/* Closes everything; the server stays. NULL is nothing. */
void xen_domain_close(struct xen_domain *domain);

/*
 * Makes a server. Its ports are the guest's from here on: what it writes there waits. Returns false and sets *error
 * where there is no such domain, or none that can have one.
 */
bool xen_domain_create_server(struct xen_domain *domain, GError **error);

/* Takes over the server of this id. Returns false where the domain has none. */
bool xen_domain_adopt_server(struct xen_domain *domain, uint32_t server);

/* Binds an event channel for each vCPU. Returns false and sets *error where that failed. */
bool xen_domain_bind(struct xen_domain *domain, GError **error);

/* Takes the ports from the guest. A vCPU that waits for an answer goes on waiting. */
void xen_domain_destroy_server(struct xen_domain *domain);

uint32_t xen_domain_server(const struct xen_domain *domain);
unsigned int xen_domain_vcpus(const struct xen_domain *domain);

/* The slot of a vCPU. It is the hypervisor's memory and ours: no guest reaches it. */
volatile struct ioreq *xen_domain_slot(const struct xen_domain *domain, unsigned int vcpu);

/* Becomes readable with an event. */
int xen_domain_fd(const struct xen_domain *domain);

/*
 * Takes the events that are there, XEN_DOMAIN_EVENTS at most: the vCPUs are in `vcpus`, their number is returned. Never
 * waits.
 */
#define XEN_DOMAIN_EVENTS 64
size_t xen_domain_take_events(const struct xen_domain *domain, unsigned int vcpus[XEN_DOMAIN_EVENTS]);

/* Tells a vCPU that its slot was answered. Returns false where that failed: the domain may have ended. */
bool xen_domain_notify(const struct xen_domain *domain, unsigned int vcpu);

/* Is there still such a domain, with our server? Its event channels do not tell. */
bool xen_domain_is_alive(const struct xen_domain *domain);

/* ---- The guest's memory ---- */

/* Maps the UEFIVARS_PAGE_SIZE bytes at a page frame of the guest. Returns false where not all of its pages are there.
 */
bool xen_domain_map(struct xen_domain *domain, uint32_t frame);

/* Copies bytes out of what xen_domain_map() has mapped. */
void xen_domain_read(const struct xen_domain *domain, uint8_t *to, size_t offset, size_t size);

/*
 * Copies a response in, its first 8 bytes last. Returns false, and nothing was written, where the pages are no longer
 * there.
 */
bool xen_domain_write(struct xen_domain *domain, uint32_t frame, const uint8_t *bytes, size_t size);

/*
 * Has a live migration know of what was written since the last time: Xen's log of dirty pages does not see what goes
 * through a mapping. A toolstack takes its last look at the log when we have ended, so that is when it has to be told;
 * to tell it of each response would cost as much as the response.
 */
void xen_domain_tell_written(struct xen_domain *domain);

/*
 * The guest's physical memory has changed (IOREQ_TYPE_INVALIDATE).
 *
 * The last mapping is kept, as mapping costs several times what serving does and firmware has one buffer for life. It
 * holds a reference to each of its pages, so none of them can become another domain's meanwhile, whatever the guest
 * does: what it frees or balloons out stays its own until we let go, and what has foreign references is neither paged
 * out nor shared. All that can happen is that a frame means another page than the one that we have mapped. Xen tells
 * every IOREQ server before the vCPU that changed it runs on, and that is when the mapping goes; a guest whose other
 * vCPU uses the frame in that very moment gets an answer in the page that it has just given up.
 */
void xen_domain_drop_mapping(struct xen_domain *domain);

#endif
