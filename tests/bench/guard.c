/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/machine.h"

#define REQUEST_ROOM (1u << 20)
#define HEAD_SIZE 512
#define LENGTH "Content-Length: "

#define ANSWER(value)                                                                                                  \
	"<?xml version=\"1.0\"?><methodResponse><params><param><value><struct><member><name>Status</name>"             \
	"<value>Success</value></member><member><name>Value</name>" value                                              \
	"</member></struct></value></param></params></methodResponse>"

/* What a method is answered; one that is not here returns nothing. */
static const struct {
	const char *method, *body;
} answers[] = {
	{ "VM.get_NVRAM<", ANSWER("<value><struct></struct></value>") },
	{ "VM.get_secureboot_certificates_state<", ANSWER("<value>ok</value>") },
	{ "", ANSWER("<value></value>") },
};

/* Reads one request; returns its size, 0 where the other side ended before its end. */
static size_t read_request(int connection, char *request)
{
	size_t size = 0, whole = 0;

	while (whole == 0 || size < whole) {
		ssize_t n = recv(connection, request + size, REQUEST_ROOM - 1 - size, 0);
		const char *body, *length;

		if (n <= 0)
			return 0;
		size += (size_t)n;
		request[size] = '\0';
		if (whole)
			continue;
		body = strstr(request, "\r\n\r\n");
		length = strstr(request, LENGTH);
		if (body && length)
			whole = (size_t)(body + 4 - request) + strtoul(length + strlen(LENGTH), NULL, 10);
	}
	return size;
}

static void answer(int connection, const char *request)
{
	char response[1024];
	size_t i = 0;
	int size;

	/* The method stands near the start; behind it may be 90 KB of text. */
	while (!memmem(request, strnlen(request, HEAD_SIZE), answers[i].method, strlen(answers[i].method)))
		i++;
	size = snprintf(response, sizeof response, "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n%s",
			strlen(answers[i].body), answers[i].body);
	(void)send(connection, response, (size_t)size, MSG_NOSIGNAL);
}

/* The longest text between two tags. */
static size_t longest_text(const char *xml)
{
	size_t longest = 0;

	for (const char *at = strchr(xml, '>'); at; at = strchr(at, '>')) {
		size_t size = strcspn(++at, "<");

		if (size > longest)
			longest = size;
		at += size;
	}
	return longest;
}

static void serve(int listener, volatile struct guard_counts *counts)
{
	static char request[REQUEST_ROOM];

	for (;;) {
		int connection = accept(listener, NULL, NULL);
		size_t size = connection < 0 ? 0 : read_request(connection, request);

		if (size) {
			answer(connection, request);
			counts->bytes = size;
			counts->text = longest_text(request);
			counts->calls++;
		}
		close(connection);
	}
}

void guard_start(struct guard *guard, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	guard->counts = mmap(NULL, sizeof *guard->counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (guard->counts == MAP_FAILED || listener < 0 ||
	    bind(listener, (const struct sockaddr *)&address, sizeof address) || listen(listener, 2))
		die("%s: %s", path, strerror(errno));
	guard->pid = fork();
	if (guard->pid < 0)
		die("fork: %s", strerror(errno));
	if (guard->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, guard->counts);
	}
	close(listener);
}

void guard_stop(struct guard *guard)
{
	kill(guard->pid, SIGKILL);
	waitpid(guard->pid, NULL, 0);
	munmap((void *)guard->counts, sizeof *guard->counts);
}
