/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers' older forms have no struct for a pointer. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include <xen/hvm/hvm_vcpu.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "bytes.h"
#include "xen.h"

#define HYPERCALL_SIZE 32
#define FIRST_LEAF 0x40000000u

static uint8_t hypercalls[XEN_PAGE] __attribute__((aligned(XEN_PAGE)));
static uint32_t xen_leaf;

struct registers {
	uint32_t a;
	uint32_t b;
	uint32_t c;
	uint32_t d;
};

static struct registers cpuid(uint32_t leaf)
{
	struct registers r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

static long hypercall(unsigned int number, uintptr_t first, const void *second, uintptr_t third)
{
	long result;

	__asm__ volatile("call *%[entry]"
			 : "=a"(result), "+b"(first), "+c"(second), "+d"(third)
			 : [entry] "r"(hypercalls + (size_t)number * HYPERCALL_SIZE)
			 : "memory");
	return result;
}

void xen_init(void)
{
	struct registers r;

	for (xen_leaf = FIRST_LEAF; xen_leaf < FIRST_LEAF + 0x10000; xen_leaf += 0x100) {
		r = cpuid(xen_leaf);
		if (r.b == 0x566e6558 && r.c == 0x65584d4d && r.d == 0x4d4d566e) /* "XenVMMXenVMM" */
			break;
	}
	r = cpuid(xen_leaf + 2);
	__asm__ volatile("wrmsr" : : "c"(r.b), "a"((uint32_t)(uintptr_t)hypercalls), "d"(0) : "memory");
}

uint32_t xen_tsc_khz(void)
{
	return cpuid(xen_leaf + 3).c;
}

void xen_shutdown(enum xen_end end)
{
	static const unsigned int reasons[] = {
		[XEN_POWER_OFF] = SHUTDOWN_poweroff,
		[XEN_REBOOT] = SHUTDOWN_reboot,
		[XEN_CRASH] = SHUTDOWN_crash,
	};
	const struct sched_shutdown shutdown = { .reason = reasons[end] };

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &shutdown, 0);
}

void xen_sleep(void)
{
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, NULL, 0);
}

bool xen_start_vcpu(void (*entry)(void))
{
	static vcpu_hvm_context_t context;
	/* Flat segments: present, 4 GiB; code 0x9b, data 0x93, a busy task state 0x8b. */
	static const struct vcpu_hvm_x86_32 start = {
		.cs_limit = UINT32_MAX,
		.ds_limit = UINT32_MAX,
		.ss_limit = UINT32_MAX,
		.es_limit = UINT32_MAX,
		.tr_limit = 0x67,
		.cs_ar = 0xc9b,
		.ds_ar = 0xc93,
		.ss_ar = 0xc93,
		.es_ar = 0xc93,
		.tr_ar = 0x8b,
		.cr0 = 1,
	};

	memset(&context, 0, sizeof context);
	context.mode = VCPU_HVM_MODE_32B;
	context.cpu_regs.x86_32 = start;
	context.cpu_regs.x86_32.eip = (uint32_t)(uintptr_t)entry;
	return hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, (const void *)1, (uintptr_t)&context) == 0 &&
	       hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, (const void *)1, 0) == 0;
}

static bool reservation(unsigned int command, volatile void *page)
{
	xen_pfn_t frame = (xen_pfn_t)((uintptr_t)page / XEN_PAGE);
	struct xen_memory_reservation change = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(change.extent_start, &frame);
	return hypercall(__HYPERVISOR_memory_op, command, &change, 0) == 1;
}

bool xen_give_page(volatile void *page)
{
	return reservation(XENMEM_decrease_reservation, page);
}

bool xen_take_page(volatile void *page)
{
	return reservation(XENMEM_populate_physmap, page);
}

bool xen_move_page(volatile void *from, volatile void *to)
{
	const struct xen_add_to_physmap move = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_gmfn,
		.idx = (xen_ulong_t)((uintptr_t)from / XEN_PAGE),
		.gpfn = (xen_pfn_t)((uintptr_t)to / XEN_PAGE),
	};

	return hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &move, 0) == 0;
}
