/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool and its hosts, as far as XAPI has certificates for them. Failures are reported. */
#ifndef SECUREBOOT_CERTS_POOL_H
#define SECUREBOOT_CERTS_POOL_H

#include <glib.h>
#include <stdbool.h>

struct pool;

enum pool_certificates {
	POOL_CUSTOM,   /* the administrator's, on all hosts */
	POOL_BUILT_IN, /* there are none of the administrator's: each host has its own */
	POOL_OLD,      /* XAPI is too old to tell them apart */
};

struct pool_host {
	char *name; /* printable */
	char *uuid;
	char *certificates; /* its own, XAPI's text; may be empty */
};

/* Logs in at XAPI's socket and finds the pool; NULL, reported, where that failed. */
struct pool *pool_open(const char *socket);
void pool_close(struct pool *pool);
const char *pool_uuid(const struct pool *pool);

/* *text: XAPI's text, to be freed with g_free(); empty where there are no certificates. */
bool pool_get(struct pool *pool, enum pool_certificates *which, char **text);

/* Stores a text; an empty one: the hosts' own certificates are used again. */
bool pool_set(struct pool *pool, const char *text);

/* All hosts: struct pool_host *, to be freed with g_ptr_array_unref(); NULL where XAPI cannot be asked. */
GPtrArray *pool_hosts(struct pool *pool);

#endif
