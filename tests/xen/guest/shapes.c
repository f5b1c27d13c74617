/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "bytes.h"
#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define LAST_PORT 0x10b
#define SOME 5u /* elements of a string instruction */
#define SPARE_PAGES 4u

static struct wire *const wire = &wires[0];
static uint32_t spare[SPARE_PAGES * XEN_PAGE / sizeof(uint32_t)] __attribute__((aligned(XEN_PAGE)));

/* Whatever came before: the daemon still serves, and the variable is what it was. */
static void still_serves(const char *after)
{
	struct wire_value value;

	verdict(after, wire_get(wire, "Shape", WIRE_SIZE, &value), EFI_SUCCESS);
	verdict("serves as before", value.size == 5 && memcmp(value.data, "shape", 5) == 0, 1);
}

static void narrow_and_crooked(void)
{
	const uint32_t frame = (uint32_t)((uintptr_t)wire->pages / XEN_PAGE);

	wire_begin(wire, 1, WIRE_NOTIFY);
	outb(WIRE_PORT, (uint8_t)frame);
	outw(WIRE_PORT, (uint16_t)frame);
	for (uint16_t port = WIRE_PORT + 1; port <= LAST_PORT; port++) {
		outb(port, (uint8_t)frame);
		outw(port, (uint16_t)frame);
		if (port != PPI_INDEX_PORT && port != PPI_DATA_PORT)
			outl(port, frame);
	}
	wire->at = 0;
	verdict("8 and 16 bits, and 32 at odd ports, serve nothing", *(uint32_t *)wire->pages, 1);
	still_serves("after narrow and crooked writes");
}

static void reads(void)
{
	uint32_t seen = 0;

	for (uint16_t port = WIRE_PORT; port <= LAST_PORT; port++) {
		seen |= inb(port);
		seen |= inw(port);
		seen |= inl(port);
	}
	say("reads of every size at every port came back (%s)", seen ? "with bits set" : "all zero");
	say("inl(0x100) = %x", inl(WIRE_PORT));
	still_serves("after reads");
}

static void strings(void)
{
	for (uint32_t i = 0; i < sizeof spare / sizeof *spare; i++)
		spare[i] = (uint32_t)((uintptr_t)wire->pages / XEN_PAGE);
	wire_begin(wire, 1, WIRE_QUERY);
	wire_u32(wire, NV | BS);
	for (uint16_t port = WIRE_PORT; port <= LAST_PORT; port++) {
		outsb(port, spare, SOME);
		outsw(port, spare, SOME);
		outsl(port, spare, SOME);
	}
	still_serves("after rep outs");
	outsl(WIRE_PORT, (uint8_t *)spare + XEN_PAGE - 6, SOME); /* an element that lies in two pages */
	outsl(WIRE_PORT, spare, sizeof spare / sizeof *spare);
	still_serves("after rep outs over pages");
	for (uint16_t port = WIRE_PORT; port <= LAST_PORT; port++) {
		insb(port, spare, SOME);
		insw(port, spare, SOME);
		insl(port, spare, SOME);
	}
	insl(WIRE_PORT, spare, sizeof spare / sizeof *spare);
	still_serves("after rep ins");
}

/* Frames that are none, and one so near the end of memory that the last of its 16 pages are missing. */
static void bad_frames(void)
{
	static const uint32_t frames[] = { 0xff8,      0xdeadb,    0xfffff, 0x100000, 0x7fffffff,
					   0xfffffff0, 0xffffffff, 0xfee00, 0xf0000 };

	for (unsigned int i = 0; i < sizeof frames / sizeof *frames; i++) {
		outl(WIRE_PORT, frames[i]);
		say("frame %x came back", frames[i]);
	}
	still_serves("after frames that are none");
}

static void bad_requests(void)
{
	static const uint64_t lengths[] = { WIRE_SIZE, WIRE_SIZE - 16, 0xffffffff, 1ull << 63, ~0ull };

	wire_begin(wire, 2, WIRE_QUERY);
	wire_u32(wire, NV | BS);
	verdict("another version", wire_send(wire), EFI_UNSUPPORTED);
	wire_begin(wire, 1, 5);
	verdict("a command that is none", wire_send(wire), EFI_UNSUPPORTED);
	wire_begin(wire, 1, 0xffffffff);
	verdict("another", wire_send(wire), EFI_UNSUPPORTED);
	for (unsigned int i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		wire_begin(wire, 1, WIRE_GET);
		wire_u64(wire, lengths[i]);
		verdict("a name that leaves the pages", wire_send(wire), EFI_INVALID_PARAMETER);
		wire_begin(wire, 1, WIRE_SET);
		wire_name(wire, "Long");
		wire_guid(wire);
		wire_u64(wire, lengths[i]);
		verdict("data that leaves the pages", wire_send(wire), EFI_INVALID_PARAMETER);
	}
	still_serves("after requests that are none");
}

void mode_shapes(void)
{
	verdict("set", wire_set(wire, "Shape", BS, "shape", 5), EFI_SUCCESS);
	narrow_and_crooked();
	reads();
	strings();
	bad_frames();
	bad_requests();
}
