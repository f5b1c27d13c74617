/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libxl sees of QEMU, without a machine behind it: `-xen-domid N` and the QMP socket of `-chardev` are taken from
 * the command line, Xenstore is told that it runs, and each QMP command is answered with as much as libxl wants to
 * hear. The tests' HVM guests use no emulated device.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>

static const char greeting[] = "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, \"micro\": 0}, "
			       "\"package\": \"\"}, \"capabilities\": []}}\r\n";

static int failed(const char *what)
{
	fprintf(stderr, "device-model: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The argument behind an option, or the first one that has `part` in it. */
static const char *find_argument(char **argv, const char *option, const char *part)
{
	for (; *argv; argv++) {
		if (option && strcmp(*argv, option) == 0)
			return argv[1];
		if (part && strstr(*argv, part))
			return strstr(*argv, part) + strlen(part);
	}
	return NULL;
}

static int listen_at(const char *path, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (length >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, length);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, 4))
		return -1;
	return fd;
}

static bool say_running(const char *domain)
{
	struct xs_handle *store = xs_open(0);
	char path[64];
	bool said;

	snprintf(path, sizeof path, "/local/domain/0/device-model/%s/state", domain);
	said = store && xs_write(store, XBT_NULL, path, "running", strlen("running"));
	xs_close(store);
	return said;
}

/* Answers what one line asks; the id of the question stands in it as "id": N. */
static void answer(FILE *to, const char *line)
{
	const char *id = strstr(line, "\"id\":");
	const bool list = strstr(line, "query-chardev") != NULL;

	fprintf(to, "{\"return\": %s, \"id\": %ld}\r\n", list ? "[]" : "{}",
		id ? strtol(id + strlen("\"id\":"), NULL, 10) : 0);
	fflush(to);
}

static void talk(int fd)
{
	FILE *stream = fdopen(fd, "r+");
	char line[4096];

	if (!stream)
		return;
	fputs(greeting, stream);
	fflush(stream);
	while (fgets(line, sizeof line, stream)) {
		fseek(stream, 0, SEEK_CUR);
		answer(stream, line);
	}
	fclose(stream);
}

int main(int argc, char **argv)
{
	const char *domain = find_argument(argv, "-xen-domid", NULL);
	const char *path = find_argument(argv, NULL, "id=libxl-cmd,path=");
	int listener;
	int fd;

	if (argc < 2 || !domain || !path)
		return failed("expected -xen-domid and -chardev socket,id=libxl-cmd,path=");
	listener = listen_at(path, strcspn(path, ","));
	if (listener < 0)
		return failed(path);
	if (!say_running(domain))
		return failed("Xenstore");
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		talk(fd);
	return failed("accept");
}
