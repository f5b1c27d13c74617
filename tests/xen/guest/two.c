/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define ROUNDS 200u
#define NAMES 4u
#define DATA_MAX 300u
#define WAIT_SECONDS 60u

void second_start(void);
void second_main(void);

static void (*second_work)(void);
static volatile bool second_stop;
static volatile bool second_done;

/* On the second vCPU, which says nothing: the first one tells. */
void second_main(void)
{
	second_work();
	second_done = true;
}

static bool second_begin(void (*work)(void))
{
	second_work = work;
	return verdict("a second vCPU starts", xen_start_vcpu(second_start), true);
}

static void second_wait(void)
{
	const uint64_t end = rdtsc() + (uint64_t)xen_tsc_khz() * 1000 * WAIT_SECONDS;

	while (!second_done && rdtsc() < end)
		pause();
	verdict("the second vCPU comes to its end", second_done, true);
}

/* ---- Both vCPUs have requests of their own ---- */

struct worker {
	char first; /* letter of its variables */
	unsigned int rounds;
	unsigned int wrong;
};

static struct worker workers[2] = { { .first = 'A' }, { .first = 'B' } };

static void fill(uint8_t *data, uint32_t seed)
{
	for (uint32_t i = 0; i < DATA_MAX; i++)
		data[i] = (uint8_t)random_next(&seed);
}

/* Sets a variable and gets it and another one back, over and over. */
static void hammer(unsigned int cpu)
{
	struct worker *worker = &workers[cpu];
	struct wire *wire = &wires[cpu];
	char name[] = "?Hammer?";
	uint32_t attributes;
	uint32_t size;
	uint8_t data[DATA_MAX];
	struct wire_value value;

	name[0] = worker->first;
	for (worker->rounds = 0; worker->rounds < ROUNDS; worker->rounds++) {
		name[7] = (char)('0' + worker->rounds % NAMES);
		size = 1 + worker->rounds % DATA_MAX;
		fill(data, worker->rounds * 2 + cpu + 1);
		/* Every other variable has to be stored, so that writes of both wait for the backend. */
		attributes = worker->rounds % 2 ? BS | RT : NV | BS | RT;
		if (wire_set(wire, name, attributes, data, size) != EFI_SUCCESS ||
		    wire_get(wire, name, WIRE_SIZE, &value) != EFI_SUCCESS || value.size != size ||
		    memcmp(value.data, data, size) != 0)
			worker->wrong++;
	}
}

static void hammer_second(void)
{
	hammer(1);
}

/* What a vCPU wrote last is there, seen by the other one's pages. */
static void last_writes(unsigned int cpu)
{
	char name[] = "?Hammer?";
	uint8_t data[DATA_MAX];
	struct wire_value value;

	name[0] = workers[cpu].first;
	for (uint32_t round = ROUNDS - NAMES; round < ROUNDS; round++) {
		name[7] = (char)('0' + round % NAMES);
		fill(data, round * 2 + cpu + 1);
		verdict(name, wire_get(&wires[!cpu], name, WIRE_SIZE, &value), EFI_SUCCESS);
		verdict("as last written", value.size == 1 + round % DATA_MAX && !memcmp(value.data, data, value.size),
			1);
	}
}

void mode_two(void)
{
	if (!second_begin(hammer_second))
		return;
	hammer(0);
	second_wait();
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		say("vCPU %u: %u rounds", cpu, workers[cpu].rounds);
		verdict("none of them wrong", workers[cpu].wrong, 0);
		last_writes(cpu);
	}
}

/* ---- The second vCPU rewrites the request of the first ---- */

/* Offsets in a SetVariable request with a name of 4 letters; the data is short or long, and the end fits either. */
#define NAME_AT 16u
#define LENGTH_AT 40u
#define DATA_AT 48u
#define SHORT 8u
#define LONG 200u
#define TAIL 5u /* attributes and at_runtime */
#define FLIPS_BETWEEN_LOOKS 25u

static void flip(void)
{
	static const uint64_t lengths[] = { SHORT, LONG, 0xffffffffffffull, SHORT, LONG, WIRE_SIZE - DATA_AT };
	volatile uint8_t *pages = wires[0].pages;

	for (uint32_t i = 0; !second_stop; i++) {
		pages[NAME_AT] = (uint8_t)(i & 1 ? 'X' : 'Y');
		*(volatile uint64_t *)(pages + LENGTH_AT) = lengths[i % (sizeof lengths / sizeof *lengths)];
		for (uint32_t at = SHORT + TAIL; at < LONG; at += 32)
			pages[DATA_AT + at] = (uint8_t)i;
	}
}

static void lay_out(struct wire *wire)
{
	wire_begin(wire, 1, WIRE_SET);
	wire_name(wire, "Xflp");
	wire_guid(wire);
	wire_u64(wire, SHORT);
	for (unsigned int end = 0; end < 2; end++) {
		wire->at = DATA_AT + (end ? LONG : SHORT);
		wire_u32(wire, NV | BS);
		wire_u8(wire, 0);
	}
}

/* Only what a request of one moment can have made; seen through pages that nobody rewrites. */
static unsigned int impossible_variables(unsigned int *seen)
{
	char name[WIRE_NAME_MAX] = "";
	struct wire_value value;
	unsigned int impossible = 0;

	while (wire_next(&wires[1], name) == EFI_SUCCESS) {
		const bool known = text_same(name, "Xflp") || text_same(name, "Yflp");

		++*seen;
		if (!known || wire_get(&wires[1], name, WIRE_SIZE, &value) != EFI_SUCCESS ||
		    value.attributes != (NV | BS) || (value.size != SHORT && value.size != LONG))
			impossible++;
	}
	return impossible;
}

void mode_flip(void)
{
	unsigned int unanswered = 0;
	unsigned int impossible = 0;
	unsigned int done = 0;
	unsigned int seen = 0;
	uint64_t status;

	if (!second_begin(flip))
		return;
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		lay_out(&wires[0]);
		status = wire_send(&wires[0]);
		unanswered += !wire_answered(status);
		done += status == EFI_SUCCESS;
		if (round % FLIPS_BETWEEN_LOOKS == 0)
			impossible += impossible_variables(&seen);
	}
	second_stop = true;
	second_wait();
	say("%u requests, %u of them done, %u variables looked at", ROUNDS, done, seen);
	verdict("every request was answered", unanswered, 0);
	verdict("some were done", done > 0 && seen > 0, true);
	verdict("no variable that no request asked for", impossible, 0);
}
