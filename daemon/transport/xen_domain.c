/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/xen_domain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The interfaces that are for tools. */
#define __XEN_TOOLS__ 1
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xentoolcore.h>

#include <xen/hvm/dm_op.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/ioreq.h>
#include <xen/memory.h>

#include "error.h"
#include "uefivars.h"

#define XEN_PAGE_SIZE 4096u
#define PAGES (UEFIVARS_PAGE_SIZE / XEN_PAGE_SIZE)
#define PIO 0 /* of ranges: ports, not memory */

_Static_assert(XEN_PAGE_SIZE / sizeof(struct ioreq) == XEN_DOMAIN_VCPUS_MAX, "a page has a slot for each vCPU");

struct xen_domain {
	domid_t domid;
	xendevicemodel_handle *model;
	xenforeignmemory_handle *memory;
	xenevtchn_handle *events;

	bool has_server;
	ioservid_t server;
	xenforeignmemory_resource_handle *resource; /* the server's page */
	struct ioreq *slots;
	unsigned int vcpus;
	evtchn_port_t ports[XEN_DOMAIN_VCPUS_MAX];

	uint8_t *pages; /* of the guest, from `frame` on; NULL: none are mapped */
	uint32_t frame;
	bool written; /* since the log of dirty pages was told */
};

static bool fail(const struct xen_domain *domain, const char *what, GError **error)
{
	return error_set(error, EXIT_FAILED, "domain %u: %s: %s", domain->domid, what, strerror(errno));
}

static bool open_handles(struct xen_domain *domain, GError **error)
{
	/* Without a logger they write their own words to stderr. */
	domain->model = xendevicemodel_open(NULL, 0);
	if (domain->model)
		domain->memory = xenforeignmemory_open(NULL, 0);
	if (domain->memory)
		domain->events = xenevtchn_open(NULL, 0);
	if (!domain->events)
		return fail(domain, "the hypervisor cannot be reached (is this a Xen host, and are we root?)", error);
	if (fcntl(xenevtchn_fd(domain->events), F_SETFL, O_NONBLOCK) < 0)
		return fail(domain, "events cannot be waited for", error);
	return xentoolcore_restrict_all(domain->domid) == 0 ||
	       fail(domain, "the handles of the hypervisor cannot be restricted to it", error);
}

struct xen_domain *xen_domain_open(uint32_t domid, GError **error)
{
	struct xen_domain *domain = g_new0(struct xen_domain, 1);

	domain->domid = (domid_t)domid;
	if (open_handles(domain, error))
		return domain;
	xen_domain_close(domain);
	return NULL;
}

void xen_domain_close(struct xen_domain *domain)
{
	if (!domain)
		return;
	xen_domain_drop_mapping(domain);
	if (domain->resource)
		xenforeignmemory_unmap_resource(domain->memory, domain->resource);
	if (domain->events)
		xenevtchn_close(domain->events);
	if (domain->memory)
		xenforeignmemory_close(domain->memory);
	if (domain->model)
		xendevicemodel_close(domain->model);
	g_free(domain);
}

/* A range that the server has already is no error: so an adopted one gets what its first daemon did not come to. */
static bool map_ports(const struct xen_domain *domain, uint64_t first, uint64_t last)
{
	return xendevicemodel_map_io_range_to_ioreq_server(domain->model, domain->domid, domain->server, PIO, first,
							   last) == 0 ||
	       errno == EEXIST;
}

static bool map_slots(struct xen_domain *domain)
{
	void *at = NULL;

	domain->resource = xenforeignmemory_map_resource(domain->memory, domain->domid, XENMEM_resource_ioreq_server,
							 domain->server, XENMEM_resource_ioreq_server_frame_ioreq(0), 1,
							 &at, PROT_READ | PROT_WRITE, 0);
	domain->slots = at;
	return domain->resource != NULL;
}

/* The ports are the guest's once the server is enabled: what it writes before that is lost. */
static bool enable(struct xen_domain *domain)
{
	return map_slots(domain) && map_ports(domain, XEN_DOMAIN_PORT, XEN_DOMAIN_PORT_LAST) &&
	       map_ports(domain, XEN_DOMAIN_PPI, XEN_DOMAIN_PPI_LAST) &&
	       xendevicemodel_set_ioreq_server_state(domain->model, domain->domid, domain->server, 1) == 0;
}

bool xen_domain_create_server(struct xen_domain *domain, GError **error)
{
	bool ok = xendevicemodel_create_ioreq_server(domain->model, domain->domid, HVM_IOREQSRV_BUFIOREQ_OFF,
						     &domain->server) == 0;
	int reason = errno;

	if (!ok)
		return fail(domain,
			    reason == ESRCH  ? "there is no such domain" :
			    reason == EINVAL ? "it is no HVM or PVH guest" :
					       "no IOREQ server can be made",
			    error);
	domain->has_server = true;
	if (enable(domain))
		return true;
	fail(domain, "the IOREQ server cannot be set up", error);
	xen_domain_destroy_server(domain);
	return false;
}

bool xen_domain_adopt_server(struct xen_domain *domain, uint32_t server)
{
	domain->server = (ioservid_t)server;
	domain->has_server = enable(domain);
	if (domain->has_server)
		return true;
	if (domain->resource)
		xenforeignmemory_unmap_resource(domain->memory, domain->resource);
	domain->resource = NULL;
	return false;
}

