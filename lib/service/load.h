/* SPDX-License-Identifier: GPL-2.0-only */
/* Stored variables on their way in and out: tolerant of what is stored, exact in what is written. */
#ifndef SERVICE_LOAD_H
#define SERVICE_LOAD_H

#include "service/machine.h"

/* These are uefivars_load(), uefivars_load_blob(), uefivars_next() and uefivars_save() of uefivars.h. */
enum uefivars_reason load_variable(struct uefivars *uv, const struct uefivars_variable *loaded, bool resume);
enum uefivars_reason load_blob(struct uefivars *uv, const uint8_t *blob, size_t size, bool resume,
			       uefivars_set_aside set_aside, void *context);
bool load_next(const struct uefivars *uv, enum uefivars_view view, const void **cursor,
	       struct uefivars_variable *variable);
size_t load_save(const struct uefivars *uv, enum uefivars_view view, enum uefivars_scope scope, uint8_t *out,
		 size_t room);

#endif
