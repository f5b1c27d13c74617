/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's side: what a lying or silent daemon does to it. (What it asks and how is shown against the real one.) */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "efi/bytes.h"
#include "tests/support/check.h"
#include "tools/support/socket_client.h"

static const struct efi_guid guid = { { 1, 2, 3 } };
static const uint8_t name[] = { 'N', 0 };

/* ---- A daemon that answers what the test says ---- */

struct answer {
	struct client client;
	uint8_t bytes[64]; /* what the page begins with after the exchange */
	size_t requests;
	size_t request_size;
	bool broken; /* the transport fails */
};

static bool answer_exchange(void *context, uint8_t *page)
{
	struct answer *answer = context;

	answer->requests++;
	answer->request_size = answer->client.request_size;
	if (answer->broken)
		return false;
	memcpy(page, answer->bytes, sizeof answer->bytes);
	return true;
}

static struct answer *answer_new(uint64_t status)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->client.exchange = answer_exchange;
	answer->client.context = answer;
	put_le64(answer->bytes, status);
	return answer;
}

static uint64_t get(struct answer *answer, struct client_value *value)
{
	return client_get(&answer->client, name, sizeof name, &guid, UEFIVARS_PAGE_SIZE, value);
}

static void test_get_size(void)
{
	struct answer *answer = answer_new(EFI_SUCCESS);
	struct client_value value;

	put_le32(answer->bytes + 8, 7);
	put_le64(answer->bytes + 12, UEFIVARS_PAGE_SIZE - 20);
	check_status(get(answer, &value), EFI_SUCCESS);
	g_assert_cmpuint(value.data_size, ==, UEFIVARS_PAGE_SIZE - 20);
	g_assert_true(value.data + value.data_size == answer->client.page + UEFIVARS_PAGE_SIZE);
	put_le64(answer->bytes + 12, UEFIVARS_PAGE_SIZE - 19);
	check_status(get(answer, &value), CLIENT_NO_ANSWER);
	put_le64(answer->bytes + 12, UINT64_MAX);
	check_status(get(answer, &value), CLIENT_NO_ANSWER);
	g_assert_null(value.data);
	g_free(answer);
}

/* An unanswered request reads as itself: version 1 and a command number are no status. */
static void test_no_response(void)
{
	struct answer *answer = answer_new(UINT64_C(0x0000000100000001));
	struct client_value value;

	check_status(get(answer, &value), CLIENT_NO_ANSWER);
	put_le64(answer->bytes, EFI_DEVICE_ERROR);
	check_status(get(answer, &value), EFI_DEVICE_ERROR);
	answer->broken = true;
	check_status(get(answer, &value), CLIENT_NO_ANSWER);
	g_free(answer);
}

static void test_next_name(void)
{
	struct answer *answer = answer_new(EFI_SUCCESS);
	uint8_t room[4] = { 0 };
	struct efi_guid next = guid;
	size_t size = 0;

	put_le64(answer->bytes + 8, 4);
	memcpy(answer->bytes + 16, "a\0b\0", 4);
	memset(answer->bytes + 20, 0x5a, sizeof next.bytes);
	check_status(client_next(&answer->client, room, &size, sizeof room, &next, NULL), EFI_SUCCESS);
	check_bytes(room, size, "a\0b\0", 4);
	g_assert_cmpuint(next.bytes[15], ==, 0x5a);
	put_le64(answer->bytes + 8, 6);
	check_status(client_next(&answer->client, room, &size, sizeof room, &next, NULL), CLIENT_NO_ANSWER);
	put_le64(answer->bytes + 8, UINT64_MAX);
	check_status(client_next(&answer->client, room, &size, SIZE_MAX, &next, NULL), CLIENT_NO_ANSWER);
	g_assert_cmpuint(size, ==, 4);
	g_free(answer);
}

/* 45 bytes are needed besides name and data. */
static void test_set_that_does_not_fit(void)
{
	struct answer *answer = answer_new(EFI_SUCCESS);
	const size_t most = UEFIVARS_PAGE_SIZE - 45 - sizeof name;
	uint8_t *data = g_malloc0(most + 1);

	check_status(client_set(&answer->client, name, sizeof name, &guid, 7, data, most), EFI_SUCCESS);
	g_assert_cmpuint(answer->request_size, ==, UEFIVARS_PAGE_SIZE);
	check_status(client_set(&answer->client, name, sizeof name, &guid, 7, data, most + 1), CLIENT_NO_ANSWER);
	check_status(client_set(&answer->client, name, sizeof name, &guid, 7, data, SIZE_MAX), CLIENT_NO_ANSWER);
	g_assert_cmpuint(answer->requests, ==, 1);
	g_free(data);
	g_free(answer);
}

/* ---- A socket whose other end misbehaves ---- */

struct peer {
	char *directory;
	char *path;
	int listener;
	struct socket_client sc;
	int connection;
};