bool xen_domain_bind(struct xen_domain *domain, GError **error)
{
	/* Xen has an event channel ready for each vCPU that the domain can have, online or not. */
	while (domain->vcpus < XEN_DOMAIN_VCPUS_MAX && domain->slots[domain->vcpus].vp_eport) {
		xenevtchn_port_or_error_t port = xenevtchn_bind_interdomain(domain->events, domain->domid,
									    domain->slots[domain->vcpus].vp_eport);

		if (port < 0)
			return fail(domain, "an event channel cannot be bound", error);
		domain->ports[domain->vcpus++] = (evtchn_port_t)port;
	}
	errno = ENODEV;
	return domain->vcpus > 0 || fail(domain, "it has no vCPU", error);
}

void xen_domain_destroy_server(struct xen_domain *domain)
{
	if (domain->has_server)
		xendevicemodel_destroy_ioreq_server(domain->model, domain->domid, domain->server);
	domain->has_server = false;
}

uint32_t xen_domain_server(const struct xen_domain *domain)
{
	return domain->server;
}

unsigned int xen_domain_vcpus(const struct xen_domain *domain)
{
	return domain->vcpus;
}

volatile struct ioreq *xen_domain_slot(const struct xen_domain *domain, unsigned int vcpu)
{
	return &domain->slots[vcpu];
}

int xen_domain_fd(const struct xen_domain *domain)
{
	return xenevtchn_fd(domain->events);
}

static bool find_vcpu(const struct xen_domain *domain, evtchn_port_t port, unsigned int *vcpu)
{
	for (*vcpu = 0; *vcpu < domain->vcpus; ++*vcpu) {
		if (domain->ports[*vcpu] == port)
			return true;
	}
	return false;
}

/*
 * By the descriptor itself: the library takes one port with two system calls, and tells that there is no other with a
 * third, which are dear in a paravirtual dom0.
 */
size_t xen_domain_take_events(const struct xen_domain *domain, unsigned int vcpus[XEN_DOMAIN_EVENTS])
{
	int fd = xenevtchn_fd(domain->events);
	evtchn_port_t ports[XEN_DOMAIN_EVENTS];
	ssize_t size = read(fd, ports, sizeof ports);
	size_t count = 0;

	if (size <= 0)
		return 0;
	/* Unmasked: from here on the next ones are told, also while these are served. */
	while (write(fd, ports, (size_t)size) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < (size_t)size / sizeof *ports; i++) {
		if (find_vcpu(domain, ports[i], &vcpus[count]))
			count++;
	}
	return count;
}

bool xen_domain_notify(const struct xen_domain *domain, unsigned int vcpu)
{
	return xenevtchn_notify(domain->events, domain->ports[vcpu]) == 0;
}

/*
 * What the server has cannot be given to it again (EEXIST); one that is gone cannot be given anything. A host that is
 * short of something has not answered: a guest is not given up for that.
 */
bool xen_domain_is_alive(const struct xen_domain *domain)
{
	return map_ports(domain, XEN_DOMAIN_PORT, XEN_DOMAIN_PORT_LAST) || errno == ENOMEM || errno == EINTR ||
	       errno == EAGAIN;
}

void xen_domain_drop_mapping(struct xen_domain *domain)
{
	if (!domain->pages)
		return;
	xen_domain_tell_written(domain);
	xenforeignmemory_unmap(domain->memory, domain->pages, PAGES);
	domain->pages = NULL;
}

bool xen_domain_map(struct xen_domain *domain, uint32_t frame)
{
	xen_pfn_t frames[PAGES];
	int errors[PAGES] = { 0 };

	if (domain->pages && domain->frame == frame)
		return true;
	xen_domain_drop_mapping(domain);
	for (unsigned int i = 0; i < PAGES; i++)
		frames[i] = (xen_pfn_t)frame + i;
	domain->pages =
		xenforeignmemory_map(domain->memory, domain->domid, PROT_READ | PROT_WRITE, PAGES, frames, errors);
	domain->frame = frame;
	/* There is an address even where some of the pages are not behind it. */
	for (unsigned int i = 0; i < PAGES && domain->pages; i++) {
		if (errors[i])
			xen_domain_drop_mapping(domain);
	}
	return domain->pages != NULL;
}

void xen_domain_read(const struct xen_domain *domain, uint8_t *to, size_t offset, size_t size)
{
	memcpy(to, domain->pages + offset, size);
}

bool xen_domain_write(struct xen_domain *domain, uint32_t frame, const uint8_t *bytes, size_t size)
{
	const size_t head = MIN(size, sizeof(uint64_t));

	if (!xen_domain_map(domain, frame))
		return false;
	memcpy(domain->pages + head, bytes + head, size - head);
	atomic_thread_fence(memory_order_release);
	memcpy(domain->pages, bytes, head);
	domain->written = true;
	return true;
}

void xen_domain_tell_written(struct xen_domain *domain)
{
	if (domain->written)
		xendevicemodel_modified_memory(domain->model, domain->domid, domain->frame, PAGES);
	domain->written = false;
}
