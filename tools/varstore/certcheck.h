/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a machine lack certificates of 2023 or later that the host would give to a new one? */
#ifndef VARSTORE_CERTCHECK_H
#define VARSTORE_CERTCHECK_H

#include <glib.h>
#include <stdbool.h>

#include "tools/varstore/host_keys.h"
#include "uefivars.h"

#define CERTCHECK_FIRST_YEAR 2023

struct certcheck_missing {
	enum uefivars_key key; /* UEFIVARS_KEK or UEFIVARS_DB: which variable lacks it */
	char *name;            /* of the certificate */
};

/*
 * Returns what is missing, struct certcheck_missing's, by the rule in docs/tools.md. Free with g_ptr_array_free(...,
 * TRUE).
 */
GPtrArray *certcheck_find_missing(const struct uefivars *uv, const struct keys *keys);

#endif
