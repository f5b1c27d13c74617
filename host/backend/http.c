/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/http.h"

#include <stdint.h>
#include <string.h>

#define VERSION_PREFIX "HTTP/1."

void http_reader_init(struct http_reader *reader, size_t body_max)
{
	*reader = (struct http_reader){ .state = HTTP_MORE, .body_max = body_max, .body = g_string_new(NULL) };
}

void http_reader_clear(struct http_reader *reader)
{
	if (reader->body)
		g_string_free(reader->body, TRUE);
	reader->body = NULL;
}

static void refuse(struct http_reader *reader, const char *error)
{
	reader->state = HTTP_BROKEN;
	reader->error = error;
}

/* "HTTP/1.1 200 OK": the text behind the number is anything, or missing. */
static void take_status_line(struct http_reader *reader)
{
	const size_t prefix = strlen(VERSION_PREFIX);
	const char *line = reader->line, *code = line + prefix + 2;

	if (reader->line_size < prefix + 5 || memcmp(line, VERSION_PREFIX, prefix) != 0 ||
	    (line[prefix] != '0' && line[prefix] != '1') || line[prefix + 1] != ' ' || !g_ascii_isdigit(code[0]) ||
	    !g_ascii_isdigit(code[1]) || !g_ascii_isdigit(code[2]) ||
	    (reader->line_size > prefix + 5 && code[3] != ' ')) {
		refuse(reader, "the answer is not HTTP");
		return;
	}
	reader->status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
	if (reader->status < 200)
		refuse(reader, "an interim answer, which was not asked for");
}

static void take_length(struct http_reader *reader, const char *digits, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return refuse(reader, "the answer's length is not a number");
	for (size_t i = 0; i < size; i++) {
		if (!g_ascii_isdigit(digits[i]))
			return refuse(reader, "the answer's length is not a number");
		if (length > (SIZE_MAX - 9) / 10)
			return refuse(reader, "the answer is too long");
		length = length * 10 + (size_t)(digits[i] - '0');
	}
	if (reader->has_length && reader->body_left != length)
		return refuse(reader, "the answer has two lengths");
	if (length > reader->body_max)
		return refuse(reader, "the answer is too long");
	reader->has_length = true;
	reader->body_left = length;
}

static bool is_field(const char *name, size_t size, const char *field)
{
	return size == strlen(field) && g_ascii_strncasecmp(name, field, size) == 0;
}

static void take_field(struct http_reader *reader)
{
	const char *line = reader->line, *colon = memchr(line, ':', reader->line_size), *value;
	size_t name_size, size;

	if (!colon || colon == line)
		return refuse(reader, "a header line has no name");
	name_size = (size_t)(colon - line);
	for (size_t i = 0; i < name_size; i++) {
		/* A blank in front continues the line before; one before the colon is read differently by different
		 * readers. */
		if (line[i] == ' ' || line[i] == '\t')
			return refuse(reader, "a header line has a blank in its name");
	}
	value = colon + 1;
	size = reader->line_size - name_size - 1;
	while (size && (*value == ' ' || *value == '\t')) {
		value++;
		size--;
	}
	while (size && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	if (is_field(line, name_size, "Content-Length"))
		take_length(reader, value, size);
	else if (is_field(line, name_size, "Transfer-Encoding"))
		refuse(reader, "the answer has a transfer coding");
}

static void begin_body(struct http_reader *reader)
{
	reader->in_body = true;
	if (!reader->has_length)
		return;
	if (reader->body_left == 0) {
		reader->state = HTTP_WHOLE;
		return;
	}
	g_string_free(reader->body, TRUE);
	reader->body = g_string_sized_new(reader->body_left);
}

/* A line of the head, without its CR LF. */
static void take_line(struct http_reader *reader)
{
	if (reader->status == 0)
		take_status_line(reader);
	else if (reader->line_size == 0)
		begin_body(reader);
	else
		take_field(reader);
	reader->line_size = 0;
}

/* Takes bytes of the head; returns how many they were. */
static size_t feed_head(struct http_reader *reader, const char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size && !reader->in_body && reader->state == HTTP_MORE) {
		const char c = bytes[at++];

		if (++reader->head_size > HTTP_HEAD_MAX || reader->line_size == sizeof reader->line) {
			refuse(reader, "the answer's head is too long");
		} else if (c == '\n') {
			if (reader->line_size == 0 || reader->line[reader->line_size - 1] != '\r') {
				refuse(reader, "a header line does not end in CR LF");
				break;
			}
			reader->line_size--;
			take_line(reader);
		} else if (reader->line_size && reader->line[reader->line_size - 1] == '\r') {
			refuse(reader, "a header line does not end in CR LF");
		} else if ((unsigned char)c < 0x20 && c != '\r' && c != '\t') {
			refuse(reader, "a control character in the answer's head");
		} else {
			reader->line[reader->line_size++] = c;
		}
	}
	return at;
}

static void feed_body(struct http_reader *reader, const char *bytes, size_t size)
{
	if (reader->has_length) {
		size = MIN(size, reader->body_left);
		reader->body_left -= size;
		if (reader->body_left == 0)
			reader->state = HTTP_WHOLE;
	} else if (size > reader->body_max - reader->body->len) {
		refuse(reader, "the answer is too long");
		return;
	}
	g_string_append_len(reader->body, bytes, (gssize)size);
}

enum http_state http_reader_feed(struct http_reader *reader, const char *bytes, size_t size)
{
	size_t at = 0;

	if (reader->state == HTTP_MORE && !reader->in_body)
		at = feed_head(reader, bytes, size);
	if (reader->state == HTTP_MORE && reader->in_body)
		feed_body(reader, bytes + at, size - at);
	return reader->state;
}

enum http_state http_reader_end(struct http_reader *reader)
{
	if (reader->state != HTTP_MORE)
		return reader->state;
	if (reader->in_body && !reader->has_length)
		reader->state = HTTP_WHOLE;
	else
		refuse(reader,
		       reader->head_size ? "the answer was cut short" : "the connection was closed without an answer");
	return reader->state;
}
