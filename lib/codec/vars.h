/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VARS blob: how variables travel to XAPI, into save files and between daemons. Version 1 has variables alone,
 * version 2 also the MOR key and the PPI registers. docs/protocol.md has the bytes.
 */
#ifndef CODEC_VARS_H
#define CODEC_VARS_H

#include "uefivars.h"

#define VARS_MOR_KEY_SIZE 8
#define VARS_PPI_FUNCTION_SIZE 256

struct vars_extra {
	uint8_t mor_key[VARS_MOR_KEY_SIZE];
	uint32_t ppi_index;
	uint8_t ppi_function[VARS_PPI_FUNCTION_SIZE];
};

struct vars_reader {
	const uint8_t *at;
	size_t left;
	uint64_t count; /* records that are to come, as the blob says */
};

/*
 * Opens a blob for reading; it must outlive the reader. *extra is zero for version 1. Returns false where this is no
 * such blob: magic, version, or cut before its first record.
 */
bool vars_open(struct vars_reader *reader, const uint8_t *blob, size_t size, struct vars_extra *extra);

enum vars_item {
	VARS_RECORD,    /* *variable points into the blob */
	VARS_TRUNCATED, /* bytes that are no whole record: *record, *record_size. The last item */
	VARS_END,
};

enum vars_item vars_next(struct vars_reader *reader, struct uefivars_variable *variable, const uint8_t **record,
			 size_t *record_size);

/* Where a blob is written: out NULL only counts. */
struct vars_writer {
	uint8_t *out;
	size_t size; /* so far */
	uint64_t count;
};

void vars_begin(struct vars_writer *writer, uint8_t *out, const struct vars_extra *extra);
void vars_put(struct vars_writer *writer, const struct uefivars_variable *variable);

/* Completes the header; returns the blob's size. */
size_t vars_finish(struct vars_writer *writer);

#endif
