/* SPDX-License-Identifier: GPL-2.0-only */
/* The backend that keeps nothing: the variables end with the daemon, but for what `save` writes. */
#include "backend/ops.h"

const struct backend_ops backend_memory = { .name = "memory" };
