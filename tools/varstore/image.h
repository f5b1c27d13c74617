/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine's variables as bytes that are stored somewhere, in any of the forms that exist: read into a struct
 * uefivars, and written from it.
 */
#ifndef VARSTORE_IMAGE_H
#define VARSTORE_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/json.h"
#include "tools/support/variable_name.h"
#include "kept.h"
#include "uefivars.h"

/* Behind the head of a VARS blob of version 2: the key of MemoryOverwriteRequestControlLock, the registers of PPI. */
#define IMAGE_EXTRA_SIZE 268

enum image_form {
	IMAGE_JSON,   /* the store of the daemon, QEMU and virt-firmware */
	IMAGE_VARS,   /* the blob of XAPI, and of save files */
	IMAGE_BASE64, /* its text */
};

/* "JSON", "VARS", "base64" */
extern const char *const image_form_names[];

struct image {
	enum image_form form;
	bool found;   /* something was stored: bytes were there */
	bool running; /* all that a guest sees that runs or is suspended, volatile variables included: a save file */
	bool newline; /* the base64 text ended with one */
	struct uefivars *uv;
	struct json_store *json;     /* what a JSON text has besides variables */
	GPtrArray *set_aside;        /* char *: "NAME: reason" for each record that cannot be right */
	GPtrArray *rejected;         /* char *: lines for the file of records that writing the blob would lose */
	struct kept *kept;           /* from XAPI, which has no such file: these records. Else NULL */
	enum uefivars_reason reason; /* why uv refused the last write */
	/* What a blob has besides variables; `extra` is of one that is no save file: a start would drop it. */
	bool has_mor_key;
	bool has_ppi;
	uint8_t extra[IMAGE_EXTRA_SIZE];
};

/*
 * Reads the bytes into a new struct uefivars that was not started; none at all are an empty JSON store. `source` is for
 * messages, `allowed` a name that may be written whatever the rules for names say (NULL: none). Returns false,
 * reported, where they are no store; records that cannot be right are left out. Clear the image in any case.
 */
bool image_read(struct image *image, const char *source, const uint8_t *bytes, size_t size,
		const struct variable_name *allowed);

/*
 * Does the same for the text that XAPI keeps; an empty one is an empty store. Records that cannot be right are written
 * again with the others.
 */
bool image_read_base64(struct image *image, const char *source, const char *text, const struct variable_name *allowed);

void image_clear(struct image *image);

/*
 * A new, empty struct uefivars by the rules that hold for the operator, which tells image->reason (NULL: nobody). The
 * program ends where memory does.
 */
struct uefivars *image_new_uefivars(struct image *image, const struct variable_name *allowed);

/* The bytes to be stored, in any form. The result is the caller's. */
GString *image_write(struct image *image, enum image_form form);

#endif
