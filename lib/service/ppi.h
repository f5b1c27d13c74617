/* SPDX-License-Identifier: GPL-2.0-only */
/* The TPM physical presence registers: an index port and a data port over a volatile region and PPIBuffer. */
#ifndef SERVICE_PPI_H
#define SERVICE_PPI_H

#include "service/machine.h"

/* These are uefivars_ppi_read() and, with nothing pending, uefivars_ppi_write() of uefivars.h. */
uint32_t ppi_read(const struct uefivars *uv, uint16_t port, unsigned int width);
struct verdict ppi_write(struct uefivars *uv, uint16_t port, unsigned int width, uint32_t value);

/* Would this write change a variable? */
bool ppi_write_changes_store(const struct uefivars *uv, uint16_t port, unsigned int width);

#endif
