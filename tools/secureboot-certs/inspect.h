/* SPDX-License-Identifier: GPL-2.0-only */
/* `secureboot-certs report`: which certificates there are, and what is missing, for people. */
#ifndef SECUREBOOT_CERTS_INSPECT_H
#define SECUREBOOT_CERTS_INSPECT_H

#include <stdbool.h>

#include "tools/secureboot-certs/pool.h"

/* Prints all. Returns false where something could not be had or is not as it should be (reported). */
bool inspect_pool(struct pool *pool);

#endif
