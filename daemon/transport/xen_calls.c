/* SPDX-License-Identifier: GPL-2.0-only */
/* What the Xen transport asks of the kernel: daemon/sandbox_calls.h. */
#include "daemon/sandbox_calls.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/xen.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

static const struct sandbox_call calls[] = {
	/* The answer to a vCPU, the guest's pages, and what the hypervisor is asked about this one domain. */
	CALL_IF(ioctl, IS(1, IOCTL_EVTCHN_NOTIFY)),
	CALL_IF(ioctl, IS(1, IOCTL_PRIVCMD_MMAPBATCH_V2)),
	CALL_IF(ioctl, IS(1, IOCTL_PRIVCMD_DM_OP)),
	CALL_IF_BOTH(mmap, LACKS(2, PROT_EXEC), HAS(3, MAP_SHARED)),
	/* A page of the guest's that is paged out is waited for; by the second before glibc 2.31. */
	CALL(clock_nanosleep),
	CALL(nanosleep),
};

/* The handles of the hypervisor and the state file. */
const struct sandbox_part sandbox_xen = { "xen", SANDBOX_LIST(calls), 16, SANDBOX_LARGEST_FILE };
