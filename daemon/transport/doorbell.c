/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/doorbell.h"

#include "efi/bytes.h"

bool doorbell_take(struct doorbell *doorbell, uint8_t byte, uint32_t *frame)
{
	const bool beginning = doorbell->ones == DOORBELL_BYTES;

	if (byte != 0xff)
		doorbell->ones = 0;
	else if (!beginning)
		doorbell->ones++;
	if (beginning || doorbell->ones == DOORBELL_BYTES) {
		doorbell->count = 0;
		return false;
	}
	doorbell->bytes[doorbell->count++] = byte;
	if (doorbell->count < DOORBELL_BYTES)
		return false;
	doorbell->count = 0;
	*frame = get_le32(doorbell->bytes);
	return true;
}

size_t doorbell_wanted(const struct doorbell *doorbell)
{
	return DOORBELL_BYTES - doorbell->count;
}
