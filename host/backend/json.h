/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON of a store, as QEMU's uefi-vars device and virt-firmware read and write it:
 *
 *     {"version": 2, "variables": [
 *     {"guid": "8be4df61-...", "name": "PK", "attr": 39, "data": "a1c0...", "time": "e607...", "digest": "..."},
 *     ...
 *     ]}
 *
 * data, time (the 16 bytes of an EFI_TIME) and digest (32 bytes) are hexadecimal, of either case on input. time is
 * written where the variable is authenticated or has one, digest where it is not zero; "timestamp" is read as "time".
 * A name that UTF-8 cannot represent stands, beside a readable "name", in "name-utf16" as the hexadecimal digits of
 * its UTF-16LE bytes, and that key wins. Keys that are not listed here are kept, of the whole and of each
 * variable as long as it exists.
 */
#ifndef BACKEND_JSON_H
#define BACKEND_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "uefivars.h"

#define JSON_VERSION 2

/* What a text says beyond the variables, and what of it is to be written again. */
struct json_store {
	char *keys;              /* unknown keys of the whole: `"a": 1, "b": 2`, or NULL */
	GPtrArray *extras;       /* struct json_extra: unknown keys of variables */
	GPtrArray *kept;         /* char *: records that are carried along as they are */
	unsigned int generation; /* counts the texts made */
	size_t records;          /* of the text that was read, those set aside included */
};

struct json_store *json_store_new(void);
void json_store_free(struct json_store *store);

/* What becomes of the records of a text, in their order. */
struct json_reader {
	void *context;
	/* A record that reads well. The pointers are valid during the call. What is not UEFIVARS_OK sets it aside. */
	enum uefivars_reason (*take)(void *context, const struct uefivars_variable *variable);
	/* A record that cannot be right: the record itself in JSON, its name (printable, bounded) and the reason. */
	void (*set_aside)(void *context, const char *record, const char *name, const char *reason);
};

/*
 * Reads a text of `size` bytes (none at all are an empty store). Returns false and sets *error ("line 3, column 7:
 * ...", without the file's name), nothing taken, where it is no store of this version; errors in one record only set
 * that record aside.
 */
bool json_store_read(struct json_store *store, const char *text, size_t size, const struct json_reader *reader,
		     GError **error);

/*
 * Writes the non-volatile variables of a view, with what the store keeps besides. The result is the caller's. The text
 * has a line for each variable.
 */
GString *json_store_write(struct json_store *store, const struct uefivars *uv, enum uefivars_view view);

/*
 * The text that was made when `generation` was this is what is stored now: unknown keys of variables that it did not
 * have are forgotten. (They are kept where another text was made since: that one may fail to be stored.)
 */
void json_store_written(struct json_store *store, unsigned int generation);

/* Has a record that was set aside carried along in each text from now on. */
void json_store_keep(struct json_store *store, const char *record);

/* ---- Shared by reading and writing ---- */

struct json_extra {
	uint8_t guid[16];
	uint8_t *name;
	size_t name_size;
	char *keys; /* `"a": 1, "b": 2` */
	bool used;  /* by the last text written */
};

#endif
