/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_doubt.h"

#include <string.h>

void xapi_doubt_clear(struct xapi_doubt *doubt)
{
	xapi_doubt_settle(doubt);
	doubt->count = 0;
}

static void digest(const char *value, size_t size, uint8_t out[XAPI_DIGEST_SIZE])
{
	GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize digest_size = XAPI_DIGEST_SIZE;

	g_checksum_update(checksum, (const guchar *)value, (gssize)size);
	g_checksum_get_digest(checksum, out, &digest_size);
	g_checksum_free(checksum);
}

static void remove_ghost(struct xapi_doubt *doubt, size_t at)
{
	doubt->count--;
	memmove(doubt->ghosts + at, doubt->ghosts + at + 1, (doubt->count - at) * sizeof doubt->ghosts[0]);
}

static void prune(struct xapi_doubt *doubt, int64_t now)
{
	for (size_t i = doubt->count; i-- > 0;) {
		if (doubt->ghosts[i].until <= now)
			remove_ghost(doubt, i);
	}
}

static void add_ghost(struct xapi_doubt *doubt, const GString *value, int64_t until)
{
	uint8_t ghost[XAPI_DIGEST_SIZE];

	digest(value->str, value->len, ghost);
	for (size_t i = doubt->count; i-- > 0;) {
		if (memcmp(doubt->ghosts[i].digest, ghost, sizeof ghost) == 0)
			remove_ghost(doubt, i);
	}
	if (doubt->count == XAPI_GHOSTS)
		remove_ghost(doubt, 0);
	memcpy(doubt->ghosts[doubt->count].digest, ghost, sizeof ghost);
	doubt->ghosts[doubt->count++].until = until;
}

void xapi_doubt_open(struct xapi_doubt *doubt, const GString *value, int64_t open_until, int64_t ghost_until)
{
	if (xapi_doubt_is_open(doubt, value->str, value->len))
		open_until = MAX(open_until, doubt->open_until);
	xapi_doubt_settle(doubt);
	doubt->open = g_string_new_len(value->str, (gssize)value->len);
	doubt->open_until = open_until;
	if (ghost_until)
		add_ghost(doubt, value, ghost_until);
}

void xapi_doubt_settle(struct xapi_doubt *doubt)
{
	if (doubt->open)
		g_string_free(doubt->open, TRUE);
	doubt->open = NULL;
}

bool xapi_doubt_is_open(const struct xapi_doubt *doubt, const char *value, size_t size)
{
	return doubt->open && doubt->open->len == size && memcmp(doubt->open->str, value, size) == 0;
}

bool xapi_doubt_has_ghosts(struct xapi_doubt *doubt, int64_t now)
{
	prune(doubt, now);
	return doubt->count > 0;
}

bool xapi_doubt_is_ghost(struct xapi_doubt *doubt, const char *value, size_t size, int64_t now)
{
	uint8_t looked_for[XAPI_DIGEST_SIZE];

	if (!xapi_doubt_has_ghosts(doubt, now))
		return false;
	digest(value, size, looked_for);
	for (size_t i = 0; i < doubt->count; i++) {
		if (memcmp(doubt->ghosts[i].digest, looked_for, sizeof looked_for) == 0)
			return true;
	}
	return false;
}
