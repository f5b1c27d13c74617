/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The base64 text of a machine's blob, made again and again. To encode is the largest part of what a write costs, and
 * from one write to the next most of a blob stays as it is: so the last blob and its text are kept for a while, and
 * only what is different is encoded.
 */
#ifndef BACKEND_XAPI_IMAGE_H
#define BACKEND_XAPI_IMAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory is one without a last blob. */
struct xapi_image {
	GByteArray *blob; /* the last one, or NULL */
	GByteArray *next; /* one in the making, or NULL */
	GString *text;    /* of the last one */
	GString *spare;   /* that was given back, or NULL */
	guint timer;
	bool used; /* since the timer was started */
};

/* Returns room for a new blob of `size` bytes (more than none), all of which the caller writes. */
uint8_t *xapi_image_begin(struct xapi_image *image, size_t size);

/* Returns the text of that blob, which the caller owns: to be freed, or better given back. */
GString *xapi_image_end(struct xapi_image *image);

/* Takes a text that is not needed any more. Fresh memory costs more than what is put into it. */
void xapi_image_give_back(struct xapi_image *image, GString *text);

/* Forgets the last blob; so does some time without a new one, by the default main context. */
void xapi_image_clear(struct xapi_image *image);

#endif
