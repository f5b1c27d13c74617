/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's requests: a sequence of them against one machine, and after each one the rules of rules.h. */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rules.h"

#define STEPS_MAX 200u

static void step(struct machine *machine, const GPtrArray *made, const struct sequence_step *step,
		 struct picture *before)
{
	static uint8_t request[UEFIVARS_PAGE_SIZE];
	bool is_request = machine_is_request(step);
	struct picture after;

	if (is_request) {
		sequence_request(step, machine->page);
		memcpy(request, machine->page, sizeof request);
	}
	machine_step(machine, step);
	picture_take(&after, machine);
	if (is_request)
		rules_request(machine, made, request, before, &after);
	else
		rules_always(machine, made, &after);
	picture_clear(before);
	*before = after;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	GPtrArray *made = g_ptr_array_new_with_free_func(g_free);
	struct uefivars_policy policy;
	struct sequence_step next;
	struct picture before;
	bool keys;

	sequence_policy(&data, &size, &policy, &keys);
	machine_init(&machine, &policy, keys);
	picture_take(&before, &machine);
	rules_begin(made, &before);
	for (unsigned int steps = 0; steps < STEPS_MAX && sequence_next(&data, &size, &next); steps++)
		step(&machine, made, &next, &before);
	picture_clear(&before);
	machine_clear(&machine);
	g_ptr_array_unref(made);
	return 0;
}
