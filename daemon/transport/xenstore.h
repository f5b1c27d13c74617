/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon has to do with Xenstore: it reads what the toolstack says of the domain, once, at the start, and says
 * there when it is ready. The connection does not live longer than either.
 */
#ifndef TRANSPORT_XENSTORE_H
#define TRANSPORT_XENSTORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/options.h"
#include "daemon/state.h"

/*
 * Reads platform/secureboot and platform/auth-enforce of the domain over the options, where they are there, and the
 * nonce of this life of the domain, which is made where there is none. Returns false where there is no Xenstore on this
 * host: then the options stay, and the nonce is zeros. Where there is one, what goes wrong is an error (*error).
 */
bool xenstore_read(uint32_t domid, struct options *options, uint8_t nonce[STATE_NONCE_SIZE], GError **error);

/* Says that the daemon of this pid serves the domain: toolstacks wait for it. */
bool xenstore_say_ready(uint32_t domid, uint32_t pid, GError **error);

#endif
