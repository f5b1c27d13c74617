/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "bytes.h"
#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define SECONDS 60u
#define PORTS 12u
#define ARENA_PAGES 40u
#define REST 64u /* accesses between two looks at the clock */

/* All that the daemon is let loose on: 16 pages from any of the first 24 lie in it. */
static uint8_t arena[ARENA_PAGES * XEN_PAGE] __attribute__((aligned(XEN_PAGE)));
static uint32_t random = 88172645u;

static uint32_t below(uint32_t bound)
{
	return random_next(&random) % bound;
}

static uint32_t some_frame(void)
{
	if (below(4) == 0)
		return random_next(&random) | 0x10000; /* above all memory of the guest */
	return (uint32_t)((uintptr_t)arena / XEN_PAGE) + below(ARENA_PAGES - WIRE_SIZE / XEN_PAGE + 1);
}

/* Often almost a request, so that more is reached than the first check. */
static void some_request(uint8_t *at)
{
	struct wire wire = { .pages = at };

	for (uint32_t i = 0; i < 128; i += 4)
		*(uint32_t *)(at + i) = random_next(&random);
	if (below(8) == 0)
		return;
	wire_begin(&wire, below(16) ? 1 : random_next(&random), below(16) ? below(6) : random_next(&random));
	if (below(2)) {
		wire_u64(&wire, below(8) ? below(40) : random_next(&random));
		return;
	}
	wire_name(&wire, below(2) ? "G" : "Garbage");
	wire_guid(&wire);
	wire_u64(&wire, below(8) ? below(3000) : random_next(&random));
}

static void some_string(uint16_t port)
{
	const uint32_t count = below(64) ? below(20) : below(2000);

	for (uint32_t i = 0; i < 32; i++)
		((uint32_t *)arena)[i] = some_frame();
	switch (below(6)) {
	case 0:
		outsb(port, arena, count);
		break;
	case 1:
		outsw(port, arena, count);
		break;
	case 2:
		outsl(port, arena, count < 32 ? count : 32);
		break;
	case 3:
		insb(port, arena, count);
		break;
	case 4:
		insw(port, arena, count);
		break;
	default:
		insl(port, arena, count);
	}
}

static void some_access(void)
{
	const uint16_t port = (uint16_t)(WIRE_PORT + below(PORTS));

	switch (below(12)) {
	case 0:
		outb(port, (uint8_t)random_next(&random));
		break;
	case 1:
		outw(port, (uint16_t)random_next(&random));
		break;
	case 2:
		outl(port, port == WIRE_PORT ? some_frame() : random_next(&random));
		break;
	case 3:
		inb(port);
		break;
	case 4:
		inw(port);
		break;
	case 5:
		inl(port);
		break;
	case 6:
		some_string(port);
		break;
	default:
		some_request(arena + below(ARENA_PAGES - WIRE_SIZE / XEN_PAGE + 1) * XEN_PAGE);
		outl(WIRE_PORT, some_frame());
	}
}

void mode_garbage(void)
{
	const uint64_t begin = rdtsc();
	const uint64_t second = (uint64_t)xen_tsc_khz() * 1000;
	uint32_t accesses = 0;
	struct wire_value value;

	for (uint32_t told = 0; told < SECONDS;) {
		for (uint32_t i = 0; i < REST; i++)
			some_access();
		accesses += REST;
		if (rdtsc() - begin > second * (told + 10)) {
			told += 10;
			say("garbage: %u s, %u accesses", told, accesses);
		}
	}
	wires[0].at_runtime = true; /* some request will have said so */
	verdict("set", wire_set(&wires[0], "After", NV | BS | RT, "all", 3), EFI_SUCCESS);
	verdict("get", wire_get(&wires[0], "After", WIRE_SIZE, &value), EFI_SUCCESS);
	verdict("the size", value.size, 3);
}
