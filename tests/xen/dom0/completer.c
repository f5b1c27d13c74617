/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * completer DOMID: an IOREQ server at port 0x200 that completes every request of the first vCPU and looks at none. What
 * an exchange with it takes is the hypervisor's part and the wake-up; the rest is the daemon's. Ends with the domain.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include <xen/hvm/dm_op.h>
#include <xen/hvm/ioreq.h>

#define FIRST_PORT 0x200
#define LAST_PORT 0x203
#define LOOK_MS 500

struct server {
	uint16_t domain;
	volatile ioreq_t *request;
	xenevtchn_handle *channels;
	evtchn_port_t port;
};

static int failed(const char *what)
{
	fprintf(stderr, "completer: %s: %s\n", what, strerror(errno));
	return 1;
}

static int begin(struct server *server)
{
	xendevicemodel_handle *model = xendevicemodel_open(NULL, 0);
	xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
	void *page = NULL;
	ioservid_t id;
	int port;

	server->channels = xenevtchn_open(NULL, 0);
	if (!model || !memory || !server->channels)
		return failed("open");
	if (xendevicemodel_create_ioreq_server(model, server->domain, HVM_IOREQSRV_BUFIOREQ_OFF, &id))
		return failed("create_ioreq_server");
	if (!xenforeignmemory_map_resource(memory, server->domain, XENMEM_resource_ioreq_server, id,
					   XENMEM_resource_ioreq_server_frame_ioreq(0), 1, &page,
					   PROT_READ | PROT_WRITE, 0))
		return failed("map_resource");
	server->request = &((shared_iopage_t *)page)->vcpu_ioreq[0];
	if (xendevicemodel_map_io_range_to_ioreq_server(model, server->domain, id, 0, FIRST_PORT, LAST_PORT))
		return failed("map_io_range");
	if (xendevicemodel_set_ioreq_server_state(model, server->domain, id, 1))
		return failed("set_state");
	port = xenevtchn_bind_interdomain(server->channels, server->domain, server->request->vp_eport);
	if (port < 0)
		return failed("bind_interdomain");
	server->port = (evtchn_port_t)port;
	return 0;
}

static void complete(const struct server *server)
{
	if (server->request->state != STATE_IOREQ_READY)
		return;
	__sync_synchronize();
	server->request->state = STATE_IORESP_READY;
	xenevtchn_notify(server->channels, server->port);
}

static void serve(struct server *server)
{
	xc_interface *xen = xc_interface_open(NULL, NULL, 0);
	struct pollfd wait = { .fd = xenevtchn_fd(server->channels), .events = POLLIN };
	xenevtchn_port_or_error_t port;
	xc_dominfo_t info;

	for (;;) {
		if (poll(&wait, 1, LOOK_MS) > 0) {
			port = xenevtchn_pending(server->channels);
			if (port < 0)
				break;
			xenevtchn_unmask(server->channels, (evtchn_port_t)port);
			complete(server);
		} else if (xc_domain_getinfo(xen, server->domain, 1, &info) != 1 || info.domid != server->domain ||
			   info.dying) {
			break;
		}
	}
}

int main(int argc, char **argv)
{
	struct server server = { 0 };

	if (argc != 2) {
		fputs("completer: expected DOMID\n", stderr);
		return 2;
	}
	server.domain = (uint16_t)strtoul(argv[1], NULL, 10);
	if (begin(&server))
		return 1;
	fputs("completer: ready\n", stderr);
	serve(&server);
	return 0;
}
