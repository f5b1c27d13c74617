/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bench/cases.h"

static void prepare(void *context)
{
	struct replay *replay = context;

	machine_start(replay->machine, replay->blob, replay->blob_size);
	replay->at = 0;
}

static void run(void *context, size_t operations)
{
	struct replay *replay = context;

	for (; operations > 0; operations--) {
		machine_play(replay->machine, replay->script, replay->at, replay->step);
		replay->at += replay->step;
		if (replay->at == replay->script->count)
			replay->at = 0;
	}
}

struct timing replay_measure(struct replay *replay, const char *name)
{
	struct work work = {
		.context = replay,
		.prepare = replay->operations ? prepare : NULL,
		.run = run,
		.operations = replay->operations,
	};
	struct timing timing;

	if (replay->script->count == 0 || replay->script->count % replay->step)
		die("%s: the script is not made of whole operations", name);
	replay->at = 0;
	replay->machine->surprises = 0;
	timing = measure(&work);
	if (replay->machine->surprises)
		die("%s: %zu requests were not answered as the first time", name, replay->machine->surprises);
	return timing;
}
