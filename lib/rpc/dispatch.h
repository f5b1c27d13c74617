/* SPDX-License-Identifier: GPL-2.0-only */
/* From a request page to a service and back. */
#ifndef RPC_DISPATCH_H
#define RPC_DISPATCH_H

#include "service/machine.h"

/* These are uefivars_serve() and uefivars_complete() of uefivars.h. */
enum uefivars_served dispatch_serve(struct uefivars *uv, uint8_t *page, size_t *response_size);
uint8_t *dispatch_complete(struct uefivars *uv, bool persisted, size_t *response_size);

#endif
