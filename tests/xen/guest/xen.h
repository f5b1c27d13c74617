/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest asks of the hypervisor itself. */
#ifndef XEN_GUEST_XEN_H
#define XEN_GUEST_XEN_H

#include <stdbool.h>
#include <stdint.h>

#define XEN_PAGE 4096u

/* Finds Xen and makes hypercalls possible. To be called first. */
void xen_init(void);

/* Ends the domain. */
enum xen_end { XEN_POWER_OFF, XEN_REBOOT, XEN_CRASH };
__attribute__((noreturn)) void xen_shutdown(enum xen_end end);

/* Sleeps until something happens to the domain. */
void xen_sleep(void);

/* Starts vCPU 1 at `entry`. Returns false where Xen refused. */
bool xen_start_vcpu(void (*entry)(void));

/* Gives the page at this address back to Xen; gets another one, all zeros, for it. Return false where Xen refused. */
bool xen_give_page(volatile void *page);
bool xen_take_page(volatile void *page);

/* Moves the memory of one page of ours under another's address, whose own is given back; `from` has none then. */
bool xen_move_page(volatile void *from, volatile void *to);

/* How fast rdtsc() counts, in kHz. */
uint32_t xen_tsc_khz(void);

#endif
