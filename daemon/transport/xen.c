/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Xen transport: a vCPU that writes a page frame number to port 0x100 stops, its slot in the IOREQ server's page
 * says so, and it goes on when the slot says that it was answered.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>

#include <xen/hvm/ioreq.h>

#include "daemon/signals.h"
#include "daemon/transport/publisher.h"
#include "daemon/transport/transport.h"
#include "daemon/transport/xen_domain.h"
#include "daemon/transport/xenstore.h"
#include "error.h"
#include "log.h"
#include "watch.h"

/* What a port has that nobody serves. */
#define NOTHING UINT64_MAX
#define DOORBELL_SIZE 4
/* So many times events are taken before other things have their turn, and so long the next one is waited for. */
#define BURST 32
#define BURST_WAIT_MS 1
/*
 * How often we look whether the domain is still there while it asks for nothing. Until then it cannot end for good: our
 * mapping holds some of its pages.
 */
#define ALIVE_SECONDS 5

struct xen_transport;

struct vcpu {
	struct serve_request request;
	struct xen_transport *transport;
	unsigned int index;
	uint32_t frame; /* of the request that is being served */
};

struct xen_transport {
	struct transport base;
	uint32_t domid;
	pid_t pid;
	uint8_t nonce[STATE_NONCE_SIZE];
	struct publisher *publisher; /* NULL: there is no Xenstore */
	struct xen_domain *domain;
	struct state *state; /* NULL: there is none, and no one could take over */
	bool keep_server;    /* when it is closed: another daemon will adopt it */
	bool keep_at_end;    /* the same, once it has served */
	struct serve *serve;
	struct vcpu *vcpus;
	uint8_t head[STATE_REQUEST_SIZE]; /* of the request that was read last: who waits for a response needs none */
	guint events;
	int timer; /* for `alive`: a timeout of the main loop would have it ask for the time with each event */
	guint alive;
};

static struct log_limit unserved = { .what = "frames that could not be read" };
static struct log_limit unwritten = { .what = "responses that could not be written" };
static struct log_limit strange = { .what = "strange accesses to the ports" };

static volatile struct ioreq *slot_of(const struct vcpu *vcpu)
{
	return xen_domain_slot(vcpu->transport->domain, vcpu->index);
}

static void end_with_domain(struct xen_transport *transport)
{
	transport->base.ended = true;
	log_write(LEVEL_INFO, "domain %u has ended", transport->domid);
	signals_end();
}

