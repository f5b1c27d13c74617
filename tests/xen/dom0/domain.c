/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domain create pvh|hvm IMAGE MIB VCPUS COMMAND-LINE    build a domain, paused, and print its number
 * domain unpause|destroy DOMID
 * domain wait DOMID SECONDS                              print how it ended; status 0 for a poweroff
 *
 * It needs the hypervisor alone: no xenstored, no xl, no device model.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xentoollog.h>

#define KIB_PER_MIB 1024u
#define PAGES_PER_MIB 256u
#define SPARE_KIB 1024u /* for the pages that Xen itself puts in */
#define PAGING_MIB 8u
#define HOLE_BEGIN 0xf0000000u
#define HOLE_SIZE 0x10000000u
#define VGA_HOLE_PAGES 0x20u
/* Where a guest finds its command line if Xen has no way to hand it one (guest/main.c). */
#define COMMAND_LINE_FRAME 8u
#define POLL_US 50000
#define POLLS_PER_SECOND (1000000 / POLL_US)

static int failed(const char *what)
{
	fprintf(stderr, "domain: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The image is loaded and the first vCPU is set to its entry, as it is for hvmloader or a PVH kernel. */
static const char *build(xc_interface *xen, uint32_t domain, const char *image, unsigned int mib, unsigned int vcpus,
			 bool hvm, const char *command_line)
{
	struct xc_dom_image *dom = xc_dom_allocate(xen, command_line, NULL);
	const char *wrong = NULL;

	if (!dom)
		return "xc_dom_allocate";
	dom->container_type = XC_DOM_HVM_CONTAINER;
	dom->device_model = hvm;
	dom->max_vcpus = vcpus;
	dom->target_pages = (xen_pfn_t)mib * PAGES_PER_MIB;
	dom->lowmem_end = (uint64_t)mib * KIB_PER_MIB * 1024;
	dom->mmio_start = HOLE_BEGIN;
	dom->mmio_size = HOLE_SIZE;
	dom->vga_hole_size = hvm ? VGA_HOLE_PAGES : 0;
	if (xc_dom_kernel_file(dom, image))
		wrong = "xc_dom_kernel_file";
	else if (xc_dom_boot_xen_init(dom, xen, domain))
		wrong = "xc_dom_boot_xen_init";
	else if (xc_dom_parse_image(dom))
		wrong = "xc_dom_parse_image";
	else if (xc_dom_mem_init(dom, mib))
		wrong = "xc_dom_mem_init";
	else if (xc_dom_boot_mem_init(dom))
		wrong = "xc_dom_boot_mem_init";
	else if (xc_dom_build_image(dom))
		wrong = "xc_dom_build_image";
	else if (xc_dom_boot_image(dom))
		wrong = "xc_dom_boot_image";
	xc_dom_release(dom);
	return wrong;
}

/* A machine with a device model is given no command line: its memory has it. */
static const char *leave_command_line(uint32_t domain, const char *command_line)
{
	const xen_pfn_t frame = COMMAND_LINE_FRAME;
	xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
	char *page = memory ? xenforeignmemory_map(memory, domain, PROT_READ | PROT_WRITE, 1, &frame, NULL) : NULL;

	if (!page)
		return "xenforeignmemory_map";
	snprintf(page, XC_PAGE_SIZE, "%s", command_line);
	xenforeignmemory_unmap(memory, page, 1);
	xenforeignmemory_close(memory);
	return NULL;
}

static int create(xc_interface *xen, const char *kind, const char *image, unsigned int mib, unsigned int vcpus,
		  const char *command_line)
{
	const bool hvm = strcmp(kind, "hvm") == 0;
	struct xen_domctl_createdomain config = {
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch.emulation_flags = hvm ? XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI : XEN_X86_EMU_LAPIC,
	};
	unsigned int paging_mib = PAGING_MIB;
	uint32_t domain = 0;
	const char *wrong = NULL;

	if (xc_domain_create(xen, &domain, &config))
		return failed("xc_domain_create");
	if (xc_domain_max_vcpus(xen, domain, vcpus))
		wrong = "xc_domain_max_vcpus";
	else if (xc_domain_setmaxmem(xen, domain, (uint64_t)mib * KIB_PER_MIB + SPARE_KIB))
		wrong = "xc_domain_setmaxmem";
	else if (xc_shadow_control(xen, domain, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &paging_mib, 0))
		wrong = "xc_shadow_control";
	else
		wrong = build(xen, domain, image, mib, vcpus, hvm, command_line);
	if (!wrong && hvm)
		wrong = leave_command_line(domain, command_line);
	if (wrong) {
		failed(wrong);
		xc_domain_destroy(xen, domain);
		return 1;
	}
	printf("%u\n", domain);
	return 0;
}

static const char *how_it_ended(xc_interface *xen, uint32_t domain)
{
	xc_dominfo_t info;

	if (xc_domain_getinfo(xen, domain, 1, &info) != 1 || info.domid != domain)
		return "gone";
	if (info.crashed) /* libxc says so in place of .shutdown */
		return "crash";
	if (!info.shutdown)
		return NULL;
	return info.shutdown_reason == SHUTDOWN_poweroff ? "poweroff" : "another reason";
}

static int wait_for(xc_interface *xen, uint32_t domain, unsigned int seconds)
{
	const char *end = NULL;

	for (unsigned int polls = seconds * POLLS_PER_SECOND; polls && !end; polls--) {
		end = how_it_ended(xen, domain);
		if (!end)
			usleep(POLL_US);
	}
	puts(end ? end : "still running");
	return end && strcmp(end, "poweroff") == 0 ? 0 : 1;
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	xentoollog_logger *log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
	xc_interface *xen = xc_interface_open(log, log, 0);
	const char *command = argc > 1 ? argv[1] : "";

	if (!xen)
		return failed("xc_interface_open");
	xc_dom_loginit(xen);
	if (strcmp(command, "create") == 0 && argc == 7)
		return create(xen, argv[2], argv[3], number(argv[4]), number(argv[5]), argv[6]);
	if (strcmp(command, "unpause") == 0 && argc == 3)
		return xc_domain_unpause(xen, number(argv[2])) ? failed("xc_domain_unpause") : 0;
	if (strcmp(command, "destroy") == 0 && argc == 3)
		return xc_domain_destroy(xen, number(argv[2])) ? failed("xc_domain_destroy") : 0;
	if (strcmp(command, "wait") == 0 && argc == 4)
		return wait_for(xen, number(argv[2]), number(argv[3]));
	fputs("domain: expected create, unpause, destroy or wait\n", stderr);
	return 2;
}
