/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP answers: however the bytes are cut on their way, the same answer is read. The first byte of the input sets the
 * body's limit and how the rest is cut.
 */
#include <string.h>

#include "backend/http.h"
#include "tests/fuzz/fuzz.h"

/* Feeds the bytes in pieces of `step` bytes and ends the connection. */
static void read_in_pieces(struct http_reader *reader, size_t body_max, const uint8_t *data, size_t size, size_t step)
{
	enum http_state state = HTTP_MORE;

	http_reader_init(reader, body_max);
	for (size_t at = 0; at < size && state == HTTP_MORE; at += step) {
		size_t piece = MIN(step, size - at);
		uint8_t *exact = fuzz_exact(data + at, piece);

		state = http_reader_feed(reader, (const char *)exact, piece);
		g_free(exact);
	}
	if (state == HTTP_MORE)
		state = http_reader_end(reader);
	if (state == HTTP_MORE || state != reader->state)
		fuzz_broken("an answer that never ends");
	if (state == HTTP_BROKEN && !reader->error)
		fuzz_broken("a broken answer without a reason");
	if (reader->body->len > body_max)
		fuzz_broken("a body of %zu bytes", reader->body->len);
	if (state == HTTP_WHOLE && (reader->status < 100 || reader->status > 999))
		fuzz_broken("status %d", reader->status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reader whole, pieces;
	size_t body_max, step;

	if (size == 0)
		return 0;
	body_max = (size_t)(data[0] >> 4) * 64;
	step = 1 + (data[0] & 15);
	read_in_pieces(&whole, body_max, data + 1, size - 1, MAX(size, 1));
	read_in_pieces(&pieces, body_max, data + 1, size - 1, step);
	if (whole.state != pieces.state)
		fuzz_broken("an answer is %d in one piece and %d in pieces of %zu", whole.state, pieces.state, step);
	if (whole.state == HTTP_WHOLE && (whole.status != pieces.status || !g_string_equal(whole.body, pieces.body)))
		fuzz_broken("another answer in pieces of %zu", step);
	http_reader_clear(&whole);
	http_reader_clear(&pieces);
	return 0;
}
