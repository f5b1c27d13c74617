/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest of the tests on Xen: does what the first word of its command line says, and tells what it thinks of it. */
#include <stddef.h>
#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "bytes.h"
#include "modes.h"
#include "print.h"
#include "xen.h"

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "boots", mode_boots }, /* the first is done where there is no command line */
	{ "services", mode_services },
	{ "second-boot", mode_second_boot },
	{ "shapes", mode_shapes },
	{ "two", mode_two },
	{ "flip", mode_flip },
	{ "memory", mode_memory },
	{ "garbage", mode_garbage },
	{ "transcript", mode_transcript },
	{ "leave", mode_leave },
	{ "resumed", mode_resumed },
	{ "speed", mode_speed },
	{ "idle", mode_idle },
};
/* clang-format on */

/* Where the domain's builder leaves the command line of an HVM guest, which Xen hands none (dom0/domain.c). */
#define COMMAND_LINE 0x8000u

void guest_main(const struct hvm_start_info *info);

void guest_main(const struct hvm_start_info *info)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what Xen gives */
	const char *wanted = (const char *)(uintptr_t)(info->cmdline_paddr ? info->cmdline_paddr : COMMAND_LINE);

	xen_init();
	if (!*wanted)
		wanted = modes[0].name;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (!text_same(modes[i].name, wanted))
			continue;
		say("begin %s", wanted);
		modes[i].run();
		say(verdicts_good() ? "verdict: pass" : "verdict: FAIL");
		xen_shutdown(verdicts_good() ? XEN_POWER_OFF : XEN_CRASH);
	}
	say("no such mode: %s", wanted);
	xen_shutdown(XEN_CRASH);
}
