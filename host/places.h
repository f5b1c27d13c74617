/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the host has things that whoever builds the program may put elsewhere. */
#ifndef HOST_PLACES_H
#define HOST_PLACES_H

/* make SYSCONFDIR=...: what is installed there has to be found there. */
#ifndef UEFISTORED_SYSCONFDIR
#define UEFISTORED_SYSCONFDIR "/etc"
#endif

#endif
