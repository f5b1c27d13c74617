/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of the state file: daemon/state.h says what they are for, docs/protocol.md what a VARS blob is.
 */
#ifndef DAEMON_STATE_FILE_H
#define DAEMON_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/state.h"

/* Of a blob of version 2: what stands before the records, and in it the u64 that count them and their bytes. */
#define STATE_BLOB_HEADER_SIZE 292
#define STATE_BLOB_COUNT_AT 8
#define STATE_BLOB_RECORDS_SIZE_AT 16
/* What follows a record's data: guid, attributes, timestamp, digest. */
#define STATE_RECORD_TAIL_SIZE 68

#define STATE_JOURNAL_NAME_SIZE 14 /* "Journal" */
#define STATE_SPARE_NAME_SIZE 10   /* "Spare" */

/* Within the record "Journal": u64 size of its data, the data. */
#define STATE_JOURNAL_SIZE_AT (STATE_BLOB_HEADER_SIZE + 8 + STATE_JOURNAL_NAME_SIZE)
#define STATE_JOURNAL_DATA_AT (STATE_JOURNAL_SIZE_AT + 8)
/* What makes a state count: written at once. It ends with the first thing in Journal's data, a u64 that counts. */
#define STATE_HEAD_SIZE (STATE_JOURNAL_DATA_AT + 8)
/* In front of Spare's data: u64 size of the name, the name, u64 size of the data. */
#define STATE_SPARE_HEAD_SIZE (8 + STATE_SPARE_NAME_SIZE + 8)
/* The mapped part: the identity, and an entry for each vCPU. */
#define STATE_IDENTITY_AT 336
#define STATE_ENTRIES_AT 512

#define STATE_FILE_MAGIC                                                                                               \
	{                                                                                                              \
		'U', 'V', 'S', 'T', 'A', 'T', 'E', '1'                                                                 \
	}

enum state_file_valid {
	STATE_NEW,    /* nothing was kept yet, as no guest was served */
	STATE_WHOLE,  /* the records are what the guest was told */
	STATE_BEHIND, /* they are older */
};

struct state_file_identity {
	uint8_t magic[8];
	uint32_t valid; /* enum state_file_valid */
	uint32_t vcpus;
	struct state_identity identity;
};

/* One vCPU's journal. */
struct state_file_entry {
	uint64_t sequence; /* the answer counts where the state's number has reached this */
	uint32_t kind;     /* enum state_left; written last */
	uint32_t size;
	uint8_t bytes[STATE_REQUEST_SIZE];
};

static inline size_t state_file_base(unsigned int vcpus)
{
	return STATE_ENTRIES_AT + vcpus * sizeof(struct state_file_entry);
}

/* Where the state that counts stands. */
struct state_file_place {
	size_t start; /* of what ends the record Journal; the machine's records follow */
	size_t end;   /* of the head of the record Spare */
	size_t file_end;
};

/*
 * Looks at the bytes of a file. Returns false where they are not those of a state file; else its identity, its number
 * and its place.
 */
bool state_file_parse(const uint8_t *bytes, size_t size, struct state_file_identity *identity, uint64_t *sequence,
		      struct state_file_place *place);

/*
 * The first bytes, for the state at `start` of a file of `size` bytes: `blob` begins with the header that
 * uefivars_save() made. spare: there is such a record.
 */
void state_file_head(uint8_t out[STATE_HEAD_SIZE], const uint8_t *blob, uint64_t sequence, size_t start, size_t size,
		     bool spare);

/* What ends a record of ours. */
void state_file_tail(uint8_t out[STATE_RECORD_TAIL_SIZE]);

/* The head of the record Spare, whose data has so many bytes. */
void state_file_spare(uint8_t out[STATE_SPARE_HEAD_SIZE], size_t data_size);

#endif
