/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "efi/bytes.h"

#define LENGTHS_SIZE 8
#define DEFAULT_DIRECTORY "../shared/data/traces"
/* More than any recording of a boot has; a file that is something else altogether is not read into memory. */
#define FILE_MAX (64u << 20)

/* Reads the record at *at and steps over it. Returns NULL, or what is wrong with it. */
static const char *next_record(const uint8_t *bytes, size_t size, size_t *at, struct trace_record *record)
{
	size_t left = size - *at;

	if (left < LENGTHS_SIZE)
		return "its two lengths are cut off";
	record->request_size = get_le32(bytes + *at);
	record->response_size = get_le32(bytes + *at + 4);
	left -= LENGTHS_SIZE;
	if (record->request_size < TRACE_REQUEST_MIN || record->request_size > TRACE_MESSAGE_MAX)
		return "the request's length is not between 8 and 65536";
	if (record->response_size < TRACE_RESPONSE_MIN || record->response_size > TRACE_MESSAGE_MAX)
		return "the response's length is not between 8 and 65536";
	if (record->request_size > left)
		return "the request is cut off";
	if (record->response_size > left - record->request_size)
		return "the response is cut off";
	record->request = bytes + *at + LENGTHS_SIZE;
	record->response = record->request + record->request_size;
	*at += LENGTHS_SIZE + record->request_size + record->response_size;
	return NULL;
}

/* Counts the records and, where `records` is not NULL, notes them. */
static bool scan(const uint8_t *bytes, size_t size, struct trace_record *records, size_t *count,
		 char error[TRACE_ERROR_SIZE])
{
	size_t at = 0;

	for (*count = 0; at < size; ++*count) {
		struct trace_record record;
		const char *wrong = next_record(bytes, size, &at, &record);

		if (wrong) {
			snprintf(error, TRACE_ERROR_SIZE, "record %zu at byte %zu: %s", *count, at, wrong);
			return false;
		}
		if (records)
			records[*count] = record;
	}
	if (*count == 0)
		snprintf(error, TRACE_ERROR_SIZE, "no record in it");
	return *count > 0;
}

bool trace_parse(struct trace *trace, const uint8_t *bytes, size_t size, char error[TRACE_ERROR_SIZE])
{
	size_t count;

	memset(trace, 0, sizeof *trace);
	if (!scan(bytes, size, NULL, &count, error))
		return false;
	trace->records = calloc(count, sizeof *trace->records);
	if (!trace->records) {
		snprintf(error, TRACE_ERROR_SIZE, "out of memory");
		return false;
	}
	trace->count = count;
	return scan(bytes, size, trace->records, &count, error);
}

/* Reads the whole file. Returns NULL with *wrong set where that fails. */
static uint8_t *read_file(const char *path, size_t *size, const char **wrong)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long end = -1;

	*wrong = NULL;
	if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
		*wrong = strerror(errno);
	else if ((size_t)end > FILE_MAX)
		*wrong = "too large for a recording (64 MiB)";
	else if (!(bytes = malloc((size_t)end + 1)))
		*wrong = "out of memory";
	else if (fread(bytes, 1, (size_t)end, file) != (size_t)end)
		*wrong = "cannot be read to its end";
	if (file)
		fclose(file);
	if (*wrong) {
		free(bytes);
		return NULL;
	}
	*size = (size_t)end;
	return bytes;
}

bool trace_read(struct trace *trace, const char *path, char error[TRACE_ERROR_SIZE])
{
	char wrong_record[TRACE_ERROR_SIZE];
	const char *wrong;
	size_t size;
	uint8_t *bytes = read_file(path, &size, &wrong);

	memset(trace, 0, sizeof *trace);
	if (bytes && !trace_parse(trace, bytes, size, wrong_record))
		wrong = wrong_record;
	if (wrong) {
		free(bytes);
		if (snprintf(error, TRACE_ERROR_SIZE, "%s: %s", path, wrong) >= TRACE_ERROR_SIZE)
			memcpy(error + TRACE_ERROR_SIZE - 4, "...", 4);
		return false;
	}
	trace->bytes = bytes;
	return true;
}

void trace_free(struct trace *trace)
{
	free(trace->records);
	free(trace->bytes);
	memset(trace, 0, sizeof *trace);
}

bool trace_find(const char *name, char *path, size_t room)
{
	const char *directory = getenv("TRACES");
	int size = snprintf(path, room, "%s/%s.trace", directory && *directory ? directory : DEFAULT_DIRECTORY, name);

	return size > 0 && (size_t)size < room && access(path, R_OK) == 0;
}