static void peer_start(struct peer *peer, uint32_t frame, int timeout_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	peer->directory = g_dir_make_tmp("client-XXXXXX", NULL);
	peer->path = g_build_filename(peer->directory, "socket", NULL);
	g_assert_cmpuint(g_strlcpy(address.sun_path, peer->path, sizeof address.sun_path), <, sizeof address.sun_path);
	peer->listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	g_assert_cmpint(bind(peer->listener, (const struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(peer->listener, 1), ==, 0);
	g_assert_true(socket_client_open(&peer->sc, peer->path, frame, timeout_ms));
	peer->connection = accept(peer->listener, NULL, NULL);
	g_assert_cmpint(peer->connection, >=, 0);
}

static void peer_end(struct peer *peer)
{
	socket_client_close(&peer->sc);
	close(peer->connection);
	close(peer->listener);
	g_unlink(peer->path);
	g_rmdir(peer->directory);
	g_free(peer->path);
	g_free(peer->directory);
}

/* What comes of a request where the other end has sent this beforehand. */
static void check_error(struct peer *peer, const void *sent, size_t size, const char *error)
{
	struct client_space space;

	if (size)
		g_assert_cmpint(send(peer->connection, sent, size, 0), ==, (ssize_t)size);
	check_status(client_query(&peer->sc.client, 7, &space), CLIENT_NO_ANSWER);
	g_assert_cmpstr(peer->sc.error, ==, error);
}

static void test_greeting(void)
{
	static struct peer peer;
	char text[16], control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	const struct cmsghdr *header;
	int memory;

	peer_start(&peer, 3, 1000);
	g_assert_cmpint(recvmsg(peer.connection, &message, 0), ==, 4);
	g_assert_cmpint(memcmp(text, "UVS1", 4), ==, 0);
	header = CMSG_FIRSTHDR(&message);
	g_assert_true(header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof memory));
	memcpy(&memory, CMSG_DATA(header), sizeof memory);
	g_assert_cmpint(lseek(memory, 0, SEEK_END), ==, 3 * 4096 + UEFIVARS_PAGE_SIZE);
	close(memory);
	peer_end(&peer);
}

static void test_silence(void)
{
	static struct peer peer;

	peer_start(&peer, 0, 20);
	check_error(&peer, NULL, 0, "no answer from the daemon within 20 ms");
	peer_end(&peer);
}

static void test_closed(void)
{
	static struct peer peer;

	peer_start(&peer, 0, 1000);
	shutdown(peer.connection, SHUT_RDWR);
	check_error(&peer, NULL, 0, "the daemon closed the connection");
	peer_end(&peer);
}

static void test_wrong_completion(void)
{
	static struct peer peer;
	static const uint8_t short_one[3] = { 7 }, long_one[5] = { 7 }, other_frame[4] = { 8 };

	peer_start(&peer, 7, 1000);
	check_error(&peer, short_one, sizeof short_one,
		    "the daemon sent a message of 3 bytes where a completion has 4");
	check_error(&peer, long_one, sizeof long_one, "the daemon sent a message of 5 bytes where a completion has 4");
	check_error(&peer, other_frame, sizeof other_frame, "the daemon completed frame 8 where frame 7 was asked for");
	peer_end(&peer);
}

/* The whole exchange at the last frame that a doorbell can name. Only the request is written, all of the pages is read.
 */
static void test_last_frame(void)
{
	static struct peer peer;
	static const uint8_t completion[4] = { 0xff, 0xff, 0xff, 0xff };
	struct client_space space;
	uint8_t before[16];

	peer_start(&peer, UINT32_MAX, 1000);
	memset(before, 42, sizeof before);
	g_assert_cmpint(pwrite(peer.sc.memory, before, sizeof before, (off_t)UINT32_MAX * 4096), ==, sizeof before);
	g_assert_cmpint(send(peer.connection, completion, sizeof completion, 0), ==, sizeof completion);
	check_status(client_query(&peer.sc.client, 7, &space), CLIENT_NO_ANSWER);
	/* Nobody answered: the request itself, 12 bytes, is what came back. */
	g_assert_cmpuint(get_le32(peer.sc.client.page), ==, 1);
	g_assert_cmpuint(get_le32(peer.sc.client.page + 8), ==, 7);
	g_assert_cmpuint(get_le32(peer.sc.client.page + 12), ==, 0x2a2a2a2a);
	peer_end(&peer);
}

static void test_nobody_there(void)
{
	static struct socket_client sc;
	char *directory = g_dir_make_tmp("client-XXXXXX", NULL);
	char *path = g_build_filename(directory, "socket", NULL), *error;

	g_assert_false(socket_client_open(&sc, path, 0, 1000));
	error = g_strdup_printf("%s: no daemon can be reached: %s", path, g_strerror(ENOENT));
	g_assert_cmpstr(sc.error, ==, error);
	g_assert_false(socket_client_open_wait(&sc, path, 0, 20));
	socket_client_close(&sc);
	g_rmdir(directory);
	g_free(error);
	g_free(path);
	g_free(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/client/get-size", test_get_size);
	g_test_add_func("/client/no-response", test_no_response);
	g_test_add_func("/client/next-name", test_next_name);
	g_test_add_func("/client/set-that-does-not-fit", test_set_that_does_not_fit);
	g_test_add_func("/socket-client/greeting", test_greeting);
	g_test_add_func("/socket-client/silence", test_silence);
	g_test_add_func("/socket-client/closed", test_closed);
	g_test_add_func("/socket-client/wrong-completion", test_wrong_completion);
	g_test_add_func("/socket-client/last-frame", test_last_frame);
	g_test_add_func("/socket-client/nobody-there", test_nobody_there);
	return g_test_run();
}
