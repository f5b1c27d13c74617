/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "bytes.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define LARGE 30000u /* bytes of data: reaches into the eighth page */
#define PAGES (WIRE_SIZE / XEN_PAGE)
#define ROUNDS 12u
#define ANSWERED_NOT 0x100000001ull /* the first bytes of a SetVariable request */

static struct wire *const wire = &wires[0];
static uint8_t data[LARGE];
static uint8_t spare[XEN_PAGE] __attribute__((aligned(XEN_PAGE)));

static void write_and_read(const char *what, uint32_t seed)
{
	struct wire_value value;

	for (uint32_t i = 0; i < LARGE; i++)
		data[i] = (uint8_t)random_next(&seed);
	if (!verdict(what, wire_set(wire, "Large", NV | BS, data, LARGE), EFI_SUCCESS))
		return;
	memset(wire->pages, 0xff, WIRE_SIZE);
	verdict("and is read back", wire_get(wire, "Large", WIRE_SIZE, &value), EFI_SUCCESS);
	verdict("whole", value.size == LARGE && memcmp(value.data, data, LARGE) == 0, 1);
}

static void hole(unsigned int page)
{
	verdict("a page is given back", xen_give_page(wire->pages + page * XEN_PAGE), true);
	if (page)
		verdict("with a hole nothing is served", wire_set(wire, "Hole", NV | BS, data, 1), ANSWERED_NOT);
	else
		wire_ring(wire);
	verdict("a page is got", xen_take_page(wire->pages + page * XEN_PAGE), true);
	write_and_read("a request in the new page", page + 100);
}

/* The first page is replaced by another one, which has a request in it already. */
static void exchanged(void)
{
	struct wire other = { .pages = spare };

	wire_begin(&other, 1, WIRE_NOTIFY);
	verdict("a page is moved", xen_move_page(spare, wire->pages), true);
	verdict("the request that came with it", wire_send(wire), EFI_SUCCESS);
	write_and_read("a request in the moved page", 7);
	verdict("its old place is filled", xen_take_page(spare), true);
}

void mode_memory(void)
{
	uint32_t random = 12345;

	write_and_read("a request before", 1);
	hole(0);
	hole(5);
	hole(PAGES - 1);
	exchanged();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint8_t *page = wire->pages + random_next(&random) % PAGES * XEN_PAGE;

		verdict("exchange a page", xen_give_page(page) && xen_take_page(page), true);
		write_and_read("a request", round);
	}
}
