/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/report.h"

#include <glib.h>
#include <string.h>

#include "efi/guid.h"
#include "efi/status.h"
#include "log.h"

static struct log_limit refusals[UEFIVARS_REASONS];
static struct log_limit events[UEFIVARS_EVENTS];

/* Where a refusal is an attempt on what is protected, or a fault of ours, or just how guests find out what there is. */
static enum log_level refusal_level(enum uefivars_reason reason)
{
	switch (reason) {
	case UEFIVARS_NOT_FOUND:
		return LEVEL_DEBUG;
	case UEFIVARS_OLD_TIME:
	case UEFIVARS_BAD_PKCS7:
	case UEFIVARS_BAD_DIGEST:
	case UEFIVARS_BAD_SIGNATURE:
	case UEFIVARS_UNTRUSTED:
	case UEFIVARS_NO_SPACE:
		return LEVEL_WARNING;
	case UEFIVARS_NO_MEMORY:
	case UEFIVARS_NOT_PERSISTED:
		return LEVEL_ERROR;
	default:
		return LEVEL_INFO;
	}
}

/* "Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c" */
static const char *variable_text(const struct uefivars_event *event, char out[LOG_NAME_SIZE + GUID_TEXT_SIZE])
{
	char name[LOG_NAME_SIZE], guid_text[GUID_TEXT_SIZE];
	struct efi_guid guid;

	if (!event->name)
		return "no variable";
	memcpy(guid.bytes, event->guid, sizeof guid.bytes);
	guid_format(&guid, guid_text);
	g_snprintf(out, LOG_NAME_SIZE + GUID_TEXT_SIZE, "%s-%s", log_name(event->name, event->name_size, name),
		   guid_text);
	return out;
}

static void report_refusal(const struct uefivars_event *event)
{
	struct log_limit *limit = &refusals[event->reason];
	char variable[LOG_NAME_SIZE + GUID_TEXT_SIZE];

	limit->what = uefivars_reason_text(event->reason);
	log_limited(limit, refusal_level(event->reason), "write refused: %s (attributes 0x%x, %zu bytes): %s (%s)",
		    variable_text(event, variable), event->attributes, event->data_size, limit->what,
		    efi_status_name(event->status));
}

void report_event(void *context, const struct uefivars_event *event)
{
	struct log_limit *limit = &events[event->kind];
	char variable[LOG_NAME_SIZE + GUID_TEXT_SIZE];

	(void)context;
	switch (event->kind) {
	case UEFIVARS_EVENT_REFUSED:
		report_refusal(event);
		break;
	case UEFIVARS_EVENT_MALFORMED:
		limit->what = "malformed requests";
		log_limited(limit, LEVEL_WARNING, "malformed request: %s (%s)", uefivars_reason_text(event->reason),
			    efi_status_name(event->status));
		break;
	case UEFIVARS_EVENT_KEY_CHANGED:
		limit->what = "changes of keys";
		log_limited(limit, LEVEL_INFO, "the guest changed %s", variable_text(event, variable));
		break;
	case UEFIVARS_EVENT_SETUP_MODE:
	case UEFIVARS_EVENT_USER_MODE:
		limit->what = "changes of mode";
		log_limited(limit, LEVEL_INFO, "the platform is in %s mode now",
			    event->kind == UEFIVARS_EVENT_USER_MODE ? "user" : "setup");
		break;
	case UEFIVARS_EVENT_RUNTIME:
		limit->what = "starts of the operating system";
		log_limited(limit, LEVEL_INFO, "the guest left boot services");
		break;
	case UEFIVARS_EVENT_SECURE_BOOT_FAILED:
		limit->what = "Secure Boot failures";
		log_limited(limit, LEVEL_ERROR,
			    "the machine failed Secure Boot: its firmware refused to start an image");
		break;
	case UEFIVARS_EVENTS:
		break;
	}
}

void report_start(const struct uefivars *uv, enum uefivars_boot boot)
{
	static const char *const boots[] = {
		[UEFIVARS_FIRST_BOOT] = "first boot",
		[UEFIVARS_BOOT] = "boot",
		[UEFIVARS_RESUME] = "resume",
	};
	struct uefivars_state state;
	GString *missing = g_string_new(NULL);

	uefivars_get_state(uv, &state);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		if (state.missing[i])
			g_string_append_printf(missing, "%s%s",
					       missing->len ? ", " : "; not enrolled: ", keys_names[i]);
	}
	log_write(LEVEL_INFO, "%s: %s mode, Secure Boot %s%s", boots[boot], state.setup_mode ? "setup" : "user",
		  state.secure_boot ? "on" : "off", missing->str);
	g_string_free(missing, TRUE);
}

void report_left_out(const struct uefivars *uv, const struct keys *keys)
{
	struct uefivars_state state;

	uefivars_get_state(uv, &state);
	if (keys->files[UEFIVARS_PK].data && state.missing[UEFIVARS_PK])
		log_write(LEVEL_WARNING, "%s is left out: without KEK.auth and db.auth the machine stays in setup mode",
			  keys->paths[UEFIVARS_PK]);
}

void report_end(void)
{
	for (size_t i = 0; i < UEFIVARS_REASONS; i++)
		log_limit_end(&refusals[i]);
	for (size_t i = 0; i < UEFIVARS_EVENTS; i++)
		log_limit_end(&events[i]);
}
