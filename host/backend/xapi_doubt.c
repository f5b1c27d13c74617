/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_doubt.h"

#include <string.h>

void xapi_doubt_clear(struct xapi_doubt *doubt)
{
	xapi_doubt_settle(doubt);
	if (doubt->ghosts)
		g_array_free(doubt->ghosts, TRUE);
	doubt->ghosts = NULL;
}

static void digest(const char *value, size_t size, uint8_t out[XAPI_DIGEST_SIZE])
{
	GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize digest_size = XAPI_DIGEST_SIZE;

	g_checksum_update(checksum, (const guchar *)value, (gssize)size);
	g_checksum_get_digest(checksum, out, &digest_size);
	g_checksum_free(checksum);
}

static guint count(const struct xapi_doubt *doubt)
{
	return doubt->ghosts ? doubt->ghosts->len : 0;
}

static const struct xapi_ghost *ghost_at(const struct xapi_doubt *doubt, guint at)
{
	return &g_array_index(doubt->ghosts, struct xapi_ghost, at);
}

static void prune(struct xapi_doubt *doubt, int64_t now)
{
	for (guint i = count(doubt); i-- > 0;) {
		if (ghost_at(doubt, i)->until <= now)
			g_array_remove_index(doubt->ghosts, i);
	}
}

static void add_ghost(struct xapi_doubt *doubt, const GString *value, int64_t until)
{
	struct xapi_ghost ghost = { .until = until };

	digest(value->str, value->len, ghost.digest);
	if (!doubt->ghosts)
		doubt->ghosts = g_array_new(FALSE, FALSE, sizeof ghost);
	for (guint i = count(doubt); i-- > 0;) {
		if (memcmp(ghost_at(doubt, i)->digest, ghost.digest, sizeof ghost.digest) == 0)
			g_array_remove_index(doubt->ghosts, i);
	}
	g_array_append_val(doubt->ghosts, ghost);
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

int64_t xapi_doubt_newest(const struct xapi_doubt *doubt)
{
	return count(doubt) ? ghost_at(doubt, count(doubt) - 1)->until : 0;
}

bool xapi_doubt_has_ghosts(struct xapi_doubt *doubt, int64_t now)
{
	prune(doubt, now);
	return count(doubt) > 0;
}

bool xapi_doubt_is_ghost(struct xapi_doubt *doubt, const char *value, size_t size, int64_t now)
{
	uint8_t looked_for[XAPI_DIGEST_SIZE];

	if (!xapi_doubt_has_ghosts(doubt, now))
		return false;
	digest(value, size, looked_for);
	for (guint i = 0; i < count(doubt); i++) {
		if (memcmp(ghost_at(doubt, i)->digest, looked_for, sizeof looked_for) == 0)
			return true;
	}
	return false;
}
