/* SPDX-License-Identifier: GPL-2.0-only */
/* From what the operator says of a key to the authenticated update of its variable. Failures are reported. */
#ifndef SECUREBOOT_CERTS_MATERIAL_H
#define SECUREBOOT_CERTS_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/support/buffer.h"
#include "uefivars.h"

#define MATERIAL_URLS_MAX 16u

struct material_url {
	enum uefivars_key key;
	const char *url;
};

/* Zeroed memory: all as it is by default. */
struct material_options {
	const char *defaults;   /* the directory of what `default` means; NULL: the host's */
	const char *user_agent; /* NULL: our own */
	const char *pk_private; /* the key that a certificate for PK is signed by; NULL: no signature */
	struct material_url urls[MATERIAL_URLS_MAX]; /* in place of Microsoft's for the keys that they are for */
	size_t url_count;
};

/*
 * Is `word` one of "default", "latest", "none", and may it stand for this key? False, reported, where it is one that
 * may not. (Any other text is the path of a file.)
 */
bool material_check(enum uefivars_key key, const char *word);

/*
 * Appends the authenticated update that `word` stands for: nothing for "none". What is one is left as it is;
 * certificates and signature lists are made one.
 */
bool material_get(enum uefivars_key key, const char *word, const struct material_options *options, struct buffer *auth);

/* Prints the built-in addresses for --help. */
void material_print_urls(void);

#endif
