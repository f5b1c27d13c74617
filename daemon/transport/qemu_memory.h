/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a QEMU machine for PCs, as its shared memory-backend file holds it: what lies below 4 GiB, and behind
 * it in the file what lies above. Between the two there is a hole, in which there are devices. It is read and written,
 * never mapped: a file that becomes shorter is a failed read.
 */
#ifndef TRANSPORT_QEMU_MEMORY_H
#define TRANSPORT_QEMU_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_memory {
	int fd;
	uint64_t below; /* how much of it lies below 4 GiB; 0: what QEMU does by itself (q35) */
};

/*
 * Opens the file; where there is none, an empty one with mode 0600 is made, to which QEMU gives its size. Returns false
 * and sets *error where it cannot be opened, or not be used as a guest's memory.
 */
bool qemu_memory_open(struct qemu_memory *memory, const char *path, GError **error);
void qemu_memory_close(struct qemu_memory *memory);

/* What no other file has, nor one that is made anew in its place, as far as its file system tells. */
#define QEMU_MEMORY_ID_SIZE 16
bool qemu_memory_identify(const struct qemu_memory *memory, uint8_t id[QEMU_MEMORY_ID_SIZE], GError **error);

/*
 * Finds the guest's 16 pages that begin with this frame. Returns false (errno 0) where they do not lie wholly in RAM,
 * or where that cannot be found out.
 */
bool qemu_memory_find(const struct qemu_memory *memory, uint32_t frame, off_t *offset);

/* Reads or writes all of it. Returns false where that failed; errno is 0 where the file is too short. */
bool qemu_memory_read(const struct qemu_memory *memory, uint8_t *to, size_t size, off_t offset);
bool qemu_memory_write(const struct qemu_memory *memory, const uint8_t *bytes, size_t size, off_t offset);

#endif
