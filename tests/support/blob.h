/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tests' own reader and writer of VARS blobs (versions 1 and 2), independent of codec/: what a store persisted is
 * read with it, and stores as other programs and accidents leave them are written with it.
 */
#ifndef TESTS_BLOB_H
#define TESTS_BLOB_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uefivars.h"

#define BLOB_HEADER_1 24        /* magic, version, count, length of the records */
#define BLOB_HEADER_2 292       /* the same, MOR lock key, PPI index, PPI function data */
#define BLOB_MOR_KEY 24         /* offset of the 8 bytes of the MOR lock key (version 2) */
#define BLOB_RECORD_OVERHEAD 84 /* what a record takes besides name and data */

/* Returns a new blob without records. Free it with g_byte_array_unref(). */
GByteArray *blob_new(uint32_t version);

/* Adds a record, whatever it holds, and counts it in the header. */
void blob_add(GByteArray *blob, const struct uefivars_variable *variable);

/*
 * Walks the records: start with *at = 0; returns false at the end. A blob that is not well-formed fails the running
 * test. The variable's pointers point into the blob.
 */
bool blob_next(const uint8_t *blob, size_t size, size_t *at, struct uefivars_variable *variable);

#endif
