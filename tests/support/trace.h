/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorded boots: a file of records, each u32 request length, u32 response length, request bytes, response bytes
 * (little-endian), as a guest's firmware sent them and some store answered.
 */
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the wire protocol has room for, request and response alike. */
#define TRACE_MESSAGE_MAX 65536u
/* The shortest messages there can be: version and command, and a status. */
#define TRACE_REQUEST_MIN 8u
#define TRACE_RESPONSE_MIN 8u

#define TRACE_ERROR_SIZE 512

struct trace_record {
	const uint8_t *request;
	size_t request_size;
	const uint8_t *response;
	size_t response_size;
};

struct trace {
	struct trace_record *records;
	size_t count;
	uint8_t *bytes; /* what the records point into, where the trace owns it */
};

/*
 * Reads the records of `bytes`, which must outlive the trace. Returns false, with *trace empty and one line in `error`,
 * where the bytes are not whole records within the limits above, or hold none. Free the trace with trace_free().
 */
bool trace_parse(struct trace *trace, const uint8_t *bytes, size_t size, char error[TRACE_ERROR_SIZE]);

/* Reads a file of records. Errors as above, the path in front. */
bool trace_read(struct trace *trace, const char *path, char error[TRACE_ERROR_SIZE]);

void trace_free(struct trace *trace);

/*
 * Writes the path of the recording `name` ("ovmf-first-boot"): in the directory that the environment names by TRACES,
 * else in ../shared/data/traces. Returns whether a file can be read there.
 */
bool trace_find(const char *name, char *path, size_t room);

#endif
