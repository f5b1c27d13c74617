/* SPDX-License-Identifier: GPL-2.0-only */
/* The start of a machine: the host's keys and the firmware's own variables. */
#ifndef SERVICE_PROVISION_H
#define SERVICE_PROVISION_H

#include "service/machine.h"

/* These are uefivars_check_keys(), uefivars_refresh() and uefivars_start() of uefivars.h. */
enum uefivars_reason provision_check(const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed);
enum uefivars_reason provision_refresh(struct uefivars *uv, const struct uefivars_auth_file keys[UEFIVARS_KEYS],
				       enum uefivars_key *failed);
enum uefivars_reason provision_start(struct uefivars *uv, enum uefivars_boot boot,
				     const struct uefivars_auth_file keys[UEFIVARS_KEYS], enum uefivars_key *failed);

/* Are these keys enrolled? Fills missing[] by enum uefivars_key. */
void provision_missing(const struct uefivars *uv, bool missing[UEFIVARS_KEYS]);

#endif
