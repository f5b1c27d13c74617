/* SPDX-License-Identifier: GPL-2.0-only */
/* Files from the network, by HTTP and HTTPS. */
#ifndef SECUREBOOT_CERTS_DOWNLOAD_H
#define SECUREBOOT_CERTS_DOWNLOAD_H

#include <stdbool.h>

#include "tools/support/buffer.h"

/*
 * Appends what is at the address, FILE_READ_MAX bytes at most; how far it is can be seen at a terminal. user_agent
 * NULL: our own. Returns false, reported with the address, `out` untouched, where it cannot be had as a whole.
 */
bool download(const char *url, const char *user_agent, struct buffer *out);

#endif
