/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define COMPLETER_PORT 0x200
#define BATCHES 60u
#define EXCHANGES 32u

static uint32_t nanoseconds(uint32_t ticks, uint32_t khz)
{
	return ticks * 100 / (khz / 10000); /* 32 bits: good for 20 ms */
}

static void get(void)
{
	struct wire_value value;

	wire_get(&wires[0], "Speed", WIRE_SIZE, &value);
}

/* The same from a guest's side, but for who answers: nobody looks at it. */
static void complete(void)
{
	outl(COMPLETER_PORT, (uint32_t)((uintptr_t)wires[0].pages / XEN_PAGE));
}

/* The ticks of one exchange. */
static uint32_t measure(void (*exchange)(void))
{
	const uint64_t begin = rdtsc();

	for (unsigned int i = 0; i < EXCHANGES; i++)
		exchange();
	return (uint32_t)(rdtsc() - begin) / EXCHANGES;
}

/*
 * Both kinds take turns, and the best of many short batches counts: so both see the same machine, whatever else it is
 * busy with.
 */
void mode_speed(void)
{
	const uint32_t khz = xen_tsc_khz();
	uint32_t best_get = UINT32_MAX;
	uint32_t best_complete = UINT32_MAX;
	uint32_t ticks;

	verdict("set", wire_set(&wires[0], "Speed", BS | RT, "a variable of usual size", 24), EFI_SUCCESS);
	for (unsigned int batch = 0; batch < BATCHES; batch++) {
		ticks = measure(get);
		if (ticks < best_get)
			best_get = ticks;
		ticks = measure(complete);
		if (ticks < best_complete)
			best_complete = ticks;
	}
	say("speed: GetVariable %u ns, completed only %u ns", nanoseconds(best_get, khz),
	    nanoseconds(best_complete, khz));
}
