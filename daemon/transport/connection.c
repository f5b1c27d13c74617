/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "file_io.h"
#include "log.h"
#include "watch.h"

#define FRAME_SIZE 4096
#define DOORBELL_SIZE 4
/* The most descriptors that Linux lets one message carry. */
#define DESCRIPTORS_MAX 253

static const char greeting[4] = { 'U', 'V', 'S', '1' };

struct connection {
	struct serve_request request; /* the one that is under way */
	struct serve *serve;
	void (*closed)(void *context, struct connection *connection);
	void *context;
	int fd;
	int memory; /* the guest's; -1 before the first message */
	guint source;
	GIOCondition watched;
	uint32_t frame;
	bool stopped; /* no more requests */
	bool serving; /* within serve_request() */
	bool pending; /* a request is not answered yet */
};

static struct log_limit unserved = { .what = "requests that could not be read" };
static struct log_limit unwritten = { .what = "responses that could not be written" };
static struct log_limit refused = { .what = "refused connections" };

static gboolean on_ready(gint fd, GIOCondition condition, gpointer pointer);

/* Waits for this, and for nothing else; 0: for nothing at all, the guest's next messages stay in the socket. */
static void watch(struct connection *connection, GIOCondition condition)
{
	if (connection->watched == condition)
		return;
	if (connection->source)
		g_source_remove(connection->source);
	connection->source = condition ? watch_fd(connection->fd, condition, on_ready, connection) : 0;
	connection->watched = condition;
}

/* Waits for the guest's next message. */
static void watch_next(struct connection *connection)
{
	watch(connection, connection->stopped ? 0 : G_IO_IN);
}

struct connection *connection_new(int fd, struct serve *serve,
				  void (*closed)(void *context, struct connection *connection), void *context)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->serve = serve;
	connection->closed = closed;
	connection->context = context;
	connection->fd = fd;
	connection->memory = -1;
	watch_next(connection);
	return connection;
}

void connection_stop(struct connection *connection)
{
	connection->stopped = true;
	if (connection->watched == G_IO_IN)
		watch_next(connection);
}

void connection_free(struct connection *connection)
{
	watch(connection, 0);
	if (connection->memory >= 0)
		close(connection->memory);
	close(connection->fd);
	g_free(connection);
}

static void end(struct connection *connection)
{
	connection->closed(connection->context, connection);
}

static void fault(const struct connection *connection, struct log_limit *limit, const char *what)
{
	log_limited(limit, LEVEL_WARNING, "frame 0x%x: %s: %s", connection->frame, what,
		    errno ? strerror(errno) : "not wholly inside the guest's memory");
}

static off_t frame_offset(const struct connection *connection)
{
	return (off_t)connection->frame * FRAME_SIZE;
}

/* serve_read: the context is a connection. False: it does not lie wholly inside the memory (errno 0) or fails. */
static bool read_bytes(void *context, uint8_t *to, size_t offset, size_t size)
{
	const struct connection *connection = context;

	return file_io_read_at(connection->memory, to, size, frame_offset(connection) + (off_t)offset);
}

static bool write_bytes(const struct connection *connection, const uint8_t *bytes, size_t size, off_t offset)
{
	return file_io_write_at(connection->memory, bytes, size, offset);
}

/* Sends the completion. EAGAIN means that the guest does not read: nothing more is read from it until it does. */
static void complete(struct connection *connection)
{
	uint8_t message[DOORBELL_SIZE];
	ssize_t n;

	put_le32(message, connection->frame);
	do {
		n = send(connection->fd, message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		watch_next(connection);
	else if (errno == EAGAIN)
		watch(connection, G_IO_OUT);
	else
		end(connection);
}

/*
 * The status, in the first 8 bytes, is written last: a guest that looks too early does not find it in front of half a
 * response.
 */
static void on_answered(struct serve_request *request, const uint8_t *page, size_t size)
{
	struct connection *connection = (struct connection *)request;
	const size_t head = MIN(size, sizeof(uint64_t));
	off_t offset = frame_offset(connection);

	if (!write_bytes(connection, page + head, size - head, offset + (off_t)head) ||
	    !write_bytes(connection, page, head, offset))
		fault(connection, &unwritten, "the response cannot be written");
	connection->pending = false;
	if (!connection->serving)
		complete(connection);
}

static void serve_frame(struct connection *connection)
{
	uint8_t *page = serve_page(connection->serve), last;

	/* All of the pages must be there, also where the request does not need them. */
	if (!read_bytes(connection, &last, UEFIVARS_PAGE_SIZE - 1, 1) ||
	    (page && !serve_copy(connection->serve, read_bytes, connection))) {
		fault(connection, &unserved, "nothing was served");
		complete(connection);
		return;
	}
	connection->request.answered = on_answered;
	if (!page) {
		errno = ENOMEM;
		fault(connection, &unserved, "not served");
		connection->serving = true;
		on_answered(&connection->request, serve_no_page, sizeof serve_no_page);
		connection->serving = false;
		complete(connection);
		return;
	}
	connection->pending = true;
	connection->serving = true;
	serve_request(connection->serve, &connection->request);
	connection->serving = false;
	if (!connection->pending)
		complete(connection);
}

static void on_doorbell(struct connection *connection)
{
	uint8_t message[DOORBELL_SIZE + 1];
	ssize_t n = recv(connection->fd, message, sizeof message, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != DOORBELL_SIZE) {
		if (n > 0)
			log_limited(&refused, LEVEL_WARNING, "a connection is closed: a doorbell has 4 bytes");
		end(connection);
		return;
	}
	connection->frame = get_le32(message);
	serve_frame(connection);
}

/* Takes the descriptors out of a message: the only one goes to *fd, and any others are closed. Returns their number. */
static size_t take_descriptors(struct msghdr *message, int *fd)
{
	size_t count = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= header->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int descriptor;

			memcpy(&descriptor, CMSG_DATA(header) + at, sizeof descriptor);
			if (count++ == 0)
				*fd = descriptor;
			else
				close(descriptor);
		}
	}
	return count;
}

/* Memory can be read and written at any place, without blocking: a memfd, or a file that is mapped by an emulator. */
static bool is_memory(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static void on_greeting(struct connection *connection)
{
	char text[sizeof greeting + 1];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof text };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	ssize_t n = recvmsg(connection->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd = -1;
	size_t descriptors;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	descriptors = n < 0 ? 0 : take_descriptors(&message, &fd);
	if (n == sizeof greeting && memcmp(text, greeting, sizeof greeting) == 0 && descriptors == 1 &&
	    !(message.msg_flags & MSG_CTRUNC) && is_memory(fd)) {
		connection->memory = fd;
		log_write(LEVEL_DEBUG, "a guest has connected");
		return;
	}
	if (fd >= 0)
		close(fd);
	if (n > 0)
		log_limited(&refused, LEVEL_WARNING,
			    "a connection is closed: its first message is not UVS1 with the "
			    "guest's memory as its only descriptor");
	end(connection);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer pointer)
{
	struct connection *connection = pointer;

	(void)fd;
	(void)condition;
	if (connection->watched == G_IO_OUT)
		complete(connection);
	else if (connection->pending)
		watch(connection, 0); /* what the guest sends now has to wait, or it has gone */
	else if (connection->memory < 0)
		on_greeting(connection);
	else
		on_doorbell(connection);
	/* watch() and end() remove the source where it has to go. */
	return G_SOURCE_CONTINUE;
}

void connection_log_end(void)
{
	log_limit_end(&unserved);
	log_limit_end(&unwritten);
	log_limit_end(&refused);
}
