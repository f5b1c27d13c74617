/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include "bytes.h"
#include "io.h"
#include "modes.h"
#include "print.h"
#include "wire.h"
#include "xen.h"

#define PPI_FUNCTION 0x10u /* volatile */
#define PPI_STORED 0x100u  /* first byte of the variable PPIBuffer */
#define PPI_BEYOND 0x130u

static const char text[] = "what a guest wants to be kept";
static struct wire *const wire = &wires[0];

/* Get: the status, and that the data is what it should be. */
static void expect(const char *name, uint32_t attributes, const void *data, uint32_t size)
{
	struct wire_value value;

	if (!verdict(name, wire_get(wire, name, WIRE_SIZE, &value), EFI_SUCCESS))
		return;
	verdict("its attributes", value.attributes, attributes);
	if (verdict("its size", value.size, size))
		verdict("its data", hash(0, value.data, size), hash(0, data, size));
}

static void expect_none(const char *name)
{
	struct wire_value value;

	verdict(name, wire_get(wire, name, WIRE_SIZE, &value), EFI_NOT_FOUND);
}

static unsigned int count_names(void)
{
	char name[WIRE_NAME_MAX] = "";
	unsigned int count = 0;
	uint64_t status;

	while ((status = wire_next(wire, name)) == EFI_SUCCESS)
		count++;
	verdict("the list has an end", status, EFI_NOT_FOUND);
	return count;
}

static void physical_presence(void)
{
	outl(PPI_INDEX_PORT, PPI_FUNCTION);
	outl(PPI_DATA_PORT, 0x12345678);
	outl(PPI_INDEX_PORT, PPI_STORED);
	outl(PPI_DATA_PORT, 0x9abcdef0);
	verdict("PPI: stored register", inl(PPI_DATA_PORT), 0x9abcdef0);
	outl(PPI_INDEX_PORT, PPI_FUNCTION);
	verdict("PPI: volatile register", inl(PPI_DATA_PORT), 0x12345678);
	verdict("PPI: 16 bits read as zero", inw(PPI_DATA_PORT), 0);
	verdict("PPI: 8 bits read as zero", inb(PPI_DATA_PORT), 0);
	outw(PPI_DATA_PORT, 0xffff);
	outb(PPI_DATA_PORT, 0xff);
	verdict("PPI: narrow writes write nothing", inl(PPI_DATA_PORT), 0x12345678);
	outl(PPI_INDEX_PORT, PPI_BEYOND);
	outl(PPI_DATA_PORT, 1);
	verdict("PPI: behind the last register", inl(PPI_DATA_PORT), 0);
}

void mode_services(void)
{
	struct wire_value value;
	uint64_t total;
	uint64_t before;
	uint64_t after;
	uint64_t largest;

	verdict("get: nothing there", wire_get(wire, "Kept", WIRE_SIZE, &value), EFI_NOT_FOUND);
	verdict("query", wire_query(wire, NV | BS | RT, &total, &before, &largest), EFI_SUCCESS);
	verdict("set: non-volatile", wire_set(wire, "Kept", NV | BS | RT, text, sizeof text), EFI_SUCCESS);
	verdict("set: volatile", wire_set(wire, "Passing", BS | RT, text, 4), EFI_SUCCESS);
	verdict("set: attributes that cannot be", wire_set(wire, "Wrong", RT, text, 4), EFI_INVALID_PARAMETER);
	expect("Kept", NV | BS | RT, text, sizeof text);
	expect("Passing", BS | RT, text, 4);
	verdict("get: too small a buffer", wire_get(wire, "Kept", 3, &value), EFI_BUFFER_TOO_SMALL);
	verdict("and the size that is needed", value.size, sizeof text);
	verdict("append", wire_set(wire, "Kept", NV | BS | RT | APPEND, text, 4), EFI_SUCCESS);
	verdict("get: after append", wire_get(wire, "Kept", WIRE_SIZE, &value), EFI_SUCCESS);
	verdict("is longer", value.size, sizeof text + 4);
	verdict("names", count_names(), 2);
	verdict("query again", wire_query(wire, NV | BS | RT, &total, &after, &largest), EFI_SUCCESS);
	verdict("less room than before", after < before && before <= total, 1);
	verdict("delete", wire_set(wire, "Passing", BS | RT, text, 0), EFI_SUCCESS);
	expect_none("Passing");
	verdict("notify", wire_notify(wire), EFI_SUCCESS);
	physical_presence();
}

void mode_boots(void)
{
	struct wire_value value;

	if (wire_get(wire, "Boots", WIRE_SIZE, &value) == EFI_NOT_FOUND) {
		verdict("set: non-volatile", wire_set(wire, "Boots", NV | BS | RT, text, 5), EFI_SUCCESS);
		verdict("set: volatile", wire_set(wire, "Passing", BS | RT, text, 9), EFI_SUCCESS);
		expect("Passing", BS | RT, text, 9);
		say("reboots");
		xen_shutdown(verdicts_good() ? XEN_REBOOT : XEN_CRASH);
	}
	expect("Boots", NV | BS | RT, text, 5);
	expect_none("Passing");
}

void mode_second_boot(void)
{
	struct wire_value value;

	verdict("get: from the boot before", wire_get(wire, "Kept", WIRE_SIZE, &value), EFI_SUCCESS);
	verdict("names", count_names(), 1);
	outl(PPI_INDEX_PORT, PPI_STORED);
	verdict("PPI: stored register", inl(PPI_DATA_PORT), 0x9abcdef0);
	outl(PPI_INDEX_PORT, PPI_FUNCTION);
	verdict("PPI: volatile register", inl(PPI_DATA_PORT), 0);
}

static void sleep_for_ever(void)
{
	say("verdict: %s, waiting", verdicts_good() ? "pass" : "FAIL");
	for (;;)
		xen_sleep();
}

/* The last request says that boot services are over: Kept at boot time only is out of sight from then on. */
void mode_leave(void)
{
	verdict("set: Kept", wire_set(wire, "Kept", NV | BS | RT, text, sizeof text), EFI_SUCCESS);
	verdict("set: Passing", wire_set(wire, "Passing", BS | RT, text, 9), EFI_SUCCESS);
	verdict("set: BootOnly", wire_set(wire, "BootOnly", NV | BS, text, 5), EFI_SUCCESS);
	outl(PPI_INDEX_PORT, PPI_FUNCTION);
	outl(PPI_DATA_PORT, 0x12345678);
	wire->at_runtime = true;
	expect("Kept", NV | BS | RT, text, sizeof text);
	expect_none("BootOnly");
	sleep_for_ever();
}

void mode_resumed(void)
{
	verdict("PPI: selected register", inl(PPI_DATA_PORT), 0x12345678);
	expect("Kept", NV | BS | RT, text, sizeof text);
	expect("Passing", BS | RT, text, 9);
	expect_none("BootOnly"); /* at_runtime is latched, whatever the request says */
	wire->at_runtime = true;
	verdict("set at runtime", wire_set(wire, "Kept", NV | BS | RT, text, 7), EFI_SUCCESS);
	expect("Kept", NV | BS | RT, text, 7);
}

void mode_idle(void)
{
	verdict("set: Kept", wire_set(wire, "Kept", NV | BS | RT, text, sizeof text), EFI_SUCCESS);
	sleep_for_ever();
}
