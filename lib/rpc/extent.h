/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a request reaches into its pages, so that a transport need not copy what nothing will look at. */
#ifndef RPC_EXTENT_H
#define RPC_EXTENT_H

#include <stddef.h>
#include <stdint.h>

/* This is uefivars_request_size() of uefivars.h. */
size_t extent_of_request(const uint8_t *page, size_t have);

#endif