/* The vCPU goes on. */
static void complete(const struct vcpu *vcpu)
{
	/* All of the answer is there before the slot says so. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	slot_of(vcpu)->state = STATE_IORESP_READY;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!xen_domain_notify(vcpu->transport->domain, vcpu->index) && !xen_domain_is_alive(vcpu->transport->domain))
		end_with_domain(vcpu->transport);
}

static void write_response(const struct vcpu *vcpu, const uint8_t *bytes, size_t size)
{
	if (!xen_domain_write(vcpu->transport->domain, vcpu->frame, bytes, size))
		log_limited(&unwritten, LEVEL_WARNING,
			    "frame 0x%x: the response cannot be written: the guest has given up the page", vcpu->frame);
}

static void on_answered(struct serve_request *request, const uint8_t *page, size_t size)
{
	struct vcpu *vcpu = (struct vcpu *)request;
	const struct xen_transport *transport = vcpu->transport;

	if (transport->state)
		state_answer(transport->state, vcpu->index, serve_uefivars(transport->serve), transport->head, page,
			     size);
	write_response(vcpu, page, size);
	complete(vcpu);
}

static void on_port_written(struct serve_request *request, const uint8_t *page, size_t size)
{
	struct vcpu *vcpu = (struct vcpu *)request;

	(void)page;
	(void)size;
	if (vcpu->transport->state)
		state_keep(vcpu->transport->state, serve_uefivars(vcpu->transport->serve));
	complete(vcpu);
}

/* serve_read: the context is a struct xen_transport, the pages are mapped. */
static bool read_bytes(void *context, uint8_t *to, size_t offset, size_t size)
{
	const struct xen_transport *transport = context;

	xen_domain_read(transport->domain, to, offset, size);
	return true;
}

/* A port write cannot fail: where there is no request nothing is served. */
static void serve_frame(struct vcpu *vcpu, uint32_t frame)
{
	struct xen_transport *transport = vcpu->transport;
	const uint8_t *page = serve_page(transport->serve);
	size_t size;

	vcpu->frame = frame;
	if (!xen_domain_map(transport->domain, frame)) {
		log_limited(&unserved, LEVEL_WARNING, "frame 0x%x: the guest has no 16 pages there: nothing was served",
			    frame);
		complete(vcpu);
		return;
	}
	if (!page) {
		log_limited(&unserved, LEVEL_WARNING, "frame 0x%x: not served: out of memory", frame);
		write_response(vcpu, serve_no_page, sizeof serve_no_page);
		complete(vcpu);
		return;
	}
	size = serve_copy(transport->serve, read_bytes, transport);
	if (transport->state)
		memcpy(transport->head, page, MIN(size, sizeof transport->head));
	vcpu->request.answered = on_answered;
	serve_request(transport->serve, &vcpu->request);
}

/* Every shape of access is completed; what the firmware does is served. Returns false where it is completed later. */
static bool serve_port(struct vcpu *vcpu, const struct ioreq *request)
{
	bool doorbell = request->addr < XEN_DOMAIN_PPI;
	uint16_t port = (uint16_t)request->addr;

	/* A repeated access (rep ins, rep outs): nobody means it. The guest's memory stays as it is. */
	if (request->data_is_ptr || request->count > 1) {
		log_limited(&strange, LEVEL_DEBUG, "port 0x%x: a repeated access, which does nothing", port);
		return true;
	}
	if (request->dir == IOREQ_READ) {
		slot_of(vcpu)->data =
			doorbell ? NOTHING :
				   uefivars_ppi_read(serve_uefivars(vcpu->transport->serve), port, request->size);
		return true;
	}
	if (doorbell && (port != XEN_DOMAIN_PORT || request->size != DOORBELL_SIZE)) {
		log_limited(&strange, LEVEL_DEBUG, "port 0x%x: a write of %u bytes, which does nothing", port,
			    request->size);
		return true;
	}
	if (doorbell) {
		serve_frame(vcpu, (uint32_t)request->data);
		return false;
	}
	vcpu->request.answered = on_port_written;
	serve_port_write(vcpu->transport->serve, &vcpu->request, port, request->size, (uint32_t)request->data);
	return false;
}

static void serve_slot(struct vcpu *vcpu)
{
	volatile struct ioreq *slot = slot_of(vcpu);
	struct ioreq request;
	bool done = true;

	/* Read once: what is done follows from this copy alone. */
	request = *slot;
	if (vcpu->transport->state)
		state_take(vcpu->transport->state, vcpu->index);
	slot->state = STATE_IOREQ_INPROCESS;
	switch (request.type) {
	case IOREQ_TYPE_PIO:
		done = serve_port(vcpu, &request);
		break;
	case IOREQ_TYPE_INVALIDATE:
		xen_domain_drop_mapping(vcpu->transport->domain);
		break;
	default:
		/* Of no range that we have asked for. */
		if (request.dir == IOREQ_READ && !request.data_is_ptr)
			slot->data = NOTHING;
	}
	if (done)
		complete(vcpu);
}

static void look_at_slot(struct vcpu *vcpu)
{
	if (slot_of(vcpu)->state != STATE_IOREQ_READY)
		return;
	/* The rest of the slot is read after its state. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	serve_slot(vcpu);
}

/*
 * The daemon before us was killed while it served this vCPU. What it had answered is answered that way: the request may
 * no longer stand in the guest's memory, and a write must not be made twice.
 */
static void finish(struct vcpu *vcpu)
{
	struct xen_transport *transport = vcpu->transport;
	volatile struct ioreq *slot = slot_of(vcpu);
	enum state_left left = STATE_UNANSWERED;
	const uint8_t *bytes = NULL;
	size_t size = 0;

	vcpu->frame = (uint32_t)slot->data;
	if (transport->state && slot->type == IOREQ_TYPE_PIO && slot->dir == IOREQ_WRITE &&
	    slot->addr == XEN_DOMAIN_PORT)
		left = state_left(transport->state, vcpu->index, &bytes, &size);
	if (left == STATE_RESPONSE) {
		write_response(vcpu, bytes, size);
		complete(vcpu);
	} else if (left == STATE_REQUEST && serve_page(transport->serve)) {
		uint8_t *page = serve_page(transport->serve);

		memset(page, 0, UEFIVARS_PAGE_SIZE);
		memcpy(page, bytes, size);
		memcpy(transport->head, bytes, size);
		vcpu->request.answered = on_answered;
		serve_request(transport->serve, &vcpu->request);
	} else {
		serve_slot(vcpu);
	}
}

static void serve_events(struct xen_transport *transport)
{
	unsigned int vcpus[XEN_DOMAIN_EVENTS];
	size_t count = xen_domain_take_events(transport->domain, vcpus);

	for (size_t i = 0; i < count; i++)
		look_at_slot(&transport->vcpus[vcpus[i]]);
}

/* Firmware asks for one variable after the other: the next request is often there before the main loop would be. */
static bool has_next_event(struct xen_transport *transport)
{
	struct pollfd events = { .fd = xen_domain_fd(transport->domain), .events = POLLIN };

	return !serve_is_waiting(transport->serve) && !transport->base.ended && poll(&events, 1, BURST_WAIT_MS) > 0;
}

static gboolean on_events(gint fd, GIOCondition condition, gpointer pointer)
{
	struct xen_transport *transport = pointer;

	(void)fd;
	(void)condition;
	for (int i = 0; i < BURST; i++) {
		serve_events(transport);
		if (!has_next_event(transport))
			break;
	}
	return G_SOURCE_CONTINUE;
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer pointer)
{
	struct xen_transport *transport = pointer;
	uint64_t count;

	(void)condition;
	if (read(fd, &count, sizeof count) < 0)
		return G_SOURCE_CONTINUE;
	xen_domain_tell_written(transport->domain);
	if (xen_domain_is_alive(transport->domain))
		return G_SOURCE_CONTINUE;
	end_with_domain(transport);
	transport->alive = 0;
	return G_SOURCE_REMOVE;
}

/* The server of this life of the domain, left by another daemon: *running tells whether its state is whole. */
static bool adopt(struct xen_transport *transport, bool *running)
{
	struct state_identity identity;
	size_t size;

	if (!transport->state || !state_find(transport->state, &identity) || identity.domid != transport->domid ||
	    memcmp(identity.nonce, transport->nonce, sizeof identity.nonce) != 0 ||
	    !xen_domain_adopt_server(transport->domain, identity.server))
		return false;
	*running = state_blob(transport->state, &size) != NULL;
	return true;
}

static bool prepare_state(const struct xen_transport *transport, bool adopted, GError **error)
{
	unsigned int vcpus = xen_domain_vcpus(transport->domain);
	struct state_identity identity = { .domid = transport->domid };

	if (!transport->state)
		return true;
	if (adopted)
		return state_continue(transport->state, vcpus, error);
	identity.server = xen_domain_server(transport->domain);
	memcpy(identity.nonce, transport->nonce, sizeof identity.nonce);
	return state_begin(transport->state, &identity, vcpus, error);
}

static bool start_timer(struct xen_transport *transport, GError **error)
{
	const struct timespec seconds = { .tv_sec = ALIVE_SECONDS };
	const struct itimerspec often = { seconds, seconds };

	transport->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return (transport->timer >= 0 && timerfd_settime(transport->timer, 0, &often, NULL) == 0) ||
	       error_set(error, EXIT_FAILED, "no timer can be made: %s", strerror(errno));
}

static bool claim(struct transport *base, struct state *state, bool keep, bool *running, GError **error)
{
	struct xen_transport *transport = (struct xen_transport *)base;
	bool adopted;

	transport->state = state;
	adopted = adopt(transport, running);
	/* A start that fails leaves the guest waiting for the next one, as it found it. */
	transport->keep_server = adopted;
	if (!adopted && !xen_domain_create_server(transport->domain, error))
		return false;
	if (!xen_domain_bind(transport->domain, error) || !prepare_state(transport, adopted, error) ||
	    !start_timer(transport, error))
		return false;
	transport->keep_at_end = keep;
	if (adopted)
		log_write(LEVEL_INFO, "domain %u: goes on where the last daemon was killed%s", transport->domid,
			  *running ? "" : ", without its volatile variables: the state file is not whole");
	return true;
}

static bool start(struct transport *base, struct serve *serve, GError **error)
{
	struct xen_transport *transport = (struct xen_transport *)base;
	unsigned int vcpus = xen_domain_vcpus(transport->domain);

	transport->serve = serve;
	if (transport->state)
		state_keep(transport->state, serve_uefivars(serve));
	transport->vcpus = g_new0(struct vcpu, vcpus);
	for (unsigned int i = 0; i < vcpus; i++) {
		struct vcpu *vcpu = &transport->vcpus[i];

		vcpu->transport = transport;
		vcpu->index = i;
		/* One that is READY has its event, as each channel that was bound has. */
		if (slot_of(vcpu)->state == STATE_IOREQ_INPROCESS)
			finish(vcpu);
		else if (slot_of(vcpu)->state == STATE_IORESP_READY)
			xen_domain_notify(transport->domain, i);
	}
	transport->events = watch_fd(xen_domain_fd(transport->domain), G_IO_IN, on_events, transport);
	transport->alive = watch_fd(transport->timer, G_IO_IN, on_timer, transport);
	transport->keep_server = transport->keep_at_end;
	return !transport->publisher || publisher_publish(transport->publisher, error);
}

static void stop(struct transport *base)
{
	struct xen_transport *transport = (struct xen_transport *)base;

	if (transport->events)
		g_source_remove(transport->events);
	if (transport->alive) {
		g_source_remove(transport->alive);
		/* Who tells us to end may do so because the domain has: nothing is left for a later one then. */
		transport->base.ended = transport->base.ended || !xen_domain_is_alive(transport->domain);
	}
	transport->events = 0;
	transport->alive = 0;
	if (transport->domain)
		xen_domain_tell_written(transport->domain);
}

static void close_transport(struct transport *base)
{
	struct xen_transport *transport = (struct xen_transport *)base;

	stop(base);
	if (!transport->keep_server && transport->domain) {
		xen_domain_destroy_server(transport->domain);
		/* Another program may get the number: nobody is to take its server for ours. */
		if (transport->state && state_is_written(transport->state))
			state_discard(transport->state);
	}
	xen_domain_close(transport->domain);
	publisher_free(transport->publisher);
	log_limit_end(&unserved);
	log_limit_end(&unwritten);
	log_limit_end(&strange);
	if (transport->timer >= 0)
		close(transport->timer);
	g_free(transport->vcpus);
	g_free(transport);
}

/* The helper's work: Xenstore is out of our reach by then. */
static bool say_ready(void *context, bool wanted, GError **error)
{
	const struct xen_transport *transport = context;

	return !wanted || xenstore_say_ready(transport->domid, (uint32_t)transport->pid, error);
}

static bool open_all(struct xen_transport *transport, struct options *options, GError **error)
{
	GError *wrong = NULL;

	if (xenstore_read(transport->domid, options, transport->nonce, &wrong)) {
		transport->publisher = publisher_start(say_ready, transport, error);
		if (!transport->publisher)
			return false;
	} else if (wrong) {
		g_propagate_error(error, wrong);
		return false;
	} else {
		log_write(LEVEL_WARNING, "there is no Xenstore on this host: nobody is told when we are ready");
	}
	transport->domain = xen_domain_open(transport->domid, error);
	return transport->domain != NULL;
}

struct transport *transport_xen_new(struct options *options, GError **error)
{
	struct xen_transport *transport = g_new0(struct xen_transport, 1);

	transport->base = (struct transport){ .claim = claim, .start = start, .stop = stop, .close = close_transport };
	transport->pid = getpid();
	transport->timer = -1;
	transport->domid = (uint32_t)options->domid;
	if (open_all(transport, options, error))
		return &transport->base;
	close_transport(&transport->base);
	return NULL;
}
