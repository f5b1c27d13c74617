/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/xenstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "error.h"
#include "platform.h"

#define PATH_SIZE 64
/* It goes with the domain, so a later domain of the same number has another one, or none. */
#define NONCE_KEY "uefistored-life"

static void make_path(char path[PATH_SIZE], uint32_t domid, const char *key)
{
	g_snprintf(path, PATH_SIZE, "/local/domain/%u/%s", domid, key);
}

/* Returns the value, to be freed with free(); NULL where there is none, or (with *error) it cannot be read. */
static char *read_key(struct xs_handle *xenstore, uint32_t domid, const char *key, GError **error)
{
	char path[PATH_SIZE];
	unsigned int size;
	char *value;

	make_path(path, domid, key);
	value = xs_read(xenstore, XBT_NULL, path, &size);
	if (!value && errno != ENOENT)
		error_set(error, EXIT_FAILED, "Xenstore: %s cannot be read: %s", path, strerror(errno));
	return value;
}

static bool write_key(struct xs_handle *xenstore, uint32_t domid, const char *key, const char *value, GError **error)
{
	char path[PATH_SIZE];

	make_path(path, domid, key);
	return xs_write(xenstore, XBT_NULL, path, value, (unsigned int)strlen(value)) ||
	       error_set(error, EXIT_FAILED, "Xenstore: %s cannot be written: %s", path, strerror(errno));
}

static bool read_platform(struct xs_handle *xenstore, uint32_t domid, struct options *options, GError **error)
{
	GError *wrong = NULL;
	char *secure_boot = read_key(xenstore, domid, "platform/secureboot", &wrong);
	char *auth_enforce = wrong ? NULL : read_key(xenstore, domid, "platform/auth-enforce", &wrong);

	if (secure_boot)
		options->secure_boot = platform_is_true(secure_boot);
	/* What is not plainly switched off is on. */
	if (auth_enforce)
		options->auth_enforce = strcmp(auth_enforce, "false") != 0;
	free(secure_boot);
	free(auth_enforce);
	if (!wrong)
		return true;
	g_propagate_error(error, wrong);
	return false;
}

static bool parse_nonce(const char *text, uint8_t nonce[STATE_NONCE_SIZE])
{
	if (strlen(text) != 2 * STATE_NONCE_SIZE)
		return false;
	for (size_t i = 0; i < STATE_NONCE_SIZE; i++) {
		if (!g_ascii_isxdigit(text[2 * i]) || !g_ascii_isxdigit(text[2 * i + 1]))
			return false;
		nonce[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
	}
	return true;
}

static bool random_bytes(uint8_t *bytes, size_t size, GError **error)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	bool ok = (fd >= 0 && read(fd, bytes, size) == (ssize_t)size) ||
		  error_set(error, EXIT_FAILED, "no random numbers: /dev/urandom: %s", strerror(errno));

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_nonce(struct xs_handle *xenstore, uint32_t domid, uint8_t nonce[STATE_NONCE_SIZE], GError **error)
{
	char text[2 * STATE_NONCE_SIZE + 1];

	if (!random_bytes(nonce, STATE_NONCE_SIZE, error))
		return false;
	for (size_t i = 0; i < STATE_NONCE_SIZE; i++)
		g_snprintf(text + 2 * i, 3, "%02x", nonce[i]);
	return write_key(xenstore, domid, NONCE_KEY, text, error);
}

static bool read_nonce(struct xs_handle *xenstore, uint32_t domid, uint8_t nonce[STATE_NONCE_SIZE], GError **error)
{
	GError *wrong = NULL;
	char *text = read_key(xenstore, domid, NONCE_KEY, &wrong);
	bool ok = !wrong && ((text && parse_nonce(text, nonce)) || make_nonce(xenstore, domid, nonce, &wrong));

	free(text);
	if (wrong)
		g_propagate_error(error, wrong);
	return ok;
}

/*
 * By its socket only: the library's other way is /dev/xen/xenbus, and behind that there may be a kernel that waits, for
 * ever, for a Xenstore to come.
 */
static struct xs_handle *open_xenstore(void)
{
	return access(xs_daemon_socket(), F_OK) == 0 ? xs_open(0) : NULL;
}

bool xenstore_read(uint32_t domid, struct options *options, uint8_t nonce[STATE_NONCE_SIZE], GError **error)
{
	struct xs_handle *xenstore = open_xenstore();
	bool ok;

	memset(nonce, 0, STATE_NONCE_SIZE);
	if (!xenstore)
		return false;
	/* For a domain that is not there nothing must be written: it would be a node that belongs to nobody. */
	if (xs_is_domain_introduced(xenstore, domid))
		ok = read_platform(xenstore, domid, options, error) && read_nonce(xenstore, domid, nonce, error);
	else
		ok = error_set(error, EXIT_FAILED, "domain %u: Xenstore knows no such domain", domid);
	xs_close(xenstore);
	return ok;
}

bool xenstore_say_ready(uint32_t domid, uint32_t pid, GError **error)
{
	struct xs_handle *xenstore = open_xenstore();
	char text[16];
	bool ok;

	if (!xenstore)
		return error_set(error, EXIT_FAILED, "Xenstore cannot be reached: %s", strerror(errno));
	g_snprintf(text, sizeof text, "%u", pid);
	ok = write_key(xenstore, domid, "varstored-pid", text, error);
	xs_close(xenstore);
	return ok;
}
