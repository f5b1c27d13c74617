/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up what a tool does not need, with no way back. */
#ifndef VARSTORE_DEPRIV_H
#define VARSTORE_DEPRIV_H

#include <stdbool.h>

#include "tools/varstore/command.h"

/*
 * Does what -r, -g, -u and -d ask for: root directory, groups, user, and then limits, namespaces and the way to new
 * privileges. Returns false, reported, where a part of it was not possible; the process is good for ending only then.
 */
bool depriv_apply(const struct invocation *invocation);

/* The same as far as it is possible, for a process that has read all that it needs: nobody, nowhere. Nothing is
 * reported. */
void depriv_all(void);

#endif
