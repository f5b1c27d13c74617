/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frame numbers out of a stream of bytes: four for each, the lowest first. A guest can be reset, or its connection
 * can break, in the middle of one; so four bytes 0xff or more in a row, which no frame numbers have, and the byte
 * behind them mean that a number begins.
 */
#ifndef TRANSPORT_DOORBELL_H
#define TRANSPORT_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOORBELL_BYTES 4

/* Zeroed, it is at the beginning of a number. */
struct doorbell {
	uint8_t bytes[DOORBELL_BYTES];
	size_t count; /* of bytes */
	size_t ones;  /* how many bytes 0xff came last, up to DOORBELL_BYTES */
};

/* Takes the next byte. Returns whether it completes a number, which is put into *frame then. */
bool doorbell_take(struct doorbell *doorbell, uint8_t byte, uint32_t *frame);

/* How many bytes can be taken without going beyond a number. */
size_t doorbell_wanted(const struct doorbell *doorbell);

#endif
