/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/host_keys.h"

#include <errno.h>
#include <unistd.h>

#include "error.h"
#include "log.h"

void host_keys_read(struct host_keys *host, const char *directory)
{
	if (directory && access(directory, F_OK) < 0 && errno == ENOENT)
		log_write(LEVEL_WARNING, "--keys %s: there is no such directory, and no key of the host", directory);
	keys_read(&host->keys, directory, &host->unread);
}

void host_keys_clear(struct host_keys *host)
{
	keys_clear(&host->keys);
	g_clear_error(&host->unread);
}

/* One after the other, until all that are left are good. */
static void drop_malformed(struct keys *keys)
{
	enum uefivars_key failed = UEFIVARS_PK;
	enum uefivars_reason reason;

	while ((reason = uefivars_check_keys(keys->files, &failed)) != UEFIVARS_OK) {
		log_write(LEVEL_WARNING, "%s: is no update of %s: %s; the machine starts without it",
			  keys->paths[failed], keys_names[failed], uefivars_reason_text(reason));
		keys_drop(keys, failed);
	}
}

bool host_keys_judge(struct host_keys *host, enum uefivars_boot boot, GError **error)
{
	switch (boot) {
	case UEFIVARS_FIRST_BOOT:
		if (!host->unread)
			return true;
		g_propagate_error(error, g_steal_pointer(&host->unread));
		return false;
	case UEFIVARS_BOOT:
		if (host->unread)
			log_write(LEVEL_WARNING, "%s; the machine starts without it", host->unread->message);
		drop_malformed(&host->keys);
		return true;
	case UEFIVARS_RESUME:
		break;
	}
	return true;
}

/* What of the host keeps a machine from being brought up to date; NULL: nothing. */
static const char *obstacle(const struct keys *keys)
{
	if (!keys->files[UEFIVARS_KEK].data || !keys->files[UEFIVARS_DB].data)
		return "KEK.auth and db.auth are expected among the host's keys";
	return keys->bad[UEFIVARS_DBX] ? "dbx.auth is no good" : NULL;
}

bool host_keys_refresh(const struct host_keys *host, enum uefivars_boot boot, struct uefivars *uv)
{
	const struct keys *keys = &host->keys;
	enum uefivars_key failed = UEFIVARS_PK;
	enum uefivars_reason reason = UEFIVARS_OK;

	if (obstacle(keys)) {
		log_write(LEVEL_WARNING, "the certificates cannot be brought up to date, as the operator wants it: %s",
			  obstacle(keys));
		return false;
	}
	/* On a first boot it gets those of the host anyway. */
	if (boot == UEFIVARS_BOOT)
		reason = uefivars_refresh(uv, keys->files, &failed);
	if (reason != UEFIVARS_OK) {
		log_write(LEVEL_ERROR, "%s: cannot be added to %s: %s", keys->paths[failed], keys_names[failed],
			  uefivars_reason_text(reason));
		return false;
	}
	log_write(LEVEL_INFO, "the certificates were brought up to date, as the operator wants it");
	return true;
}

bool host_keys_start(const struct host_keys *host, enum uefivars_boot boot, struct uefivars *uv, GError **error)
{
	enum uefivars_key failed = UEFIVARS_PK;
	enum uefivars_reason reason = uefivars_start(uv, boot, host->keys.files, &failed);

	return reason == UEFIVARS_OK ||
	       error_set(error, EXIT_FAILED, "%s: cannot be enrolled as %s: %s", host->keys.paths[failed],
			 keys_names[failed], uefivars_reason_text(reason));
}
