/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/support/socket_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "efi/bytes.h"

#define FRAME_SIZE 4096
#define RETRY_MS 5

static bool fail(struct socket_client *sc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Always false, so that callers can return it. */
static bool fail(struct socket_client *sc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sc->error, sizeof sc->error, format, arguments);
	va_end(arguments);
	return false;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads or writes all of `size` bytes of the guest's memory at `offset`. */
static bool memory_write(struct socket_client *sc, const uint8_t *from, size_t size, off_t offset)
{
	while (size) {
		ssize_t n = pwrite(sc->memory, from, size, offset);

		if (n < 0)
			return fail(sc, "guest memory cannot be written: %s", strerror(errno));
		from += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}

static bool memory_read(struct socket_client *sc, uint8_t *to, size_t size, off_t offset)
{
	while (size) {
		ssize_t n = pread(sc->memory, to, size, offset);

		if (n <= 0)
			return fail(sc, "guest memory cannot be read: %s", n ? strerror(errno) : "it is too small");
		to += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}

bool socket_client_ring(struct socket_client *sc, uint32_t frame)
{
	uint8_t message[4];

	put_le32(message, frame);
	while (send(sc->socket, message, sizeof message, MSG_NOSIGNAL) < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			return fail(sc, "the daemon closed the connection");
		if (errno != EINTR)
			return fail(sc, "the request cannot be sent: %s", strerror(errno));
	}
	return true;
}

/* Waits until a message or the end of the connection can be read. */
static bool wait_readable(struct socket_client *sc)
{
	int64_t deadline = now_ms() + sc->timeout_ms;
	struct pollfd poll_fd = { .fd = sc->socket, .events = POLLIN };

	for (;;) {
		int64_t left = deadline - now_ms();
		int ready = poll(&poll_fd, 1, left > 0 ? (int)left : 0);

		if (ready > 0)
			return true;
		if (ready == 0)
			return fail(sc, "no answer from the daemon within %d ms", sc->timeout_ms);
		if (errno != EINTR)
			return fail(sc, "waiting for the daemon failed: %s", strerror(errno));
	}
}

bool socket_client_wait(struct socket_client *sc, uint32_t *frame)
{
	uint8_t message[8] = { 0 };
	ssize_t n;

	if (!wait_readable(sc))
		return false;
	n = recv(sc->socket, message, sizeof message, 0);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return fail(sc, "the daemon closed the connection");
	if (n < 0)
		return fail(sc, "the answer cannot be received: %s", strerror(errno));
	if (n != 4)
		return fail(sc, "the daemon sent a message of %zd bytes where a completion has 4", n);
	*frame = get_le32(message);
	return true;
}

static bool exchange(void *context, uint8_t *page)
{
	struct socket_client *sc = context;
	off_t offset = (off_t)sc->frame * FRAME_SIZE;
	uint32_t frame = 0;

	if (!memory_write(sc, page, sc->client.request_size, offset) || !socket_client_ring(sc, sc->frame) ||
	    !socket_client_wait(sc, &frame))
		return false;
	if (frame != sc->frame)
		return fail(sc, "the daemon completed frame %u where frame %u was asked for", frame, sc->frame);
	return memory_read(sc, page, UEFIVARS_PAGE_SIZE, offset);
}

/* The first message of a connection: "UVS1" and the memory. */
static bool send_greeting(struct socket_client *sc)
{
	char text[4] = { 'U', 'V', 'S', '1' };
	struct iovec iov = { .iov_base = text, .iov_len = sizeof text };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof control.space,
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof sc->memory);
	memcpy(CMSG_DATA(header), &sc->memory, sizeof sc->memory);
	while (sendmsg(sc->socket, &message, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return fail(sc, "the guest's memory cannot be handed over: %s", strerror(errno));
	}
	return true;
}

static bool connect_to(struct socket_client *sc, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);

	if (length >= sizeof address.sun_path)
		return fail(sc, "a socket's path has at most %zu bytes: %s", sizeof address.sun_path - 1, path);
	memcpy(address.sun_path, path, length);
	sc->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sc->socket < 0)
		return fail(sc, "no socket can be made: %s", strerror(errno));
	if (connect(sc->socket, (const struct sockaddr *)&address, sizeof address) < 0)
		return fail(sc, "%s: no daemon can be reached: %s", path, strerror(errno));
	return true;
}

/* Memory that others can map, under no name. */
static int make_memory(void)
{
	char path[] = "/dev/shm/uefistored-guest-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

bool socket_client_open(struct socket_client *sc, const char *path, uint32_t frame, int timeout_ms)
{
	memset(sc, 0, sizeof *sc);
	sc->client.exchange = exchange;
	sc->client.context = sc;
	sc->socket = -1;
	sc->frame = frame;
	sc->timeout_ms = timeout_ms;
	sc->memory = make_memory();
	if (sc->memory < 0 || ftruncate(sc->memory, (off_t)frame * FRAME_SIZE + UEFIVARS_PAGE_SIZE) < 0)
		fail(sc, "no guest memory can be made: %s", strerror(errno));
	else if (connect_to(sc, path) && send_greeting(sc))
		return true;
	socket_client_close(sc);
	return false;
}

bool socket_client_open_wait(struct socket_client *sc, const char *path, uint32_t frame, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;

	while (!socket_client_open(sc, path, frame, timeout_ms)) {
		if (now_ms() >= deadline)
			return false;
		usleep(RETRY_MS * 1000);
	}
	return true;
}

void socket_client_close(struct socket_client *sc)
{
	if (sc->socket >= 0)
		close(sc->socket);
	if (sc->memory >= 0)
		close(sc->memory);
	sc->socket = -1;
	sc->memory = -1;
}
