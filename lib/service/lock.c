/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/lock.h"

#include "efi/attributes.h"
#include "service/firmware.h"

#define NV_BS_RT (ATTR_NV | ATTR_BS | ATTR_RT)

/* What MemoryOverwriteRequestControlLock reads. */
enum { UNLOCKED, LOCKED_WITHOUT_KEY, LOCKED_WITH_KEY };

static bool is_deletion(const struct lock_write *write)
{
	return write->size == 0 || write->attributes == 0;
}

static struct verdict locked(void)
{
	return verdict_refuse(EFI_ACCESS_DENIED, UEFIVARS_LOCKED);
}

static struct verdict malformed(const struct lock_write *write)
{
	return write->attributes == NV_BS_RT ? verdict_refuse(EFI_INVALID_PARAMETER, UEFIVARS_BAD_FORMAT) :
					       verdict_refuse(EFI_INVALID_PARAMETER, UEFIVARS_BAD_ATTRIBUTES);
}

static struct verdict check_mor(const struct uefivars *uv, const struct lock_write *write)
{
	if (firmware_flag(uv, FIRMWARE_MOR_LOCK) != UNLOCKED)
		return locked();
	/* Reserved bits are kept as they come. */
	if (write->attributes != NV_BS_RT || write->size != 1)
		return malformed(write);
	return verdict_success();
}

static void store_lock(struct lock_write *write, uint8_t state)
{
	static const uint8_t states[] = { UNLOCKED, LOCKED_WITHOUT_KEY, LOCKED_WITH_KEY };

	write->stored = &states[state];
	write->stored_size = 1;
}

static void set_key(struct machine_change *change, const uint8_t *key)
{
	change->sets_mor_key = true;
	if (key)
		memcpy(change->mor_key, key, sizeof change->mor_key);
	else
		memset(change->mor_key, 0, sizeof change->mor_key);
}

/* A key on a lock that has one: the right one opens it, a wrong one is the last that is tried in this boot. */
static struct verdict try_key(const struct uefivars *uv, struct lock_write *write, struct machine_change *change)
{
	bool right = memcmp(write->data, uv->mor_key, MOR_KEY_SIZE) == 0;

	set_key(change, NULL);
	store_lock(write, right ? UNLOCKED : LOCKED_WITHOUT_KEY);
	if (!right)
		change->verdict = locked();
	return verdict_success();
}

static struct verdict check_mor_lock(const struct uefivars *uv, struct lock_write *write, struct machine_change *change)
{
	uint8_t state = firmware_flag(uv, FIRMWARE_MOR_LOCK);

	if (is_deletion(write))
		return verdict_refuse(EFI_WRITE_PROTECTED, UEFIVARS_READ_ONLY);
	if (write->attributes != NV_BS_RT || (write->size != 1 && write->size != MOR_KEY_SIZE))
		return malformed(write);
	/* The state comes before the value: a locked lock tells nothing of what it would have made of it. */
	if (state == LOCKED_WITH_KEY && write->size == MOR_KEY_SIZE)
		return try_key(uv, write, change);
	if (state != UNLOCKED)
		return locked();
	if (write->size == MOR_KEY_SIZE) {
		set_key(change, write->data);
		store_lock(write, LOCKED_WITH_KEY);
		return verdict_success();
	}
	if (write->data[0] != UNLOCKED && write->data[0] != LOCKED_WITHOUT_KEY)
		return malformed(write);
	store_lock(write, write->data[0]);
	return verdict_success();
}

static struct verdict check_ppi_flags(const struct uefivars *uv)
{
	if (firmware_flag(uv, FIRMWARE_PPI_LOCK))
		return verdict_refuse(EFI_WRITE_PROTECTED, UEFIVARS_LOCKED);
	return verdict_success();
}

/* It can be closed and not opened: it is open again at the next boot. */
static struct verdict check_ppi_lock(const struct lock_write *write)
{
	if (is_deletion(write))
		return verdict_refuse(EFI_WRITE_PROTECTED, UEFIVARS_READ_ONLY);
	if (write->attributes != NV_BS_RT || write->size != 1 || write->data[0] > 1)
		return malformed(write);
	if (write->data[0] == 0)
		return verdict_refuse(EFI_WRITE_PROTECTED, UEFIVARS_LOCKED);
	return verdict_success();
}

struct verdict lock_check(const struct uefivars *uv, const struct policy_row *row, struct lock_write *write,
			  struct machine_change *change)
{
	write->stored = write->data;
	write->stored_size = write->size;
	switch (row->protocol) {
	case PROTOCOL_MOR:
		return check_mor(uv, write);
	case PROTOCOL_MOR_LOCK:
		return check_mor_lock(uv, write, change);
	case PROTOCOL_PPI_FLAGS:
		return check_ppi_flags(uv);
	case PROTOCOL_PPI_LOCK:
		return check_ppi_lock(write);
	case PROTOCOL_INTERNAL:
	case PROTOCOL_NONE:
		break;
	}
	return verdict_success();
}
