/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/secureboot-certs/pool.h"

#include <string.h>

#include "backend/xapi_session.h"
#include "tools/support/report.h"

/* XAPI takes 307,200 bytes in a call; what stands around the text is less than 1,000. */
#define TEXT_MAX 306200u

#define UNKNOWN_METHOD "MESSAGE_METHOD_UNKNOWN"

struct pool {
	struct xapi_session *session;
	char *ref;
	char *uuid;
};

/* What can be done about XAPI's codes. */
static const char *find_hint(const char *message)
{
	static const struct {
		const char *code, *hint;
	} hints[] = {
		{ "HOST_IS_SLAVE", "this host is not the master of its pool: run it there" },
		{ "OPERATION_NOT_ALLOWED",
		  "XAPI takes custom certificates where allow-custom-uefi-certs = true stands in "
		  "/etc/xapi.conf of each host" },
		{ UNKNOWN_METHOD, "XAPI is too old to have certificates" },
		{ "SESSION_AUTHENTICATION_FAILED", "XAPI does not let this user log in" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(hints); i++) {
		if (strstr(message, hints[i].code))
			return hints[i].hint;
	}
	return NULL;
}

/* Frees the error. */
static void report_error(GError *error)
{
	const char *hint = find_hint(error->message);

	if (hint)
		report("%s (%s)", error->message, hint);
	else
		report("%s", error->message);
	g_error_free(error);
}

/*
 * NULL, reported, where it failed. *unknown, if not NULL, is set where XAPI does not know the method, and that is not
 * reported.
 */
static struct xmlrpc_value *call(struct pool *pool, const char *method, const char *const *parameters, bool *unknown)
{
	GError *error = NULL;
	struct xmlrpc_value *value = xapi_session_call(pool->session, method, parameters, &error);

	if (unknown)
		*unknown = !value && strstr(error->message, UNKNOWN_METHOD);
	if (value)
		return value;
	if (unknown && *unknown)
		g_error_free(error);
	else
		report_error(error);
	return NULL;
}

static bool is_array(const struct xmlrpc_value *value)
{
	return value && value->kind == XMLRPC_ARRAY;
}

/* The references that `method` answers with; NULL, reported. */
static struct xmlrpc_value *get_all(struct pool *pool, const char *method)
{
	static const char *const none[] = { NULL };
	struct xmlrpc_value *value = call(pool, method, none, NULL);

	if (!value || is_array(value))
		return value;
	report("XAPI: %s: the answer is no list", method);
	xmlrpc_free(value);
	return NULL;
}

/* A field of an object, to be freed with g_free(). */
static char *get(struct pool *pool, const char *method, const char *ref, bool *unknown)
{
	const char *const parameters[] = { ref, NULL };
	struct xmlrpc_value *value = call(pool, method, parameters, unknown);
	char *text = g_strdup(xmlrpc_text(value));

	if (value && !text)
		report("XAPI: %s: the answer is no text", method);
	xmlrpc_free(value);
	return text;
}

/* There is one pool, always. */
static bool find_pool(struct pool *pool)
{
	struct xmlrpc_value *all = get_all(pool, "pool.get_all");
	const char *ref = all && all->items->len ? xmlrpc_text(g_ptr_array_index(all->items, 0)) : NULL;

	if (ref) {
		pool->ref = g_strdup(ref);
		pool->uuid = get(pool, "pool.get_uuid", ref, NULL);
	} else if (all) {
		report("XAPI has no pool");
	}
	xmlrpc_free(all);
	return pool->uuid;
}

struct pool *pool_open(const char *socket)
{
	struct pool *pool = g_new0(struct pool, 1);
	GError *error = NULL;

	pool->session = xapi_session_open(socket, "secureboot-certs", &error);
	if (!pool->session)
		report_error(error);
	else if (find_pool(pool))
		return pool;
	pool_close(pool);
	return NULL;
}

void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	xapi_session_close(pool->session);
	g_free(pool->ref);
	g_free(pool->uuid);
	g_free(pool);
}

const char *pool_uuid(const struct pool *pool)
{
	return pool->uuid;
}

bool pool_get(struct pool *pool, enum pool_certificates *which, char **text)
{
	bool unknown;

	*which = POOL_CUSTOM;
	*text = get(pool, "pool.get_custom_uefi_certificates", pool->ref, &unknown);
	if (*text && **text)
		return true;
	if (!*text && !unknown)
		return false;
	g_free(*text);
	*which = unknown ? POOL_OLD : POOL_BUILT_IN;
	*text = get(pool, "pool.get_uefi_certificates", pool->ref, NULL);
	return *text;
}

bool pool_set(struct pool *pool, const char *text)
{
	const char *const parameters[] = { pool->ref, text, NULL };
	struct xmlrpc_value *value;
	bool unknown, ok;

	if (strlen(text) > TEXT_MAX) {
		report("the certificates are too large: %zu bytes as base64; XAPI takes %u", strlen(text), TEXT_MAX);
		return false;
	}
	value = call(pool, "pool.set_custom_uefi_certificates", parameters, &unknown);
	if (!value && unknown)
		value = call(pool, "pool.set_uefi_certificates", parameters, NULL);
	ok = value;
	xmlrpc_free(value);
	return ok;
}

static void free_host(void *pointer)
{
	struct pool_host *host = pointer;

	g_free(host->name);
	g_free(host->uuid);
	g_free(host->certificates);
	g_free(host);
}

static bool read_host(struct pool *pool, const char *ref, struct pool_host *host)
{
	bool unknown;

	host->name = get(pool, "host.get_name_label", ref, NULL);
	host->uuid = host->name ? get(pool, "host.get_uuid", ref, NULL) : NULL;
	if (!host->uuid)
		return false;
	for (char *c = host->name; *c; c++) {
		if (g_ascii_iscntrl(*c))
			*c = '?';
	}
	host->certificates = get(pool, "host.get_uefi_certificates", ref, &unknown);
	if (!host->certificates && unknown)
		host->certificates = g_strdup("");
	return host->certificates;
}

GPtrArray *pool_hosts(struct pool *pool)
{
	struct xmlrpc_value *all = get_all(pool, "host.get_all");
	GPtrArray *hosts = all ? g_ptr_array_new_with_free_func(free_host) : NULL;
	bool ok = true;

	for (guint i = 0; hosts && ok && i < all->items->len; i++) {
		const char *ref = xmlrpc_text(g_ptr_array_index(all->items, i));
		struct pool_host *host = g_new0(struct pool_host, 1);

		g_ptr_array_add(hosts, host);
		ok = read_host(pool, ref ? ref : "", host);
	}
	xmlrpc_free(all);
	if (ok)
		return hosts;
	g_ptr_array_unref(hosts);
	return NULL;
}
