/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same requests to two machines: one runs on, the other is saved and resumed after each. Its requests also travel
 * as a transport copies them: no more bytes than uefivars_request_size() asks for. Responses and state stay the same.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine.h"

#define STEPS_MAX 100u

/* Copies only what the library asks for; the rest of the page is something else than in the original. */
static void copy_extent(uint8_t *to, const uint8_t *from)
{
	size_t have = 0, want = uefivars_request_size(to, 0);

	memset(to, 0x5a, UEFIVARS_PAGE_SIZE);
	while (want > have) {
		if (want > UEFIVARS_PAGE_SIZE)
			fuzz_broken("a request of %zu bytes", want);
		memcpy(to + have, from + have, want - have);
		have = want;
		want = uefivars_request_size(to, have);
	}
}

static void compare(const struct machine *one, const struct machine *other)
{
	GByteArray *all = machine_save(one, UEFIVARS_SCOPE_ALL);
	GByteArray *resumed = machine_save(other, UEFIVARS_SCOPE_ALL);

	if (one->response_size != other->response_size || memcmp(one->page, other->page, one->response_size) != 0)
		fuzz_broken("a resumed machine answers something else");
	if (all->len != resumed->len || memcmp(all->data, resumed->data, all->len) != 0)
		fuzz_broken("a resumed machine is another one");
	if (one->durable->len != other->durable->len ||
	    memcmp(one->durable->data, other->durable->data, one->durable->len) != 0)
		fuzz_broken("a resumed machine stores something else");
	g_byte_array_unref(all);
	g_byte_array_unref(resumed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine one, other;
	struct uefivars_policy policy;
	struct sequence_step step;
	bool keys;

	sequence_policy(&data, &size, &policy, &keys);
	machine_init(&one, &policy, keys);
	machine_init(&other, &policy, keys);
	for (unsigned int steps = 0; steps < STEPS_MAX && sequence_next(&data, &size, &step); steps++) {
		if (machine_is_request(&step)) {
			sequence_request(&step, one.page);
			copy_extent(other.page, one.page);
		}
		machine_step(&one, &step);
		machine_step(&other, &step);
		machine_resume(&other);
		compare(&one, &other);
	}
	machine_clear(&one);
	machine_clear(&other);
	return 0;
}
